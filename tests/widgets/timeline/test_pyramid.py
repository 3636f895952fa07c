"""The thinned line covers what the line through all samples covers."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.widgets.timeline.pyramid import Polyline, Pyramid


def columns(line: Polyline, start: float, stop: float, pixels: int) -> np.ndarray:
    """(pixels, 2) least and largest y that a line has in each pixel column."""
    out = np.full((pixels, 2), np.nan)
    edges = np.linspace(start, stop, pixels + 1)
    for i in range(pixels):
        inside = (line.x >= edges[i]) & (line.x < edges[i + 1])
        if inside.any():
            out[i] = line.y[inside].min(), line.y[inside].max()
    return out


def all_samples(x: np.ndarray, y: np.ndarray) -> Polyline:
    return Polyline(x, y, np.ones(x.size, bool))


@pytest.mark.parametrize("shape", ["even", "bursts", "logarithmic"])
def test_view_has_the_extremes_of_every_pixel_column(shape, rng) -> None:
    n, pixels = 200_000, 100
    x = {
        "even": np.linspace(0, 10, n),
        # Dense for a tenth of a second, then sparse: bins by count would hide it.
        "bursts": np.concatenate(
            [np.linspace(0, 0.1, n - 500), np.linspace(0.2, 10, 500)]
        ),
        "logarithmic": np.geomspace(1e-3, 10, n),
    }[shape]
    y = rng.standard_normal(n)
    seen = Pyramid(x, y).view(0, 10, pixels)
    assert len(seen) <= 4 * (pixels + 3)
    # The grid of columns starts at 0 here, so both see the same columns.
    expected = columns(all_samples(x, y), 0, 10, pixels)
    np.testing.assert_array_equal(columns(seen, 0, 10, pixels), expected)


@pytest.mark.parametrize("groups", [3, 50, 900])
def test_extremes_are_those_of_the_samples(groups, rng) -> None:
    y = rng.standard_normal(50_000)
    edges = np.sort(rng.choice(np.arange(1, y.size), groups, replace=False))
    first, last = edges[:-1], edges[1:]
    low, high = Pyramid(np.arange(y.size), y).extremes(first, last)
    spans = list(zip(first, last, strict=True))
    np.testing.assert_array_equal(low, [y[a:b].min() for a, b in spans])
    np.testing.assert_array_equal(high, [y[a:b].max() for a, b in spans])


@pytest.mark.parametrize("pixels", [50, 100_000])
def test_no_line_crosses_a_break(pixels, rng) -> None:
    n = 100_000
    x = np.linspace(0, 10, n)
    breaks = np.zeros(n, bool)
    at = np.sort(rng.choice(n, 40, replace=False))
    breaks[at] = True
    x = x + np.cumsum(breaks) * 0.5
    line = Pyramid(x, rng.standard_normal(n), breaks).view(x[0], x[-1], pixels)
    for gap in at[at > 0]:
        before, after = x[gap - 1], x[gap]
        crosses = (line.x[:-1] <= before) & (line.x[1:] >= after) & line.connect[:-1]
        assert not crosses.any()


def test_break_within_a_pixel_is_not_bridged() -> None:
    # Two tables without a gap in time: 0 V, then 1 V in the same pixel column.
    n = 10_000
    y = np.where(np.arange(n) < 5_050, 0.0, 1.0)
    breaks = np.arange(n) == 5_050
    line = Pyramid(np.arange(n), y, breaks).view(0, n, 10)
    steps = np.abs(np.diff(line.y)) * line.connect[:-1]
    assert steps.max() == 0


def test_nan_interrupts_the_line_and_a_lone_sample_is_a_dot() -> None:
    y = np.array([1.0, 2.0, np.nan, 3.0, np.nan, 4.0, 5.0])
    line = Pyramid(np.arange(7), y).view(-1, 8, 500)
    pieces = np.split(line.y, np.flatnonzero(~line.connect[:-1]) + 1)
    assert [piece.tolist() for piece in pieces] == [[1, 2], [3, 3], [4, 5]]


def test_line_reaches_the_edges_of_the_view() -> None:
    line = Pyramid(np.arange(10.0), np.arange(10.0)).view(3.5, 5.5, 300)
    assert line.x.tolist() == [3, 4, 5, 6]


def test_same_columns_while_panning(rng) -> None:
    pyramid = Pyramid(np.linspace(0, 10, 100_000), rng.standard_normal(100_000))
    one, other = pyramid.view(2, 4, 100), pyramid.view(2.0403, 4.0403, 100)
    inside = (one.x > 2.5) & (one.x < 3.5)
    assert np.isin(one.y[inside], other.y).all()


def test_value_lies_on_the_line_and_nowhere_else() -> None:
    pyramid = Pyramid([0, 1, 5, 6], [0.0, 2.0, 4.0, 6.0], [0, 0, 1, 0])
    assert pyramid.value_at(0.5) == 1.0
    assert pyramid.value_at(6) == 6.0
    for beside in (-0.1, 3.0, 6.1):
        assert np.isnan(pyramid.value_at(beside))


@pytest.mark.parametrize("rows", [0, 1])
def test_records_of_no_or_one_row(rows) -> None:
    pyramid = Pyramid(np.arange(rows), np.ones(rows))
    assert len(pyramid.view(-1, 1, 100)) == 2 * rows
    assert (pyramid.y_bounds is None) == (rows == 0)
    assert np.isnan(pyramid.value_at(0.5))


def test_all_nan_is_no_line() -> None:
    pyramid = Pyramid(np.arange(5), np.full(5, np.nan))
    assert len(pyramid) == 0
    assert pyramid.x_bounds is None


def test_bounds_of_a_stretch() -> None:
    pyramid = Pyramid(np.arange(100.0), np.arange(100.0))
    assert pyramid.y_bounds_in(9.5, 20.5) == (10, 20)
    assert pyramid.y_bounds_in(200, 300) is None
