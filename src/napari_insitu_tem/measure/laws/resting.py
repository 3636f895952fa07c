"""Laws of fronts whose start and onset are both unknown, and that may rest at first.

A front that is seen to rest before it moves gives away both: where it rests is its
start, and where its curve begins its onset. One that moves from the first frame on does
not, and its linear-parabolic law is then the same curve as a shifted parabola.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_insitu_tem.measure.laws.base import LINEAR, LINEAR_PARABOLIC, PARABOLIC
from napari_insitu_tem.measure.laws.likelihood import FrameLikelihood
from napari_insitu_tem.measure.laws.making import Shape, law_model
from napari_insitu_tem.measure.laws.ranking import SIMPLER
from napari_insitu_tem.measure.laws.result import NOT_IDENTIFIABLE, LawFit, fit_model

#: A rest by which a law is told from a parabola lowers the criterion by more than this:
#: no support is then left for a front that moves from the first frame on.
_CLEAR = 10.0
#: Frames from which a rest is looked for.
_LEAST_FRAMES = 8


def fit_frames(frames: FrameLikelihood, law: str, shape: Shape) -> LawFit:
    """Fit a law to what frames say; the work of `fit_law`."""
    if law == LINEAR and shape.is_free:
        return _or_rested(frames, law, shape, _fitted(frames, law, shape), SIMPLER)
    if shape.is_shifted_parabola(law):
        return _or_rested(frames, law, shape, _as_parabola(frames, shape), _CLEAR)
    return _fitted(frames, law, shape)


def is_parabola_told(frames: FrameLikelihood, shape: Shape, fit: LawFit) -> bool:
    """Whether a front rests so clearly before a parabola that it is no other law."""
    if (
        frames.times.size < _LEAST_FRAMES
        or not fit.parameters["onset"] > frames.times[0]
    ):
        return False
    at_once = _fitted(frames, PARABOLIC, shape, rests=False)
    return fit.aicc < at_once.aicc - _CLEAR


def _or_rested(
    frames: FrameLikelihood, law: str, shape: Shape, plain: LawFit, by: float
) -> LawFit:
    """The same law of a front that rests first, where it is that much better."""
    if frames.times.size < _LEAST_FRAMES:
        return plain
    rested = _fitted(frames, law, shape, rests=True)
    return rested if rested.aicc < plain.aicc - by else plain


def _fitted(
    frames: FrameLikelihood, law: str, shape: Shape, *, rests: bool | None = None
) -> LawFit:
    return fit_model(
        frames,
        law_model(frames, law, shape, rests=rests),
        geometry=shape.geometry,
        volume_ratio=shape.volume_ratio,
    )


def _as_parabola(frames: FrameLikelihood, shape: Shape) -> LawFit:
    """The linear-parabolic law with free start and onset: only its curve is known."""
    fit = _fitted(frames, PARABOLIC, shape)
    nothing = dict.fromkeys(("start", "onset", "velocity"), np.nan)
    name = "parabolic_constant"
    return replace(
        fit,
        law=LINEAR_PARABOLIC,
        parameters={**nothing, name: fit.parameters[name]},
        u_parameters={**nothing, name: fit.u_parameters[name]},
        covariance=np.full((4, 4), np.nan),
        flag=NOT_IDENTIFIABLE,
    )
