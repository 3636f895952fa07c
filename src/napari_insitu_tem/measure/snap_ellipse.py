"""An ellipse fitted to the edges around a drawn one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.snap_sites import around_ellipse

FloatArray = NDArray[np.float64]

#: Fewest places with an edge, of those around the ellipse.
_LEAST_PLACES = 10
#: A place is left out where it lies this many robust deviations off the fit.
_OUTLIER = 4.0
#: Deviations are never taken to be smaller than this, in px.
_LEAST_SPREAD = 0.1
#: Five numbers describe an ellipse.
_NUMBERS = 5


@dataclass(frozen=True, eq=False)
class EllipseFit:
    """A fitted ellipse.

    Attributes
    ----------
    centre
        (y, x).
    axes
        (2, 2) half axes, in the order of the drawn ones.
    u_pick
        Uncertainty of placing an end of an axis that would give the area the
        uncertainty it has by the fit.
    """

    centre: FloatArray
    axes: FloatArray
    u_pick: float


def fit_ellipse(
    centre: FloatArray, axes: FloatArray, offset: FloatArray, u_offset: FloatArray
) -> EllipseFit | None:
    """Change an ellipse so that it passes through the edges around it.

    Parameters
    ----------
    centre, axes
        Drawn centre and (2, 2) half axes.
    offset, u_offset
        (K,) distance of the edge along the outward normal at K even steps of the
        parameter, NaN where there is none, and its standard uncertainty.

    Returns
    -------
    None where there are too few edges, or too few of them agree.

    Notes
    -----
    A point ``c + a cos t + b sin t`` moves along its normal n by
    ``n (dc + da cos t + db sin t)``: linear least squares, where the turning of the
    parameter that leaves the ellipse as it is gets no part (minimum norm). Edges that
    lie off the fit are left out, and it is done again. The half axes are the singular
    vectors of the changed pair. The uncertainties are raised by the scatter about the
    fit where that is larger than stated.
    """
    weights, normal = around_ellipse(axes, offset.size)
    by_axes = [normal * weights[:, i, None] for i in (0, 1)]
    design = np.concatenate([normal, *by_axes], axis=1)
    used = np.isfinite(offset)
    for _ in range(3):
        if used.sum() < _LEAST_PLACES:
            return None
        weight = 1.0 / np.hypot(u_offset[used], _LEAST_SPREAD)
        scaled = design[used] * weight[:, None]
        change = np.asarray(np.linalg.lstsq(scaled, offset[used] * weight, 1e-9)[0])
        off = np.abs(offset - design @ change)
        spread = max(1.4826 * float(np.median(off[used])), _LEAST_SPREAD)
        agreeing = np.isfinite(off) & (off <= _OUTLIER * spread)
        if np.array_equal(agreeing, used):
            break
        used = agreeing
    return _as_ellipse(centre, axes, change, design[used], off[used], u_offset[used])


def _as_ellipse(
    centre: FloatArray,
    axes: FloatArray,
    change: FloatArray,
    design: FloatArray,
    off: FloatArray,
    u_offset: FloatArray,
) -> EllipseFit | None:
    """Principal axes and uncertainty of a changed pair of half axes."""
    weight = 1.0 / np.hypot(u_offset, _LEAST_SPREAD)
    freedom = off.size - _NUMBERS
    if freedom < 1:
        return None
    scatter = float(np.sum((off * weight) ** 2)) / freedom
    covariance = np.linalg.pinv((design * weight[:, None] ** 2).T @ design, rcond=1e-9)
    pair = axes + change[2:].reshape(2, 2)
    # Area pi |a x b|; its derivative by each half axis is the other one, turned.
    (ay, ax), (by, bx) = pair
    slope = np.pi * np.array([0.0, 0.0, bx, -by, -ax, ay])
    u_area = float(np.sqrt(slope @ covariance @ slope * max(scatter, 1.0)))
    directions, lengths, _ = np.linalg.svd(pair.T)
    principal = (directions * lengths).T
    if abs(principal[0] @ axes[0]) < abs(principal[1] @ axes[0]):
        principal = principal[::-1]
    principal = principal * np.sign(np.sum(principal * axes, axis=1, keepdims=True))
    u_pick = u_area / (np.pi / np.sqrt(2) * float(np.linalg.norm(principal)))
    return EllipseFit(centre + change[:2], principal, u_pick)
