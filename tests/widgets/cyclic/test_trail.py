"""One signal against another, thinned out without losing what can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.widgets.cyclic import trail as module
from napari_insitu_tem.widgets.cyclic.trail import Port, Trail


def loops(n: int = 5000, cycles: int = 4) -> Trail:
    phase = np.linspace(0, 2 * np.pi * cycles, n)
    colour = np.arange(n) * cycles // n
    return Trail(np.cos(phase), np.sin(phase), np.zeros(n, bool), colour)


PORT = Port((-1.2, 1.2), (-1.2, 1.2), 120, 120)


def lit(points: np.ndarray, port: Port = PORT) -> set[tuple[int, int]]:
    """(row, column) of the pixels that points fall in."""
    x = (points[0] - port.x[0]) / (port.x[1] - port.x[0]) * port.width
    y = (points[1] - port.y[0]) / (port.y[1] - port.y[0]) * port.height
    return set(zip(y.astype(int).tolist(), x.astype(int).tolist(), strict=True))


def test_each_cycle_has_its_colour_and_the_line_runs_on() -> None:
    drawing = loops().draw(PORT)
    assert [colour for colour, _ in drawing.lines] == [0, 1, 2, 3]
    for (_, one), (_, other) in zip(drawing.lines, drawing.lines[1:], strict=False):
        assert (one.x[-1], one.y[-1]) == (other.x[0], other.y[0])


def test_thinned_line_passes_through_the_same_pixels() -> None:
    trail = loops()
    (_, line), *_ = loops(cycles=1).draw(PORT).lines
    assert len(line) < 1100
    seen = lit(np.stack([line.x, line.y]))
    assert seen <= lit(np.stack([trail.x, trail.y]))


def test_heavy_trail_is_pixels_that_cover_every_sample(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_POINTS", 10)
    trail = loops()
    drawing = trail.draw(PORT)
    assert drawing.lines == ()
    assert drawing.pixels.shape == (120, 120)
    samples = lit(np.stack([trail.x, trail.y]))
    painted = {tuple(p) for p in np.argwhere(drawing.pixels > 0).tolist()}
    assert samples <= painted
    assert len(painted) < 2 * len(samples)
    # The last cycle lies over the earlier ones.
    assert np.count_nonzero(drawing.pixels == 4) > 0.8 * len(painted)


def test_pixels_are_painted_between_samples_that_lie_apart(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_POINTS", 1)
    trail = Trail([-1, 1], [-1, 1], [True, False], [0, 0])
    pixels = trail.draw(PORT).pixels
    columns = np.flatnonzero((pixels > 0).any(axis=0))
    assert columns.tolist() == list(range(columns[0], columns[-1] + 1))
    broken = Trail([-1, 1], [-1, 1], [True, True], [0, 0]).draw(PORT).pixels
    assert np.count_nonzero(broken) == 2


@pytest.mark.parametrize("most", [1, 10**6], ids=["pixels", "lines"])
def test_no_line_across_a_break_or_a_nan(monkeypatch, most) -> None:
    monkeypatch.setattr(module, "MOST_POINTS", most)
    x = np.array([-1, -0.9, 0.9, 1.0, np.nan, -0.5, -0.4])
    y = np.array([-1, -0.9, 0.9, 1.0, 0.0, 0.5, 0.6])
    drawing = Trail(x, y, [0, 0, 1, 0, 0, 0, 0], [0] * 7).draw(PORT)
    if drawing.pixels is not None:
        middle = drawing.pixels[:, 57:63]
        assert not middle.any()
    else:
        ((_, line),) = drawing.lines
        pieces = np.split(line.x, np.flatnonzero(~line.connect[:-1]) + 1)
        assert [p.tolist() for p in pieces] == [[-1, -0.9], [0.9, 1.0], [-0.5, -0.4]]


def test_only_what_is_visible_is_drawn() -> None:
    trail = loops(100_000)
    drawing = trail.draw(Port((0.9, 1.1), (-0.1, 0.1), 100, 100))
    assert sum(len(line) for _, line in drawing.lines) < 2000
    # A piece of line whose ends are both outside is still seen.
    across = Trail([-10, 10], [-10, 10], [True, False], [0, 0])
    ((_, line),) = across.draw(PORT).lines
    assert line.connect[0]
    beside = Trail([-10, -9], [-10, 10], [True, False], [0, 0])
    assert beside.draw(PORT).lines == ()


def test_row_at_a_place_is_the_nearest_of_the_preferred_pass() -> None:
    x = [0, 1, 2, np.nan, 0, 1, 2]
    trail = Trail(x, x, [0] * 7, [0] * 7)
    assert trail.row_at(1.1, 0.9, 0.01, 0.01) == 1
    late_first = np.arange(7)[::-1]
    assert trail.row_at(1.1, 0.9, 0.01, 0.01, late_first) == 5
    # The nearest one of the pass, although others of it are in reach.
    assert trail.row_at(1.1, 0.9, 1.0, 1.0, np.arange(7)) == 1
    assert Trail([], [], [], []).row_at(0, 0, 1, 1) is None


def test_part_of_a_trail_keeps_its_rows() -> None:
    trail = Trail([np.nan, 1, 2, 3], [0, 1, 2, 3], [0] * 4, [0] * 4)
    part = trail.part(2, 4)
    assert part.rows.tolist() == [2, 3]
    assert part.starts.tolist() == [True, False]
    assert trail.starts.tolist() == [True, False, False]


@pytest.mark.parametrize("rows", [0, 1])
def test_no_and_one_sample(rows) -> None:
    zeros = np.zeros(rows)
    trail = Trail(zeros, zeros, zeros, zeros)
    assert len(trail.draw(PORT).lines) == rows
    assert (trail.bounds is None) == (rows == 0)
