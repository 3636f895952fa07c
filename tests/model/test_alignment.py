"""Two clocks tied together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from napari_insitu_tem.model.alignment import (
    Alignment,
    align_by_events,
    align_by_offset,
    align_by_stamps,
    suspicious_hours,
)
from napari_insitu_tem.model.errors import AlignmentError
from napari_insitu_tem.model.timebase import StartStamp, to_ns

NOON = datetime(2026, 3, 1, 12, 0, 0)


def test_an_offset_is_added_to_the_movie_time():
    alignment = align_by_offset(12.5)
    assert alignment.to_trace_ns(to_ns(2.0)) == 14_500_000_000
    assert alignment.to_movie_ns(to_ns(14.5)) == 2_000_000_000
    assert np.isnan(alignment.u_offset_s)


def test_alignments_of_unknown_uncertainty_are_equal_when_read_again():
    alignment = align_by_offset(12.5)
    again = Alignment.from_dict(alignment.as_dict())
    assert again == alignment
    assert hash(again) == hash(alignment)
    assert again != align_by_offset(12.5, u_offset_s=0.1)
    assert again != align_by_offset(12.6)


def test_one_event_gives_the_offset_only():
    alignment = align_by_events([(10.0, 42.0)], u_movie_s=0.1)
    assert (alignment.offset_s, alignment.rate) == (32.0, 1.0)
    assert alignment.u_offset_s == pytest.approx(0.1)
    assert "rate is left at one" in alignment.note


def test_two_events_leave_the_rate_at_one_and_say_why():
    alignment = align_by_events([(10.0, 42.0), (1000.0, 1032.4)])
    assert alignment.rate == 1.0
    assert alignment.offset_s == pytest.approx(32.2)
    assert "would fit any rate" in alignment.note


def test_three_close_events_do_not_give_a_rate():
    alignment = align_by_events([(1.0, 2.0), (1.5, 2.6), (2.0, 3.0)], u_movie_s=0.1)
    assert alignment.rate == 1.0
    assert "too little" in alignment.note


def test_many_events_give_offset_and_rate(rng):
    movie = np.sort(rng.uniform(0, 1800, 8))
    trace = 37.2 + movie * (1 + 120e-6)
    alignment = align_by_events(list(zip(movie, trace, strict=True)), u_movie_s=0.01)
    assert alignment.rate == pytest.approx(1 + 120e-6, abs=1e-9)
    where = alignment.to_trace_ns(to_ns(900.0)) / 1e9
    assert where == pytest.approx(37.2 + 900 * (1 + 120e-6), abs=1e-6)
    back = alignment.to_movie_ns(alignment.to_trace_ns(to_ns(movie)))
    assert np.abs(back - to_ns(movie)).max() <= 1


def test_stated_uncertainties_cover_the_truth(rng):
    """Intervals of 1.96 u hold the true time in 95 % of cases, at both ends."""
    hits, trials, u = 0, 1500, 0.03
    for _ in range(trials):
        movie = rng.uniform(0, 1800, 6)
        trace = 37.2 + movie * (1 + 120e-6) + rng.normal(0, u, 6)
        fit = align_by_events(list(zip(movie, trace, strict=True)), u_movie_s=u)
        error = fit.to_trace_ns(to_ns(0.0)) / 1e9 - 37.2
        hits += abs(error) <= 1.96 * fit.u_time_s(0.0)
    assert 0.93 <= hits / trials <= 0.985


def test_scatter_beyond_the_stated_uncertainty_widens_it():
    pairs = [(0.0, 10.0), (600.0, 612.0), (1200.0, 1209.0), (1800.0, 1811.0)]
    narrow = align_by_events(pairs, u_movie_s=0.01)
    assert narrow.u_offset_s > 0.3


def test_no_event_is_refused():
    with pytest.raises(AlignmentError, match="at least one event"):
        align_by_events([])


def test_start_stamps_give_the_offset():
    movie = StartStamp(NOON + timedelta(seconds=20), resolution_s=1.0)
    alignment = align_by_stamps(movie, StartStamp(NOON, resolution_s=0.001))
    assert alignment.offset_s == 20.0
    assert alignment.u_offset_s == pytest.approx(1 / np.sqrt(12), rel=1e-3)
    assert "without a zone" in alignment.note


def test_zones_are_used_where_both_have_one():
    there = timezone(timedelta(hours=2))
    movie = StartStamp(datetime(2026, 3, 1, 14, 0, 5, tzinfo=there))
    trace = StartStamp(datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC))
    assert align_by_stamps(movie, trace).offset_s == 5.0


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (3600.0, "exactly +1 h"),
        (-3600.0, "exactly -1 h"),
        (19800.3, "exactly +5.5 h"),
        (3645.0, "within 45 s of +1 h"),
        (20.0, ""),
        (2400.0, ""),
    ],
)
def test_whole_and_half_hours_are_pointed_out(offset, words):
    assert words in suspicious_hours(offset)
    assert bool(suspicious_hours(offset)) == bool(words)


def test_stamps_that_would_overlap_an_hour_away_say_so():
    movie = StartStamp(NOON + timedelta(hours=1, seconds=400))
    alignment = align_by_stamps(
        movie, StartStamp(NOON), overlap=(0.0, 300.0, 0.0, 1000.0)
    )
    assert "shifted by -1 h they would" in alignment.note


def test_stamps_without_any_overlap_say_so():
    movie = StartStamp(NOON + timedelta(days=3))
    alignment = align_by_stamps(movie, StartStamp(NOON), overlap=(0, 300, 0, 1000))
    assert "do not overlap." in alignment.note


def test_the_history_survives_json():
    for alignment in (
        Alignment(),
        align_by_offset(1.5),
        align_by_events([(0, 1), (500, 501), (900, 901.5)]),
    ):
        again = Alignment.from_dict(alignment.as_dict())
        assert again.as_dict() == alignment.as_dict()


def test_far_from_the_pivot_the_time_is_less_sure():
    fit = align_by_events([(0, 1.0), (500, 501.1), (1000, 1000.9)], u_movie_s=0.1)
    assert fit.u_time_s(5000.0) > 2 * fit.u_time_s(500.0)


@pytest.mark.parametrize("offset", [float("nan"), float("inf"), 1e12])
def test_an_impossible_offset_is_refused(offset):
    with pytest.raises(AlignmentError):
        align_by_offset(offset)


def test_events_too_rough_for_the_rate_leave_it_at_one():
    pairs = [(0.0, 10.2), (120.0, 129.9), (330.0, 340.1)]
    alignment = align_by_events(pairs, u_movie_s=1.5)
    assert alignment.rate == 1.0
    assert "Mark events farther apart" in alignment.note


def test_a_rate_far_from_one_is_found_even_by_few_events():
    pairs = [(0.0, 10.0), (500.0, 515.0), (1000.0, 1020.0)]
    alignment = align_by_events(pairs, u_movie_s=0.3)
    assert alignment.rate == pytest.approx(1.01)
