"""Clocks tied by signals: known offset and rate, doubts and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import align_signals
from napari_insitu_tem.model.errors import AlignmentError, CancelledError

OFFSET, RATE = 37.213, 1 + 600e-6


def charge(t):
    """Charge of cycles of 100 s that are not all alike."""
    uneven = 0.4 * np.sin(2 * np.pi * t / 237 + 1) + 0.5 * np.sin(2 * np.pi * t / 61)
    return np.sin(2 * np.pi * t / 100) + uneven


def record(step=0.05, start=-40.0, end=700.0):
    t = np.arange(start, end, step)
    return t, charge(t)


def movie(rng, snr=15.0, period=0.2, length=500.0):
    t = np.arange(0, length, period)
    signal = 100 + 30 * charge(OFFSET + RATE * t) + 0.01 * t
    return t, signal + rng.normal(0, 60 / snr, t.size)


def check(fit, mid=250.0, times=5.0):
    truth = OFFSET + RATE * mid
    assert abs(fit.time_b(mid) - truth) < times * fit.u_time_b(mid)


def test_offset_and_rate_are_found_with_their_uncertainty(rng):
    t, a = movie(rng, snr=50)
    fit = align_signals(t, a, *record())
    assert fit.flag == ""
    check(fit)
    assert fit.u_time_b(250.0) < 0.06
    assert fit.rate == pytest.approx(RATE, abs=5 * fit.u_rate)
    assert fit.offset == pytest.approx(OFFSET, abs=5 * fit.u_offset)
    assert fit.correlation > 0.7
    assert fit.residuals.shape == t.shape
    assert np.nanstd(fit.residuals) == pytest.approx(60 / 50, rel=0.1)


@pytest.mark.slow
def test_the_uncertainty_is_that_of_the_scatter():
    errors, stated = [], []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        t, a = movie(rng)
        # A drifting background on top of white noise.
        a = a + 0.02 * np.cumsum(rng.normal(0, 4, t.size))
        fit = align_signals(t, a, *record())
        errors.append(fit.time_b(250.0) - OFFSET - RATE * 250)
        stated.append(fit.u_time_b(250.0))
    ratio = np.sqrt(np.mean(np.square(stated)) / np.mean(np.square(errors)))
    assert 0.5 < ratio < 2


def test_irregular_times_gaps_nan_and_disorder_do_not_matter(rng):
    t, a = movie(rng, snr=50)
    kept = rng.random(t.size) < 0.8
    kept[800:1000] = False
    t, a = t[kept] + rng.uniform(-0.05, 0.05, kept.sum()), a[kept]
    a[::50] = np.nan
    order = rng.permutation(t.size)
    fit = align_signals(t[order], a[order], *record())
    check(fit, times=8)
    assert np.isnan(fit.residuals[np.isnan(a[order])]).all()


def test_an_image_that_darkens_as_the_charge_rises(rng):
    t, a = movie(rng, snr=50)
    fit = align_signals(t, -a, *record())
    check(fit)
    assert fit.parameters["is_inverted"]
    assert fit.correlation > 0.5


def test_a_record_that_covers_only_part_of_the_movie(rng):
    t, a = movie(rng, snr=50)
    fit = align_signals(t, a, *record(end=400.0), within=(0.0, 90.0))
    check(fit, mid=180.0)
    assert np.isnan(fit.residuals[-1])


def test_one_step_of_current_says_how_little_it_tells(rng):
    tb = np.arange(-60, 700, 0.1)
    ramp = np.clip(tb - 150, 0, 300)
    ta = np.arange(0, 600, 0.5)
    a = np.interp(ta + 12, tb, ramp) / 300 + rng.normal(0, 1 / 15, ta.size)
    fit = align_signals(ta, a, tb, ramp)
    assert abs(fit.time_b(300.0) - 312) < 5 * fit.u_time_b(300.0)
    assert fit.u_time_b(300.0) > 0.3


def test_signals_that_do_not_follow_each_other_are_refused(rng):
    t = np.arange(0, 500, 0.2)
    fit = align_signals(t, rng.normal(0, 1, t.size), *record())
    assert fit.flag == "low_correlation"
    assert np.isnan([fit.offset, fit.u_offset, fit.rate]).all()


def test_a_period_too_many_fits_as_well(rng):
    t = np.arange(0, 300, 0.2)
    a = np.sin(2 * np.pi * t / 50) + rng.normal(0, 0.05, t.size)
    tb = np.arange(0, 600, 0.05)
    fit = align_signals(t, a, tb, np.sin(2 * np.pi * tb / 50))
    assert fit.flag == "ambiguous"


@pytest.mark.parametrize(
    ("times", "values", "flag"),
    [
        ([], [], "no_overlap"),
        (np.arange(5.0), np.arange(5.0), "no_overlap"),
        (np.arange(100.0), np.full(100, np.nan), "no_overlap"),
        (np.arange(100.0), np.ones(100), "constant"),
    ],
)
def test_what_tells_nothing_is_flagged(times, values, flag):
    assert align_signals(times, values, *record()).flag == flag


def test_an_offset_out_of_reach_has_no_overlap(rng):
    t, a = movie(rng)
    fit = align_signals(t, a, *record(), within=(1e5, 2e5))
    assert fit.flag == "no_overlap"


def test_lengths_must_agree():
    with pytest.raises(AlignmentError, match="3 times for 2"):
        align_signals([0, 1, 2], [0, 1], [0, 1], [0, 1])


def test_progress_is_told_and_may_cancel(rng):
    t, a = movie(rng)
    told = []
    align_signals(t, a, *record(), progress=lambda *now: told.append(now[:2]))
    done, total = zip(*told, strict=True)
    assert list(done) == sorted(done) and done[-1] == total[0]
    assert len(set(total)) == 1 and len(told) > 5

    def stop(done, total, text=""):
        if done > 3:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        align_signals(t, a, *record(), progress=stop)
