"""Lines across coated wires: drawn, moved, copied, followed, saved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hands import drag
from napari_insitu_tem.io.saving.annotation_csv import (
    read_annotations,
    write_annotations,
)
from napari_insitu_tem.io.saving.experiment_folder import (
    load_experiment,
    save_experiment,
)
from napari_insitu_tem.measure.tables import records_from_table
from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.state.measuring import copy_forward, delete_records
from napari_insitu_tem.state.pen import Pen
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking import plan_tracking, put_tracked
from napari_insitu_tem.state.wires import edges_px

FRAMES, CORE, GAIN, PX_NM = 6, 24.0, 5.0, 0.5
SHELLS = 6.0 + 0.6 * np.arange(FRAMES)
#: The axis passes (48 + rise, 64) and rises by one row in ten columns.
SLOPE = 0.1


def chord(away, radius):
    return 2 * np.sqrt(np.maximum(radius**2 - away**2, 0))


def film(blank: int | None = None, offset: float = 0.0) -> Movie:
    """A tilted wire that moves down by a pixel a frame as its shell grows."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:112, :128].astype(float)
    frames = []
    for t, shell in enumerate(SHELLS):
        away = (y - 52 - t + SLOPE * (x - 64)) / np.hypot(1, SLOPE)
        core, outer = chord(away, CORE), chord(away, CORE + shell)
        mean = 60 * np.exp(-core / 90 - (outer - core) / 45)
        if t == blank:
            mean = np.full_like(mean, 60)
        frames.append(GAIN * rng.poisson(mean) + offset)
    return Movie.from_array(
        np.array(frames, np.uint16),
        name="whisker",
        pixel_size_nm=PX_NM,
        times_s=np.arange(float(FRAMES)),
        exposures_s=1.0,
    )


def open_session(movie: Movie, *, snap: bool = True) -> Session:
    session = Session(Experiment(movie))
    session.toolbox.change("sei", object="W", shape="line", snap=snap, width=31)
    session.toolbox.activate("sei")
    return session


@pytest.fixture
def session():
    return open_session(film())


def drawn(session, start=(22.0, 64.0), end=(84.0, 64.0)):
    drag(Pen(session, "sei"), start, end)
    return session.document.of_kind("sei")[-1]


def row_of(session, record=None):
    table = session.table("sei")
    return table.iloc[-1] if record is None else table.set_index("id").loc[record.id]


def test_a_line_gives_core_shell_and_their_ratio_with_uncertainties(session):
    row = row_of(session, drawn(session))
    assert (row["flag"], row["unit"], row["method"]) == ("", "nm", "snapped")
    for name, u, true in (
        ("value", "u_value", SHELLS[0] * PX_NM),
        ("thickness_mean_nm", "u_value", SHELLS[0] * PX_NM),
        ("radius_nm", "u_radius_nm", CORE * PX_NM),
        ("t_over_r", "u_t_over_r", SHELLS[0] / CORE),
    ):
        assert abs(row[name] - true) < 3 * row[u], name
        assert 0 < row[u] < 0.2 * true, name
    assert row["width_px"] == 31
    assert np.isnan(row["coverage"])


def test_a_line_is_put_at_right_angles_to_the_wire(session):
    record = drawn(session)
    step = np.diff(record.geometry.array(), axis=0)[0]
    assert step[1] / step[0] == pytest.approx(SLOPE, abs=0.03)
    outer = 2 * (CORE + SHELLS[0])
    assert np.hypot(*step) == pytest.approx(outer, abs=2.0)
    edges = edges_px(record)
    assert edges == pytest.approx((0, edges[1], edges[2], outer), abs=2.0)
    assert edges[2] - edges[1] == pytest.approx(2 * CORE, abs=2.5)


def test_without_snapping_the_line_stays_where_it_was_drawn():
    session = open_session(film(), snap=False)
    record = drawn(session)
    assert record.geometry.array().tolist() == [[22, 64], [84, 64]]
    assert record.method == "manual"
    assert record.get("shell_px") == pytest.approx(SHELLS[0], rel=0.2)


def test_where_there_is_no_wire_there_is_no_value_but_a_reason():
    session = open_session(film(blank=0))
    row = row_of(session, drawn(session))
    assert np.isnan(row["value"])
    assert row["flag"] in ("low_contrast", "not_identifiable")


def test_a_moved_line_is_measured_again_in_one_step_of_undo(session):
    session.toolbox.change("sei", snap=False)
    record = drawn(session)
    end = record.geometry.array()[1]
    drag(Pen(session, "sei"), tuple(end), (end[0] + 3, end[1]))
    moved = session.document.records[record.id]
    assert moved.geometry.array()[1][0] == end[0] + 3
    assert moved.get("shell_px") != record.get("shell_px")
    session.undo()
    assert session.document.records[record.id] == record


def test_a_line_is_copied_to_the_next_frame_and_measured_there(session):
    first = drawn(session)
    copy = copy_forward(session, session.toolbox["sei"])
    assert copy.frame == 1
    assert copy.get("shell_px") != first.get("shell_px")
    moved = copy.geometry.array().mean(axis=0) - first.geometry.array().mean(axis=0)
    assert moved[0] == pytest.approx(1.0, abs=0.5)


def test_a_wire_is_followed_as_it_moves_and_its_shell_grows(session):
    drawn(session)
    plan = plan_tracking(session, "sei", "all")
    outcome = plan.follow(no_progress)
    assert put_tracked(session, plan, outcome)
    rows = session.table("sei").sort_values("frame")
    assert rows["frame"].tolist() == list(range(FRAMES))
    away = (rows["value"] - PX_NM * SHELLS) / rows["u_value"]
    assert np.sqrt(np.mean(away**2)) < 2
    assert set(rows["method"][1:]) == {"tracked"}
    assert set(rows["width_px"]) == {31}


def test_a_frame_without_the_wire_is_passed_over():
    session = open_session(film(blank=2))
    drawn(session)
    plan = plan_tracking(session, "sei", "forward")
    outcome = plan.follow(no_progress)
    assert sorted(r.frame for r in outcome.records) == [1, 3, 4, 5]
    assert "1 frame has none" in outcome.note


def test_the_gain_of_the_movie_is_used_and_said():
    session = open_session(film(offset=300.0))
    said = []
    for beam in (Beam(gain=GAIN), Beam(gain=GAIN, offset=300.0)):
        session.edit("beam", session.document.with_beam("whisker", beam))
        record = drawn(session)
        assert record.get("gain_counts") == GAIN
        said.append(row_of(session, record))
        delete_records(session, [record.id])
    dark_taken_for_electrons, right = said
    assert abs(right["t_over_r"] - SHELLS[0] / CORE) < 3 * right["u_t_over_r"]
    # With a dark level of as many counts as the beam gives, twice the noise is said.
    assert right["u_t_over_r"] < 0.75 * dark_taken_for_electrons["u_t_over_r"]


def test_the_size_of_a_pixel_may_come_later(session):
    record = drawn(session)
    before = row_of(session, record)
    scale = Calibration(1.0, 1.0, u_relative=0.5)
    session.edit("scale", session.document.with_calibration("whisker", scale))
    after = row_of(session, record)
    assert after["value"] == pytest.approx(before["value"] / PX_NM)
    assert after["u_value"] > 0.5 * after["value"]
    assert after["u_t_over_r"] == before["u_t_over_r"]


def test_layers_and_wires_of_one_object_are_different_things(session):
    line = drawn(session)
    session.toolbox.change("sei", shape="band", snap=False)
    pen = Pen(session, "sei")
    for row in (30.0, 36.0):
        for x in (20.0, 100.0):
            pen.press((row, x), 1.0, is_new=True)
            pen.release((row, x), 1.0)
        pen.finish()
    band = session.document.of_kind("sei")[-1]
    assert band.geometry.shape == "band"
    assert set(session.document.records) == {line.id, band.id}
    table = session.table("sei").set_index("id")
    assert table.loc[band.id, "coverage"] == 1
    assert np.isnan(table.loc[band.id, "shell_px"])
    assert table.loc[line.id, "shell_px"] > 0


def test_saved_and_reopened_it_is_equal_and_the_tool_goes_on_with_it(session, tmp_path):
    drawn(session)
    folder = tmp_path / "whisker.insitu"
    save_experiment(session.experiment, folder, session.tables())
    opened = load_experiment(folder)
    assert opened.document.records == session.document.records
    other = Session()
    other.open(opened)
    tool = other.toolbox["sei"]
    assert (tool.drawn_shape, tool.width, tool.object) == ("line", 31, "W")


def test_a_table_comes_back_from_csv(session, tmp_path):
    drawn(session)
    before = session.table("sei")
    write_annotations(tmp_path / "sei.csv", before)
    kind, read = read_annotations(tmp_path / "sei.csv")
    records = records_from_table(read, kind)
    empty = session.document.without_records(session.document.records)
    session.edit("read", empty.with_records(records))
    after = session.table("sei")
    pd.testing.assert_frame_equal(after, before)
