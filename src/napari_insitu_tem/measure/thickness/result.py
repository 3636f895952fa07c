"""The thickness along a layer, and what its places say together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.curves import Curve
from napari_insitu_tem.measure.facing import Facing, curves_cross

FloatArray = NDArray[np.float64]

PERCENTILES = (5, 25, 50, 75, 95)

#: Below this many blur widths the two edges of a layer cannot be told apart.
RESOLVED = 2.0

#: Boundaries closer than this touch.
_TOUCHING = 1e-6

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
    method, step, blur
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
    blur: float | None = None

    def with_slopes(self, inner: FloatArray, outer: FloatArray) -> LayerThickness:
        """The same layer with other derivatives of the mean by its vertices."""
        total = float(np.sqrt(np.sum(inner**2) + np.sum(outer**2)))
        return replace(
            self,
            inner_slope=inner,
            outer_slope=outer,
            sensitivity=total if self.thickness.size else _NAN,
        )

    @property
    def standard_error(self) -> float:
        """Standard error of the mean, the same as `u_mean`."""
        return self.u_mean

    @property
    def minimum(self) -> float:
        """The smallest thickness."""
        return self.min

    @property
    def maximum(self) -> float:
        """The largest thickness."""
        return self.max


@dataclass(frozen=True, eq=False)
class Look:
    """Thickness from places on one curve to the other."""

    places: FloatArray
    vertex: FloatArray
    facing: Facing
    from_inner: bool

    @property
    def counts(self) -> NDArray[np.bool_]:
        """(K,) which places count."""
        return self.facing.is_covered


def summarised(
    curves: tuple[Curve, Curve],
    looks: list[Look],
    method: str,
    step: float,
    blur: float | None,
) -> LayerThickness:
    """What all places together say."""
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
    touches = known and float(thickness.min()) < _TOUCHING
    flag = _flag(curves, counts[0], mean, coverage * inner.length, blur, touches)
    layer = LayerThickness(
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
        sensitivity=_NAN,
        inner_slope=slopes[0],
        outer_slope=slopes[1],
        method=method,
        step=step,
        flag=flag,
        blur=blur,
    )
    return layer.with_slopes(*slopes)


def _flag(
    curves: tuple[Curve, Curve],
    count: int,
    mean: float,
    covered: float,
    blur: float | None,
    touches: bool,
) -> str:
    """The gravest doubt about a layer."""
    if touches or curves_cross(*curves):
        return flags.CROSSING
    if count == 0:
        return flags.NO_OVERLAP
    if count < 3 or covered < mean:
        return flags.TOO_SHORT
    if blur is not None and mean < RESOLVED * blur:
        return flags.UNRESOLVED
    return ""


def _slopes(
    curves: tuple[Curve, Curve], looks: list[Look], used: int
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


def _correlation(look: Look, is_closed: bool) -> float:
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
