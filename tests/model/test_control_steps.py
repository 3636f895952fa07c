"""Steps are found where they were made, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.model.charge import step_starts
from napari_insitu_tem.model.control_steps import control_steps

N = 60
TICK = np.arange(N)
NONE = np.full(4 * N, np.nan)


def noisy(rng, values, sigma) -> np.ndarray:
    values = np.concatenate(values) if isinstance(values, list) else np.asarray(values)
    return values + rng.normal(0, sigma, values.size) if sigma else values


def near(found, truth) -> None:
    """Each step within a sample of where it is, and no others."""
    assert len(found) == len(truth), (found, truth)
    np.testing.assert_allclose(found, truth, atol=1)


#: name: (potential, current, first samples of the steps after the first)
RECORDS = {
    "rest, charge, rest, discharge": (
        [
            np.full(N, 3.2),
            3.25 + TICK * 2e-3,
            3.35 - 0.02 * (1 - np.exp(-TICK / 8)),
            3.3 - TICK * 2e-3,
        ],
        [np.zeros(N), np.full(N, 1e-3), np.zeros(N), np.full(N, -1e-3)],
        [60, 120, 180],
    ),
    "steps of the potential": (
        [np.full(N, 0.0), np.full(N, 0.5), np.full(N, -0.2)],
        [
            1e-4 * np.exp(-TICK / 5),
            1e-3 * np.exp(-TICK / 7) + 1e-4,
            -2e-3 * np.exp(-TICK / 7) - 2e-4,
        ],
        [60, 120],
    ),
    "rest, CC, CV, rest": (
        [
            np.full(N, 3.0),
            3.05 + np.linspace(0, 1.1499, 200),
            np.full(150, 4.2),
            4.18 - TICK * 1e-4,
        ],
        [
            np.zeros(N),
            np.full(200, 1e-3),
            1e-3 * np.exp(-np.arange(150) / 40),
            np.zeros(N),
        ],
        [60, 260, 410],
    ),
    "charge and discharge of a capacitor": (
        np.tile(
            np.concatenate(
                [0.02 + np.arange(100) * 1e-2, 0.98 - np.arange(100) * 1e-2]
            ),
            2,
        ),
        np.tile(np.repeat([1e-3, -1e-3], 100), 2),
        [100, 200, 300],
    ),
    "pulses of ten samples": (
        3 + 0.05 * np.tile(np.repeat([0, 1], [40, 10]), 3),
        np.tile(np.repeat([0, 1e-3], [40, 10]), 3),
        [40, 50, 90, 100, 140],
    ),
}


@pytest.mark.parametrize("sigma", [0.0, 1e-4, 3e-4])
@pytest.mark.parametrize("name", RECORDS)
def test_changes_of_the_control(rng, name, sigma) -> None:
    """With noise of up to 0.3 mV and 3 % of the current's largest step."""
    potential, current, truth = RECORDS[name]
    for _ in range(5):
        found = control_steps(
            noisy(rng, potential, sigma), noisy(rng, current, sigma * 0.1)
        )
        near(found, truth)


def test_a_current_without_a_potential(rng) -> None:
    current = noisy(rng, np.repeat([1e-6, 2e-6, 5e-6, 1e-5], N), 2e-8)
    near(control_steps(NONE, current), [60, 120, 180])


def test_a_hold_before_and_after_a_sweep(rng) -> None:
    potential = np.concatenate(
        [np.full(N, 0.1), 0.1 + np.arange(200) * 5e-3, np.full(N, 1.1)]
    )
    current = 1e-6 * np.exp(3 * potential)
    current[-N:] *= np.exp(-TICK / 20)
    found = control_steps(noisy(rng, potential, 3e-5), noisy(rng, current, 1e-8))
    near(found, [60, 260])


def voltammogram(rng, sigma) -> tuple[np.ndarray, np.ndarray]:
    """Three cycles with a double layer behind a resistance, and a wave."""
    phase = np.arange(3000) / 500
    potential = np.abs((phase + 1) % 2 - 1)
    rate = np.gradient(potential) * 500
    current = np.zeros(3000)
    for k in range(1, 3000):
        current[k] = current[k - 1] + (rate[k] * 3e-6 - current[k - 1]) * 0.3
    current += 1e-5 * np.exp(-(((potential - 0.5) / 0.1) ** 2)) * np.sign(rate)
    return noisy(rng, potential, sigma), noisy(rng, current, sigma * 1e-2)


@pytest.mark.parametrize("sigma", [0.0, 1e-4, 1e-3])
def test_records_of_one_step(rng, sigma) -> None:
    """Sweeps turn, a potential relaxes, a nucleus grows: none of it is a step."""
    tick = np.arange(500)
    relaxing = 0.2 + 0.1 * np.exp(-tick / 100)
    grown = -1e-6 * (1 - 0.5 * np.exp(-(tick - 200) / 80))
    nucleation = np.where(tick < 200, -1e-7 * (1 + np.exp(-tick / 60)), grown)
    for potential, current in (
        voltammogram(rng, sigma),
        (noisy(rng, relaxing, sigma), np.full(500, np.nan)),
        (noisy(rng, relaxing, sigma), rng.normal(0, 1e-9, 500)),
        (noisy(rng, np.full(500, -0.5), sigma), nucleation),
        (noisy(rng, np.full(500, 3.3), sigma), rng.normal(0, 5e-9, 500)),
    ):
        assert control_steps(potential, current).size == 0


def test_a_digitised_current_toggles(rng) -> None:
    current = np.repeat([0.0, 1.04e-6], 80) + rng.normal(0, 1e-8, 160)
    current = np.round(current / 1e-7) * 1e-7
    potential = np.concatenate([np.full(80, 1.0), 1.2 + np.arange(80) * 1e-3])
    near(control_steps(potential, current), [80])


def test_empty_samples_are_passed_over(rng) -> None:
    potential, current, truth = RECORDS["rest, charge, rest, discharge"]
    current = np.concatenate(current)
    current[[7, 90, 200]] = np.nan
    near(control_steps(np.concatenate(potential), current), truth)


@pytest.mark.parametrize("size", [0, 1, 5, 9])
def test_too_little_to_speak_of_steps(size) -> None:
    assert control_steps(np.arange(size) * 1.0, np.ones(size)).size == 0


def test_where_a_numbered_step_begins() -> None:
    steps = np.array([1, 1, 1, 1, 2, 2, np.nan, 3, 3.0, 3, 3, 3])
    assert np.flatnonzero(step_starts(steps)).tolist() == [4]
    assert not step_starts(np.arange(50.0)).any()  # counts samples


def test_whatever_the_numbers_are(rng) -> None:
    """Random walks, steps, spikes and damaged numbers: indices in order, no error."""
    for _ in range(300):
        size = int(rng.integers(10, 80))
        signals = []
        for _ in range(2):
            values = rng.choice([0.0, 1e-9, 1.0, 5.0, 1e300], size)
            values = np.where(rng.random(size) < 0.5, np.roll(values, 1), values)
            values = np.repeat(values, int(rng.integers(1, 12)))[:size]
            values[rng.random(size) < 0.05] = np.nan
            signals.append(values)
        if rng.random() < 0.2:
            signals[int(rng.integers(2))][:] = np.nan
        found = control_steps(*signals)
        assert np.all(np.diff(found) > 0)
        assert found.size == 0 or 0 < found[0] <= found[-1] < size
