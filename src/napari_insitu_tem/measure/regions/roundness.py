"""Whether a body is as thick at its rim as in its middle, or round as a ball."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.regions.contour import Contour, refined
from napari_insitu_tem.measure.regions.noise import Noise

FloatArray = NDArray[np.float64]

#: By how much a ball is found too small where it is taken for flat, in parts of it.
RIM_GROWTH = 0.1
#: Pixels that are looked at, about, and zones of depth that they are put in.
_PIXELS, _ZONES = 12_000, 6
#: Depth from which on the edge itself hardly shows, in px and in widths of the edge.
_FROM, _FROM_WIDTHS = 4.0, 1.5
#: Places on an outline for each of its nodes, to which distances are taken.
_DENSE = 2


@dataclass(frozen=True)
class Roundness:
    """How a body gets thicker from its rim to its middle.

    Attributes
    ----------
    gained
        By how much a ball fits better than an even body: twice the logarithm of the
        ratio of likelihoods.
    misfit
        Root mean square of what a ball leaves beyond noise, in parts of its contrast.
    """

    gained: float
    misfit: float


def roundness_of(
    frame: NDArray[Any], contour: Contour, outside: float, width: float, noise: Noise
) -> Roundness:
    """Compare brightness at all depths within an outline with both kinds of body.

    Parameters
    ----------
    frame
        (y, x) image.
    contour
        Outline as found for an even body.
    outside
        Brightness around it.
    width
        Width of its edge.
    noise
        Variance of a pixel.

    Notes
    -----
    Each of some zones of depth d has a mean contrast. That of an even body is the same
    in all; that of a ball of the radius R goes with ``sqrt(1 - (1 - d / R)**2)``. Thus
    all of the inside tells them apart, of which a step with a wide blur is much like a
    rim at the edge.
    """
    depth, values = _inside(frame, contour)
    deepest = float(depth.max()) if depth.size else 0.0
    grown = RIM_GROWTH * contour.radius
    behind = max(_FROM, _FROM_WIDTHS * width)
    used = depth > behind
    if used.sum() < 10 * _ZONES or deepest < 2 * behind:
        return Roundness(0.0, np.inf)
    depth, values = depth[used], values[used]
    ball = np.sqrt(np.maximum(1 - (1 - (depth + grown) / (deepest + grown)) ** 2, 0))
    zones = np.array_split(np.argsort(depth), _ZONES)
    seen = np.array([values[zone].mean() - outside for zone in zones])
    variance = np.array([float(noise.of(values[z].mean())) / len(z) for z in zones])
    rim = np.array([ball[zone].mean() for zone in zones])
    even_left, _ = _left(seen, variance, np.ones(_ZONES))
    ball_left, contrast = _left(seen, variance, rim)
    chi = [float(np.sum(left**2 / variance)) for left in (even_left, ball_left)]
    beyond = max(float(np.mean(ball_left**2 - variance)), 0.0)
    misfit = float(np.sqrt(beyond)) / max(abs(contrast), 1e-12)
    return Roundness(chi[0] - chi[1], misfit)


def _left(
    seen: FloatArray, variance: FloatArray, shape: FloatArray
) -> tuple[FloatArray, float]:
    """What a shape of the best height leaves, and that height."""
    height = float(np.sum(seen * shape / variance) / np.sum(shape**2 / variance))
    return seen - height * shape, height


def _inside(frame: NDArray[Any], contour: Contour) -> tuple[FloatArray, FloatArray]:
    """Depths of pixels within an outline, not all of them, and their values."""
    from scipy.spatial import cKDTree

    thin = max(1, int(np.sqrt(max(contour.area, 1.0) / _PIXELS)))
    ranges = [
        np.arange(max(int(z.min()), 0), min(int(z.max()) + 2, size), thin)
        for z, size in zip(
            (contour.nodes.imag, contour.nodes.real), frame.shape, strict=True
        )
    ]
    if not all(r.size for r in ranges):
        return np.zeros(0), np.zeros(0)
    y, x = np.meshgrid(*ranges, indexing="ij")
    places = (x + 1j * y).ravel()
    values = frame[np.ix_(*ranges)].astype(np.float64).ravel()
    count = _DENSE * len(contour.nodes)
    dense, normals = refined(contour.nodes, count), refined(contour.normals, count)
    tree = cKDTree(np.column_stack([dense.real, dense.imag]))
    away, at = tree.query(np.column_stack([places.real, places.imag]))
    is_within = (normals[at].conj() * (places - dense[at])).real < 0
    keep = is_within & np.isfinite(values)
    return np.asarray(away)[keep], values[keep]
