"""The offset at which the slopes of two signals agree best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Most points of the grid, and the smoothing in grid steps that is tried.
_MOST, _SMOOTHED = 1 << 18, (2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
#: Number of smoothings, as they are told one by one.
SMOOTHINGS = len(_SMOOTHED)
#: Smoothing is at most this part of the shorter signal; the other part of it overlaps.
_SMOOTHEST, _LEAST_OVERLAP = 1 / 16, 0.5
#: Slopes of noise this many times the smoothing apart are independent.
_APART = 2.5
#: A rival correlates less well by at most so many standard deviations of a correlation,
#: over as long a time.
_RIVAL, _AS_LONG = 2.0, 0.98


@dataclass(frozen=True)
class Lag:
    """The best offset of two signals.

    Attributes
    ----------
    offset
        ``time_b - time_a`` in s.
    correlation
        Of their smoothed slopes.
    smooth
        Gaussian smoothing in s.
    is_ambiguous
        Whether another offset is as good.
    clearness
        By how many standard deviations the correlation exceeds the highest that mere
        noise would have at any offset.
    """

    offset: float
    correlation: float
    smooth: float
    is_ambiguous: bool
    clearness: float


def best_lag(
    times_a: FloatArray,
    a: FloatArray,
    times_b: FloatArray,
    b: FloatArray,
    within: tuple[float, float] | None,
    tell: Callable[[int], None] = lambda done: None,
) -> Lag | None:
    """Search all offsets at several smoothings; the most significant one is taken."""
    step = float(np.median(np.diff(times_a)))
    longest = max(np.ptp(times_a), np.ptp(times_b))
    step = max(step, float(longest) / _MOST)
    grid_a, values_a, known_a = _gridded(times_a, a, step)
    grid_b, values_b, known_b = _gridded(times_b, b, step)
    shorter = min(known_a.sum(), known_b.sum())
    best, height, is_ambiguous = None, -np.inf, True
    for done, smooth in enumerate(_SMOOTHED):
        tell(done)
        if best is not None and smooth > _SMOOTHEST * shorter:
            break
        found = _at_smoothing(
            (values_a, known_a),
            (values_b, known_b),
            smooth,
            grid_b - grid_a,
            step,
            within,
        )
        if found is None:
            continue
        # What one smoothing tells apart, is told apart.
        is_ambiguous &= found.is_ambiguous
        if best is None or found.clearness > height:
            best, height = found, found.clearness
    return None if best is None else replace(best, is_ambiguous=is_ambiguous)


def _gridded(
    times: FloatArray, values: FloatArray, step: float
) -> tuple[float, FloatArray, NDArray[np.bool_]]:
    """Means in steps of an even grid, bridged where there is no sample."""
    at = np.floor((times - times[0]) / step + 0.5).astype(np.int64)
    count = np.bincount(at)
    total = np.bincount(at, values)
    known = count > 0
    where = np.flatnonzero(known)
    filled = np.interp(np.arange(len(count)), where, total[where] / count[where])
    # A gap of a few steps is bridged; a longer one tells nothing.
    nearest = np.searchsorted(where, np.arange(len(count)))
    after = where[np.minimum(nearest, len(where) - 1)]
    before = where[np.maximum(nearest - 1, 0)]
    usual = max(1.0, float(np.median(np.diff(where)))) if len(where) > 1 else 1.0
    known |= (after - before) <= 5 * usual
    return float(times[0]), filled, known


def _at_smoothing(
    first: tuple[FloatArray, NDArray[np.bool_]],
    second: tuple[FloatArray, NDArray[np.bool_]],
    smooth: float,
    start: float,
    step: float,
    within: tuple[float, float] | None,
) -> Lag | None:
    u, v = (_slopes(values, known, smooth) for values, known in (first, second))
    n, m = len(u), len(v)
    wu, wv = first[1].astype(float), second[1].astype(float)
    # Index k is a lag of k - (n - 1) steps of b against a.
    together = _correlate(v, u)
    energy = _correlate(wv, u**2) * _correlate(v**2, wu)
    overlap = _correlate(wv, wu)
    lags = np.arange(n + m - 1) - (n - 1)
    offsets = start + lags * step
    allowed = overlap >= _LEAST_OVERLAP * min(wu.sum(), wv.sum())
    if within is not None:
        allowed &= (offsets >= within[0]) & (offsets <= within[1])
    allowed &= energy > 1e-12 * max(float(energy.max()), 1e-300)
    if not allowed.any():
        return None
    value = np.where(allowed, together / np.sqrt(np.maximum(energy, 1e-300)), -np.inf)
    # The sign is free: the image may darken as the charge rises.
    size = np.abs(np.where(allowed, value, 0.0))
    clear = size * np.sqrt(np.maximum(overlap, 0) / overlap.max())
    k = int(clear.argmax())
    fraction = 0.0
    if 0 < k < len(clear) - 1 and allowed[k - 1] and allowed[k + 1]:
        bend = clear[k - 1] + clear[k + 1] - 2 * clear[k]
        fraction = 0.5 * (clear[k - 1] - clear[k + 1]) / bend if bend < 0 else 0.0
    rival = _has_rival(size, overlap, k, smooth)
    return Lag(
        float(offsets[k] + np.clip(fraction, -0.5, 0.5) * step),
        float(np.sign(value[k]) * size[k]) if size[k] > 0 else 0.0,
        smooth * step,
        rival,
        _clearness(float(size[k]), float(overlap[k]), len(clear), smooth),
    )


def _clearness(size: float, overlap: float, lags: int, smooth: float) -> float:
    """Correlation in standard deviations, beyond the highest of as much noise."""
    apart = _APART * smooth
    highest = np.sqrt(2 * np.log(max(lags / apart, 2.0)))
    return float(size * np.sqrt(overlap / apart) - highest)


def _slopes(values: FloatArray, known: NDArray[np.bool_], smooth: float) -> FloatArray:
    """Derivative of a Gaussian over a signal, about zero, 0 where nothing is known."""
    from scipy.ndimage import gaussian_filter1d

    slope = gaussian_filter1d(values, smooth, order=1, mode="nearest")
    slope = slope - slope[known].mean()
    return np.where(known, slope, 0.0)


def _correlate(long: FloatArray, short: FloatArray) -> FloatArray:
    from scipy.signal import fftconvolve

    return np.asarray(fftconvolve(long, short[::-1]))


def _has_rival(size: FloatArray, overlap: FloatArray, top: int, smooth: float) -> bool:
    """Whether another hill is as high, over as long a time."""
    left = right = top
    while left > 0 and size[left - 1] > 0.7 * size[top]:
        left -= 1
    while right < len(size) - 1 and size[right + 1] > 0.7 * size[top]:
        right += 1
    other = size.copy()
    other[left : right + 1] = 0
    other[overlap < _AS_LONG * overlap[top]] = 0
    spread = (1 - size[top] ** 2) * np.sqrt(_APART * smooth / overlap[top])
    return bool(other.max() > size[top] - _RIVAL * spread - 1e-3)
