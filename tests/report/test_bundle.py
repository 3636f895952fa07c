"""An export is complete, described, and never replaces anything in silence."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem.io.saving.annotation_csv import read_annotations
from napari_insitu_tem.measure.tables import tables
from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.errors import (
    CancelledError,
    ExperimentError,
    SaveError,
)
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.law_columns import LAW_COLUMNS
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.report.bundle import export_bundle


def movie(name: str, start_s: float = 0.0) -> Movie:
    return Movie.from_array(
        np.zeros((10, 8, 8), np.uint8),
        name=name,
        pixel_size_nm=0.5,
        times_s=start_s + np.arange(10.0),
        exposures_s=0.5,
    )


@pytest.fixture
def experiment() -> Experiment:
    """Ten frames a second apart, 100 s into the record; rows in frames 1, 4 and 8."""
    time = np.arange(0, 200, 0.1)
    trace = Trace.from_columns({"time_s": time, "potential_V": time / 100})
    experiment = Experiment(movies=[movie("Wire 1"), movie("wire-1")], traces=[trace])
    for name in ("Wire 1", "wire-1"):
        experiment.align(offset_s=100.0, movie=name)
    common: dict[str, Any] = {"object": "w", "movie": "Wire 1"}
    line = Geometry.of("line", [(0, 0), (3, 4)])
    rows = [
        Record.new("expansion", frame=i, geometry=line, **common) for i in (1, 4, 8)
    ]
    rows.append(Record.new("path", frame=0, geometry=line, **common))
    rows.append(
        Record.new(
            "event",
            frame=0,
            geometry=Geometry.nothing(),
            attributes={"label": "crack", "end_frame": 5},
            **common,
        )
    )
    experiment.document = experiment.document.with_records(rows)
    return experiment


def export(experiment: Experiment, out: Path, **options: Any) -> dict[str, Path]:
    paths = export_bundle(experiment, tables(experiment), out, **options)
    return {path.name: path for path in paths}


def test_all_kinds_with_rows_and_all_movies_are_written(
    experiment: Experiment, tmp_path: Path
) -> None:
    files = export(experiment, tmp_path / "out")
    assert list(files) == [
        "expansion.csv",
        "event.csv",
        "path.csv",
        "signals_at_frames_wire-1.csv",
        "signals_at_frames_wire-1-2.csv",
        "datapackage.json",
    ]
    assert {p.name for p in (tmp_path / "out").iterdir()} == set(files)
    kind, read = read_annotations(files["expansion.csv"])
    assert kind == "expansion"
    pd.testing.assert_frame_equal(read, tables(experiment)["expansion"])
    signals = pd.read_csv(files["signals_at_frames_wire-1.csv"])
    expected = experiment.signals_at_frames("Wire 1")
    assert list(signals.columns) == list(expected.columns)
    np.testing.assert_allclose(signals["time_s"], 100 + np.arange(10))
    np.testing.assert_allclose(signals["potential_V"], expected["potential_V"])


def test_the_data_package_names_every_file_and_column(
    experiment: Experiment, tmp_path: Path
) -> None:
    files = export(experiment, tmp_path / "out")
    package = json.loads(files["datapackage.json"].read_text())
    assert [r["path"] for r in package["resources"]] == list(files)[:-1]
    for resource in package["resources"]:
        header = pd.read_csv(files[resource["path"]], nrows=0).columns
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == list(header)
        assert all(field["description"] for field in fields)
        assert resource["bytes"] == files[resource["path"]].stat().st_size
    units = {
        field["name"]: field.get("unit")
        for field in package["resources"][3]["schema"]["fields"]
    }
    assert units["potential_sd_V"] == "V"
    assert [m["alignment"]["offset_s"] for m in package["movies"]] == [100.0, 100.0]


def test_a_stretch_of_time_keeps_what_lies_in_it(
    experiment: Experiment, tmp_path: Path
) -> None:
    files = export(experiment, tmp_path / "out", time_range_s=(108.0, 103.5))
    assert list(pd.read_csv(files["expansion.csv"])["frame"]) == [4, 8]
    assert list(pd.read_csv(files["event.csv"])["label"]) == ["crack"]
    assert len(pd.read_csv(files["path.csv"])) == 1
    signals = pd.read_csv(files["signals_at_frames_wire-1.csv"])
    assert list(signals["frame"]) == [4, 5, 6, 7, 8]
    late = export(experiment, tmp_path / "late", time_range_s=(106.0, 500.0))
    assert list(pd.read_csv(late["expansion.csv"])["frame"]) == [8]
    assert "event.csv" not in late


def test_only_chosen_kinds_are_written(experiment: Experiment, tmp_path: Path) -> None:
    files = export(experiment, tmp_path / "out", kinds=["event"])
    assert [name for name in files if not name.startswith("signals")] == [
        "event.csv",
        "datapackage.json",
    ]
    with pytest.raises(ExperimentError, match="'length' is not a kind"):
        export(experiment, tmp_path / "x", kinds=["length"])


def test_nothing_is_replaced_unless_asked_for(
    experiment: Experiment, tmp_path: Path
) -> None:
    (tmp_path / "event.csv").write_text("mine")
    (tmp_path / "other.txt").write_text("mine")
    with pytest.raises(SaveError, match=r"event\.csv in .* would be overwritten"):
        export(experiment, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"event.csv", "other.txt"}
    assert (tmp_path / "event.csv").read_text() == "mine"
    export(experiment, tmp_path, overwrite=True)
    assert len(pd.read_csv(tmp_path / "event.csv")) == 1
    assert (tmp_path / "other.txt").read_text() == "mine"
    assert not [p for p in tmp_path.iterdir() if p.is_dir()]


def test_an_export_that_fails_half_way_leaves_nothing(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, calls = os.replace, []

    def fail_late(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        original(*args)

    monkeypatch.setattr(os, "replace", fail_late)
    with pytest.raises(SaveError, match="disk is full"):
        export(experiment, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_rate_laws_go_along(experiment: Experiment, tmp_path: Path) -> None:
    row: dict[str, Any] = {
        column.name: {"string": "x", "integer": 3, "number": 0.1}[column.type]
        for column in LAW_COLUMNS
    }
    made = export(experiment, tmp_path / "out", laws=pd.DataFrame([row]))
    assert "rate_laws.csv" in made
    back = pd.read_csv(tmp_path / "out" / "rate_laws.csv")
    assert list(back.columns) == [column.name for column in LAW_COLUMNS]
    assert back["value"][0] == 0.1
    assert "rate_laws.csv" not in export(experiment, tmp_path / "none")


def test_an_empty_experiment_has_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="nothing to export"):
        export_bundle(Experiment(), {}, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_cancelling_writes_nothing(experiment: Experiment, tmp_path: Path) -> None:
    source = tmp_path / "film.tif"
    source.write_bytes(b"some bytes")
    film = Movie.from_array(np.zeros((2, 4, 4)), name="film", times_s=[0, 1])
    object.__setattr__(film, "paths", (source,))
    experiment.add_movie(film)

    def stop(done: int, total: int, text: str = "") -> None:
        raise CancelledError(text)

    with pytest.raises(CancelledError):
        export(experiment, tmp_path / "out", progress=stop)
    assert not (tmp_path / "out").exists()


def test_the_drift_goes_with_the_record_and_is_said(
    experiment: Experiment, tmp_path: Path
) -> None:
    shift = np.column_stack([np.arange(10.0), -np.arange(10.0)])
    shift[3] = np.nan
    flags = ["", "", "", "blank", *[""] * 6]
    drift = MovieDrift.of(shift, np.full((10, 2), 0.2), flags)
    experiment.document = experiment.document.with_drift("Wire 1", drift)
    out = tmp_path / "out"
    export_bundle(experiment, tables(experiment), out, time_range_s=(101.9, 105.0))
    table = pd.read_csv(out / "signals_at_frames_wire-1.csv")
    assert table["frame"].tolist() == [2, 3, 4, 5]
    np.testing.assert_allclose(table["drift_y_nm"], [1.0, np.nan, 2.0, 2.5])
    np.testing.assert_allclose(table["drift_x_nm"], [-1.0, np.nan, -2.0, -2.5])
    assert set(table["u_drift_x_nm"]) == {0.1}
    assert table["drift_flag"].fillna("").tolist() == ["", "blank", "", ""]
    package = json.loads((out / "datapackage.json").read_text("utf-8"))
    said = {movie["name"]: movie.get("drift") for movie in package["movies"]}
    assert said["wire-1"] is None
    assert said["Wire 1"]["isCorrected"]
    assert (said["Wire 1"]["framesKnown"], said["Wire 1"]["framesDoubted"]) == (9, 1)
    other = pd.read_csv(out / "signals_at_frames_wire-1-2.csv")
    assert "drift_y_nm" not in other
    fields = next(
        resource["schema"]["fields"]
        for resource in package["resources"]
        if resource["path"] == "signals_at_frames_wire-1.csv"
    )
    units = {field["name"]: field.get("unit") for field in fields}
    assert units["drift_y_nm"] == "nm"


def test_the_dose_is_written_with_how_it_is_known(
    experiment: Experiment, tmp_path: Path
) -> None:
    beam = Beam("parallel", current_A=1.602176634e-13, area_nm2=1e4, exposure_s=1.0)
    experiment.document = experiment.document.with_beam("Wire 1", beam)
    files = export(experiment, tmp_path / "out")
    signals = pd.read_csv(files["signals_at_frames_wire-1.csv"])
    exposure = experiment.movie("Wire 1").exposures_s
    each = 1.0 if exposure is None else float(exposure[0])
    np.testing.assert_allclose(signals["dose_e_A2"], each * np.arange(1, 11))
    assert signals["u_dose_e_A2"].isna().all()
    kind, rows = read_annotations(files["expansion.csv"])
    np.testing.assert_allclose(rows["dose_rate_e_A2_s"], 1.0)
    pd.testing.assert_frame_equal(rows, tables(experiment)[kind])
    package = json.loads(files["datapackage.json"].read_text())
    told = package["movies"][0]["beam"]
    assert told["way"] == "parallel"
    assert told["dose_e_A2"] == pytest.approx(10 * each)
    assert told["u_dose_e_A2"] is None
    assert "beam" not in package["movies"][1]
