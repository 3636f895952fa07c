"""How well two clocks are tied by events and by signals.

Events: uniform rounding to frames of 0.1 s and samples of 0.01 s, 1800 s, a rate off by
120 ppm. Signals: the area in frames of 0.1 s over 1200 s against the charge, white
noise (the range of the signal over it is the SNR) and a random walk; the offset is
judged at the middle of the movie.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from table import row

from napari_insitu_tem.measure import align_events, align_signals

OFFSET, RATE, FRAME = 37.213, 1 + 120e-6, 0.1


def rows(repeats: float = 1.0) -> list[dict[str, object]]:
    """One row a bar; `repeats` scales the number of simulations."""
    return [
        *by_events(max(100, round(1000 * repeats))),
        *by_signals(max(6, round(24 * repeats))),
    ]


def by_events(count: int) -> Iterator[dict]:
    """How often plus and minus 1.96 uncertainties cover the truth."""
    for events in (3, 5, 10, 20):
        rng = np.random.default_rng(12)
        error, stated = [], []
        for _ in range(count):
            true = np.sort(rng.uniform(0, 1800, events))
            a = np.floor(true / FRAME) * FRAME + FRAME / 2
            b = OFFSET + RATE * true + rng.uniform(-0.005, 0.005, events)
            fit = align_events(
                np.column_stack([a, b]), u_a=FRAME / 12**0.5, u_b=0.01 / 12**0.5
            )
            error.append(float(fit.time_b(900.0)) - OFFSET - RATE * 900)
            stated.append(float(fit.u_time_b(900.0)))
        covered = np.mean(np.abs(error) <= 1.96 * np.array(stated))
        yield row(
            "clock by events",
            f"{events} events x {count}",
            f"rms {1e3 * np.std(error):.1f} ms at the middle, "
            f"95 % intervals cover {100 * covered:.1f} %",
            f"rounding alone {1e3 * FRAME / (12 * events) ** 0.5:.1f} ms",
            "cover >= 93 %",
            covered >= 0.93,
        )


def voltammetry(t: np.ndarray) -> np.ndarray:
    """Current of cyclic voltammetry, 200 s a cycle."""
    phase = (t / 100.0) % 2
    falling = phase < 1
    potential = np.where(falling, 2 - 2 * phase, 2 * phase - 2)
    down = -np.exp(-(((potential - 0.6) / 0.08) ** 2))
    up = 0.8 * np.exp(-(((potential - 1.1) / 0.1) ** 2))
    return np.where(falling, down, up)


def one_pulse(t: np.ndarray) -> np.ndarray:
    """Constant current from 200 s to 1000 s."""
    return ((t > 200) & (t < 1000)) * 1.0


def by_signals(count: int) -> Iterator[dict]:
    """Offset at the middle of the movie, and what is said of it."""
    cases = (
        ("CV", voltammetry, 50, 0.3 * FRAME),
        ("CV", voltammetry, 15, 0.3 * FRAME),
        ("CV", voltammetry, 5, None),
        ("one galvanostatic pulse", one_pulse, 15, None),
    )
    for name, current, snr, most in cases:
        tb = np.arange(-60, 1320, 0.02)
        charge = np.cumsum(current(tb)) * 0.02
        ta = np.arange(0, 1200, FRAME)
        error, stated = [], []
        for seed in range(count):
            rng = np.random.default_rng(seed)
            area = np.interp(OFFSET + RATE * ta, tb, charge)
            area = (area - area.min()) / np.ptp(area)
            area += rng.normal(0, 1 / snr, ta.size)
            area += 0.005 * np.cumsum(rng.normal(0, 1 / snr, ta.size))
            fit = align_signals(ta, area, tb, charge)
            error.append(float(fit.time_b(600.0)) - OFFSET - RATE * 600)
            stated.append(float(fit.u_time_b(600.0)))
        refused = np.count_nonzero(np.isnan(error))
        rms = float(np.sqrt(np.nanmean(np.square(error))))
        honest = float(np.sqrt(np.nanmean(np.square(stated)))) / rms
        met = 0.5 <= honest <= 2 and (most is None or (rms <= most and not refused))
        yield row(
            "clock by signals",
            f"{name}, SNR {snr}, x {count}",
            f"rms {1e3 * rms:.0f} ms = {rms / FRAME:.2f} frames; "
            f"stated/true {honest:.2f}; {refused} refused",
            "",
            ("<= 0.3 frames, " if most else "") + "stated/true 0.5-2",
            met,
        )
