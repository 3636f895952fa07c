"""Forward-backward against the sum over all paths."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from napari_insitu_tem.measure.fronts.chain import smooth
from napari_insitu_tem.measure.fronts.joint import joined, smooth_together
from napari_insitu_tem.measure.fronts.steps import any_steps

FRAMES, PLACES = 4, 5


def every_path(terms, step):
    """Chance of each path, by multiplying everything."""
    chances = {}
    for path in product(range(terms.shape[1]), repeat=len(terms)):
        chance = np.exp(sum(terms[t, place] for t, place in enumerate(path)))
        for a, b in pairwise(path):
            chance *= step[a, b]
        chances[path] = chance / terms.shape[1]
    return chances


def shared_out(chances):
    """(G, G) steps that stay on the grid."""
    places = (chances.size + 1) // 2
    step = np.array(
        [chances[places - 1 - a : 2 * places - 1 - a] for a in range(places)]
    )
    return step / step.sum(axis=1, keepdims=True)


def test_posterior_evidence_and_steps(rng):
    terms = rng.normal(0, 2, (FRAMES, PLACES))
    chances = rng.random(2 * PLACES - 1)
    chances /= chances.sum()
    paths = every_path(terms, shared_out(chances))
    total = sum(paths.values())
    chain = smooth(terms, chances, learn=True)
    expected = np.zeros((FRAMES, PLACES))
    steps = np.zeros(2 * PLACES - 1)
    for path, chance in paths.items():
        for t, place in enumerate(path):
            expected[t, place] += chance / total
        for a, b in pairwise(path):
            steps[b - a + PLACES - 1] += chance / total
    assert chain.posterior == pytest.approx(expected, abs=1e-9)
    assert chain.evidence == pytest.approx(np.log(total), abs=1e-9)
    assert chain.paired * chances == pytest.approx(steps, abs=1e-9)


def test_all_ordered_places_together(rng):
    terms = rng.normal(0, 1, (2, 3, 4))
    step = shared_out(np.full(7, 1 / 7))
    disorder = np.where(np.tri(4, k=-1), -np.inf, 0.0)
    both = joined([terms[0], terms[1]])
    found, _ = smooth_together(both + disorder, step)
    first, second = (every_path(term, step) for term in terms)
    expected, total = np.zeros((3, 4)), 0.0
    for a, chance_a in first.items():
        for b, chance_b in second.items():
            if all(i <= j for i, j in zip(a, b, strict=True)):
                total += chance_a * chance_b
                expected[np.arange(3), a] += chance_a * chance_b
    assert found[0] == pytest.approx(expected / total, abs=1e-9)


def test_steps_are_learnt(rng):
    places, true = 60, 3
    path = np.arange(5, 5 + 15 * true, true)
    terms = np.full((15, places), -30.0)
    terms[np.arange(15), path] = 0.0
    prior = any_steps(places, 1.0)
    for _ in range(10):
        prior = prior.learnt(smooth(terms, prior.chances, learn=True).paired)
    assert prior.chances[: places - 1].sum() < 0.03  # it does not expect a way back
    assert 2.0 < prior.mean_step < 6.0
    assert prior.on_grid(119, 0.5).chances.sum() == pytest.approx(1.0)
