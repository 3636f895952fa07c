"""A cyclic voltammogram of an electrode that covers itself with an SEI.

Reduction of the electrolyte gives a cathodic peak that fades from cycle to cycle,
because the layer it leaves hinders it; a small reversible couple and the charging of
the double layer stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SweepPlan:
    """Triangular sweeps between two potentials (V vs Li/Li+), downwards first.

    Attributes
    ----------
    upper_V, lower_V
        The sweep begins and ends every cycle at the upper one.
    rate_V_s
        Scan rate.
    cycles
        Number of cycles.
    step_V
        Between two samples.
    peak_A
        Height of the first cycle's reduction peak.
    fading
        Height of the peak in each cycle relative to the first.
    spike_s, spike_A
        When and how strongly the current jumps as a bubble forms.
    noise_V, noise_A
        Standard deviations of the samples.
    """

    upper_V: float = 3.0
    lower_V: float = 0.02
    rate_V_s: float = 0.05
    cycles: int = 3
    step_V: float = 0.01
    peak_A: float = 12e-9
    fading: tuple[float, ...] = (1.0, 0.38, 0.2)
    spike_s: float = float("inf")
    spike_A: float = 7e-9
    noise_V: float = 2e-4
    noise_A: float = 6e-11

    @property
    def cycle_s(self) -> float:
        """Duration of a cycle."""
        return round(2 * (self.upper_V - self.lower_V) / self.rate_V_s, 9)

    @property
    def duration_s(self) -> float:
        """Duration of all cycles."""
        return round(self.cycles * self.cycle_s, 9)

    def potential(self, time_s: ArrayLike) -> FloatArray:
        """Potential in V at times since the start of the sweep."""
        phase = np.mod(np.asarray(time_s, dtype=np.float64), self.cycle_s)
        away = np.abs(phase - self.cycle_s / 2) * self.rate_V_s
        return np.asarray(self.lower_V + away)

    def cycle(self, time_s: ArrayLike) -> NDArray[np.int64]:
        """Number of the cycle, from 0."""
        count = np.floor(np.asarray(time_s, dtype=np.float64) / self.cycle_s)
        return np.clip(count, 0, self.cycles - 1).astype(np.int64)

    def reduction_current(self, time_s: ArrayLike) -> FloatArray:
        """Current in A that builds the SEI: negative, only while the sweep goes down.

        A peak at 0.75 V, and a tail towards lithium's own potential.
        """
        time = np.asarray(time_s, dtype=np.float64)
        e = self.potential(time)
        shape = _peak(e, 0.75, 0.15) + 0.35 * _peak(e, 0.25, 0.18)
        down = np.mod(time, self.cycle_s) < self.cycle_s / 2
        running = (time >= 0) & (time < self.duration_s)
        height = self.peak_A * np.asarray(self.fading)[self.cycle(time)]
        return np.asarray(-height * shape * (down & running))

    def reduction_charge(self, time_s: ArrayLike) -> FloatArray:
        """Charge in C (negative) that has gone into the SEI."""
        grid, charge = self._charge_table
        return np.interp(np.asarray(time_s, np.float64), grid, charge)

    def current(self, time_s: ArrayLike) -> FloatArray:
        """Whole current in A, anodic positive."""
        time = np.asarray(time_s, dtype=np.float64)
        e = self.potential(time)
        down = np.mod(time, self.cycle_s) < self.cycle_s / 2
        couple = np.where(down, -_peak(e, 0.08, 0.06), 0.8 * _peak(e, 0.32, 0.09))
        charging = np.where(down, -1.0, 1.0) * 0.8e-9
        since = np.maximum(time - self.spike_s, 0.0)
        spike = np.where(time >= self.spike_s, -self.spike_A * np.exp(-since / 1.2), 0)
        whole = self.reduction_current(time) + 5e-9 * couple + charging + spike
        return np.asarray(whole)

    @cached_property
    def _charge_table(self) -> tuple[FloatArray, FloatArray]:
        grid = np.linspace(0.0, self.duration_s, 20_001)
        rate = self.reduction_current(grid)
        steps = 0.5 * (rate[1:] + rate[:-1]) * np.diff(grid)
        return grid, np.concatenate([[0.0], np.cumsum(steps)])


def sweep_record(plan: SweepPlan, rng: np.random.Generator) -> pd.DataFrame:
    """Sample a cyclic voltammogram.

    Returns
    -------
    DataFrame
        `time_s` (from one sample interval on), `potential_V`, `current_A`, `charge_C`
        (trapezoidal integral of the samples), `cycle` (from 1), `step` (0), `signal_V`
        (the potential that was set).
    """
    interval = plan.step_V / plan.rate_V_s
    count = round(plan.duration_s / interval)
    time = np.round(interval * np.arange(1, count + 1), 9)
    signal = plan.potential(time)
    current = plan.current(time) + rng.normal(0.0, plan.noise_A, count)
    steps = 0.5 * (current[1:] + current[:-1]) * np.diff(time)
    return pd.DataFrame(
        {
            "time_s": time,
            "potential_V": signal + rng.normal(0.0, plan.noise_V, count),
            "current_A": current,
            "charge_C": np.concatenate([[0.0], np.cumsum(steps)]),
            "cycle": plan.cycle(time - interval / 2) + 1,
            "step": np.zeros(count, dtype=np.int64),
            "signal_V": signal,
        }
    )


def _peak(x: FloatArray, centre: float, width: float) -> FloatArray:
    return np.asarray(np.exp(-0.5 * ((x - centre) / width) ** 2))
