"""Where the fit of a coated wire starts: the best of a grid of radii."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.thickness.coated_model import ABSORPTION

FloatArray = NDArray[np.float64]

#: Radii of the core over the outer one, and number of outer radii that are tried.
_RATIOS = (0.35, 0.5, 0.6, 0.68, 0.75, 0.8, 0.84, 0.88, 0.91, 0.94, 0.97)
_RADII = 40

#: Starts of a profile.
_STARTS = 4

#: Part of the background below which transmission is not taken apart further.
_DARKEST = 0.02


def starts(
    y: FloatArray, there: NDArray[np.bool_], sigma: float, contrast: str
) -> list[FloatArray]:
    """(N, 8) each: first values of `coated_model.CoatedModel`, best first.

    The axis is where the profile is most like its mirror image. Folded there, the
    logarithm of the transmission is a sum of two chord functions, whose coefficients
    follow by linear least squares for each pair of radii on a grid.
    """
    n = y.shape[1]
    base = _beside(y, there)
    dark = np.where(there, y - base[:, None], 0.0)
    centre = _axis(dark)
    if contrast == ABSORPTION:
        part = np.maximum(y, _DARKEST * base[:, None]) / base[:, None]
        path = np.where(there, -np.log(np.maximum(part, 1e-6)), 0.0)
    else:
        path = dark
    folded, weight = _folded(path, there, centre)
    outer, ratio, shapes = _grid(folded.shape[1], n, sigma)
    loss, strengths = _solve(folded, weight, shapes)
    best = _distinct(loss, ratio)
    results = []
    for choice in best:
        rows = np.arange(len(y))
        big, small = outer[choice], (outer * ratio)[choice]
        values = np.column_stack(
            [
                base,
                np.zeros(len(y)),
                centre,
                small,
                big - small,
                strengths[rows, choice, 1],
                strengths[rows, choice, 2],
                np.full(len(y), np.log(sigma)),
            ]
        )
        results.append(values)
    return results


def _beside(y: FloatArray, there: NDArray[np.bool_]) -> FloatArray:
    """(N,) brightness at the ends of each profile."""
    edge = max(2, y.shape[1] // 12)
    result = np.empty(len(y))
    for i, (row, known) in enumerate(zip(y, there, strict=True)):
        values = row[known]
        result[i] = np.mean(np.concatenate([values[:edge], values[-edge:]]))
    return np.maximum(result, 1e-9) if np.all(y >= 0) else result


def _axis(dark: FloatArray) -> FloatArray:
    """(N,) places of mirror symmetry: the self-convolution is largest there."""
    n = dark.shape[1]
    size = 2 * n
    spectrum = np.fft.rfft(dark, size, axis=1)
    itself = np.fft.irfft(spectrum**2, size, axis=1)[:, : 2 * n - 1]
    return np.asarray(np.clip(itself.argmax(axis=1) / 2, n / 8, 7 * n / 8))


def _folded(
    path: FloatArray, there: NDArray[np.bool_], centre: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(N, h) mean of both sides at whole distances from the axis; how many sides."""
    n = path.shape[1]
    away = np.arange(int(7 * n / 8) + 1)
    total = np.zeros((len(path), away.size))
    count = np.zeros_like(total)
    x = np.arange(n)
    for i, c in enumerate(centre):
        for sign in (-1, 1):
            place = c + sign * away
            inside = (place >= 0) & (place <= n - 1)
            known = np.interp(place, x, there[i].astype(np.float64)) > 0.99
            use = inside & known
            total[i] += np.where(use, np.interp(place, x, path[i]), 0.0)
            count[i] += use
    return total / np.maximum(count, 1), count


def _grid(half: int, n: int, sigma: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(G,) outer radii, (G,) ratios, (G, 3, h) shapes: constant, core, shell."""
    from scipy.ndimage import gaussian_filter1d

    radii = np.geomspace(max(3.0, n / 40), 0.75 * n, _RADII)
    outer, ratio = (g.ravel() for g in np.meshgrid(radii, _RATIOS, indexing="ij"))
    x = np.arange(half)
    chord = [
        2 * np.sqrt(np.maximum(r[:, None] ** 2 - x**2, 0.0))
        for r in (outer * ratio, outer)
    ]
    blurred = [gaussian_filter1d(c, sigma, axis=1, mode="mirror") for c in chord]
    shapes = [np.ones_like(blurred[0]), blurred[0], blurred[1] - blurred[0]]
    return outer, ratio, np.stack(shapes, axis=1)


def _solve(
    folded: FloatArray, weight: FloatArray, shapes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(N, G) loss and (N, G, 3) coefficients of every pair of radii."""
    losses, values = [], []
    for y, w in zip(folded, weight, strict=True):
        weighted = shapes * w
        matrix = weighted @ shapes.transpose(0, 2, 1)
        size = np.sqrt(np.einsum("gii->gi", matrix)) + 1e-12
        scaled = matrix / (size[:, :, None] * size[:, None, :]) + 1e-9 * np.eye(3)
        right = weighted @ y / size
        found = np.linalg.solve(scaled, right[..., None])[..., 0]
        losses.append(np.sum(w * y**2) - np.sum(found * right, axis=1))
        values.append(found / size)
    return np.array(losses), np.array(values)


def _distinct(loss: FloatArray, ratio: FloatArray) -> list[NDArray[np.intp]]:
    """The best pairs of radii of each profile, with different ratios."""
    by_ratio = loss.reshape(len(loss), _RADII, len(_RATIOS))
    radius = by_ratio.argmin(axis=1)
    least = np.take_along_axis(by_ratio, radius[:, None, :], axis=1)[:, 0]
    order = np.argsort(least, axis=1)[:, :_STARTS]
    index = np.take_along_axis(radius, order, axis=1) * len(_RATIOS) + order
    return list(index.T)
