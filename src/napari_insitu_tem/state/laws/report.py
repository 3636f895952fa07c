"""Rate laws as they are reported: from fits in px to nm and s, and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.laws.ranking import SIMPLER
from napari_insitu_tem.measure.laws.result import NOT_IDENTIFIABLE, LawFit
from napari_insitu_tem.model.rate_law import FittedLaw, FrontLaw, LawParameter

FloatArray = NDArray[np.float64]

#: Digits that are kept of a curve and its residuals.
_DIGITS = 7


@dataclass(frozen=True)
class Units:
    """From pixels and the unit of the fit to those that are reported.

    Attributes
    ----------
    per_px, length
        Length of a pixel along the path and its unit.
    u_relative
        Relative uncertainty of it.
    x
        Unit of the abscissa: "s", "nC".
    """

    per_px: float
    length: str
    u_relative: float
    x: str

    def law(self, fit: LawFit, weight: float | None) -> FittedLaw:
        """A fit as it is reported."""
        return FittedLaw(
            law=fit.law,
            geometry=fit.geometry,
            volume_ratio=fit.volume_ratio,
            parameters=tuple(self.parameter(fit, name) for name in fit.parameters),
            roughness=float(fit.roughness * self.per_px),
            log_likelihood=float(fit.log_likelihood),
            aicc=float(fit.aicc),
            weight=weight,
            frames=int(fit.frames),
            flag=fit.flag,
        )

    def parameter(self, fit: LawFit, name: str) -> LawParameter:
        """A parameter of a fit as it is reported."""
        value, u = fit.parameters[name], fit.u_parameters[name]
        power, unit = self._dimension(name, fit)
        scaled = value * self.per_px**power
        spread = u * self.per_px**power
        if u > 0 and power:
            spread = float(np.hypot(spread, power * self.u_relative * scaled))
        return LawParameter(name, _known(scaled), _known(spread), unit)

    def curve(
        self, fit: LawFit, time_s: FloatArray, x: FloatArray
    ) -> tuple[tuple[float, float], ...]:
        """Times, and where the law is."""
        return _rounded(time_s, fit.predict(x) * self.per_px)  # type: ignore[return-value]

    def residuals(self, fit: LawFit) -> tuple[tuple[float, float, float], ...]:
        """Abscissa, what each frame alone says minus the law, and its uncertainty."""
        away, u = fit.residuals * self.per_px, fit.u_residuals * self.per_px
        return _rounded(fit.times, away, u)  # type: ignore[return-value]

    def _dimension(self, name: str, fit: LawFit) -> tuple[int, str]:
        """Power of the length, and the unit."""
        if name in ("start", "radius"):
            return 1, self.length
        if name.startswith("velocity"):
            return 1, f"{self.length}/{self.x}"
        if name in ("parabolic_constant", "diffusion_constant"):
            return 2, f"{self.length}²/{self.x}"
        if name == "coefficient":
            exponent = fit.parameters.get("exponent", np.nan)
            return 1, f"{self.length}/{self.x}^{exponent:.3g}"
        return 0, "" if name == "exponent" else self.x


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _rounded(*columns: FloatArray) -> tuple[tuple[float, ...], ...]:
    """Rows of finite numbers, to so many digits."""
    table = np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)
    table = table[np.isfinite(table).all(axis=1)]
    return tuple(tuple(float(f"{v:.{_DIGITS}g}") for v in row) for row in table)


@dataclass(frozen=True)
class LawReport:
    """Rate laws of a front, to be shown.

    Attributes
    ----------
    law
        What was fitted.
    is_current
        Whether what it rests on is as it was.
    """

    law: FrontLaw
    is_current: bool = True

    @property
    def shown(self) -> FittedLaw:
        """The law that is drawn."""
        return self.law.shown

    def fit(self, law: str) -> FittedLaw:
        """One of the laws."""
        return next(fit for fit in self.law.fits if fit.law == law)

    @property
    def weights(self) -> dict[str, float]:
        """Law to its Akaike weight; empty for one law alone."""
        fits = self.law.fits
        return {fit.law: fit.weight for fit in fits if fit.weight is not None}

    def curve(self) -> tuple[FloatArray, FloatArray]:
        """(T,) times in s and positions of the law that is drawn."""
        time_s, position = np.array(self.law.curve).reshape(-1, 2).T
        return time_s, position

    def residuals(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Abscissa, what each frame alone says minus that law, and its uncertainty."""
        x, away, u = np.array(self.law.residuals).reshape(-1, 3).T
        return x, away, u

    @property
    def verdict(self) -> str:
        """What the comparison, or the one fit, says, in words."""
        words = self._comparison() if len(self.law.fits) > 1 else self._alone()
        if self.law.is_there_and_back:
            words += (
                " The charge goes both ways in this stretch: select one half cycle in "
                "the timeline."
            )
        return words

    def _comparison(self) -> str:
        if self.law.flag == NOT_IDENTIFIABLE:
            return (
                "It cannot be told: the likeliest laws are one and the same curve, "
                "since neither the start nor the onset is known. Fix one of them if "
                "you know it from elsewhere."
            )
        best = self.law.best
        weight = self.weights.get(best, float("nan"))
        words = f"{_titled(best)}, with a weight of {100 * weight:.0f} %."
        least = min(fit.aicc for fit in self.law.fits)
        near = [
            _titled(fit.law)
            for fit in self.law.fits
            if fit.law != best and fit.aicc <= least + SIMPLER
        ]
        if near:
            words += f" About as good, but not simpler: {', '.join(near)}."
        return words

    def _alone(self) -> str:
        (fit,) = self.law.fits
        if fit.flag == NOT_IDENTIFIABLE:
            return (
                "The frames do not tell all parameters (those without a value): fix "
                "the start or the onset, or choose a simpler law."
            )
        return f"{_titled(fit.law)} law."


def _titled(law: str) -> str:
    return law.replace("-", "–").capitalize() if law else "None"
