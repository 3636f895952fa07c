"""Electron dose rate, and dose received so far, against time."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.widgets.timeline.lanes.base import touches
from napari_insitu_tem.widgets.timeline.lanes.frame_curves import (
    FloatArray,
    FrameCurvesLane,
)

_RATE, _TOTAL = "rate", "total"


class DoseLane(FrameCurvesLane):
    """Rate or sum of the dose, where that of some movie is known."""

    kind: ClassVar[str] = "dose"
    wanted_by: ClassVar[tuple[str, ...]] = ("beams", "calibrations", "intervals")

    @classmethod
    def variants(cls, session: Session) -> tuple[str, ...]:
        """Both, once the dose of a movie is known."""
        experiment = session.experiment
        known = (experiment.dose(movie.name) for movie in experiment.movies)
        return (_RATE, _TOTAL) if any(dose is not None for dose in known) else ()

    @property
    def title(self) -> str:
        """Which of both."""
        return "Dose rate" if self.variant == _RATE else "Dose"

    @property
    def unit(self) -> str:
        """Electrons per square angstrom, and second."""
        return "e/Å²/s" if self.variant == _RATE else "e/Å²"

    @property
    def colour(self) -> str:
        """One colour for both."""
        return self.theme.series_colour(3)

    def values_of(self, movie: str) -> FloatArray | None:
        """Rate during, or dose by the end of each frame."""
        dose = self.session.experiment.dose(movie)
        if dose is None:
            return None
        return dose.rate if self.variant == _RATE else dose.dose

    def places_s(self, start: FloatArray, stop: FloatArray) -> FloatArray:
        """A rate holds for the frame, a sum for its end."""
        return stop if self.variant == _TOTAL else super().places_s(start, stop)

    def concerns(self, change: Change | None) -> bool:
        """What the dose follows from, and when the frames were."""
        return touches(change, *self.wanted_by, "alignments")

    def text_at(self, time_s: float) -> str:
        """The dose on the line."""
        value = self.value_at(time_s)
        return f"{value:.4g} {self.unit}" if np.isfinite(value) else ""
