"""Two clocks tied by signals that follow each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.clocks.lag import SMOOTHINGS, Lag, best_lag
from napari_insitu_tem.measure.clocks.noise import noise_spectrum, whitened
from napari_insitu_tem.measure.clocks.result import (
    AMBIGUOUS,
    CONSTANT,
    LOW_CORRELATION,
    NO_OVERLAP,
    RATE_AT_ONE,
    WEAK_CORRELATION,
    SignalAlignment,
)
from napari_insitu_tem.model.alignment import RATE_TOLERANCE
from napari_insitu_tem.model.errors import AlignmentError
from napari_insitu_tem.model.progress import Progress, no_progress

FloatArray = NDArray[np.float64]

#: Correlations below which nothing is said, and below which it is doubted.
_REFUSED, _DOUBTED = 0.3, 0.5
#: Standard deviations beyond the highest correlation of noise that are asked for.
_CLEAR = 1.0
#: Samples of either signal below which nothing is said.
_LEAST = 16
#: Gauss-Newton steps at most.
_STEPS = 12
#: Fits one after the other, each with the noise that the one before has left.
_PASSES = 3
#: A rate beyond this is no clock's.
_ODDEST_RATE = 0.05


def align_signals(
    times_a: ArrayLike,
    a: ArrayLike,
    times_b: ArrayLike,
    b: ArrayLike,
    *,
    within: tuple[float, float] | None = None,
    progress: Progress | None = None,
) -> SignalAlignment:
    """Fit ``time_b = offset + rate * time_a`` to two signals that follow each other.

    Parameters
    ----------
    times_a, a
        (n,) times in s and values of the noisier, coarser signal: an area or a mean
        brightness of the frames at the middle of their exposures.
    times_b, b
        (m,) times in s and values of the other one: what is proportional to it, such
        as the charge for an area.
    within
        Least and greatest ``time_b - time_a`` that may be; None: any at which half of
        the shorter signal overlaps.
    progress
        Told how far it is; what it raises to cancel passes through.

    Returns
    -------
    SignalAlignment
        NaN with a flag where the signals cannot carry it.

    Raises
    ------
    AlignmentError
        Times and values differ in length.

    Notes
    -----
    Coarse: normalised correlation of the smoothed slopes at all offsets, at the
    smoothing where it is clearest. Fine: least squares of
    ``a = scale * b(offset + rate * time_a) + quadratic`` in offset and rate, weighted
    by the spectrum of its own residuals (white noise on top of a first-order
    autoregression), from which the standard uncertainties follow. The rate is left at
    one where it is told less well than two good clocks keep it.

    A lag of the image behind the current by physics cannot be told from an offset of
    the clocks: it is an apparent offset unless the signal is electrical.
    """
    first, second = _signal(times_a, a), _signal(times_b, b)
    length = np.asarray(times_a).size
    if min(len(first.times), len(second.times)) < _LEAST:
        return _refused(NO_OVERLAP, length)
    if np.ptp(first.values) == 0 or np.ptp(second.values) == 0:
        return _refused(CONSTANT, length)
    report = progress or no_progress

    def tell(done: int) -> None:
        report(done, SMOOTHINGS + 2 * _PASSES, "Comparing the signals")

    lag = best_lag(first.times, first.values, second.times, second.values, within, tell)
    if lag is None:
        return _refused(NO_OVERLAP, length)
    if abs(lag.correlation) < _REFUSED or lag.clearness < _CLEAR:
        return _refused(LOW_CORRELATION, length, lag)
    fit = _Fit(first, second, lag)
    if not fit.is_enough:
        return _refused(NO_OVERLAP, length, lag)
    fit.run(lambda k: tell(SMOOTHINGS + k), is_rate_free=True)
    is_told = fit.u_rate <= RATE_TOLERANCE or abs(fit.rate - 1) > 3 * fit.u_rate
    if not is_told or abs(fit.rate - 1) > _ODDEST_RATE:
        is_told = False
        fit = _Fit(first, second, lag)
        fit.run(lambda k: tell(SMOOTHINGS + _PASSES + k), is_rate_free=False)
    tell(SMOOTHINGS + 2 * _PASSES)
    return _result(fit, first, lag, length, is_told=is_told)


@dataclass(frozen=True)
class _Signal:
    """Ascending times with their values and places in what was given."""

    times: FloatArray
    values: FloatArray
    index: NDArray[np.intp]


def _signal(times: ArrayLike, values: ArrayLike) -> _Signal:
    t = np.asarray(times, dtype=np.float64).reshape(-1)
    v = np.asarray(values, dtype=np.float64).reshape(-1)
    if t.shape != v.shape:
        raise AlignmentError(f"There are {t.size} times for {v.size} values.")
    known = np.flatnonzero(np.isfinite(t) & np.isfinite(v))
    order = known[np.argsort(t[known], kind="stable")]
    later = np.concatenate([[True], np.diff(t[order]) > 0]) if order.size else order
    order = order[later]
    return _Signal(t[order], v[order], order)


class _Fit:
    """Least squares in offset, rate, scale and a quadratic baseline."""

    def __init__(self, first: _Signal, second: _Signal, lag: Lag) -> None:
        self._curve_times, self._curve = _averaged(first, second)
        self.offset, self.rate, self.u_offset, self.u_rate = (
            lag.offset,
            1.0,
            np.nan,
            0.0,
        )
        start, end = self._curve_times[[0, -1]]
        seen = first.times + lag.offset
        self.used = np.flatnonzero((seen >= start) & (seen <= end))
        self.is_enough = len(self.used) >= _LEAST
        self._times, self._values = first.times[self.used], first.values[self.used]
        self.pivot = float(self._times.mean()) if self.is_enough else 0.0
        self.residuals = np.zeros(0)
        half = max(float(np.ptp(self._times)) / 2, 1e-9) if self.is_enough else 1.0
        self._away = self._times - self.pivot
        unit = self._away / half
        self._baseline = np.column_stack([np.ones_like(unit), unit, unit**2])
        self._half_step = 0.5 * float(np.median(np.diff(first.times)))

    def run(self, tell: Callable[[int], None], *, is_rate_free: bool) -> None:
        """Fit with white noise, then with that of the residuals."""
        spectrum = np.ones(len(self._times) + 1)
        for done in range(_PASSES):
            tell(done)
            self._fit(spectrum, is_rate_free)
            spectrum = noise_spectrum(self.residuals)
        self._judge(spectrum, is_rate_free)

    def _model(
        self, offset: float, rate: float, spectrum: FloatArray
    ) -> tuple[float, FloatArray, FloatArray]:
        """Weighted sum of squares, residuals and coefficients at offset and rate."""
        at = self.pivot + offset + rate * self._away
        curve = np.interp(at, self._curve_times, self._curve)
        design = np.column_stack([curve, self._baseline])
        wanted = whitened(np.column_stack([self._values, design]), spectrum)
        found = np.asarray(np.linalg.lstsq(wanted[:, 1:], wanted[:, 0], rcond=None)[0])
        rest = wanted[:, 0] - wanted[:, 1:] @ found
        return float(rest @ rest), np.asarray(self._values - design @ found), found

    def _fit(self, spectrum: FloatArray, is_rate_free: bool) -> None:
        cost, self.residuals, found = self._model(self.offset, self.rate, spectrum)
        for _ in range(_STEPS):
            slopes = whitened(self._slopes(found[0], is_rate_free), spectrum)
            rest = whitened(self.residuals, spectrum)
            step = np.linalg.lstsq(slopes, rest, rcond=None)[0]
            count = 2 if is_rate_free else 1
            size = 1.0
            while size > 1e-3:
                offset = self.offset + size * step[0]
                rate = self.rate + (size * step[1] if count == 2 else 0.0)
                new, residuals, coefficients = self._model(offset, rate, spectrum)
                if new < cost:
                    break
                size /= 2
            else:
                return
            gained = cost - new
            self.offset, self.rate, cost = offset, rate, new
            self.residuals, found = residuals, coefficients
            if gained < 1e-7 * cost:
                return

    def _slopes(self, scale: float, is_rate_free: bool) -> FloatArray:
        """(n, parameters) change of the curve with each parameter."""
        at = self.pivot + self.offset + self.rate * self._away
        h = self._half_step
        up, here, down = (
            np.interp(at + d, self._curve_times, self._curve) for d in (h, 0.0, -h)
        )
        slope = scale * (up - down) / (2 * h)
        moves = [slope, slope * self._away] if is_rate_free else [slope]
        return np.column_stack([*moves, here, self._baseline])

    def _judge(self, spectrum: FloatArray, is_rate_free: bool) -> None:
        """Standard uncertainties from the noise of the residuals."""
        _, _, found = self._model(self.offset, self.rate, spectrum)
        slopes = whitened(self._slopes(found[0], is_rate_free), spectrum)
        rest = whitened(self.residuals, spectrum)
        freedom = max(len(rest) - slopes.shape[1], 1)
        scale = max(float(rest @ rest) / freedom, 1.0)
        norm = np.linalg.norm(slopes, axis=0)
        norm[norm == 0] = 1.0
        covariance = np.linalg.pinv((slopes / norm).T @ (slopes / norm)) * scale
        u = np.sqrt(np.diag(covariance)) / norm
        self.u_offset = float(u[0])
        if is_rate_free:
            self.u_rate = float(u[1])


def _averaged(first: _Signal, second: _Signal) -> tuple[FloatArray, FloatArray]:
    """The second signal averaged over the sampling of the first, where it is finer."""
    step = float(np.median(np.diff(first.times)))
    fine = float(np.median(np.diff(second.times)))
    if fine > 0.5 * step:
        return second.times, second.values
    gaps = np.diff(second.times)
    area = np.concatenate(
        [[0.0], np.cumsum(0.5 * (second.values[1:] + second.values[:-1]) * gaps)]
    )
    t = second.times
    low, high = np.maximum(t - step / 2, t[0]), np.minimum(t + step / 2, t[-1])
    mean = (np.interp(high, t, area) - np.interp(low, t, area)) / (high - low)
    return t, np.asarray(mean)


def _refused(flag: str, length: int, lag: Lag | None = None) -> SignalAlignment:
    nan = float("nan")
    correlation = nan if lag is None else abs(lag.correlation)
    return SignalAlignment(
        nan, nan, nan, nan, nan, nan, nan, np.full(length, nan), flag, {}, correlation
    )


def _result(
    fit: _Fit, first: _Signal, lag: Lag, length: int, *, is_told: bool
) -> SignalAlignment:
    residuals = np.full(length, np.nan)
    residuals[first.index[fit.used]] = fit.residuals
    u_rate = fit.u_rate if is_told else RATE_TOLERANCE
    flag = "" if is_told else RATE_AT_ONE
    if lag.is_ambiguous:
        flag = AMBIGUOUS
    if abs(lag.correlation) < _DOUBTED:
        flag = WEAK_CORRELATION
    return SignalAlignment(
        offset=fit.offset + fit.pivot * (1 - fit.rate),
        u_offset=float(np.hypot(fit.u_offset, u_rate * fit.pivot)),
        rate=fit.rate,
        u_rate=u_rate,
        pivot=fit.pivot,
        offset_at_pivot=fit.offset,
        u_offset_at_pivot=fit.u_offset,
        residuals=residuals,
        flag=flag,
        parameters={
            "smooth": lag.smooth,
            "coarse_offset": lag.offset,
            "is_inverted": lag.correlation < 0,
        },
        correlation=abs(lag.correlation),
    )
