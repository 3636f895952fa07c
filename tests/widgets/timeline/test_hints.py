"""Empty states in words, and the readout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.hints import FIT_BOTH, hint
from napari_insitu_tem.widgets.timeline.readout import readings


def movie(times_s: object = (0.0, 1.0, 2.0)) -> Movie:
    array = np.zeros((3, 2, 2), np.uint8)
    return Movie.from_array(array, name="wire", times_s=times_s, exposures_s=0.5)


def trace(rows: int = 11) -> Trace:
    time = np.arange(rows, dtype=float)
    return Trace.from_columns(
        {
            "time_s": time,
            "potential_V": 0.1 * time,
            "current_A": -2e-9 + 0 * time,
            "cycle": 1 + 0 * time,
        }
    )


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (Experiment(), "Nothing is open yet"),
        (Experiment(trace=trace()), "No movie yet"),
        (Experiment(movie()), "No trace yet"),
        (Experiment(movie(None), trace()), "Type the frame interval in the Experiment"),
        (Experiment(movie(), trace(0)), "has no rows"),
        (Experiment(movie(), trace()), ""),
    ],
)
def test_what_is_missing_is_said(experiment, words) -> None:
    said = hint(Session(experiment)).text
    assert words in said
    assert bool(said) == bool(words)


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (70.0, "the movie starts 60 s after the trace ends"),
        (-62.5, "the movie ends 60 s before the trace begins"),
    ],
)
def test_movie_beside_the_trace(offset, words) -> None:
    said = hint(Session(Experiment(movie(), trace()).align(offset_s=offset)))
    assert words in said.text
    assert said.action == FIT_BOTH
    assert said.is_warning


def test_readout_at_the_playhead() -> None:
    session = Session(Experiment(movie(), trace()))
    session.go_to(1)
    said = {reading.name: reading.text for reading in readings(session)}
    assert said == {
        "frame": "1 of 3",
        "t": "1.000 s",
        # The mean over the exposure, 1.0 to 1.5 s.
        "E": "+0.1250 V",
        "I": "−2.000 nA",
        "Q": "−2.500 nC",
        "cycle": "1",
    }


def test_long_reference_leaves_room_for_the_rest() -> None:
    against = replace(trace(), reference="SCE Saturated Calomel Electrode")
    said = readings(Session(Experiment(movie(), against)))
    (potential,) = [r.text for r in said if r.name == "E"]
    assert potential == "+0.0250 V vs SCE Saturated…"


def test_readout_where_something_is_missing() -> None:
    def text(experiment: Experiment) -> str:
        return " ".join(r.text for r in readings(Session(experiment)))

    assert text(Experiment()) == ""
    assert "no frame times" in text(Experiment(movie(None), trace()))
    assert text(Experiment(movie())) == "0 of 3 0.000 s"
    far = Experiment(movie(), trace()).align(offset_s=100)
    assert "does not cover this frame" in text(far)
