"""Make the pictures of the documentation: the real window, used as a person would.

    xvfb-run -a -s "-screen 0 1600x1000x24" python scripts/make_screenshots.py [SCENE]

Writes docs/images/*.png. Row ids and the moments at which rows are made are the same on
every run: a picture differs where the program does (and in napari's thumbnails).
It also prints the numbers that the tutorial quotes. Not part of the checks.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# Nobody's own settings and unsaved work are read, shown or written.
_PRIVATE = Path(tempfile.mkdtemp(prefix="screenshots-"))
os.environ["NAPARI_CONFIG"] = str(_PRIVATE / "settings.yaml")
for _name in ("CONFIG", "CACHE", "DATA", "STATE"):
    os.environ[f"XDG_{_name}_HOME"] = str(_PRIVATE / _name.lower())

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from qtpy.QtCore import Qt  # noqa: E402
from window_hands import Window  # noqa: E402

from napari_insitu_tem.layers.opening import show_opened  # noqa: E402
from napari_insitu_tem.layers.tracking import tracking_of  # noqa: E402
from napari_insitu_tem.model import alignment, record, timebase  # noqa: E402
from napari_insitu_tem.model.geometry import Geometry  # noqa: E402
from napari_insitu_tem.samples import find_sample, open_sample  # noqa: E402
from napari_insitu_tem.simulate.cases import simulate_case  # noqa: E402
from napari_insitu_tem.state.kymographs import kymographs_of  # noqa: E402
from napari_insitu_tem.state.measuring import add_record, new_record  # noqa: E402

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
WIDTH, HEIGHT = 1400, 900
COLOURS = 128
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier

#: Last frame before a change and first frame after it, with its moment in the record.
SEEN_IN_BOTH = (
    (3, 39.0),
    (8, 65.0),
    (60, 371.0),
)

#: Moments in s and positions in nm at which the kymograph of the path is clicked.
KYMOGRAPH_PICKS = (
    (184.8, 255.0),
    (221.0, 295.0),
    (259.0, 332.0),
    (305.0, 369.0),
    (353.0, 404.0),
)

#: Columns that are printed with their uncertainty, and decimals.
PRINTED = {"change_percent": 1, "volume_change_percent": 0, "velocity_nm_per_s": 2}


def shoot(window: Window, name: str) -> None:
    """Save a picture of the whole window in few colours."""
    from PIL import Image

    window.leave()
    window.wait(250)
    raw = _PRIVATE / f"{name}.png"
    window.main.grab().save(str(raw))
    with Image.open(raw) as image:
        few = image.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        few.save(IMAGES / f"{name}.png", optimize=True)
    size = (IMAGES / f"{name}.png").stat().st_size
    print(f"{name}.png  {size / 1024:.0f} KiB", flush=True)


def opened(key: str) -> Window:
    """A window with a sample experiment."""
    window = Window(WIDTH, HEIGHT)
    show_opened(window.viewer, open_sample(key))
    window.wait(300)
    session = window.session
    for path in session.document.of_kind("path"):
        window.until(lambda path=path: kymographs_of(session).of(path) is not None)
    window.fit()
    return window


# -- the scenes, in the order of the tutorial ---------------------------------------


def opening() -> None:
    """The nanowire as it opens; what the dock says of the files."""
    window = opened("si_nanowire")
    shoot(window, "open")
    window.close()


def aligning() -> None:
    """From wrong start times to three events marked in both."""
    window = opened("si_nanowire")
    window.only_lanes("coverage", "events", "potential", "current")
    section = window.dock("Experiment").alignment
    window.session.go_to(8)
    window.show(section, top=True)
    shoot(window, "align-before")
    window.press(section.stamps_button)
    print("stamps:", window.session.experiment.alignment().describe())
    window.show(section, top=True)
    shoot(window, "align-stamps")
    for number, (frame, time_s) in enumerate(SEEN_IN_BOTH):
        window.session.go_to(frame)
        window.press(section.marking.mark_button)
        window.show(section, top=True)
        if number == 1:
            shoot(window, "align-marking")
        window.click_lane("current", time_s)
        print("marked:", window.session.experiment.alignment().describe())
    window.show(section, top=True)
    shoot(window, "align-after")
    window.close()


def calibrating() -> None:
    """A typed pixel size with its uncertainty."""
    window = opened("si_nanowire")
    section = window.dock("Experiment").scale
    window.fill(section.size, "2.5")
    window.fill(section.spread, "2")
    window.show(section, top=True)
    shoot(window, "calibrate")
    window.close()


def calibrating_on_the_canvas() -> None:
    """A scale bar in the frame, then its graphite planes."""
    from napari_insitu_tem.model.experiment import Experiment
    from napari_insitu_tem.model.movie import Movie
    from napari_insitu_tem.simulate.cases import simulate_case

    frame = np.array(simulate_case("graphite-planes").experiment().movie().frame(0))
    frame[145:149, 24:124] = frame.max()
    window = Window(WIDTH, HEIGHT)
    window.session.open(Experiment(Movie.from_array(frame[None], name="graphite")))
    section = window.dock("Experiment").scale
    window.fit()
    window.press(section.bar_button)
    window.drag((147.0, 22.0), (146.0, 126.0))
    window.fill(section.bar.length, "3")
    print("  ", section.bar.words.text(), section.bar.result.text(), flush=True)
    shoot(window, "calibrate-bar")
    window.press(section.lattice_button)
    window.drag((8.0, 8.0), (138.0, 150.0))
    section.lattice.planes.setCurrentText("graphite 0002")
    section.lattice.planes.activated.emit(section.lattice.planes.currentIndex())
    print("  ", section.lattice.words.text(), section.lattice.result.text(), flush=True)
    shoot(window, "calibrate-lattice")
    window.close()


def measuring_planes() -> None:
    """Planes of graphite in a box, on all frames."""
    from napari_insitu_tem.simulate.cases import simulate_case

    window = Window(WIDTH, HEIGHT)
    session = window.session
    show_opened(window.viewer, simulate_case("graphite-planes").experiment())
    window.wait(300)
    window.fit()
    window.only_lanes("coverage", "potential", "current", "values")
    dock = window.dock("Lattice spacing")
    window.choose(dock.object_box, "graphite")
    window.press(dock.actions_bar.draw)
    window.drag((12.0, 12.0), (147.0, 147.0))
    window.press(dock.track_bar.buttons["all"])
    window.until(lambda: not tracking_of(session).is_busy)
    session.select(r.id for r in session.document.of_kind("expansion") if r.frame == 39)
    session.go_to(39)
    window.until(lambda: dock.lattices.peaks.count() > 0)
    said(window, "expansion")
    window.show(dock.reference)
    shoot(window, "lattice")
    window.close()


def expanding() -> None:
    """A diameter: drawn, snapped, by hand, copied forward, against a reference."""
    window = opened("si_nanowire")
    session = window.session
    window.only_lanes("coverage", "potential", "current", "values")
    dock = window.dock("Expansion")
    window.choose(dock.object_box, "NW-A far")
    dock.parameters["volume_model"].value = "cylinder"
    session.go_to(1)
    window.press(dock.parameters["snap"].native)
    window.press(dock.actions_bar.draw)
    by_hand = hand(1)
    window.drag(*by_hand, hold=True)
    shoot(window, "expansion-draw")
    window.drag(*by_hand)
    said(window, "expansion")
    window.show(dock.row_view)
    shoot(window, "expansion-snap")
    window.key(Qt.Key.Key_Z, CTRL)
    window.press(dock.parameters["snap"].native)
    window.drag(*by_hand)
    said(window, "expansion")
    copy_forward(window, dock, stride=2, frames=(3, 5))
    for frame, text in (
        (1, "This frame"),
        (3, "Add this frame"),
        (5, "Add this frame"),
    ):
        session.go_to(frame)
        window.press(window.button(dock, text))
    window.show(dock.row_view)
    shoot(window, "expansion-reference")
    copy_forward(window, dock, stride=8, frames=(13, 21, 29, 37, 45, 53, 61))
    window.show(dock.row_view)
    shoot(window, "expansion-done")
    window.press(dock.table_button)
    window.wait(500)
    shoot(window, "table")
    window.close()


def hand(frame: int) -> list[tuple[float, float]]:
    """Ends of a line across the wire at 240 nm, as a hand puts them: off by a pixel."""
    truth = pd.read_csv(find_sample("si_nanowire").folder / "truth.csv").loc[frame]
    angle = np.deg2rad(-4.0)
    along, across = ([np.sin(angle), np.cos(angle)], [np.cos(angle), -np.sin(angle)])
    middle = [80.0, 40.0] + 96.0 * np.array(along) + truth[["drift_y_px", "drift_x_px"]]
    half = truth["far_diameter_nm"] / 2 / 2.5 * np.array(across)
    shake = np.random.default_rng(frame).normal(0, 1, (2, 2))
    ends = np.array([middle - half, middle + half], dtype=float) + shake
    return [(float(y), float(x)) for y, x in ends]


def copy_forward(
    window: Window, dock: Any, *, stride: int, frames: Sequence[int]
) -> None:
    """Type the stride, press N, and drag the ends to where they belong now."""
    session = window.session
    window.fill(dock.parameters["stride"].native, str(stride))
    for frame in frames:
        window.key(Qt.Key.Key_N)
        for end in (0, 1):
            row = session.document.records[next(iter(session.selection))]
            window.drag(tuple(row.geometry.array()[end]), hand(frame)[end])
        said(window, dock.kind)


def following_the_front() -> None:
    """A path, fronts on the frames and in the kymograph, the velocity."""
    window = opened("si_nanowire")
    session = window.session
    window.only_lanes("coverage", "potential", "current", "kymograph")
    dock = window.dock("Front position")
    window.choose(dock.object_box, "NW-A")
    window.choose(dock.front_box, "below the core")
    session.go_to(20)
    window.press(dock.draw_path)
    window.click((100.0, 45.0), (94.0, 130.0), (87.5, 221.0))
    shoot(window, "front-path")
    window.key(Qt.Key.Key_Return)
    path = session.document.of_kind("path")[-1]
    window.until(lambda: kymographs_of(session).of(path) is not None)
    window.press(dock.actions_bar.draw)
    for frame, place in ((16, (98.5, 104.0)), (20, (96.0, 121.0)), (24, (95.0, 133.0))):
        session.go_to(frame)
        window.click(place)
        said(window, "front")
    window.show(dock.row_view)
    shoot(window, "front-pick")
    window.timeline_height(430)
    for time_s, place in KYMOGRAPH_PICKS:
        window.click_lane("kymograph", time_s, place, last=True)
    for pick in session.document.of_kind("front"):
        if pick.get("path") == path.object:
            session.select([pick.id], follow=True)
            said(window, "front")
    window.show(dock.row_view)
    shoot(window, "front-kymograph")
    window.close()


def tracing_the_front() -> None:
    """The front of the wire's axis followed by itself; its rate law."""
    window = opened("si_nanowire")
    session = window.session
    window.only_lanes("coverage", "current", "kymograph")
    dock = window.dock("Front position")
    tracking = tracking_of(session)
    session.set_range((round(65e9), round(371e9)))
    session.go_to(20)
    window.press(dock.track_bar.buttons["all"])
    window.until(lambda: not tracking.is_busy)
    print("  ", dock.message.text(), flush=True)
    session.go_to(29)
    window.timeline_height(430)
    window.show(dock.row_view)
    shoot(window, "front-tracked")
    dock.laws.set_open(True)
    dock.laws.form.start.set_value(0.0)
    dock.laws.form.onset.set_value(65.0)
    dock.laws.fit()
    window.until(lambda: dock.laws.report() is not None)
    print("  ", dock.laws.verdict.text(), dock.laws.numbers.text(), flush=True)
    window.show(dock.laws.copy_button)
    shoot(window, "front-law")
    window.close()


def correcting_drift() -> None:
    """A simulated front on a specimen that drifts; its kymograph follows."""
    made = simulate_case("sulfur-in-tube", drift_px_s=(0.05, -0.08), drift_step_px=0.1)
    window = Window(WIDTH, HEIGHT)
    session = window.session
    session.open(made.experiment())
    window.dock("Timeline")
    window.wait(300)
    window.fit()
    session.toolbox.change("path", object="tube")
    path = new_record(
        session,
        session.toolbox["path"],
        Geometry.of("path", made.specimen.drawn["path"]),
    )
    add_record(session, path, snap_it=False)
    window.only_lanes("coverage", "current", "kymograph")
    dock = window.dock("Drift")
    window.press(dock.estimate_button)
    window.until(lambda: bool(session.document.drifts))
    window.until(lambda: kymographs_of(session).of(path) is not None)
    print("  ", dock.result.text(), flush=True)
    session.go_to(50)
    window.timeline_height(430)
    shoot(window, "drift")
    window.close()


def marking_events() -> None:
    """A word of one's own, and a lasting event with its charge."""
    window = opened("si_nanowire")
    session = window.session
    window.only_lanes("coverage", "events", "potential", "current", "charge")
    dock = window.dock("Events")
    window.press(window.button(dock, "Add word"))
    row = dock.vocabulary.rowCount() - 1
    for column, text in ((0, "current on"), (1, "F9")):
        dock.vocabulary.item(row, column).setText(text)
        window.wait()
    dock.vocabulary.scrollToBottom()
    for frame in (8, 59):
        session.go_to(frame)
        window.key(Qt.Key.Key_F9, SHIFT)
        said(window, "event")
    window.show(dock.row_view)
    shoot(window, "events")
    window.close()


def measuring_a_layer() -> None:
    """Two boundaries around a particle: snapped, copied forward, by hand."""
    window = opened("sei_liquid_cell")
    session = window.session
    window.only_lanes("coverage", "events", "potential", "current", "values")
    dock = window.dock("SEI thickness")
    window.choose(dock.object_box, "particle 1 again")
    dock.parameters["core"].value = "circle"
    session.go_to(24)
    window.press(dock.actions_bar.draw)
    inner, outer = boundaries(24)
    window.click(*inner)
    window.key(Qt.Key.Key_Return)
    window.click(*outer)
    shoot(window, "sei-draw")
    window.key(Qt.Key.Key_Return)
    said(window, "sei")
    window.fill(dock.parameters["stride"].native, "12")
    window.key(Qt.Key.Key_N)
    said(window, "sei")
    window.show(dock.row_view)
    shoot(window, "sei-copied")
    window.key(Qt.Key.Key_Z, CTRL)
    window.press(dock.parameters["snap"].native)
    for frame in (36, 48, 60):
        session.go_to(frame)
        for line in boundaries(frame):
            window.click(*line)
            window.key(Qt.Key.Key_Return)
        said(window, "sei")
    window.show(dock.row_view)
    shoot(window, "sei-done")
    session.go_to(12)
    window.dock("Cyclic view")
    window.wait(300)
    shoot(window, "cyclic")
    window.close()


def boundaries(frame: int) -> list[list[tuple[float, float]]]:
    """Boundaries of the particle's layer as a hand draws them, off by a pixel."""
    truth = pd.read_csv(find_sample("sei_liquid_cell").folder / "truth.csv").loc[frame]
    angle = np.deg2rad(np.linspace(-75, 75, 12))
    middle = np.array([100.0 + truth["drift_y_px"], 108.0 + truth["drift_x_px"]])
    lines = []
    for number, name in enumerate(("inner_radius_nm", "outer_radius_nm")):
        shake = np.random.default_rng(number).normal(0, 1, angle.size)
        radius = (truth[name] / 0.8 + shake)[:, None]
        points = middle + radius * np.column_stack([-np.cos(angle), np.sin(angle)])
        lines.append([(float(y), float(x)) for y, x in points])
    return lines


def knowing_the_dose() -> None:
    """Gain and dose of a gentle beam from its movie alone; lanes of dose and change."""
    from napari_insitu_tem.simulate.cases import simulate_case
    from napari_insitu_tem.state.changes import changes_of

    window = Window(WIDTH, HEIGHT)
    show_opened(window.viewer, simulate_case("gentle-beam").experiment())
    window.wait(300)
    window.fit()
    dock = window.dock("Beam dose")
    for button in (dock.counts.estimate, dock.counts.places["empty"]):
        window.press(button)
        window.until(lambda: not dock.busy.is_busy)
    print("  ", dock.result.text(), flush=True)
    window.only_lanes("coverage", "current", "dose")
    window.timeline.stack.show_lane("change:before", True)
    window.until(lambda: changes_of(window.session).of("gentle_beam") is not None)
    window.session.go_to(20)
    window.wait(300)
    shoot(window, "dose")
    window.close()


def exporting() -> None:
    """The tables on disk."""
    window = opened("si_nanowire")
    folder = Path(tempfile.gettempdir()) / "wire-export"
    shutil.rmtree(folder, ignore_errors=True)
    dock = window.dock("Export")
    dock.folder.setText(str(folder))
    window.press(dock.export_button)
    window.until(lambda: not dock.busy.is_busy)
    window.show(dock.result)
    shoot(window, "export")
    shutil.rmtree(folder, ignore_errors=True)
    window.close()


def said(window: Window, kind: str) -> None:
    """Print the selected row, to compare with the text of the documentation."""
    table = window.session.table(kind)
    for row in table[table["id"].isin(window.session.selection)].to_dict("records"):
        words = [f"frame {row['frame']}"]
        if not pd.isna(row["value"]):
            words.append(f"{row['value']:.1f} +/- {row['u_value']:.1f} {row['unit']}")
        for name, digits in PRINTED.items():
            if name in row and not pd.isna(row[name]):
                words.append(
                    f"{name} {row[name]:.{digits}f} +/- {row['u_' + name]:.2f}"
                )
        print("  ", ", ".join([*words, row["method"], row["flag"]]), flush=True)


SCENES: dict[str, Callable[[], None]] = {
    scene.__name__: scene
    for scene in (
        opening,
        aligning,
        calibrating,
        calibrating_on_the_canvas,
        expanding,
        measuring_planes,
        following_the_front,
        tracing_the_front,
        correcting_drift,
        marking_events,
        measuring_a_layer,
        knowing_the_dose,
        exporting,
    )
}


def make_repeatable() -> None:
    """The same ids and moments on every run."""
    numbers = itertools.count(1)
    record.new_id = lambda: f"r{next(numbers):011x}"
    for module in (record, alignment, timebase):
        module.utc_now = lambda: "2026-05-04T09:30:00.000Z"  # type: ignore[attr-defined]


def main(names: list[str]) -> None:
    """Make the pictures of some scenes, or of all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    make_repeatable()
    for name in names or list(SCENES):
        SCENES[name]()
    shutil.rmtree(_PRIVATE, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
