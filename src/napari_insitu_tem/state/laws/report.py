"""Rate laws as they are reported: in nm and s, with verdict, weights and residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.measure.laws.ranking import SIMPLER
from napari_insitu_tem.measure.laws.result import NOT_IDENTIFIABLE, LawFit
from napari_insitu_tem.model.law_columns import LAW_COLUMNS
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.laws.request import LawRequest

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a law.

    Attributes
    ----------
    name
        As in `measure.LawFit.parameters`.
    value, u_value
        In `unit`; NaN where the frames cannot tell, and an uncertainty of 0 where it
        was given.
    unit
        "nm", "nm/s", ...
    """

    name: str
    value: float
    u_value: float
    unit: str

    @property
    def is_given(self) -> bool:
        """Whether it was fixed."""
        return self.u_value == 0


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

    def parameter(self, fit: LawFit, name: str) -> Parameter:
        """A parameter of a fit as it is reported."""
        value, u = fit.parameters[name], fit.u_parameters[name]
        power, unit = self._dimension(name, fit)
        scaled = value * self.per_px**power
        spread = u * self.per_px**power
        if u > 0 and power:
            spread = float(np.hypot(spread, power * self.u_relative * scaled))
        return Parameter(name, float(scaled), float(spread), unit)

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


@dataclass(frozen=True, eq=False)
class LawReport:
    """Rate laws fitted to one front.

    Attributes
    ----------
    request
        What was asked for.
    path
        The path's row as it was.
    object, front
        Which front.
    frames
        From the first to the last frame that was fitted.
    source
        "kymograph" or "picks".
    units
        What is reported.
    best, flag
        As in `measure.LawComparison`; a law that was fitted alone is the best.
    weights
        Law to its Akaike weight; empty for one law alone.
    fits
        Law to its fit, in px and in the unit of the abscissa.
    time_s, x
        (T,) middles of the exposures, and the abscissa of the fit in its unit.
    is_there_and_back
        Whether the charge went both ways.
    """

    request: LawRequest
    path: Record
    object: str
    front: str
    frames: range
    source: str
    units: Units
    best: str
    flag: str
    weights: dict[str, float]
    fits: dict[str, LawFit]
    time_s: FloatArray
    x: FloatArray
    is_there_and_back: bool = False

    @property
    def shown(self) -> str:
        """The law that is drawn: the best, else the likeliest."""
        if self.best:
            return self.best
        return min(self.fits, key=lambda law: self.fits[law].aicc)

    def parameters(self, law: str) -> tuple[Parameter, ...]:
        """The parameters of a law."""
        fit = self.fits[law]
        return tuple(self.units.parameter(fit, name) for name in fit.parameters)

    def curve(self, law: str) -> tuple[FloatArray, FloatArray]:
        """(T,) times in s and positions of the law, in the unit of length."""
        return self.time_s, self.fits[law].predict(self.x) * self.units.per_px

    def residuals(self, law: str) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Abscissa, what each frame alone says minus the law, and its uncertainty."""
        fit, per_px = self.fits[law], self.units.per_px
        return fit.times, fit.residuals * per_px, fit.u_residuals * per_px

    @property
    def verdict(self) -> str:
        """What the comparison, or the one fit, says, in words."""
        words = self._comparison() if len(self.fits) > 1 else self._alone()
        if self.is_there_and_back:
            words += (
                " The charge goes both ways in this stretch: select one half cycle in "
                "the timeline."
            )
        return words

    def _comparison(self) -> str:
        if self.flag == NOT_IDENTIFIABLE:
            return (
                "It cannot be told: the likeliest laws are one and the same curve, "
                "since neither the start nor the onset is known. Fix one of them if "
                "you know it from elsewhere."
            )
        weight = self.weights.get(self.best, float("nan"))
        words = f"{_titled(self.best)}, with a weight of {100 * weight:.0f} %."
        least = min(fit.aicc for fit in self.fits.values())
        near = [
            _titled(law)
            for law, fit in self.fits.items()
            if law != self.best and fit.aicc <= least + SIMPLER
        ]
        if near:
            words += f" About as good, but not simpler: {', '.join(near)}."
        return words

    def _alone(self) -> str:
        fit = self.fits[self.best]
        if fit.flag == NOT_IDENTIFIABLE:
            return (
                "The frames do not tell all parameters (those without a value): fix "
                "the start or the onset, or choose a simpler law."
            )
        return f"{_titled(self.best)} law."

    def table(self) -> pd.DataFrame:
        """One row a law and parameter; the columns are those of `LAW_COLUMNS`."""
        rows = [
            self._row(law, parameter)
            for law in self.fits
            for parameter in self.parameters(law)
        ]
        return pd.DataFrame(rows, columns=[column.name for column in LAW_COLUMNS])

    def _row(self, law: str, parameter: Parameter) -> dict[str, Any]:
        fit = self.fits[law]
        return {
            "id": f"{self.path.id} {self.object} {self.front} {law} {parameter.name}",
            "object": self.object,
            "front": self.front,
            "path": self.path.object,
            "movie": self.path.movie,
            "first_frame": self.frames.start,
            "last_frame": self.frames.stop - 1,
            "fitted_to": self.source,
            "against": self.request.against,
            "law": law,
            "geometry": fit.geometry,
            "volume_ratio": np.nan if fit.volume_ratio is None else fit.volume_ratio,
            "parameter": parameter.name,
            "value": parameter.value,
            "unit": parameter.unit,
            "u_value": parameter.u_value,
            "roughness": fit.roughness * self.units.per_px,
            "roughness_unit": self.units.length,
            "n_frames": fit.frames,
            "log_likelihood": fit.log_likelihood,
            "aicc": fit.aicc,
            "aicc_weight": self.weights.get(law, np.nan),
            "best": "yes" if law == self.best and not self.flag else "",
            "flag": fit.flag or self.flag,
        }


def joined_tables(reports: Sequence[LawReport]) -> pd.DataFrame:
    """The tables of several reports, one after the other."""
    if not reports:
        return pd.DataFrame(columns=[column.name for column in LAW_COLUMNS])
    return pd.concat([report.table() for report in reports], ignore_index=True)


def _titled(law: str) -> str:
    return law.replace("-", "–").capitalize() if law else "None"
