"""A potentiostat's record of a silicon electrode that takes up lithium.

The potential is a sketch of what is measured, not a solved model: it has the features
that a reader of such a curve looks for, at the places where they are found.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LithiationPlan:
    """What the potentiostat does; times in s on its own clock.

    Attributes
    ----------
    contact_s
        When the wire touches the electrolyte; the input floats before.
    on_s, off_s
        When the current is switched on and off.
    end_s
        End of the record.
    current_A
        Cathodic, so negative.
    interval_s
        Between samples.
    noise_V, noise_A
        Standard deviations of the samples.
    """

    contact_s: float
    on_s: float
    off_s: float
    end_s: float
    current_A: float = -2e-9
    interval_s: float = 0.5
    noise_V: float = 8e-4
    noise_A: float = 4e-12


def lithiation_record(plan: LithiationPlan, rng: np.random.Generator) -> pd.DataFrame:
    """Sample rest, constant current, rest.

    Returns
    -------
    DataFrame
        `time_s, potential_V, current_A, charge_C, cycle, step, control_A`; steps are
        0 (rest), 1 (current), 2 (rest), and each begins with a sample of its own.
        The charge is the exact integral of the set current.
    """
    bounds = (0.0, plan.on_s, plan.off_s, plan.end_s)
    parts = [np.arange(begin, end, plan.interval_s) for begin, end in pairwise(bounds)]
    time = np.concatenate(parts)
    step = np.repeat(np.arange(3), [part.size for part in parts])
    control = np.where(step == 1, plan.current_A, 0.0)
    charge = plan.current_A * np.clip(time - plan.on_s, 0, plan.off_s - plan.on_s)
    noise = rng.normal(0.0, plan.noise_V, time.size)
    current = control + rng.normal(0.0, plan.noise_A, time.size)
    current[time < plan.contact_s] *= 0.3
    return pd.DataFrame(
        {
            "time_s": time,
            "potential_V": potential(plan, time, rng) + noise,
            "current_A": current,
            "charge_C": charge,
            "cycle": np.zeros(time.size, dtype=np.int64),
            "step": step.astype(np.int64),
            "control_A": control,
        }
    )


def potential(
    plan: LithiationPlan, time_s: ArrayLike, rng: np.random.Generator
) -> FloatArray:
    """Potential in V vs Li/Li+ without the samples' noise.

    Floating input, then open circuit, the steep fall with its dip where the new phase
    nucleates, the sloping plateau of two-phase silicon, and the relaxation after the
    current is switched off.
    """
    time = np.asarray(time_s, dtype=np.float64)
    floating = 0.35 + np.cumsum(rng.normal(0.0, 0.035, time.size))
    part = np.clip((time - plan.on_s) / (plan.off_s - plan.on_s), 0.0, 1.0)
    since_off = np.maximum(time - plan.off_s, 0.0)
    relaxed = plateau(np.ones_like(time)) + 0.27 * (1 - np.exp(-np.sqrt(since_off / 9)))
    return np.select(
        [time < plan.contact_s, time < plan.on_s, time < plan.off_s],
        [floating, np.full_like(time, 2.61), plateau(part)],
        relaxed,
    )


def plateau(part: ArrayLike) -> FloatArray:
    """Potential in V vs Li/Li+ after a part (0 to 1) of the lithium is in."""
    x = np.asarray(part, dtype=np.float64)
    fall = 1.35 * np.exp(-x / 0.006) + 0.55 * np.exp(-x / 0.035)
    dip = 0.035 * np.exp(-0.5 * ((x - 0.11) / 0.035) ** 2)
    return np.asarray(0.125 - 0.055 * x + fall - dip)
