"""Where an outline went between two frames: place and size by likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.regions.contour import Contour
from napari_insitu_tem.measure.regions.levels import Levels, touching
from napari_insitu_tem.measure.regions.strips import unrolled

FloatArray = NDArray[np.float64]

#: Offsets on either side of the outline in the coarse strip.
_OFFSETS = 20
#: Values of growth and of each shift that are tried at first, on either side of none.
_GROWTHS, _SHIFTS = 6, 4
#: About how many nodes the trials look at.
_NODES = 48
#: Rounds of finer trials and their number on either side.
_ROUNDS, _FINER = 2, 2


def found_again(
    frame: NDArray[Any],
    contour: Contour,
    levels: Levels,
    variance: float,
    reach: float,
    usual: float,
    filled: FloatArray | None = None,
) -> tuple[Contour, float]:
    """The outline moved and grown to where the image fits it best.

    Parameters
    ----------
    frame
        (y, x) image.
    contour
        Where the outline is expected.
    levels
        Brightness on both sides at its nodes.
    variance
        Noise of a pixel.
    reach
        Farthest that a node may move, in px.
    usual
        How far it moves usually beyond what is expected, in px (1 s.d.).
    filled
        (A,) how far another body fills what is next to each node: such nodes say
        nothing.

    Returns
    -------
    The outline, and how far its nodes moved at most.

    Notes
    -----
    With levels a (inside) and b the log-likelihood of an edge at offset d is
    ``sum_{n < d} (I - (a + b) / 2) (a - b) / v`` up to a constant: one cumulative sum
    for all places of the edge. Each trial of growth and shift reads it once a node.
    """
    table, step, half = _likelihoods(frame, contour, levels, variance, reach)
    if filled is not None:
        table[touching(filled)] = 0.0
    thin = max(1, len(table) // _NODES)
    share = len(table) / len(table[::thin])
    table, normals = table[::thin] * share, contour.normals[::thin]
    size = np.array([reach, reach, reach]) / np.array([_GROWTHS, _SHIFTS, _SHIFTS])
    best = np.zeros(3)
    counts = [_GROWTHS, _SHIFTS, _SHIFTS]
    for _ in range(1 + _ROUNDS):
        trials = best + _grid(counts) * size
        ways = np.stack([np.ones(len(normals)), normals.imag, normals.real])
        at = np.rint(trials @ ways / step).astype(np.int64) + half
        value = table[np.arange(len(normals)), np.clip(at, 0, 2 * half)].sum(axis=1)
        value -= 0.5 * np.sum((trials / usual) ** 2, axis=1)
        best = trials[int(value.argmax())]
        size, counts = size / 2, [_FINER] * 3
    radius = max(contour.radius, 1.0)
    growth = max(1.0 + best[0] / radius, 0.1)
    shift = complex(best[2], best[1])
    return contour.moved(shift, growth), float(np.abs(best).sum())


def _likelihoods(
    frame: NDArray[Any],
    contour: Contour,
    levels: Levels,
    variance: float,
    reach: float,
) -> tuple[FloatArray, float, int]:
    """(A, H) log-likelihood of an edge at each offset, their distance, the middle."""
    step = max(1.0, reach / _OFFSETS)
    small, factor = _binned(frame, contour, reach, step)
    if factor > 1:
        origin, image = small
        nodes = (contour.nodes - origin) / factor
        scaled = Contour(nodes, contour.waves)
        strip = unrolled(image, scaled, reach / factor, step / factor)
        weight = strip.weight * factor**2
    else:
        strip = unrolled(frame, contour, reach, step)
        weight = strip.weight
    middle = 0.5 * (levels.inside + levels.outside)
    contrast = levels.inside - levels.outside
    gain = (strip.values - middle[:, None]) * contrast[:, None] / variance * weight
    table = np.cumsum(gain, axis=1) - 0.5 * gain
    half = len(strip.offsets) // 2
    return table, step, half


def _binned(
    frame: NDArray[Any], contour: Contour, reach: float, step: float
) -> tuple[tuple[complex, FloatArray], int]:
    """The part of a frame around an outline, several pixels made one."""
    factor = int(step)
    rows, columns = frame.shape
    x, y = contour.nodes.real, contour.nodes.imag
    margin = 1.5 * reach
    left = int(np.clip(x.min() - margin, 0, columns - 1))
    top = int(np.clip(y.min() - margin, 0, rows - 1))
    wide = int(np.clip(x.max() + margin + 1, 1, columns) - left) // factor
    high = int(np.clip(y.max() + margin + 1, 1, rows) - top) // factor
    if factor < 2 or wide < 4 or high < 4:
        return (0j, np.zeros((0, 0))), 1
    cut = frame[top : top + high * factor, left : left + wide * factor]
    lines = cut.reshape(high, factor, -1).mean(axis=1, dtype=np.float32)
    image = lines.reshape(high, wide, factor).mean(axis=2)
    middle = (factor - 1) / 2
    return (complex(left + middle, top + middle), image.astype(np.float64)), factor


def _grid(counts: list[int]) -> FloatArray:
    axes = [np.arange(-count, count + 1) for count in counts]
    mesh = np.meshgrid(*axes, indexing="ij")
    return np.stack(mesh, axis=-1).reshape(-1, 3).astype(np.float64)
