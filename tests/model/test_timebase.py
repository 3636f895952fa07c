"""Frame times and their audit."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_insitu_tem.model.errors import TimeBaseError
from napari_insitu_tem.model.timebase import (
    FrameTimes,
    StartStamp,
    audit_frame_times,
    to_ns,
    to_seconds,
)


@given(st.integers(-9 * 10**15, 9 * 10**15))
def test_microseconds_survive_seconds_and_back(microseconds):
    ns = np.int64(microseconds) * 1000
    assert to_ns(to_seconds(ns)) == pytest.approx(int(ns), abs=1024)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e10])
def test_times_that_are_none_are_refused(value):
    with pytest.raises(TimeBaseError):
        to_ns([0.0, value])


def test_the_frame_at_a_time_is_the_last_that_started():
    times = FrameTimes.from_seconds([0.0, 0.5, 1.0, 5.0], [0.4] * 4)
    at = [times.frame_at(int(to_ns(s))) for s in (-1, 0, 0.49, 0.5, 3.0, 99)]
    assert at == [0, 0, 0, 1, 2, 3]


def test_the_frame_at_a_time_minds_frames_out_of_order():
    times = FrameTimes.from_seconds([2.0, 0.0, 1.0])
    assert [times.frame_at(int(to_ns(s))) for s in (0.5, 1.5, 2.5)] == [1, 2, 0]


def test_an_even_movie_is_clean():
    audit = audit_frame_times(480, FrameTimes.regular(480, 0.5))
    assert audit.is_clean
    assert str(audit) == (
        "480 frames, 0.500 s apart, no gaps, times from typed interval"
    )


def test_gaps_are_counted_and_the_longest_named():
    start = np.cumsum([0.0] + [0.5] * 100)
    start[20:] += 1.0
    start[50:] += 3.7
    audit = audit_frame_times(101, FrameTimes.from_seconds(start, [0.4] * 101))
    assert [frame for frame, _ in audit.gaps] == [20, 50]
    assert audit.dropped == 9
    text = str(audit)
    assert text.startswith("101 frames, 0.500 s apart, 2 gaps, longest 4.2 s")
    assert "each exposed 0.400 s" in text


def test_duplicates_and_steps_back_are_named():
    audit = audit_frame_times(5, FrameTimes.from_seconds([0, 1, 1, 0.5, 2.0]))
    assert (audit.duplicates, audit.backwards) == ((2,), (3,))
    assert not audit.is_clean


def test_uneven_frames_are_irregular(rng):
    start = np.cumsum(1 + rng.normal(0, 0.1, 50))
    audit = audit_frame_times(50, FrameTimes.from_seconds(start))
    assert "irregular" in str(audit)


def test_one_frame_and_no_times():
    assert str(audit_frame_times(1, FrameTimes.from_seconds([0.0]))) == "1 frame"
    assert "type the frame interval" in str(audit_frame_times(9, None))


def test_an_exposure_is_never_taken_for_a_period():
    times = FrameTimes.from_seconds([0.0, 5.0, 10.0], [0.1] * 3)
    assert audit_frame_times(3, times).interval_s == 5.0
    assert times.windows_ns[1].tolist() == [100_000_000, 5_100_000_000, 10_100_000_000]


@pytest.mark.parametrize("interval", [0.0, -1.0, np.nan, np.inf])
def test_an_impossible_interval_is_refused(interval):
    with pytest.raises(TimeBaseError, match="positive"):
        FrameTimes.regular(10, interval)


def test_a_negative_exposure_is_refused():
    with pytest.raises(TimeBaseError, match="exposure"):
        FrameTimes.from_seconds([0.0, 1.0], [-0.1, 0.1])


def test_stamps_compare_by_zone_or_by_the_wall():
    naive = StartStamp(datetime(2026, 3, 1, 12))
    aware = StartStamp(datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert naive.minus(aware) == 0.0
    assert naive.is_naive
    assert not aware.is_naive
