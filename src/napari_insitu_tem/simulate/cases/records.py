"""Potentiostat records of the cases: simple programmes, sampled with noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.simulate.galvanostat import plateau

FloatArray = NDArray[np.float64]

#: Samples a second.
RATE_HZ = 5.0
NOISE_V, NOISE_A = 5e-4, 3e-12


def constant_current(
    on_s: float, off_s: float, end_s: float, *, current_A: float = -2e-9
) -> pd.DataFrame:
    """Rest, a constant current, rest."""
    time = sample_times(end_s)
    step = np.digitize(time, [on_s, off_s])
    current = np.where(step == 1, current_A, 0.0)
    part = np.clip((time - on_s) / (off_s - on_s), 0.0, 1.0)
    potential = np.where(step == 0, 2.6, plateau(part))
    return record(time, potential, current, step=step)


def cycled_current(
    start_s: float, half_s: float, cycles: int, end_s: float, *, current_A: float = 2e-9
) -> pd.DataFrame:
    """Current of one sign, then of the other, over and over; negative first."""
    time = sample_times(end_s)
    half = np.floor((time - start_s) / half_s).astype(np.int64)
    running = (half >= 0) & (half < 2 * cycles)
    sign = np.where(half % 2 == 0, -1.0, 1.0)
    current = np.where(running, sign * current_A, 0.0)
    inserted = inserted_part(time, start_s, half_s, cycles)
    potential = 0.9 - 0.8 * inserted + 0.05 * np.sign(current)
    return record(time, potential, current, cycle=np.clip(half // 2, 0, cycles - 1))


def inserted_part(
    time_s: ArrayLike, start_s: float, half_s: float, cycles: int
) -> FloatArray:
    """0 to 1 and back with every cycle, linear in time."""
    phase = np.clip(np.asarray(time_s, dtype=np.float64) - start_s, 0.0, None)
    phase = np.minimum(phase, 2 * half_s * cycles) / half_s
    return np.asarray(1.0 - np.abs(np.mod(phase, 2.0) - 1.0))


def potential_steps(
    levels_V: ArrayLike, hold_s: float, start_s: float, end_s: float
) -> pd.DataFrame:
    """Potentials held one after the other; the current decays after each step."""
    levels = np.asarray(levels_V, dtype=np.float64)
    time = sample_times(end_s)
    step = np.clip((time - start_s) // hold_s, 0, levels.size - 1).astype(np.int64)
    since = np.where(time < start_s, 0.0, (time - start_s) - step * hold_s)
    current = np.where(time < start_s, 0.0, -4e-10 * np.exp(-since / 20.0) - 2e-11)
    return record(time, levels[step], current, step=step)


def sample_times(end_s: float) -> FloatArray:
    """(N,) times of the samples, from 0."""
    return np.arange(0.0, end_s, 1.0 / RATE_HZ)


def record(
    time_s: FloatArray,
    potential_V: FloatArray,
    current_A: FloatArray,
    *,
    cycle: ArrayLike = 0,
    step: ArrayLike = 0,
    seed: int = 7,
) -> pd.DataFrame:
    """Samples with noise; the charge is the integral of the true current."""
    rng = np.random.default_rng(seed)
    lapse = np.diff(time_s, append=time_s[-1])
    charge = np.concatenate([[0.0], np.cumsum(current_A * lapse)[:-1]])
    return pd.DataFrame(
        {
            "time_s": time_s,
            "potential_V": potential_V + rng.normal(0.0, NOISE_V, time_s.size),
            "current_A": current_A + rng.normal(0.0, NOISE_A, time_s.size),
            "charge_C": charge,
            "cycle": np.broadcast_to(np.asarray(cycle, np.int64), time_s.shape),
            "step": np.broadcast_to(np.asarray(step, np.int64), time_s.shape),
        }
    )
