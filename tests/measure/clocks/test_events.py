"""Clocks tied by events: known offset and rate, and how often the truth is covered."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import align_events
from napari_insitu_tem.model.alignment import align_by_events
from napari_insitu_tem.model.errors import AlignmentError

OFFSET, RATE = 37.213, 1 + 400e-6


def exact(times):
    return np.column_stack([times, OFFSET + RATE * np.asarray(times)])


def test_exact_events_give_offset_and_rate():
    fit = align_events(exact([100.0, 900.0, 1700.0, 2500.0]))
    assert fit.offset == pytest.approx(OFFSET, abs=1e-9)
    assert fit.rate == pytest.approx(RATE, abs=1e-12)
    assert fit.residuals == pytest.approx(np.zeros(4), abs=1e-9)
    assert fit.flag == ""
    assert fit.time_b(1000.0) == pytest.approx(OFFSET + RATE * 1000)


def test_it_is_the_fit_of_the_experiment(rng):
    pairs = exact(rng.uniform(0, 2000, 8)) + rng.normal(0, 0.05, (8, 2))
    ours = align_events(pairs, u_a=0.05, u_b=0.05)
    theirs = align_by_events([tuple(p) for p in pairs], u_movie_s=0.05, u_trace_s=0.05)
    assert ours.offset_at_pivot == theirs.offset_s
    assert (ours.rate, ours.u_rate, ours.pivot) == (
        theirs.rate,
        theirs.u_rate,
        theirs.pivot_s,
    )
    assert ours.u_time_b(500.0) == pytest.approx(theirs.u_time_s(500.0))


@pytest.mark.parametrize("events", [3, 5, 10])
@pytest.mark.parametrize("is_told", [True, False])
def test_plus_minus_two_uncertainties_cover_the_truth(events, is_told):
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(400):
        pairs = exact(rng.uniform(0, 1800, events))
        pairs[:, 0] += rng.uniform(-0.05, 0.05, events)
        known = {"u_a": 0.1 / np.sqrt(12)} if is_told else {}
        fit = align_events(pairs, **known)
        if fit.rate != 1:
            covered.append(abs(fit.offset - OFFSET) <= 1.96 * fit.u_offset)
    assert np.mean(covered) >= 0.92


def test_few_events_leave_the_rate_at_one():
    two = align_events(exact([0.0, 1000.0]), u_a=0.03)
    assert (two.rate, two.u_rate, two.flag) == (1.0, 200e-6, "rate_at_one")
    one = align_events([[5.0, 7.0]])
    assert one.offset == 2.0
    assert np.isnan(one.u_offset)
    assert align_events([[5.0, 7.0]], u_a=0.1).u_offset_at_pivot == pytest.approx(0.1)


@pytest.mark.parametrize("pairs", [[], [[1.0, np.nan]], [1.0, 2.0]])
def test_what_cannot_be_is_refused(pairs):
    with pytest.raises(AlignmentError):
        align_events(pairs)
