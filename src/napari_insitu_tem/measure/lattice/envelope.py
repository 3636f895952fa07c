"""Where in a window the fringes are: their amplitude from place to place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.lattice.waves import Wave, middle

FloatArray = NDArray[np.float64]

#: Fewest and most cells along a side, fewest fringes in one, and the square of the
#: ratio of signal to noise that each has on average.
_FEWEST, _MOST, _FRINGES, _SIGNAL = 3, 12, 1.5, 6.0
#: Cells whose amplitude is this many times its uncertainty count.
_LEAST = 2.5
#: The amplitude varies: this many standard deviations above chance, and this part of
#: its mean square.
_CHANCE, _PART = 5.0, 0.01


def envelope_of(
    values: FloatArray, weight: FloatArray, wave: Wave, level: float
) -> FloatArray | None:
    """(y, x) relative amplitude of a wave, at most 1; None where it is uniform.

    Parameters
    ----------
    values, weight
        As for `fit_wave`.
    level
        Mean power of the noise in units of that which the weights say.

    Notes
    -----
    The wave is demodulated in cells. For a uniform amplitude the sum of squared
    deviations of the cells' complex amplitudes, in units of their variance, is
    distributed with the number of cells as its mean and variance. Cells without fringes
    get 0, so that what lies beside a particle adds no noise.
    """
    weighted = np.asarray(values * weight)
    found, variance, sums, weights = _demodulated(
        weighted, weight, wave, _cells(values.shape, wave, _MOST), level
    )
    energy = float(np.sum(np.abs(found) ** 2 / variance)) - found.size
    most = int(np.clip(np.sqrt(max(energy, 0.0) / _SIGNAL), _FEWEST, _MOST))
    cells = _cells(values.shape, wave, most)
    if min(cells) < 2:
        return None
    found, variance, sums, weights = _demodulated(weighted, weight, wave, cells, level)
    mean = np.sum(sums) / np.sum(weights)
    excess = float(np.sum(np.abs(found - mean) ** 2 / variance)) - found.size
    signal = float(np.sum(np.abs(found) ** 2 / variance))
    if excess < _CHANCE * np.sqrt(found.size) or excess < _PART * signal:
        return None
    power = np.maximum(np.abs(found) ** 2 - variance, 0.0)
    power[np.abs(found) ** 2 < _LEAST**2 * variance] = 0.0
    if not power.any():
        return None
    return _spread(np.sqrt(power / power.max()), values.shape)


def _cells(shape: tuple[int, ...], wave: Wave, most: int) -> tuple[int, int]:
    """Cells along y and x."""
    longest = _FRINGES / wave.frequency
    y, x = (int(np.clip(n // longest, 1, most)) for n in shape)
    return y, x


def _demodulated(
    weighted: FloatArray,
    weight: FloatArray,
    wave: Wave,
    cells: tuple[int, int],
    level: float,
) -> tuple[NDArray[np.complex128], FloatArray, NDArray[np.complex128], FloatArray]:
    """Half the complex amplitude of cells, its variance, and sums of both."""
    sums = _cell_sums(weighted, cells, wave.fy, wave.fx)
    weights = _cell_sums(weight, cells, 0.0, 0.0).real
    weights = np.maximum(weights, 1e-9 * weights.max())
    return sums / weights, level / weights, sums, weights


def _cell_sums(
    values: FloatArray, cells: tuple[int, int], fy: float, fx: float
) -> NDArray[np.complex128]:
    """Sums of ``values exp(-2 pi i (fy y + fx x))`` over cells of equal size."""
    places = middle((values.shape[0], values.shape[1]))
    rows, columns = (
        np.exp(-2j * np.pi * f * at)[:, None]
        * (np.arange(at.size)[:, None] * n // at.size == np.arange(n))
        for f, at, n in zip((fy, fx), places, cells, strict=True)
    )
    parts = values @ np.concatenate([columns.real, columns.imag], axis=1)
    return np.asarray(rows.T @ (parts[:, : cells[1]] + 1j * parts[:, cells[1] :]))


def _spread(cells: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Amplitudes between the middles of the cells, linear."""
    from scipy.ndimage import map_coordinates

    where = [
        (np.arange(n) + 0.5) * m / n - 0.5
        for n, m in zip(shape, cells.shape, strict=True)
    ]
    grid = np.meshgrid(*where, indexing="ij")
    return np.asarray(map_coordinates(cells, grid, order=1, mode="nearest"))
