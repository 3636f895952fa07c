"""A rate law made from what is known of a front, ready to be fitted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from napari_insitu_tem.measure.laws.base import (
    LINEAR,
    LINEAR_PARABOLIC,
    PIECEWISE,
    POWER,
    RateLaw,
    Setting,
)
from napari_insitu_tem.measure.laws.core import ShrinkingCore
from napari_insitu_tem.measure.laws.growth import Growth
from napari_insitu_tem.measure.laws.likelihood import FrameLikelihood
from napari_insitu_tem.measure.laws.piecewise import PiecewiseLinear
from napari_insitu_tem.measure.laws.shrinking_core import GEOMETRIES, Geometry
from napari_insitu_tem.model.errors import MeasurementError


def geometry_of(word: str) -> Geometry:
    """The geometry that is meant by a word.

    Raises
    ------
    MeasurementError
        No such geometry.
    """
    for geometry in GEOMETRIES:
        if word.strip().lower() == geometry:
            return geometry
    raise MeasurementError(
        f"{word!r} is not a geometry of a front.",
        hint=f"Choose one of {', '.join(GEOMETRIES)}.",
    )


@dataclass(frozen=True)
class Shape:
    """What is known of a front besides the frames; see `fit_law`."""

    geometry: Geometry
    volume_ratio: float | None
    start: float | None
    onset: float | None
    centre: float | None
    pieces: int

    @property
    def is_free(self) -> bool:
        """Whether neither the start nor the onset is known."""
        return self.start is None and self.onset is None

    def is_shifted_parabola(self, law: str) -> bool:
        """Whether the law is a parabola of another start, unless the front rests."""
        return law == LINEAR_PARABOLIC and self.geometry == "planar" and self.is_free


def law_model(
    frames: FrameLikelihood, law: str, shape: Shape, *, rests: bool | None = None
) -> RateLaw:
    """The law for a front, which moves as its rough positions do.

    `rests` says whether its free onset is within the record, see `Setting`; a line
    whose start and onset are both free moves from the first frame on unless it rests.

    Raises
    ------
    MeasurementError
        A geometry that the law does not have, a volume ratio that it needs, an onset
        after the last frame.
    """
    first, last = float(frames.times.min()), float(frames.times.max())
    if shape.onset is not None and shape.onset >= last:
        raise MeasurementError(
            "The onset is not before the last frame.",
            hint="Give it in the unit of the times.",
        )
    moves = _direction(frames)
    setting = Setting(first, last, moves, shape.start, shape.onset, rests)
    if law == PIECEWISE:
        return PiecewiseLinear(setting, shape.pieces)
    if law == LINEAR and shape.is_free and not rests:
        setting = replace(setting, onset=setting.first)
    if shape.geometry == "planar":
        return Growth(law, setting, shape.volume_ratio)
    if law == POWER:
        raise MeasurementError(
            "A power law describes a planar front.",
            hint="Choose the planar geometry, or another law.",
        )
    if shape.volume_ratio is None and law != LINEAR:
        raise MeasurementError(
            "A shrinking core needs the volume ratio of the product.",
            hint="Give the measured ratio; 1 where the volume stays.",
        )
    centre = shape.centre
    if centre is None and setting.direction < 0:
        centre = 0.0
    ratio = 1.0 if shape.volume_ratio is None else float(shape.volume_ratio)
    return ShrinkingCore(law, setting, shape.geometry, ratio, centre)


def _direction(frames: FrameLikelihood) -> int:
    """1 where the rough positions grow with time, else -1."""
    rough, quarter = frames.rough, max(1, frames.rough.size // 4)
    return 1 if np.median(rough[-quarter:]) >= np.median(rough[:quarter]) else -1
