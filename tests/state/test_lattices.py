"""Boxes with a lattice: drawn, moved, copied, followed, saved."""

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
from napari_insitu_tem.measure.tables import kind_table, records_from_table
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.errors import CancelledError, ReadError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.state import lattices
from napari_insitu_tem.state.lattices import (
    box,
    choose_lattice,
    guess_of,
    look_into,
    with_corner,
)
from napari_insitu_tem.state.measuring import copy_forward
from napari_insitu_tem.state.pen import Pen
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking import plan_tracking, put_tracked

#: Spacing in px on each frame; none on the third one.
SPACINGS = (8.0, 8.2, None, 8.4)
PX_NM = 0.04


def film(other_px: float = 0.0) -> Movie:
    """Fringes at 30 degrees that widen, and weaker ones across them."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:96, :128]
    frames = []
    for spacing in SPACINGS:
        mean = np.full(y.shape, 40.0)
        if spacing is not None:
            along = x * np.cos(np.pi / 6) + y * np.sin(np.pi / 6)
            mean += 12 * np.cos(2 * np.pi * along / spacing)
        if other_px and spacing is not None:
            across = y * np.cos(np.pi / 6) - x * np.sin(np.pi / 6)
            mean += 7 * np.cos(2 * np.pi * across / other_px)
        frames.append(rng.poisson(mean))
    return Movie.from_array(
        np.array(frames, np.uint16),
        name="planes",
        pixel_size_nm=PX_NM,
        times_s=np.arange(4.0),
        exposures_s=1.0,
    )


def open_session(movie: Movie) -> Session:
    session = Session(Experiment(movie))
    session.toolbox.change("expansion", object="grain", quantity="d_spacing", snap=True)
    session.toolbox.activate("expansion")
    return session


@pytest.fixture
def session():
    return open_session(film())


def drawn(session, start=(8.0, 10.0), end=(87.0, 110.0)):
    drag(Pen(session, "expansion"), start, end)
    return session.document.of_kind("expansion")[-1]


def follow(session):
    plan = plan_tracking(session, "expansion", "all")
    outcome = plan.follow(no_progress)
    assert put_tracked(session, plan, outcome)
    return outcome.note


def table(session):
    return session.table("expansion").sort_values("frame").reset_index(drop=True)


def test_a_drawn_box_is_measured_and_is_one_step(session):
    record = drawn(session)
    row = table(session).iloc[0]
    assert record.geometry == box((8.0, 10.0), (87.0, 110.0))
    assert row["quantity"] == "d_spacing"
    assert row["unit"] == "nm"
    assert abs(row["value"] - 8.0 * PX_NM) < 4 * row["u_value"] < 0.01
    assert abs(row["orientation_deg"] - 30.0) < 4 * row["u_orientation_deg"]
    assert (row["method"], row["flag"]) == ("manual", "")
    assert session.history.undo_label == "draw lattice spacing"
    session.undo()
    assert not session.document.records


def test_a_moved_corner_measures_anew(session):
    before = drawn(session)
    pen = Pen(session, "expansion")
    drag(pen, (87.0, 110.0), (60.0, 80.0))
    after = session.document.of_kind("expansion")[0]
    assert after.geometry.array().max(axis=0).tolist() == [60.0, 80.0]
    assert after.geometry.array().min(axis=0).tolist() == [8.0, 10.0]
    assert after.get("u_spacing_px") > 1.5 * before.get("u_spacing_px")
    session.undo()
    assert session.document.of_kind("expansion")[0] == before


def test_a_small_box_is_measured_while_a_corner_is_dragged(session):
    drawn(session, (10.0, 10.0), (70.0, 70.0))
    pen = Pen(session, "expansion")
    pen.press((70.0, 70.0), 3.0)
    pen.move((60.0, 65.0), 3.0, is_pressed=True)
    assert session.document.of_kind("expansion")[0].get("spacing_px") > 7
    pen.cancel()


def test_a_large_box_has_no_value_until_it_is_let_go(session, monkeypatch):
    monkeypatch.setattr(lattices, "_LIVE_PX", 80 * 80)
    drawn(session, (1.0, 1.0), (94.0, 126.0))
    pen = Pen(session, "expansion")
    pen.press((94.0, 126.0), 3.0)
    pen.move((93.0, 125.0), 3.0, is_pressed=True)
    assert np.isnan(table(session)["value"][0])
    pen.release((93.0, 125.0), 3.0)
    assert table(session)["value"][0] > 0


def test_a_box_without_a_lattice_is_flagged_and_has_no_value(session):
    session.go_to(2)
    drawn(session)
    row = table(session).iloc[0]
    assert np.isnan(row["value"])
    assert row["flag"] == "low_contrast"


def test_a_copied_box_is_measured_on_its_own_frame(session):
    drawn(session)
    copy_forward(session, session.toolbox["expansion"])
    rows = table(session)
    assert rows["frame"].tolist() == [0, 1]
    assert abs(rows["change_percent"][1] - 2.5) < 3 * rows["u_change_percent"][1] < 1


def test_the_box_is_followed_over_all_frames(session):
    drawn(session)
    note = follow(session)
    rows = table(session)
    assert rows["frame"].tolist() == [0, 1, 2, 3]
    assert rows["method"].tolist() == ["manual", *["tracked"] * 3]
    assert rows["flag"].tolist() == ["", "", "low_contrast", ""]
    assert "3 rows followed." in note
    assert "1 frame has no value" in note
    assert abs(rows["change_percent"][3] - 5) < 3 * rows["u_change_percent"][3]
    session.undo()
    assert len(session.document.records) == 1


def test_cancelled_following_leaves_everything_as_it_was(session):
    drawn(session)
    before = session.document

    def stop(done, total, text):
        raise CancelledError("Stopped.")

    plan = plan_tracking(session, "expansion", "forward")
    with pytest.raises(CancelledError):
        plan.follow(stop)
    assert session.document is before


def test_scale_goes_into_values_and_cancels_in_ratios(session):
    drawn(session)
    follow(session)
    before = table(session)
    size = Calibration.square(2 * PX_NM, u_relative=0.03)
    session.edit("scale", session.document.with_calibration("planes", size))
    after = table(session)
    np.testing.assert_allclose(after["value"], 2 * before["value"])
    np.testing.assert_allclose(
        after["u_value"],
        np.hypot(2 * before["u_value"], 0.03 * after["value"]),
    )
    for name in ("ratio", "u_ratio", "change_percent", "u_change_percent"):
        np.testing.assert_allclose(after[name], before[name])


def test_pixels_that_are_not_square(session):
    drawn(session)
    size = Calibration(0.05, 0.04)
    session.edit("scale", session.document.with_calibration("planes", size))
    row = table(session).iloc[0]
    turn = np.deg2rad(30.0)
    true = 8.0 / np.hypot(np.sin(turn) / 0.05, np.cos(turn) / 0.04)
    assert abs(row["value"] - true) < 4 * row["u_value"] < 0.01


def test_saved_and_reopened_it_is_equal_without_reading_the_movie(
    session, tmp_path, monkeypatch
):
    drawn(session)
    follow(session)
    folder = tmp_path / "planes.insitu"
    save_experiment(session.experiment, folder, session.tables())
    opened = load_experiment(folder)
    assert opened.document.records == session.document.records
    opened.add_movie(film())
    monkeypatch.delattr(Movie, "frame")
    pd.testing.assert_frame_equal(
        kind_table(opened, "expansion"), session.table("expansion")
    )


def test_a_table_comes_back_from_csv(session, tmp_path):
    drawn(session)
    follow(session)
    before = table(session)
    write_annotations(tmp_path / "expansion.csv", session.table("expansion"))
    kind, read = read_annotations(tmp_path / "expansion.csv")
    records = records_from_table(read, kind)
    empty = session.document.without_records(session.document.records)
    session.edit("read", empty.with_records(records))
    rows = table(session)
    for name in ("value", "u_value", "change_percent", "flag", "orientation_deg"):
        np.testing.assert_array_equal(rows[name], before[name])


def test_another_lattice_is_chosen_and_then_looked_for(session):
    session.open(Experiment(film(other_px=6.0)))
    session.toolbox.change("expansion", object="grain", quantity="d_spacing")
    record = drawn(session)
    seen = look_into(session, record)
    assert len(seen.peaks) == 2
    assert seen.peaks[1][0] == pytest.approx(6.0, abs=0.05)
    chosen = choose_lattice(session, record, seen.peaks[1])
    assert chosen.get("spacing_px") == pytest.approx(6.0, abs=0.02)
    assert session.history.undo_label == "choose lattice"
    copied = copy_forward(session, session.toolbox["expansion"])
    assert copied.get("spacing_px") == pytest.approx(6.0, abs=0.02)
    assert guess_of(copied)[0] == pytest.approx(6.0, abs=0.05)


def test_where_the_guess_is_not_there_the_others_are_shown(session):
    session.toolbox.change("expansion", guess=(4.0,))
    record = drawn(session)
    assert record.flag == "low_contrast"
    assert look_into(session, record).peaks[0][0] == pytest.approx(8.0, abs=0.05)


def test_a_corner_keeps_its_number_and_the_opposite_one_its_place():
    drawn = box((0.0, 0.0), (10.0, 20.0))
    for corner in range(4):
        moved = with_corner(drawn, corner, (-5.0, 30.0))
        assert moved.parts[0][corner] == (-5.0, 30.0)
        assert moved.parts[0][(corner + 2) % 4] == drawn.parts[0][(corner + 2) % 4]


def test_other_quantities_do_not_get_the_columns(session):
    session.toolbox.change("expansion", quantity="length", guess=(8.0,), snap=False)
    drawn(session)
    assert "spacing_px" not in table(session)
    assert "guess_px" not in table(session)


def test_a_row_made_by_hand_in_a_table_says_that_nothing_was_measured(session):
    drawn(session)
    rows = session.table("expansion").drop(columns=["spacing_px", "u_spacing_px"])
    (record,) = records_from_table(rows, "expansion")
    session.edit("read", session.document.with_records([record]))
    row = table(session).iloc[0]
    assert np.isnan(row["value"])
    assert row["flag"] == "not_measured"
    assert records_from_table(session.table("expansion"), "expansion")[0].flag == ""


def test_a_number_that_is_none_is_refused_with_its_row(session):
    drawn(session)
    rows = session.table("expansion").astype({"spacing_px": object})
    rows.loc[0, "spacing_px"] = "wide"
    with pytest.raises(ReadError, match=r"Row 1 .* spacing_px is 'wide'"):
        records_from_table(rows, "expansion")


def test_a_frame_that_cannot_be_read_gets_a_flag_and_following_goes_on(
    session, monkeypatch
):
    drawn(session)
    read = Movie.frame

    def broken(movie, index):
        if index == 1:
            raise ReadError("Frame 1 cannot be read.")
        return read(movie, index)

    monkeypatch.setattr(Movie, "frame", broken)
    follow(session)
    assert table(session)["flag"].tolist() == ["", "no_data", "low_contrast", ""]


def test_where_the_drift_is_corrected_the_box_stays_on_the_specimen(session):
    shift = np.column_stack([np.arange(4.0), -2 * np.arange(4.0)])
    drift = MovieDrift.of(shift, np.full((4, 2), 0.1), np.full(4, ""))
    drawn(session)
    session.edit("drift", session.document.with_drift("planes", drift))
    follow(session)
    last = max(session.document.of_kind("expansion"), key=lambda row: row.frame)
    assert last.geometry == box((11.0, 4.0), (90.0, 104.0))
