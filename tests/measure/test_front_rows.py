"""Front tables: position along the path and velocity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_insitu_tem.measure.tables import TableBuilder, kind_table

PATH = [[0, 0], [0, 100], [50, 100]]


def fronts(build, points, frames=None, path="axis", **fields):
    return [
        build.row(
            "front",
            "point",
            [point],
            frame=i if frames is None else frames[i],
            attributes={"front": "f", "path": path},
            **fields,
        )
        for i, point in enumerate(points)
    ]


def table(build, points, *, experiment=None, **fields):
    experiment = experiment or build.experiment()
    axis = build.row("path", "path", PATH, object="axis")
    build.add(experiment, axis, *fronts(build, points, **fields))
    return kind_table(experiment, "front")


def test_position_counts_from_the_first_vertex(build):
    rows = table(build, [[0, 30], [20, 100]])
    assert list(rows["value"]) == [60.0, 240.0]
    assert list(rows["unit"]) == ["nm", "nm"]
    assert list(rows["u_value"]) == [2.0, 2.0]
    assert list(rows["flag"]) == ["", ""]


def test_velocity_of_a_steady_front(build):
    rows = table(build, [[0, 10 + 5 * i] for i in range(6)])
    assert rows["velocity_nm_per_s"].to_numpy() == pytest.approx(np.full(6, 10.0))
    # 2 nm a pick, five picks a second apart.
    assert rows["u_velocity_nm_per_s"][3] == pytest.approx(2 / np.sqrt(10))


def test_velocity_window_is_a_setting(build):
    experiment = build.experiment()
    document = experiment.document
    settings = replace(document.settings, velocity_frames=2)
    experiment.document = replace(document, settings=settings)
    rows = table(build, [[0, 0], [0, 10], [0, 40]], experiment=experiment)
    assert list(rows["velocity_nm_per_s"]) == [20.0, 20.0, 60.0]


def test_without_times_or_pixel_size_there_is_no_velocity(build):
    points = [[0, 10], [0, 20], [0, 30]]
    rows = table(build, points, experiment=build.experiment(pixel_size_nm=None))
    assert list(rows["value"]) == [10.0, 20.0, 30.0]
    assert list(rows["unit"]) == ["px"] * 3
    assert rows["velocity_nm_per_s"].isna().all()
    timeless = build.experiment(times_s=None, exposures_s=None)
    rows = table(build, points, experiment=timeless)
    assert list(rows["value"]) == [20.0, 40.0, 60.0]
    assert rows["velocity_nm_per_s"].isna().all()


def test_fronts_do_not_mix(build):
    experiment = build.experiment()
    other = build.row("path", "path", [[0, 0], [100, 0]], object="side")
    build.add(experiment, other, *fronts(build, [[0, 0], [70, 0]], path="side"))
    rows = table(build, [[0, 10], [0, 20]], experiment=experiment)
    assert list(rows["velocity_nm_per_s"]) == [140.0, 140.0, 20.0, 20.0]


def test_doubt_is_flagged(build):
    rows = table(build, [[30, 50], [0, -9], [0, 40]])
    assert list(rows["flag"]) == ["off_path", "off_path", ""]
    assert rows["value"][1] == 0.0
    lost = table(build, [[0, 1]], path="gone").iloc[-1]
    assert lost["flag"] == "no_path"
    assert np.isnan(lost["value"])
    assert lost["unit"] == ""


def test_moving_the_path_moves_the_front(build):
    experiment = build.experiment()
    axis = build.row("path", "path", PATH, object="axis")
    build.add(experiment, axis, *fronts(build, [[0, 30]]))
    builder = TableBuilder(experiment)
    assert builder.kind("front")["value"][0] == 60.0
    moved = build.row("path", "path", [[0, 10], [0, 100]], object="axis").geometry
    build.add(experiment, axis.changed(geometry=moved))
    assert builder.kind("front")["value"][0] == 40.0


def test_scatter_of_repeats_replaces_the_stated_uncertainty(build):
    rows = table(build, [[0, 29], [0, 30], [0, 31], [0, 50]], frames=[0, 0, 0, 2])
    assert list(rows["u_value"]) == [2.0, 2.0, 2.0, 2.0]
    rows = table(build, [[0, 28], [0, 30], [0, 32], [0, 50]], frames=[0, 0, 0, 2])
    assert list(rows["u_value"][:4]) == [4.0, 4.0, 4.0, 2.0]
    assert rows["velocity_nm_per_s"][0] == pytest.approx(20.0)
    expected = np.hypot(4 / np.sqrt(3), 2) / 2
    assert rows["u_velocity_nm_per_s"][3] == pytest.approx(expected)


def test_a_path_row_gives_its_length(build):
    experiment = build.add(build.experiment(), build.row("path", "path", PATH))
    row = kind_table(experiment, "path").iloc[0]
    assert (row["value"], row["unit"]) == (300.0, "nm")
    assert row["u_value"] == pytest.approx(2 * np.sqrt(1 + 2 + 1))
