"""The peaks of an image's spectrum that noise does not make."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.lattice.waves import Wave

FloatArray = NDArray[np.float64]
#: (fy, fx) arrays of frequencies -> where a peak may lie.
Region = Callable[[FloatArray, FloatArray], NDArray[np.bool_]]

#: Fewest fringes across the window, and distance in bins to the highest frequency.
LEAST_FRINGES, NYQUIST_BINS = 4.0, 1.5
#: Probability that noise alone makes a peak in a window.
_FALSE_ALARM = 1e-3
#: Bins that are counted at least, however near a peak is to the guess.
_LEAST_COUNT = 300
#: The level around a peak: this quantile between these distances in bins, by which
#: streaks of the edges of a particle count as noise; and its own scatter.
_QUANTILE, _NEAR, _FAR, _MARGIN = 0.85, 2.5, 8, 1.3
#: Part of the window on each side together over which it is tapered.
_TAPER = 0.25
#: Bins before and behind a peak on its ray from the origin: a straight edge fills all
#: of the ray, a lattice is this many times as strong as the ray around it; less is
#: asked of one that was guessed.
_RAY, _OVER_RAY, _OVER_RAY_GUESSED = np.arange(3, 10), 12.0, 5.0
#: Peaks closer than this many bins are one.
_APART = 2.5
#: Local maxima that are looked at, and the least logarithm of their power over that
#: around them: the threshold asks for more.
_CANDIDATES, _STANDING = 60, 1.5


def strongest_peak(
    values: FloatArray,
    taken: Sequence[Wave] = (),
    region: Region | None = None,
) -> Wave | None:
    """The strongest peak of the spectrum that is significant.

    Parameters
    ----------
    values
        (y, x) image without its slow part, 0 where pixels are missing.
    taken
        Peaks that are known.
    region
        Which frequencies may be answered.

    Notes
    -----
    The power of noise around a frequency is distributed exponentially; the chance that
    any of K bins exceeds ``x`` times its mean is ``K exp(-x)``.
    """
    power, fy, fx = power_of(values)
    allowed = _resolved(fy, fx, values.shape)
    if region is not None:
        allowed &= region(fy, fx)
    for wave in taken:
        for sign in (1, -1):
            dy = (fy - sign * wave.fy) * values.shape[0]
            dx = (fx - sign * wave.fx) * values.shape[1]
            allowed &= np.hypot(dy, dx) > _APART
    count = int(allowed.sum())
    if count == 0:
        return None
    threshold = _MARGIN * np.log(max(count, _LEAST_COUNT) / _FALSE_ALARM)
    over_ray = _OVER_RAY if region is None else _OVER_RAY_GUESSED
    best: tuple[float, tuple[int, int]] | None = None
    for row, column in _maxima(power, allowed):
        high = power[row, column]
        if best is not None and high <= best[0]:
            continue
        over_noise = high > threshold * _level(power, row, column)
        if over_noise and high > over_ray * _ray_level(power, row, column):
            best = high, (row, column)
    if best is None:
        return None
    return _between_bins(power, *best[1], fy, fx)


def is_resolved(wave: Wave, shape: tuple[int, int]) -> bool:
    """Whether there are enough fringes, and more than two pixels a fringe."""
    return bool(_resolved(np.array(wave.fy), np.array(wave.fx), shape))


def local_level(
    values: FloatArray,
    wave: Wave,
    norm: float,
    between: tuple[float, float] = (1.5, 7.0),
) -> float:
    """Mean power around a wave, `between` distances in bins, in units of `norm`."""
    rows, away_y = _bins_near(wave.fy, values.shape[0], between[1])
    columns, away_x = _bins_near(wave.fx, values.shape[1], between[1])
    along_x = np.exp(-2j * np.pi * np.outer(np.arange(values.shape[1]), columns))
    along_y = np.exp(-2j * np.pi * np.outer(rows, np.arange(values.shape[0])))
    parts = values @ np.concatenate([along_x.real, along_x.imag], axis=1)
    spectrum = along_y @ (parts[:, : len(columns)] + 1j * parts[:, len(columns) :])
    away = np.hypot(away_y[:, None], away_x)
    fast = np.hypot(rows[:, None], columns) > 0.6 * wave.frequency
    around = (away > between[0]) & (away < between[1]) & fast
    return float(np.mean(np.abs(spectrum[around]) ** 2) / norm)


def _bins_near(
    frequency: float, length: int, reach: float
) -> tuple[FloatArray, FloatArray]:
    """Frequencies of an axis within `reach` bins of one, and their distances in bins.

    The axis ends at the highest frequency either way.
    """
    bins = np.arange(
        max(np.ceil(frequency * length - reach), -(length // 2)),
        min(np.floor(frequency * length + reach), (length - 1) // 2) + 1,
    )
    return bins / length, bins - frequency * length


def power_of(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Power of all frequencies, the zero one in the middle; (fy, 1) and (1, fx)."""
    from scipy.fft import rfft2
    from scipy.signal.windows import tukey

    taper = np.outer(*(tukey(n, _TAPER) for n in values.shape))
    # Of real values the spectrum at minus a frequency has the same power.
    half = rfft2(values * taper, axes=(1, 0))
    half = np.roll(half.real**2 + half.imag**2, values.shape[1] // 2, axis=1)
    rows = values.shape[0]
    opposite = (-np.arange(values.shape[1]) + 2 * (values.shape[1] // 2)) % (
        values.shape[1]
    )
    power = np.concatenate(
        [half[rows // 2 : 0 : -1, opposite], half[: rows - rows // 2]]
    )
    power += 1e-300
    fy, fx = (np.fft.fftshift(np.fft.fftfreq(n)) for n in values.shape)
    return power, fy[:, None], fx[None]


def _resolved(
    fy: FloatArray, fx: FloatArray, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    fringes = np.abs(fy) * shape[0] + np.abs(fx) * shape[1]
    below = (np.abs(fy) < 0.5 - NYQUIST_BINS / shape[0]) & (
        np.abs(fx) < 0.5 - NYQUIST_BINS / shape[1]
    )
    return np.asarray((fringes >= LEAST_FRINGES) & below)


def _maxima(power: FloatArray, allowed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(n, 2) local maxima of the upper half, those that stand out most first."""
    from scipy.ndimage import uniform_filter

    first = power.shape[0] // 2  # the other half is the same
    start = max(first - _FAR, 0)
    high = np.log(power[start:])
    high -= uniform_filter(high, 2 * _FAR - 1, mode=("nearest", "wrap"))
    rows, columns = np.nonzero((high[first - start :] > _STANDING) & allowed[first:])
    height = high[rows + first - start, columns]
    rows = rows + first
    here, is_top = power[rows, columns], np.ones(len(rows), bool)
    for dy, dx in (
        (0, 1),
        (0, -1),
        (1, -1),
        (1, 0),
        (1, 1),
        (-1, -1),
        (-1, 0),
        (-1, 1),
    ):
        beside = power[(rows + dy) % power.shape[0], (columns + dx) % power.shape[1]]
        is_top &= here >= beside
    order = np.argsort(-height[is_top])[:_CANDIDATES]
    return np.stack([rows[is_top][order], columns[is_top][order]], axis=1)


def _level(power: FloatArray, row: int, column: int) -> float:
    """Mean power that noise has around a bin."""
    offsets = np.arange(-_FAR, _FAR + 1)
    away = np.hypot(offsets[:, None], offsets)
    ring = (away > _NEAR) & (away <= _FAR)
    rows = (row + offsets) % power.shape[0]
    columns = (column + offsets) % power.shape[1]
    around = power[np.ix_(rows, columns)][ring]
    return float(np.quantile(around, _QUANTILE) / -np.log(1 - _QUANTILE))


def _ray_level(power: FloatArray, row: int, column: int) -> float:
    """Mean power on the ray from the origin, before or behind a bin."""
    origin = np.array(power.shape) // 2
    way = np.array([row, column]) - origin
    unit = way / np.hypot(*way)
    sides = []
    for offsets in (-_RAY, _RAY):
        places = np.rint(np.array([row, column]) + offsets[:, None] * unit).astype(int)
        outward = (places - origin) @ unit > 2
        rows, columns = places[outward].T % np.array(power.shape)[:, None]
        if rows.size:
            sides.append(float(np.median(power[rows, columns])))
    return float(max(sides) / np.log(2))


def _between_bins(
    power: FloatArray, row: int, column: int, fy: FloatArray, fx: FloatArray
) -> Wave:
    """The top of a parabola through the logarithms around a maximum."""

    def shift(before: float, here: float, after: float) -> float:
        low, top, high = np.log([before, here, after])
        bend = low - 2 * top + high
        return float(0.5 * (low - high) / bend) if bend < 0 else 0.0

    rows, columns = power.shape
    dy = shift(*power[(row + np.arange(-1, 2)) % rows, column])
    dx = shift(*power[row, (column + np.arange(-1, 2)) % columns])
    return Wave(float(fy[row, 0]) + dy / rows, float(fx[0, column]) + dx / columns)
