"""A fitted law: its parameters, how sure they are, and how well it fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.laws.base import RateLaw
from napari_insitu_tem.measure.laws.likelihood import FrameLikelihood
from napari_insitu_tem.measure.laws.ranking import corrected_criterion
from napari_insitu_tem.measure.laws.search import maxima
from napari_insitu_tem.measure.laws.uncertainty import estimates
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

NOT_IDENTIFIABLE = "not_identifiable"

#: Frames that a law needs besides one for every value.
_SPARE_FRAMES = 3


@dataclass(frozen=True, eq=False)
class LawFit:
    """A rate law fitted to a front.

    Attributes
    ----------
    law, geometry, volume_ratio
        As given.
    parameters, u_parameters
        Values in px and the unit of the times, and their standard uncertainties: 0
        for what was given, NaN for what the data cannot tell.
    covariance
        Covariance of the parameters in their order.
    roughness
        How far the front strays from the law in px (1 s.d.), found with it.
    log_likelihood, aicc
        At the maximum, and Akaike's criterion with its correction for few frames.
    frames, free
        Number of frames that say something, and of parameters that were fitted, the
        roughness among them.
    flag
        "" or `not_identifiable`: more than one set of parameters gives this curve.
    times, residuals, u_residuals
        (frames,) what each frame alone says minus the law, in the order of time.
    """

    law: str
    geometry: str
    volume_ratio: float | None
    parameters: dict[str, float]
    u_parameters: dict[str, float]
    covariance: FloatArray
    roughness: float
    log_likelihood: float
    aicc: float
    frames: int
    free: int
    flag: str
    times: FloatArray
    residuals: FloatArray
    u_residuals: FloatArray
    _positions: Callable[[FloatArray], FloatArray]

    def predict(self, times: ArrayLike) -> FloatArray:
        """Positions in px at times."""
        return self._positions(np.asarray(times, dtype=np.float64))


def fit_model(
    frames: FrameLikelihood,
    law: RateLaw,
    *,
    geometry: str = "planar",
    volume_ratio: float | None = None,
) -> LawFit:
    """Fit a law to what frames say.

    Raises
    ------
    MeasurementError
        Too few frames for its parameters.
    """
    least = law.bounds()[0].size + _SPARE_FRAMES
    if frames.times.size < least:
        raise MeasurementError(
            f"{frames.times.size} frames are too few for the {law.law} law.",
            hint=f"It needs at least {least} that show the front.",
        )
    found = maxima(frames, law)
    sure = estimates(frames, law, found)
    values = found.highest.values
    residuals = frames.residuals(law.positions(values, frames.times))
    number, free = frames.times.size, values.size + 1
    likelihood = found.highest.likelihood
    return LawFit(
        law=law.law,
        geometry=geometry,
        volume_ratio=volume_ratio,
        parameters=sure.values,
        u_parameters=sure.uncertainties,
        covariance=sure.covariance,
        roughness=found.roughness,
        log_likelihood=likelihood,
        aicc=corrected_criterion(likelihood, free, number),
        frames=number,
        free=free,
        flag="" if sure.is_known else NOT_IDENTIFIABLE,
        times=frames.times,
        residuals=residuals[0],
        u_residuals=residuals[1],
        _positions=lambda at: law.positions(values, at),
    )
