"""Aligning as undoable steps."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from napari_insitu_tem.model.errors import AlignmentError, TimeBaseError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.aligning import (
    add_pair,
    align_again,
    align_by_start_times,
    alignment_doubts,
    frame_moment_s,
    pairs_of,
    remove_pair,
    with_offset,
)
from napari_insitu_tem.state.session import Session

NOON = datetime(2026, 1, 5, 12)


def movie(exposures_s=None, start=NOON, frames=100):
    return Movie.from_array(
        np.zeros((frames, 4, 4), np.uint8),
        name="wire",
        times_s=np.arange(frames) * 0.5,
        exposures_s=exposures_s,
        start=start,
    )


def trace(start=NOON, step_s=0.25):
    time = np.arange(2000) * step_s
    stamp = None if start is None else StartStamp(start)
    columns = {"time_s": time, "potential_V": np.sin(time)}
    return Trace.from_columns(columns, name="gcd", stamp=stamp)


@pytest.fixture
def session():
    return Session(Experiment(movie(), trace()))


def test_one_event_gives_the_offset_with_the_uncertainty_of_both_clocks(session):
    alignment = add_pair(session, "wire", (10.0, 22.5))
    assert alignment.offset_s == pytest.approx(12.5)
    # Frame interval 0.5 s and sample spacing 0.25 s, each uniform.
    expected = np.hypot(0.5, 0.25) / np.sqrt(12)
    assert alignment.u_offset_s == pytest.approx(expected)
    assert session.experiment.alignment("wire") == alignment


def test_uncertainty_uses_the_spacing_of_the_samples_at_the_event():
    sparse = np.concatenate([np.arange(100.0), 100 + np.arange(0, 900, 60.0)])
    columns = {"time_s": sparse, "potential_V": sparse}
    session = Session(Experiment(movie(), Trace.from_columns(columns)))
    alignment = add_pair(session, "wire", (10.0, 130.0))
    assert alignment.u_offset_s == pytest.approx(np.hypot(0.5, 60) / np.sqrt(12))


def test_pairs_are_kept_in_order_and_three_give_the_rate(session):
    rate = 1.001
    for movie_s in (2000.0, 0.0, 1000.0):
        alignment = add_pair(session, "wire", (movie_s, 5 + rate * movie_s))
    assert [pair[0] for pair in pairs_of(session, "wire")] == [0.0, 1000.0, 2000.0]
    assert alignment.rate == pytest.approx(rate)


def test_each_pair_is_one_undo(session):
    add_pair(session, "wire", (1.0, 13.0))
    add_pair(session, "wire", (20.0, 32.0))
    assert "wire" in session.undo()
    assert pairs_of(session, "wire") == ((1.0, 13.0),)
    session.undo()
    assert pairs_of(session, "wire") == ()


def test_removing_pairs_fits_the_rest_and_without_any_says_not_aligned(session):
    add_pair(session, "wire", (1.0, 13.0))
    add_pair(session, "wire", (20.0, 33.0))
    remove_pair(session, "wire", 0)
    assert session.experiment.alignment("wire").offset_s == pytest.approx(13.0)
    remove_pair(session, "wire", 0)
    assert session.experiment.alignment("wire").method == "none"
    assert len(session.document.alignments["wire"]) == 4


def test_pairs_of_an_earlier_fit_do_not_leak_into_the_next_one(session):
    add_pair(session, "wire", (1.0, 13.0))
    session.edit("type", with_offset(session, "wire", 100.0))
    alignment = add_pair(session, "wire", (2.0, 52.0))
    assert alignment.offset_s == pytest.approx(50.0)


def test_start_times_align_and_can_be_taken_back(session):
    align_by_start_times(session, "wire")
    assert session.experiment.alignment("wire").method == "stamps"
    session.undo()
    assert session.experiment.alignment("wire").method == "none"


def test_missing_start_time_is_said_with_both_ways_out():
    session = Session(Experiment(movie(start=None), trace()))
    with pytest.raises(AlignmentError, match=r"wire .* start time.*Type the offset"):
        align_by_start_times(session, "wire")


def test_an_earlier_alignment_can_be_used_again_and_the_history_grows(session):
    session.edit("type", with_offset(session, "wire", 3.0, 0.5))
    session.edit("type", with_offset(session, "wire", 4.0))
    align_again(session, "wire", 0)
    assert session.experiment.alignment("wire").offset_s == 3.0
    assert session.experiment.alignment("wire").u_offset_s == 0.5
    assert len(session.document.alignments["wire"]) == 3


def test_what_is_first_seen_in_a_frame_happened_since_the_one_before():
    assert frame_moment_s(movie(exposures_s=0.2), 10) == pytest.approx(4.85)
    assert frame_moment_s(movie(), 10) == pytest.approx(4.75)
    assert frame_moment_s(movie(exposures_s=0.2), 0) == pytest.approx(0.1)


def test_movie_without_times_cannot_be_marked():
    film = Movie.from_array(np.zeros((3, 4, 4)), name="wire")
    with pytest.raises(TimeBaseError, match="wire has no frame times"):
        frame_moment_s(film, 0)


def doubts_at(offset_s):
    session = Session(Experiment(movie(), trace()))
    session.edit("type", with_offset(session, "wire", offset_s))
    return alignment_doubts(session.experiment, "wire")


def test_an_alignment_that_fits_raises_no_doubt():
    assert doubts_at(12.5) == ()


def test_whole_hours_and_no_overlap_are_pointed_out():
    hours, overlap = doubts_at(3600.0)
    assert "exactly +1 h" in hours
    assert overlap == (
        "Movie and trace do not overlap: the movie runs from 3600 to 3650 s, "
        "the trace from 0 to 499.75 s."
    )


def test_frames_beyond_the_trace_are_counted():
    (doubt,) = doubts_at(474.75)
    assert doubt.startswith("The trace covers 51 of 100 frames")


def test_without_a_trace_or_without_times_there_is_nothing_to_doubt():
    timeless = Movie.from_array(np.zeros((3, 4, 4)), name="wire")
    assert alignment_doubts(Experiment(movie()), "wire") == ()
    assert alignment_doubts(Experiment(timeless, trace()), "wire") == ()
