"""Which rate law describes a front: weights of evidence, or that it cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from napari_insitu_tem.measure.fronts.track import FrontTrack
from napari_insitu_tem.measure.kymograph import Kymograph
from napari_insitu_tem.measure.laws.base import (
    LINEAR,
    LINEAR_PARABOLIC,
    PARABOLIC,
    law_name,
)
from napari_insitu_tem.measure.laws.likelihood import FrameLikelihood
from napari_insitu_tem.measure.laws.making import Shape, geometry_of
from napari_insitu_tem.measure.laws.ranking import akaike_weights, simplest
from napari_insitu_tem.measure.laws.resting import fit_frames, is_parabola_told
from napari_insitu_tem.measure.laws.result import NOT_IDENTIFIABLE, LawFit
from napari_insitu_tem.measure.laws.sources import frames_of
from napari_insitu_tem.measure.threads import on_one_thread
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.progress import Progress, no_progress

#: Laws that follow from reaction and diffusion; a power law does not.
USUAL = (LINEAR, PARABOLIC, LINEAR_PARABOLIC)


@dataclass(frozen=True, eq=False)
class LawComparison:
    """Rate laws ranked for one front.

    Attributes
    ----------
    best
        The simplest law within 2 of the lowest criterion; "" where it cannot be told.
    flag
        "" or `not_identifiable`: the likeliest laws are one and the same curve, since
        neither where nor when the front began is known.
    weights
        Law -> Akaike weight, summing to 1; laws that are the same curve share theirs.
    aicc
        Law -> Akaike's criterion with its correction for few frames.
    fits
        Law -> its fit.
    """

    best: str
    flag: str
    weights: dict[str, float]
    aicc: dict[str, float]
    fits: dict[str, LawFit]


@on_one_thread
def compare_laws(
    kymograph_or_track: Kymograph | FrontTrack | ArrayLike,
    times: ArrayLike,
    laws: Sequence[str] = USUAL,
    *,
    geometry: str = "planar",
    volume_ratio: float | None = None,
    start: float | None = None,
    onset: float | None = None,
    centre: float | None = None,
    pieces: int = 2,
    front: int | None = None,
    u_positions: ArrayLike | None = None,
    gain: float | None = None,
    progress: Progress | None = None,
) -> LawComparison:
    """Fit several laws and rank them.

    Parameters
    ----------
    kymograph_or_track, times
        As for `fit_law`.
    laws
        Names as for `fit_law`.
    geometry, volume_ratio, start, onset, centre, pieces, front, u_positions, gain
        As for `fit_law`, the same for all laws.
    progress
        Told which law is fitted; what it raises to cancel passes through.

    Raises
    ------
    MeasurementError
        As for `fit_law`; fewer than two laws.

    Notes
    -----
    With start and onset both free a parabola and the linear-parabolic law are the same
    curve and cannot be told apart, unless the front is clearly seen to rest first; see
    `fit_law` for what is free when.

    By Akaike's criterion for few data (`ranking.corrected_criterion`), the roughness
    being one of the parameters and the frames the data. By the lowest criterion alone,
    nested laws are overfitted in about one case of ten.
    """
    names = list(dict.fromkeys(law_name(law) for law in laws))
    if len(names) < 2:
        raise MeasurementError("A comparison needs two different laws.")
    shape = Shape(geometry_of(geometry), volume_ratio, start, onset, centre, pieces)
    frames = frames_of(
        kymograph_or_track, times, front=front, u_positions=u_positions, gain=gain
    )
    report = progress or no_progress
    fits: dict[str, LawFit] = {}
    for done, name in enumerate(names):
        report(done, len(names), name)
        fits[name] = fit_frames(frames, name, shape)
    aicc = {name: fit.aicc for name, fit in fits.items()}
    weights = akaike_weights(aicc)
    best = simplest(aicc, {name: fit.free for name, fit in fits.items()})
    if _is_either(best, shape, fits, frames):
        return LawComparison("", NOT_IDENTIFIABLE, weights, aicc, fits)
    return LawComparison(best, "", weights, aicc, fits)


def _is_either(
    best: str, shape: Shape, fits: dict[str, LawFit], frames: FrameLikelihood
) -> bool:
    """Whether the best law is the same curve as another one that was asked for."""
    if PARABOLIC not in fits or LINEAR_PARABOLIC not in fits:
        return False
    if not shape.is_shifted_parabola(LINEAR_PARABOLIC):
        return False
    if best == PARABOLIC:
        return not is_parabola_told(frames, shape, fits[PARABOLIC])
    return best == LINEAR_PARABOLIC and np.isnan(fits[best].parameters["start"])
