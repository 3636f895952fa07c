from datetime import datetime

import numpy as np
import pytest

from napari_insitu_tem.model.timebase import audit_frame_times
from napari_insitu_tem.simulate.clocks import Clocks, irregular_frames, middles_s


@pytest.fixture
def clocks():
    return Clocks(datetime(2026, 3, 1, 12), offset_s=25.0, rate_ppm=40.0, error_s=7.5)


def test_lost_frames_leave_gaps_that_the_audit_finds(rng):
    times = irregular_frames(
        50, 2.0, 1.5, rng, first_s=0.25, jitter_s=0.05, lost=[7, 20, 21]
    )
    audit = audit_frame_times(len(times), times)
    assert len(times) == 47
    assert [frame for frame, _ in audit.gaps] == [7, 19]
    assert audit.dropped == 3
    assert audit.is_irregular
    assert audit.exposure_s == 1.5
    assert times.start_ns[0] == 250_000_000


def test_exposures_never_overlap(rng):
    times = irregular_frames(500, 1.0, 0.9, rng, jitter_s=1.0)
    start, stop = times.windows_ns
    assert np.all(start[1:] >= stop[:-1])


def test_the_middle_is_half_an_exposure_later(rng):
    times = irregular_frames(3, 2.0, 1.0, rng)
    assert middles_s(times) == pytest.approx([0.5, 2.5, 4.5])


def test_times_go_over_to_the_other_clock_and_back(clocks):
    assert clocks.to_trace_s(0.0) == pytest.approx(25.0)
    assert clocks.to_trace_s(1000.0) == pytest.approx(1025.04)
    there = np.array([0.0, 100.0, 1000.0])
    assert clocks.to_movie_s(clocks.to_trace_s(there)) == pytest.approx(there, abs=5e-9)


def test_aligning_by_the_files_stamps_is_wrong_by_the_stated_error(clocks):
    from_stamps = (clocks.movie_start - clocks.trace_start).total_seconds()
    assert from_stamps - clocks.offset_s == pytest.approx(-7.5)
