"""Movies and traces on one clock."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from hands import make_movie, make_trace
from napari_insitu_tem.model.errors import (
    CalibrationError,
    ExperimentError,
    TimeBaseError,
)
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace


def test_signals_at_frames_are_means_over_the_exposure():
    experiment = Experiment(make_movie(), make_trace()).align(offset_s=12.5)
    table = experiment.signals_at_frames()
    assert len(table) == 10
    assert table["time_s"].tolist() == pytest.approx(12.5 + 0.5 * np.arange(10))
    middle = 12.5 + 0.5 * np.arange(10) + 0.2
    assert table["potential_V"].to_numpy() == pytest.approx(0.1 * middle)
    assert table["charge_C"].to_numpy() == pytest.approx(1e-9 * middle)
    assert (table["frame_duration_s"] == 0.4).all()


def test_outside_the_record_there_is_nothing():
    experiment = Experiment(make_movie(), make_trace()).align(offset_s=18.0)
    potential = experiment.signals_at_frames()["potential_V"]
    assert potential[:4].notna().all()
    assert potential[5:].isna().all()


def test_without_a_trace_the_movie_has_its_own_clock():
    table = Experiment(make_movie()).signals_at_frames()
    assert table["time_s"].tolist() == (0.5 * np.arange(10)).tolist()
    assert table["potential_V"].isna().all()


def test_without_frame_times_there_is_no_time_until_one_is_typed():
    movie = Movie.from_array(np.zeros((5, 4, 4)), name="bare")
    experiment = Experiment(movie, make_trace())
    assert experiment.signals_at_frames()["time_s"].isna().all()
    with pytest.raises(TimeBaseError, match="bare has no frame times"):
        experiment.frame_times()
    experiment.document = experiment.document.with_interval("bare", 2.0)
    assert experiment.signals_at_frames()["time_s"].tolist() == [0, 2, 4, 6, 8]


def test_a_typed_interval_never_overrules_the_files_own_times():
    experiment = Experiment(make_movie())
    experiment.document = experiment.document.with_interval("wire", 9.0)
    assert experiment.movie().times_s[1] == 0.5


def test_calibrating_changes_the_movie_and_can_be_impossible():
    experiment = Experiment(make_movie()).calibrate(2.0)
    assert experiment.movie().pixel_size_nm == 2.0
    with pytest.raises(CalibrationError, match="impossible"):
        experiment.calibrate(0.0)
    assert experiment.movie().pixel_size_nm == 2.0


def test_names_that_are_taken_get_a_number():
    experiment = Experiment(movies=[make_movie(), make_movie(), make_movie()])
    assert [m.name for m in experiment.movies] == ["wire", "wire (2)", "wire (3)"]


def test_a_second_trace_is_placed_by_its_start():
    def trace(name, second):
        return Trace.from_columns(
            {"time_s": np.arange(5.0), "potential_V": np.full(5, float(second))},
            name=name,
            stamp=StartStamp(datetime(2026, 3, 1, 12, 0, second)),
        )

    record = Experiment(traces=[trace("a", 0), trace("b", 30)]).record
    assert record.time_ns[-1] == 34_000_000_000
    assert record.values("potential_V").tolist() == [0.0] * 5 + [30.0] * 5


def test_a_flipped_trace_is_flipped_once_and_says_so():
    experiment = Experiment(make_movie(), make_trace()).align(offset_s=0.0)
    from dataclasses import replace

    experiment.document = replace(experiment.document, flipped=frozenset({"record"}))
    assert experiment.signals_at_frames()["current_A"][0] == pytest.approx(-1e-9)
    assert "sign of current" in experiment.trace().warnings[-1]
    assert experiment.traces[0].warnings == ()


def test_align_from_stamps_needs_both():
    with pytest.raises(ExperimentError, match="do not both have a start time"):
        Experiment(make_movie(), make_trace()).align()


def test_alignments_keep_their_history():
    experiment = Experiment(make_movie(), make_trace())
    experiment.align(offset_s=1.0).align(offset_s=2.0)
    assert [a.offset_s for a in experiment.document.alignments["wire"]] == [1.0, 2.0]
    assert experiment.alignment().offset_s == 2.0


def test_what_is_not_there_is_named():
    with pytest.raises(ExperimentError, match="no movie 'x'"):
        Experiment().movie("x")
    with pytest.raises(ExperimentError, match="no trace None"):
        Experiment().trace()


def test_further_columns_of_the_record_stand_at_the_frames():
    log = Trace.from_columns(
        {
            "time_s": np.arange(0.0, 40.0),
            "temperature_degC": 20.0 + 0.3 * np.arange(0.0, 40.0),
            "frame": np.arange(40.0),
        }
    )
    experiment = Experiment(make_movie(), log).align(offset_s=2.5)
    table = experiment.signals_at_frames()
    middle = table["time_s"] + table["frame_duration_s"].fillna(0) / 2
    np.testing.assert_allclose(table["temperature_degC"], 20 + 0.3 * middle)
    # a column of the log with a name that is taken changes nothing
    assert table["frame"].tolist() == list(range(len(table)))
    usual = experiment.usual_signals_at_frames()
    assert "temperature_degC" not in usual
    assert list(table.columns[: len(usual.columns)]) == list(usual.columns)


def test_a_half_cycle_at_a_frame_is_a_whole_number():
    record = Trace.from_columns(
        {
            "time_s": np.arange(0.0, 20.0),
            "potential_V": np.arange(20.0),
            "half_cycle": np.repeat([1.0, 2.0], 10),
        }
    )
    experiment = Experiment(make_movie(), record).align(offset_s=7.3)
    table = experiment.signals_at_frames()
    middle = table["time_s"] + table["frame_duration_s"] / 2
    assert table["half_cycle"].tolist() == [1 + (t >= 10) for t in middle]
