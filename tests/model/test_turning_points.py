"""Turning points by hysteresis: as many as there are, noise or not."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.model.turning_points import (
    half_cycles,
    is_swept,
    turning_points,
)


def triangle(swings: int, samples: int = 100, height: float = 1.0) -> np.ndarray:
    """Up and down; vertices at multiples of `samples`."""
    phase = np.arange(swings * samples + 1) / samples
    return height * np.abs((phase + 1) % 2 - 1)


@pytest.mark.parametrize("swings", [2, 3, 8])
@pytest.mark.parametrize("noise", [0.0, 2e-3])
def test_vertices_of_a_triangle(rng, swings, noise) -> None:
    clean = triangle(swings)
    found = turning_points(clean + rng.normal(0, noise, clean.size))
    assert found.size == swings - 1
    np.testing.assert_allclose(
        found, 100 * np.arange(1, swings), atol=2 if noise else 0
    )


def test_halves_are_numbered_and_a_vertex_ends_its_own() -> None:
    half = half_cycles(triangle(3, 10))
    assert half.tolist() == [0] * 11 + [1] * 10 + [2] * 10


def test_a_flat_vertex_is_one() -> None:
    values = np.concatenate([np.linspace(0, 1, 20), [1.0] * 5, np.linspace(1, 0, 20)])
    assert turning_points(values).size == 1


def test_missing_values_are_passed_over() -> None:
    values = triangle(3, 20)
    values[[3, 20, 21]] = np.nan
    assert turning_points(values).size == 2
    assert turning_points(np.full(9, np.nan)).size == 0


def test_a_turn_of_less_than_five_millivolts_is_none() -> None:
    assert turning_points(triangle(4, 20, height=0.004)).size == 0
    assert turning_points(triangle(4, 20, height=0.006)).size == 3


def test_noise_and_steps_are_no_sweep(rng) -> None:
    assert is_swept(triangle(4))
    assert not is_swept(rng.normal(0, 0.1, 1000))
    assert not is_swept(np.linspace(0, 1, 1000) + rng.normal(0, 0.05, 1000))
    assert not is_swept(np.linspace(0, 1, 1000))
    assert not is_swept(np.repeat([0.0, 1.0], 500))
