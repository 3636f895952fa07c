"""SEI tables: thickness, its uncertainty, and the core."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.tables import TableBuilder, kind_table
from napari_insitu_tem.measure.thickness import layer_thickness
from napari_insitu_tem.model.calibration import Calibration


def ring(radius, vertices):
    angle = 2 * np.pi * np.arange(vertices + 1) / vertices
    points = 200 + radius * np.column_stack([np.sin(angle), np.cos(angle)])
    points[-1] = points[0]
    return points


def band(build, inner, outer, core="", **fields):
    return build.row("sei", "band", inner, outer, attributes={"core": core}, **fields)


def test_thickness_in_nm(build):
    flat = [[10, 0], [10, 40]], [[16, 0], [16, 40]]
    row = kind_table(build.add(build.experiment(), band(build, *flat)), "sei").iloc[0]
    assert (row["value"], row["unit"], row["flag"]) == (12.0, "nm", "")
    assert row["thickness_mean_nm"] == 12.0
    assert row["thickness_sd_nm"] == 0.0
    assert row["thickness_median_nm"] == 12.0
    assert (row["thickness_min_nm"], row["thickness_max_nm"]) == (12.0, 12.0)
    assert (row["n_samples"], row["coverage"]) == (80, 1.0)
    assert row["u_value"] == pytest.approx(2.0)
    assert np.isnan(row["radius_nm"])


def test_without_a_pixel_size_only_the_value_is_there(build):
    flat = [[10, 0], [10, 40]], [[16, 0], [16, 40]]
    experiment = build.add(build.experiment(pixel_size_nm=None), band(build, *flat))
    row = kind_table(experiment, "sei").iloc[0]
    assert (row["value"], row["unit"]) == (6.0, "px")
    assert np.isnan(row["thickness_mean_nm"])
    assert row["coverage"] == 1.0


def test_pixels_need_not_be_square(build):
    flat = [[10, 0], [10, 40]], [[16, 0], [16, 40]]
    experiment = build.add(build.experiment(), band(build, *flat))
    experiment.document = experiment.document.with_calibration(
        "wire", Calibration(5.0, 3.0, u_relative=0.02)
    )
    row = kind_table(experiment, "sei").iloc[0]
    assert row["value"] == pytest.approx(30.0)
    assert row["u_value"] == pytest.approx(np.hypot(5.0, 0.02 * 30), rel=1e-6)


@pytest.mark.parametrize("core", ["circle", "diameter"])
def test_radius_of_the_core(build, core):
    records = [
        band(build, ring(50, 90), ring(60, 90), core, frame=3),
        build.line(3, 99.0, "diameter"),
        build.line(3, 101.0, "diameter"),
        build.line(2, 77.0, "diameter"),
    ]
    experiment = build.add(build.experiment(), *records)
    row = kind_table(experiment, "sei").iloc[0]
    assert row["radius_nm"] == pytest.approx(100.0, rel=1e-4)
    assert row["t_over_r"] == pytest.approx(0.2, rel=1e-4)
    if core == "diameter":
        assert row["u_radius_nm"] == pytest.approx(1.0)


def test_thickness_and_radius_share_the_inner_boundary(rng, build):
    def noisy(points, u):
        moved = points + u * rng.standard_normal(points.shape)
        moved[-1] = moved[0]
        return moved

    rings = ring(50, 16), ring(60, 16)
    records = [
        band(build, *(noisy(p, u) for p in rings), core="circle", object=f"{u}-{i}")
        for u, count in ((0.0, 1), (1.0, 250))
        for i in range(count)
    ]
    rows = kind_table(build.add(build.experiment(), *records), "sei")
    for name in ("value", "radius_nm", "t_over_r"):
        scatter = np.std(rows[name][1:])
        assert rows[f"u_{name}"][0] == pytest.approx(scatter, rel=0.13)


def test_a_core_that_is_not_there_is_said(build):
    flat = [[10, 0], [10, 40]], [[16, 0], [16, 40]]
    records = [band(build, *flat, core=core) for core in ("circle", "diameter")]
    rows = kind_table(build.add(build.experiment(), *records), "sei")
    assert list(rows["flag"]) == ["no_core", "no_core"]
    assert list(rows["value"]) == [12.0, 12.0]
    assert rows["t_over_r"].isna().all()


def test_flags_and_repeats(build):
    crossing = band(build, [[10, 0], [10, 40]], [[6, 0], [14, 40]], frame=1)
    spot = band(build, [[5, 5], [5, 5]], [[6, 0], [14, 40]], frame=2)
    lost = band(build, [[10, 0], [10, 40]], [[16, 0], [16, 40]], movie="lost")
    repeats = [
        band(build, [[10, 0], [10, 40]], [[y, 0], [y, 40]]) for y in (14, 16, 18)
    ]
    rows = kind_table(
        build.add(build.experiment(), crossing, spot, lost, *repeats), "sei"
    )
    assert list(rows["flag"][:3]) == ["crossing", "too_short", "movie_missing"]
    assert np.isnan(rows["value"][2])
    assert list(rows["u_value"][3:]) == pytest.approx([4.0, 4.0, 4.0])


def test_an_edit_measures_one_layer(build, monkeypatch):
    from napari_insitu_tem.measure.kinds import sei

    records = [
        band(build, [[10, 0], [10, 40]], [[16, 0], [16, 40]], frame=i) for i in range(4)
    ]
    experiment = build.add(build.experiment(), *records)
    builder = TableBuilder(experiment)
    builder.kind("sei")
    calls = []

    def count(*args, **options):
        calls.append(args)
        return layer_thickness(*args, **options)

    monkeypatch.setattr(sei, "layer_thickness", count)
    moved = band(build, [[10, 0], [10, 40]], [[18, 0], [18, 40]]).geometry
    build.add(experiment, records[1].changed(geometry=moved))
    assert builder.kind("sei")["value"][1] == 16.0
    assert len(calls) == 1
