"""What is open, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.widgets.experiment.words import (
    breakable,
    bytes_text,
    experiment_title,
    movie_facts,
    start_text,
    trace_facts,
    trace_signals,
)
from stamped import NOON, stamped_movie, stamped_trace


def test_movie_gives_width_before_height_and_its_size():
    assert movie_facts(stamped_movie()) == (
        "array, 20 frames of 16 × 8 px, uint8, 2.5 KiB"
    )


def test_single_colour_frame():
    movie = Movie.from_array(np.zeros((1, 4, 6, 3), np.uint8))
    assert "1 frame of 6 × 4 px, uint8, colour" in movie_facts(movie)


def test_trace_gives_rows_and_length():
    trace = replace(stamped_trace(), format="EC-Lab text")
    assert trace_facts(trace) == "EC-Lab text, 400 rows, 99.8 s"


def test_trace_says_what_was_recorded_and_against_what():
    trace = stamped_trace(technique="GCPL", reference="Li/Li+")
    assert trace_signals(trace) == (
        "GCPL: potential vs Li/Li+, current, charge (integrated)"
    )


def test_start_tells_local_time_from_a_known_zone():
    naive, aware = StartStamp(NOON), StartStamp(NOON.replace(tzinfo=UTC))
    assert start_text(naive) == "Starts 2026-01-05 12:00:00 (local time, zone unknown)"
    assert start_text(aware) == "Starts 2026-01-05 12:00:00+00:00"
    assert start_text(None) == ""


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (2560, "2.5 KiB"), (20 * 2**30, "20 GiB")],
)
def test_sizes(size, text):
    assert bytes_text(size) == text


def test_title_tells_whether_all_is_on_disk():
    experiment = Experiment(stamped_movie())
    assert experiment_title(Experiment(), True) == "Nothing is open yet."
    assert experiment_title(experiment, True) == "Not saved as an experiment yet."
    experiment.folder = Path("/data/wire.insitu")
    assert experiment_title(experiment, True) == "wire.insitu"
    assert experiment_title(experiment, False) == (
        "wire.insitu has edits that are not saved."
    )


def test_long_names_break_after_their_marks():
    assert breakable("run_01.a-b").split("\u200b") == ["run_", "01.", "a-", "b"]


def test_what_a_holder_recorded_is_named():
    columns = {"time_s": [0.0, 1.0], "temperature_degC": [20.0, 21.0]}
    assert trace_signals(Trace.from_columns(columns)) == "temperature (°C)"
    columns |= {f"gas_{n}_sccm": [1.0, 2.0] for n in range(4)}
    assert trace_signals(Trace.from_columns(columns)) == (
        "temperature (°C), gas 0 (sccm), gas 1 (sccm), 2 more"
    )
