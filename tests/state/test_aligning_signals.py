"""A movie aligned by a signal of its own that follows one of the record."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.model.errors import (
    AlignmentError,
    CancelledError,
    TimeBaseError,
)
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.aligning_signals import (
    BRIGHTNESS,
    movie_signals,
    plan_signals,
    record_columns,
    set_by_signals,
)
from napari_insitu_tem.state.session import Session

OFFSET_S = 17.3
FRAMES = 240


def charge(t):
    """Cycles that get longer, so that none is mistaken for its neighbour."""
    return np.sin(t / 9) + 0.6 * np.sin(t / 23 + 1) + 0.4 * np.sin((t / 40) ** 2)


def make_session(seed=1, times=True, shift=OFFSET_S):
    rng = np.random.default_rng(seed)
    middle = np.arange(FRAMES) + 0.4
    level = 100 + 20 * charge(middle + shift)
    frames = rng.normal(level[:, None, None], 8, (FRAMES, 12, 12))
    movie = Movie.from_array(
        frames.astype(np.float32),
        name="film",
        times_s=np.arange(float(FRAMES)) if times else None,
        exposures_s=0.8 if times else None,
    )
    t = np.arange(0, 300, 0.25)
    columns = {"time_s": t, "potential_V": 0 * t, "charge_C": 1e-6 * charge(t)}
    return Session(Experiment(movie, Trace.from_columns(columns, name="record")))


def aligned(session, signal=BRIGHTNESS, column="charge_C", within_s=None):
    plan = plan_signals(session, signal, column, within_s)
    return set_by_signals(session, plan, plan.find(no_progress))


def test_brightness_that_follows_the_charge_gives_the_offset():
    session = make_session()
    alignment = aligned(session)
    assert alignment.method == "signals"
    at = alignment.to_trace_ns([120 * 10**9])[0] / 1e9 - 120
    assert abs(at - OFFSET_S) < 3 * alignment.u_time_s(120.0) < 0.5
    assert "apparent offset" in alignment.describe().lower()
    assert "correlation" in alignment.note
    assert session.history.undo_label == "align film by mean brightness and charge"
    session.undo()
    assert session.document.alignments == {}


def test_what_was_measured_is_a_signal_too():
    session = make_session()
    rows = [
        Record.new(
            "expansion",
            object="wire",
            movie="film",
            frame=frame,
            geometry=Geometry.of("line", [(0, 0), (0, 50 + 9 * charge(when))]),
            attributes={"quantity": "length"},
        )
        for frame in range(0, FRAMES, 2)
        for when in [frame + 0.4 + OFFSET_S]
    ]
    few = [row.changed(id=f"{row.id}b", object="few") for row in rows[:15]]
    session.edit("rows", session.document.with_records([*rows, *few]))
    names = [signal.name for signal in movie_signals(session)]
    assert names == ["mean brightness", "length of wire"]
    alignment = aligned(session, movie_signals(session)[1])
    assert alignment.offset_s == pytest.approx(OFFSET_S, abs=0.2)
    assert alignment.note.startswith("Length of wire follows the charge")


def test_signals_that_do_not_follow_each_other_are_refused_in_words():
    session = make_session()
    frames = np.random.default_rng(0).normal(100, 8, (FRAMES, 12, 12))
    movie = Movie.from_array(
        frames.astype(np.float32), name="noise", times_s=np.arange(float(FRAMES))
    )
    session.add_movie(movie)
    session.go_to(0, "noise")
    with pytest.raises(AlignmentError, match="Not aligned by mean brightness"):
        aligned(session)
    assert "noise" not in session.document.alignments


def test_a_record_that_does_not_change_is_refused():
    with pytest.raises(AlignmentError, match="one of them does not change"):
        aligned(make_session(), column="potential_V")


def test_another_cycle_that_fits_as_well_is_refused_until_it_is_ruled_out():
    t = np.arange(0, 2000, 0.25)
    periodic = Trace.from_columns(
        {"time_s": t, "charge_C": np.sin(t / 9)}, name="record"
    )
    rng = np.random.default_rng(2)
    level = 100 + 20 * np.sin((np.arange(FRAMES) + 600.4) / 9)
    frames = rng.normal(level[:, None, None], 8, (FRAMES, 12, 12))
    movie = Movie.from_array(
        frames.astype(np.float32),
        name="film",
        times_s=np.arange(float(FRAMES)),
        exposures_s=0.8,
    )
    session = Session(Experiment(movie, periodic).align(offset_s=605.0))
    with pytest.raises(AlignmentError, match="another offset fits about as well"):
        aligned(session)
    assert aligned(session, within_s=20.0).offset_s == pytest.approx(600.0, abs=0.3)


def test_without_times_or_column_it_says_so():
    with pytest.raises(TimeBaseError, match="no frame times"):
        plan_signals(make_session(times=False), BRIGHTNESS, "charge_C")
    with pytest.raises(AlignmentError, match="Open a movie"):
        plan_signals(make_session(), BRIGHTNESS, "current_A")
    assert list(record_columns(make_session())) == ["charge_C", "potential_V"]
    assert movie_signals(Session()) == []


def test_after_cancel_nothing_is_aligned():
    def stop(done, total, text=""):
        raise CancelledError("Aligning")

    session = make_session()
    with pytest.raises(CancelledError):
        plan_signals(session, BRIGHTNESS, "charge_C").find(stop)
    assert session.document.alignments == {}
