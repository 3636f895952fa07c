"""Expansion tables: what a user reads off after drawing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_insitu_tem.measure.tables import TableBuilder, kind_table
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.document import ObjectSettings


def table(build, *records, settings=None, **experiment):
    made = build.add(build.experiment(**experiment), *records)
    if settings is not None:
        made.document = made.document.with_object("NW-A", settings)
    return kind_table(made, "expansion")


def test_a_length_in_nm_with_its_uncertainty(build):
    row = table(build, build.line(length=10)).iloc[0]
    assert (row["value"], row["unit"]) == (20.0, "nm")
    assert row["u_value"] == pytest.approx(2 * np.sqrt(2))
    assert row["flag"] == ""


def test_without_a_pixel_size_lengths_are_px(build):
    row = table(build, build.line(length=10), pixel_size_nm=None).iloc[0]
    assert (row["value"], row["unit"]) == (10.0, "px")
    area = build.row("expansion", "polygon", [[0, 0], [0, 4], [3, 4], [3, 0]])
    row = table(build, area, pixel_size_nm=None).iloc[0]
    assert (row["quantity"], row["value"], row["unit"]) == ("area", 12.0, "px2")


def test_pixels_need_not_be_square(build):
    experiment = build.add(build.experiment(), build.line(length=10))
    experiment.document = experiment.document.with_calibration(
        "wire", Calibration(5.0, 3.0, u_relative=0.02)
    )
    row = kind_table(experiment, "expansion").iloc[0]
    assert row["value"] == pytest.approx(30.0)
    assert row["u_value"] == pytest.approx(np.hypot(3 * np.sqrt(2), 0.6))


def test_the_first_measured_frame_is_the_reference(build):
    records = [build.line(5, 14.5, "diameter"), build.line(2, 10, "diameter")]
    rows = table(build, *records)
    assert list(rows["reference_frame"]) == ["2", "2"]
    assert list(rows["reference_value"]) == [20.0, 20.0]
    assert list(rows["ratio"]) == [1.45, 1.0]
    assert rows["u_ratio"][1] == 0
    assert rows["u_ratio"][0] == pytest.approx(np.sqrt(2) * np.hypot(1, 1.45) / 10)
    assert rows["change_percent"][0] == pytest.approx(45)
    assert rows["u_change_percent"][0] == pytest.approx(100 * rows["u_ratio"][0])
    assert rows["volume_change_percent"].isna().all()


def test_chosen_reference_frames_are_averaged(build):
    records = [build.line(frame, 10 + frame) for frame in range(4)]
    rows = table(build, *records, settings=ObjectSettings(reference_frames=(3, 1)))
    assert rows["reference_frame"][0] == "1 3"
    assert rows["reference_value"][0] == 24.0
    assert rows["u_reference_value"][0] == pytest.approx(2.0)
    # A row that is half of its reference: x1 / ((x1 + x3) / 2).
    by_x1, by_x3 = 2 * 13 / 24**2, -2 * 11 / 24**2
    assert rows["u_ratio"][1] == pytest.approx(np.sqrt(2) * np.hypot(by_x1, by_x3))


def test_a_reference_that_was_not_measured_is_said(build):
    rows = table(build, build.line(2), settings=ObjectSettings(reference_frames=(0,)))
    assert rows["flag"][0] == "no_reference"
    assert rows["reference_frame"][0] == "0"
    assert rows["value"][0] == 20.0
    assert np.isnan(rows["ratio"][0])


def test_objects_and_quantities_and_movies_have_their_own_reference(build):
    experiment = build.experiment()
    experiment.add_movie(replace(experiment.movie(), name="next"))
    build.add(
        experiment,
        build.line(0, 10, "diameter"),
        build.line(1, 30, "length"),
        build.line(2, 50, "diameter", object="NW-B"),
        build.line(3, 70, "diameter", movie="next"),
    )
    assert list(kind_table(experiment, "expansion")["ratio"]) == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("model", "change"),
    [("sphere", 1.45**3), ("cylinder", 1.45**2), ("cylinder_length", 1.45**2 * 1.6)],
)
def test_volume_follows_from_a_diameter(build, model, change):
    records = [
        build.line(0, 10, "diameter", model=model),
        build.line(0, 100, "length"),
        build.line(4, 14.5, "diameter", model=model),
        build.line(4, 160, "length"),
    ]
    row = table(build, *records).iloc[2]
    assert row["volume_change_percent"] == pytest.approx(100 * (change - 1))
    p = 3 if model == "sphere" else 2
    squares = p**2 * 2 * (1 / 10**2 + 1 / 14.5**2)
    if model == "cylinder_length":
        squares += 2 * (1 / 100**2 + 1 / 160**2)
    expected = 100 * change * np.sqrt(squares)
    assert row["u_volume_change_percent"] == pytest.approx(expected)
    assert row["flag"] == ""


def test_the_model_of_the_object_is_shown_and_used(build):
    records = [build.line(0, 10, "diameter"), build.line(1, 20, "diameter")]
    rows = table(build, *records, settings=ObjectSettings(volume_model="sphere"))
    assert list(rows["volume_model"]) == ["sphere", "sphere"]
    assert rows["volume_change_percent"][1] == pytest.approx(700)


def test_a_model_that_needs_a_length_says_so(build):
    records = [
        build.line(0, 10, "diameter", model="cylinder_length"),
        build.line(0, 100, "length"),
        build.line(3, 12, "diameter", model="cylinder_length"),
    ]
    rows = table(build, *records)
    assert list(rows["flag"]) == ["", "", "no_length"]
    assert np.isnan(rows["volume_change_percent"][2])
    assert rows["ratio"][2] == 1.2


def test_volumes_as_values(build):
    records = [
        build.line(0, 10, "volume", model="sphere"),
        build.line(1, 20, "volume", model="sphere"),
        build.line(0, 10, "volume", model="cylinder_length", object="B"),
        build.line(0, 100, "length", object="B"),
        build.line(0, 10, "volume", object="C"),
        build.line(0, 10, "volume", model="cylinder", object="D"),
        build.line(0, 10, "volume", model="cylinder", object="B"),
    ]
    rows = table(build, *records)
    sphere = np.pi / 6 * 20**3
    assert rows["value"][0] == pytest.approx(sphere)
    assert rows["unit"][0] == "nm3"
    assert rows["u_value"][0] == pytest.approx(3 * sphere * np.sqrt(2) / 10)
    assert rows["ratio"][1] == pytest.approx(8)
    assert rows["value"][1] / rows["reference_value"][1] == pytest.approx(8)
    assert rows["change_percent"][1] == rows["volume_change_percent"][1]
    cylinder = np.pi / 4 * 20**2 * 200
    assert rows["value"][2] == pytest.approx(cylinder)
    assert rows["u_value"][2] == pytest.approx(
        cylinder * np.sqrt(2) * np.hypot(2 / 10, 1 / 100)
    )
    assert (rows["flag"][4], rows["unit"][4]) == ("no_model", "nm3")
    assert np.isnan(rows["value"][4])
    assert rows["value"][5] == pytest.approx(np.pi / 4 * 20**2)
    assert (rows["flag"][5], rows["unit"][5]) == ("per_length", "nm2")
    assert rows["value"][6] == pytest.approx(cylinder)
    assert (rows["flag"][6], rows["unit"][6]) == ("", "nm3")


def test_an_ellipse_as_a_body_of_revolution(build):
    def oval(frame, a, b, **more):
        return build.row(
            "expansion",
            "ellipse",
            [[0, -a], [0, a]],
            [[-b, 0], [b, 0]],
            frame=frame,
            attributes={"quantity": "area", "volume_model": "ellipsoid"},
            **more,
        )

    rows = table(build, oval(0, 8, 5), oval(1, 9, 6))
    assert rows["value"][0] == pytest.approx(np.pi * 16 * 10)
    assert rows["ratio"][1] == pytest.approx(54 / 40)
    assert rows["volume_change_percent"][1] == pytest.approx(
        100 * (9 * 36 / (8 * 25) - 1)
    )


def test_three_repeats_bring_their_own_uncertainty(build):
    records = [
        *(build.line(0, length) for length in (9.0, 10.0, 11.0)),
        build.line(0, 10.5, u_pick_px=0.1, method="snapped"),
        *(build.line(3, length) for length in (12.0, 13.0)),
    ]
    rows = table(build, *records)
    assert list(rows["u_value"][:3]) == pytest.approx([2.0, 2.0, 2.0])
    assert rows["u_value"][3] == pytest.approx(0.2 * np.sqrt(2))
    assert rows["u_value"][4] == pytest.approx(2 * np.sqrt(2))
    assert rows["reference_value"][4] == pytest.approx(20.25)
    stated = np.sqrt(3 * 2.0**2 + (0.2 * np.sqrt(2)) ** 2) / 4
    assert rows["u_reference_value"][4] == pytest.approx(stated)


def test_the_stated_uncertainty_can_be_edited(build):
    experiment = build.add(build.experiment(), build.line(length=10))
    builder = TableBuilder(experiment)
    builder.kind("expansion")
    document = experiment.document
    settings = replace(document.settings, u_pick_px=0.5)
    experiment.document = replace(document, settings=settings)
    row = builder.kind("expansion").iloc[0]
    assert row["u_value"] == pytest.approx(np.sqrt(2))


def test_nothing_is_said_of_a_movie_that_is_not_there(build):
    row = table(build, build.line(movie="lost")).iloc[0]
    assert (row["flag"], row["unit"]) == ("movie_missing", "")
    assert np.isnan(row["value"])


def test_a_flag_of_the_row_stays(build):
    bow = [[0, 0], [9, 9], [0, 9], [9, 0]]
    rows = table(
        build,
        build.row("expansion", "polygon", bow),
        build.row("expansion", "polygon", bow, flag="blurred"),
    )
    assert list(rows["flag"]) == ["self_crossing", "blurred"]
    assert rows["value"].isna().all()


def test_one_changed_row_measures_one_shape(build, monkeypatch):
    from napari_insitu_tem.measure.kinds import expansion

    records = [build.line(frame) for frame in range(5)]
    experiment = build.add(build.experiment(), *records)
    builder = TableBuilder(experiment)
    builder.kind("expansion")
    calls = []

    def count(*args):
        calls.append(args)
        return real(*args)

    real = expansion.body_of
    monkeypatch.setattr(expansion, "body_of", count)
    build.add(experiment, records[2].changed(geometry=build.line(length=7).geometry))
    assert builder.kind("expansion")["value"][2] == 14.0
    assert len(calls) == 1
