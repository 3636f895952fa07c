"""Likelihoods of templates, sums by distance, and what is learnt from them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from front_scene import counted, pixel_front
from napari_insitu_tem.measure.fronts.lesson import learnt
from napari_insitu_tem.measure.fronts.offsets import Offsets
from napari_insitu_tem.measure.fronts.samples import (
    flicker_of,
    front_samples,
    noise_of,
    pattern_of,
)
from napari_insitu_tem.measure.fronts.template import FrontTemplate

LENGTH = 60


@pytest.fixture(params=[1.0, 0.5, 0.125])
def offsets(request):
    count = round((LENGTH + 11) / request.param) + 1
    return Offsets(LENGTH, np.arange(count) * request.param - 6)


def test_sums_by_distance_are_the_plain_sums(rng, offsets):
    away = np.arange(LENGTH) - offsets.grid[:, None]

    def kernel(u):
        return np.cos(u / 3)

    values = rng.random((3, LENGTH))
    chances = rng.random((3, offsets.grid.size))
    by_distance = kernel(offsets.distances)
    over = offsets.over_samples(values, by_distance)
    assert over == pytest.approx(values @ kernel(away).T, abs=1e-9)
    over = offsets.over_places(chances, by_distance)
    assert over == pytest.approx(chances @ kernel(away), abs=1e-9)
    moved = offsets.aligned(values, chances) @ by_distance
    assert moved == pytest.approx(np.sum((chances @ kernel(away)) * values), abs=1e-7)
    same = offsets.aligned(values[:1], chances) @ by_distance
    assert same == pytest.approx(
        np.sum((chances @ kernel(away)) * values[:1]), abs=1e-7
    )


@pytest.mark.parametrize("gain", [None, 1.0])
def test_the_likelihood_is_that_of_counting_or_of_squares(rng, offsets, gain):
    data = counted(rng, pixel_front(np.array([20.0, 30.0]), 11, 9, LENGTH))
    data.data[0, 5:8] = np.nan
    samples = front_samples(data, gain)
    unit = 1.0 if gain is None else 10.0
    template = FrontTemplate(np.array([11.0, 9.0]) * unit, np.array([2.0]))
    found = template.log_likelihood(samples, 0, offsets)
    part = ndtr((np.arange(LENGTH) - offsets.grid[:, None]) / 2.0)
    level = unit * (11 - 2 * part)
    counts = np.nan_to_num(data.data) * unit
    there = np.isfinite(data.data)
    if gain is None:
        rest = (counts[:, None] - level) ** 2 * there[:, None]
        expected = -0.5 * rest.sum(axis=2) / samples.noise
    else:
        terms = counts[:, None] * np.log(level) - level
        expected = np.sum(terms * there[:, None], axis=2)
    assert found - found[:, :1] == pytest.approx(expected - expected[:, :1], abs=1e-6)


@pytest.mark.parametrize("gain", [None, 1.0])
def test_levels_and_widths_are_learnt_from_known_places(rng, gain):
    frames = 400
    path = rng.uniform(15, 45, frames)
    data = counted(rng, pixel_front(path, 11, 9, LENGTH, blur=2.5))
    samples = front_samples(data, gain)
    offsets = Offsets(LENGTH, np.arange(0, LENGTH - 1 + 0.1, 0.25))
    posterior = np.zeros((frames, offsets.grid.size))
    posterior[np.arange(frames), np.rint(path * 4).astype(int)] = 1.0
    unit = 1.0 if gain is None else 10.0
    template = FrontTemplate(np.array([10.5, 9.5]) * unit, np.array([1.0]))
    for _ in range(6):
        template = learnt(template, samples, [posterior], offsets)
    assert template.levels / unit == pytest.approx([11, 9], abs=0.05)
    assert template.widths == pytest.approx([2.5], abs=0.3)


def test_flicker_and_pattern_are_seen_only_where_they_are(rng):
    mean = pixel_front(np.full(80, 30.0), 11, 9, LENGTH)
    steady = front_samples(counted(rng, mean), 1.0)
    assert not flicker_of(steady, 10 * mean).is_clear
    factor = 1 + 0.05 * rng.standard_normal(80)
    shaky = front_samples(counted(rng, factor[:, None] * mean), 1.0)
    found = flicker_of(shaky, 10 * mean)
    assert found.is_clear
    assert found.factor == pytest.approx(factor / factor.mean(), abs=0.03)
    texture = 1 + 0.05 * rng.standard_normal(LENGTH)
    woven = front_samples(counted(rng, texture * mean), 1.0)
    assert pattern_of(woven, 10 * mean) == pytest.approx(texture, abs=0.03)


def test_noise_is_that_of_electrons_or_more(rng):
    mean = pixel_front(np.full(80, 30.0), 11, 9, LENGTH)
    samples = front_samples(counted(rng, mean), 1.0)
    assert noise_of(samples, 10 * mean) == 1.0
    wrong = front_samples(counted(rng, mean), 0.25)
    assert noise_of(wrong, 40 * mean) == pytest.approx(4.0, rel=0.1)
    bare = front_samples(counted(rng, mean), None)
    assert bare.noise == pytest.approx(1.0, rel=0.1)
    assert noise_of(bare, mean) == pytest.approx(1.0, rel=0.1)
