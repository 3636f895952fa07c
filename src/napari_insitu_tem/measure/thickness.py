"""Thickness of a layer between two boundaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.curves import Curve, as_curve
from napari_insitu_tem.measure.facing import (
    Facing,
    along_normals,
    curves_cross,
    nearest_on,
)
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

PERCENTILES = (5, 25, 50, 75, 95)

#: Points of a boundary per sample: its chords then lie within 1e-3 of a circle of
#: radius 10 samples.
_FINER = 4

#: Below this many blur widths the two edges of a layer cannot be told apart.
_RESOLVED = 2.0

_NAN = float("nan")


@dataclass(frozen=True, eq=False)
class LayerThickness:
    """Thickness along a layer, in the unit of the boundaries.

    Attributes
    ----------
    thickness, points, weights
        (M,) thickness at (M, 2) places (y, x), and what each counts in the mean.
    mean, u_mean
        Mean, and its standard error as that of a layer of which this part is seen:
        from the scatter along it and the length over which it is correlated.
    sd, median, min, max
        Of the thickness along the layer.
    percentiles
        Percent to thickness.
    n_samples
        Number of places that count.
    coverage
        Part of the inner boundary that has the outer one opposite, 0 to 1.
    length, correlation_length
        Length of the inner boundary, and that over which the thickness is correlated.
    sensitivity
        Standard uncertainty of the mean where every vertex is placed with an
        independent standard uncertainty of 1 along either axis.
    inner_slope, outer_slope
        (n, 2) derivative of the mean by each vertex.
    method, step
        As given.
    flag
        "", `crossing`, `no_overlap`, `too_short` or `unresolved`.
    """

    thickness: FloatArray
    points: FloatArray
    weights: FloatArray
    mean: float
    u_mean: float
    sd: float
    median: float
    min: float
    max: float
    percentiles: dict[int, float]
    n_samples: int
    coverage: float
    length: float
    correlation_length: float
    sensitivity: float
    inner_slope: FloatArray
    outer_slope: FloatArray
    method: str
    step: float
    flag: str


def layer_thickness(
    inner: ArrayLike,
    outer: ArrayLike,
    *,
    method: str = "nearest",
    step: float = 1.0,
    blur: float | None = None,
) -> LayerThickness:
    """Measure a layer at places about a pixel apart.

    Parameters
    ----------
    inner, outer
        (n, 2) boundaries (y, x); closed where the first point is the last.
    method
        "nearest": from each boundary to the nearest point of the other; the mean of
        both directions. "normal": from the inner boundary along its normal.
    step
        Distance of the places along the boundary.
    blur
        Blur of the image (1 s.d.); a layer thinner than two of them is flagged.

    Raises
    ------
    MeasurementError
        Unknown method, or a boundary without two different points.

    Notes
    -----
    "nearest" is symmetric [1]_; noise of the boundaries makes it smaller (by 5 to 13 %
    for 1 px of noise on 10 px, more where it is finer). "normal" is the chord normal to
    the layer that metallography takes (ISO 1463); noise of the boundaries tilts the
    normals and makes it larger.

    Places that see only an end of the other boundary, from beyond it, do not count: an
    end that overhangs is not part of the layer.

    The standard error is ``sd sqrt(tau / n)``, with ``tau = 1 + 2 sum rho_k`` over the
    autocorrelation of n places up to its first zero [2]_; the correlation length is
    ``tau`` times their distance. The sensitivity to placing follows from the motion of
    both feet of every thickness with the vertices beside them.

    .. [1] B. Fischl, A. M. Dale, PNAS 97 (2000) 11050.
    .. [2] A. Sokal, Monte Carlo Methods in Statistical Mechanics (1997), section 3.
    """
    if method not in _METHODS:
        raise MeasurementError(
            f"{method!r} is not a method of measuring thickness.",
            hint=f"Choose one of {', '.join(_METHODS)}.",
        )
    spacing = step / _FINER
    curves = as_curve(inner, spacing), as_curve(outer, spacing)
    looks = _METHODS[method](*curves, step)
    return _summarised(curves, looks, method, step, blur)


@dataclass(frozen=True, eq=False)
class _Look:
    """Thickness from places on one curve to the other."""

    places: FloatArray
    vertex: FloatArray
    facing: Facing
    from_inner: bool

    @property
    def counts(self) -> NDArray[np.bool_]:
        """(K,) which places count."""
        return self.facing.is_covered


def _nearest(inner: Curve, outer: Curve, step: float) -> list[_Look]:
    looks = []
    for here, there in ((inner, outer), (outer, inner)):
        places, _, vertex = here.evenly(step)
        looks.append(_Look(places, vertex, nearest_on(there, places), here is inner))
    return looks


def _normal(inner: Curve, outer: Curve, step: float) -> list[_Look]:
    places, tangents, vertex = inner.evenly(step)
    return [_Look(places, vertex, along_normals(outer, places, tangents), True)]


_METHODS: dict[str, Callable[[Curve, Curve, float], list[_Look]]] = {
    "nearest": _nearest,
    "normal": _normal,
}


def _summarised(
    curves: tuple[Curve, Curve],
    looks: list[_Look],
    method: str,
    step: float,
    blur: float | None,
) -> LayerThickness:
    inner = curves[0]
    thickness = np.concatenate([look.facing.distance[look.counts] for look in looks])
    points = np.concatenate([look.places[look.counts] for look in looks])
    counts = [int(look.counts.sum()) for look in looks]
    used = max(sum(count > 0 for count in counts), 1)
    weights = np.concatenate([np.full(n, 1.0 / max(n, 1) / used) for n in counts])
    coverage = float(looks[0].counts.mean())
    slopes = _slopes(curves, looks, used)
    known = thickness.size > 0
    means = [
        look.facing.distance[look.counts].mean() for look in looks if look.counts.any()
    ]
    mean = float(np.mean(means)) if known else _NAN
    spread = float(weights @ (thickness - mean) ** 2) if known else _NAN
    bessel = counts[0] / max(counts[0] - 1, 1)
    sd = float(np.sqrt(spread * bessel)) if counts[0] > 1 else _NAN
    quantiles = _quantiles(thickness, weights) if known else [_NAN] * len(PERCENTILES)
    tau = _correlation(looks[0], inner.is_closed)
    percentiles = dict(zip(PERCENTILES, quantiles, strict=True))
    flag = _flag(curves, counts[0], mean, coverage * inner.length, blur)
    return LayerThickness(
        thickness=thickness,
        points=points,
        weights=weights,
        mean=mean,
        u_mean=sd * float(np.sqrt(min(tau / max(counts[0], 1), 1.0))),
        sd=sd,
        median=percentiles[50],
        min=float(thickness.min()) if known else _NAN,
        max=float(thickness.max()) if known else _NAN,
        percentiles=percentiles,
        n_samples=int(thickness.size),
        coverage=coverage,
        length=inner.length,
        correlation_length=tau * inner.length / len(looks[0].places),
        sensitivity=float(np.sqrt(sum(np.sum(slope**2) for slope in slopes)))
        if known
        else _NAN,
        inner_slope=slopes[0],
        outer_slope=slopes[1],
        method=method,
        step=step,
        flag=flag,
    )


def _flag(
    curves: tuple[Curve, Curve],
    count: int,
    mean: float,
    covered: float,
    blur: float | None,
) -> str:
    if curves_cross(*curves):
        return flags.CROSSING
    if count == 0:
        return flags.NO_OVERLAP
    if count < 3 or covered < mean:
        return flags.TOO_SHORT
    if blur is not None and mean < _RESOLVED * blur:
        return flags.UNRESOLVED
    return ""


def _slopes(
    curves: tuple[Curve, Curve], looks: list[_Look], used: int
) -> tuple[FloatArray, FloatArray]:
    """Derivative of the mean by the vertices of both boundaries.

    A thickness changes by the motion of its two feet along the line between them.
    """
    slopes = (
        np.zeros((len(curves[0].vertices), 2)),
        np.zeros((len(curves[1].vertices), 2)),
    )
    for look in looks:
        counts = look.counts & (look.facing.distance > 0)
        if not counts.any():
            continue
        distance = look.facing.distance[counts]
        towards = (look.facing.foot[counts] - look.places[counts]) / distance[:, None]
        towards /= used * max(int(look.counts.sum()), 1)
        here, there = (0, 1) if look.from_inner else (1, 0)
        for side, vertex, sign in (
            (here, look.vertex[counts], -1.0),
            (there, look.facing.vertex[counts], 1.0),
        ):
            pairs, parts = curves[side].hats(vertex)
            for k in (0, 1):
                np.add.at(slopes[side], pairs[:, k], sign * parts[:, k, None] * towards)
    return slopes


def _quantiles(values: FloatArray, weights: FloatArray) -> list[float]:
    """Percentiles of weighted values."""
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    middle = (total - 0.5 * weights[order]) / total[-1]
    at = np.array(PERCENTILES) / 100
    return [float(v) for v in np.interp(at, middle, values[order])]


def _correlation(look: _Look, is_closed: bool) -> float:
    """Number of places over which the thickness is correlated, at least 1."""
    values = look.facing.distance[look.counts]
    n = values.size
    if n < 3 or np.ptp(values) == 0:
        return 1.0
    away = values - values.mean()
    padded = n if is_closed else 2 * n
    power = np.abs(np.fft.rfft(away, padded)) ** 2
    correlation = np.fft.irfft(power, padded)[: n // 2 + 1] / np.sum(away**2)
    first_zero = int(np.argmax(correlation <= 0)) or correlation.size
    return float(max(1.0 + 2.0 * correlation[1:first_zero].sum(), 1.0))
