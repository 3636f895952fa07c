"""The files in `sample_data/` are what the script makes and what the truth says."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem import read_movie, read_trace
from napari_insitu_tem.io.saving.experiment_folder import load_experiment
from napari_insitu_tem.samples import SAMPLES

CHECKOUT = Path(__file__).resolve().parents[1]
FOLDER = CHECKOUT / "sample_data"
SCRIPT = CHECKOUT / "scripts" / "make_sample_data.py"

samples = pytest.mark.parametrize("key", SAMPLES)


def make(folder: Path) -> Path:
    runpy.run_path(str(SCRIPT))["main"](folder)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return make(tmp_path_factory.mktemp("again"))


@pytest.fixture
def movie(key):
    movie = read_movie(SAMPLES[key].movie)
    yield movie
    movie.close()


@pytest.fixture
def truth(key) -> pd.DataFrame:
    return pd.read_csv(FOLDER / key / "truth.csv")


@pytest.fixture
def settings(key) -> dict:
    return json.loads((FOLDER / key / "truth.json").read_text(encoding="utf-8"))


def files_below(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_the_script_makes_the_files_that_are_here(made):
    assert files_below(made) == [f for f in files_below(FOLDER) if f != "README.md"]


@samples
def test_records_and_truth_are_made_again_byte_for_byte(key, made):
    for name in (SAMPLES[key].trace_file, "truth.json", "truth.csv"):
        assert (made / key / name).read_bytes() == (FOLDER / key / name).read_bytes()


@samples
def test_every_pixel_is_made_again(key, made, movie):
    """Compared after reading: other versions of zlib deflate to other bytes."""
    again = read_movie(made / key / SAMPLES[key].movie_file)
    assert np.array_equal(np.asarray(again.frames), np.asarray(movie.frames))
    assert np.array_equal(again.times.start_ns, movie.times.start_ns)
    again.close()


@samples
def test_measurements_are_made_again(key, made):
    """Tables to nine digits: the last ones differ between processors."""
    name = SAMPLES[key].experiment_file
    here, again = (load_experiment(f / key / name) for f in (FOLDER, made))
    assert again.document.records == here.document.records
    assert again.document.objects == here.document.objects
    for table in sorted((FOLDER / key / name / "annotations").glob("*.csv")):
        other = made / key / name / "annotations" / table.name
        pd.testing.assert_frame_equal(
            pd.read_csv(other), pd.read_csv(table), rtol=1e-9, atol=1e-18
        )
    here.movie().close()
    again.movie().close()


@pytest.mark.slow
def test_two_runs_give_the_same_bytes(made, tmp_path):
    again = make(tmp_path / "other place")
    for name in files_below(made):
        assert (again / name).read_bytes() == (made / name).read_bytes(), name


@samples
def test_a_sample_is_small_and_says_nothing_of_where_it_was_made(key):
    files = [path for path in (FOLDER / key).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_700_000
    for path in files:
        content = path.read_bytes()
        assert str(CHECKOUT).encode() not in content
        assert str(Path.home()).encode() + b"/" not in content


@samples
def test_the_movie_is_read_with_the_truths_times_scale_and_shape(
    key, movie, truth, settings
):
    assert list(movie.shape) == settings["shape"]
    assert movie.pixel_size_nm == pytest.approx(settings["microscope"]["pixel_size_nm"])
    assert movie.times_s == pytest.approx(truth["movie_time_s"].to_numpy(), abs=1e-6)
    assert movie.start.isoformat() == settings["clocks"]["movie_start"]
    assert movie.audit.dropped == len(settings["microscope"]["lost"])
    assert movie.audit.is_irregular
    assert movie.audit.gaps


def test_only_the_ome_movie_knows_its_exposures():
    wire = read_movie(SAMPLES["si_nanowire"].movie)
    sei = read_movie(SAMPLES["sei_liquid_cell"].movie)
    assert np.all(wire.exposures_s == 4.0)
    assert sei.exposures_s is None
    wire.close()
    sei.close()


def test_the_nanowires_record_is_read_with_the_plans_steps():
    trace = read_trace(SAMPLES["si_nanowire"].trace)
    steps = trace.frame.groupby("step")
    assert trace.technique == "Chronopotentiometry"
    assert trace.start.isoformat() == "2026-03-18T14:05:13.600000"
    assert steps["time_s"].first().tolist() == [0.0, 65.0, 371.0]
    assert steps["current_A"].mean()[1] == pytest.approx(-2e-9, rel=1e-3)
    assert trace.values("charge_C")[-1] == pytest.approx(-2e-9 * 306)
    assert trace.values("potential_V").max() == pytest.approx(2.61, abs=0.01)
    assert trace.values("potential_V").min() == pytest.approx(0.07, abs=0.01)


def test_the_voltammogram_is_read_with_its_cycles_and_limits():
    trace = read_trace(SAMPLES["sei_liquid_cell"].trace)
    assert trace.technique == "CV"
    assert trace.start.isoformat() == "2026-05-21T10:12:58"
    assert trace.frame["cycle"].unique().tolist() == [1, 2, 3]
    assert trace.values("potential_V").min() == pytest.approx(0.02, abs=2e-3)
    assert trace.values("potential_V").max() == pytest.approx(3.0, abs=2e-3)
    peaks = trace.frame.groupby("cycle")["current_A"].min()
    assert peaks[1] < peaks[3] < 0
    assert trace.time_ns[[0, -1]] == pytest.approx([0.2e9, 357.6e9])


@samples
def test_stamps_are_wrong_by_the_stated_error_and_events_are_better(key, settings):
    experiment = load_experiment(SAMPLES[key].experiment)
    clocks, half = settings["clocks"], np.int64(200e9)
    true = clocks["trace_minus_movie_s"] * 1e9 + half * (1 + 1e-6 * clocks["rate_ppm"])
    by_stamps = experiment.suggest_alignment().to_trace_ns(half) - true
    by_events = experiment.alignment().to_trace_ns(half) - true
    assert by_stamps / 1e9 == pytest.approx(-clocks["stamps_error_s"], abs=0.02)
    assert abs(by_events / 1e9) < 3 * experiment.alignment().u_offset_s
    assert abs(by_events) < abs(by_stamps) / 3
    experiment.movie().close()


def test_the_expansion_that_comes_along_is_near_the_truth():
    truth = pd.read_csv(FOLDER / "si_nanowire" / "truth.csv")
    folder = SAMPLES["si_nanowire"].experiment / "annotations"
    rows = pd.read_csv(folder / "expansion.csv")
    true = truth["near_diameter_nm"].to_numpy()[rows["frame"]]
    away = (rows["value"] - true) / rows["u_value"]
    assert np.abs(away).max() < 3.5
    change = 100 * (true / true[0] - 1)
    assert (rows["change_percent"] - change).abs().max() < 15
    fronts = pd.read_csv(folder / "front.csv")
    true = truth["front_nm"].to_numpy()[fronts["frame"]]
    assert (fronts["value"] - true).abs().max() < 10
