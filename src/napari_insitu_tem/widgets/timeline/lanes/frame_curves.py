"""FrameCurvesLane: a number of every frame as a line against time, a line a movie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.state.session import Change
from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.curve import PyramidCurve
from napari_insitu_tem.widgets.timeline.lanes.base import Lane, finite_bounds, touches
from napari_insitu_tem.widgets.timeline.moments import Moments
from napari_insitu_tem.widgets.timeline.pyramid import Pyramid

FloatArray = NDArray[np.float64]


class FrameCurvesLane(Lane):
    """Base of the lanes that show a number a frame."""

    def build(self) -> None:
        """No line yet."""
        self._curves: list[PyramidCurve] = []
        self._pyramids: list[Pyramid] = []

    def values_of(self, movie: str) -> FloatArray | None:
        """(T,) number of each frame of a movie, None where there is none."""
        raise TypeError(f"{type(self).__name__} does not say what it shows")

    def places_s(self, start: FloatArray, stop: FloatArray) -> FloatArray:
        """(T,) where on the axis a frame's number stands: the middle of the frame."""
        return 0.5 * (start + stop)

    def concerns(self, change: Change | None) -> bool:
        """Whether a change may have moved the lines."""
        return touches(change, "alignments", "intervals")

    def update(self, change: Change | None) -> None:
        """Draw the lines, if they may be others."""
        if self.concerns(change):
            self.draw()

    def draw(self) -> None:
        """Draw the lines anew."""
        moments = Moments(self.session.experiment)
        self._pyramids = []
        for movie in self.session.experiment.movies:
            times, values = moments.of(movie.name), self.values_of(movie.name)
            if times is not None and values is not None:
                start, stop = (edge / 1e9 for edge in times.windows_ns)
                at = self.places_s(start, stop)
                order = np.argsort(at, kind="stable")
                self._pyramids.append(Pyramid(at[order], values[order]))
        while len(self._curves) < len(self._pyramids):
            curve = PyramidCurve()
            curve.set_colour(self.colour)
            self.view.box.addItem(curve, ignoreBounds=True)
            self._curves.append(curve)
        for number, curve in enumerate(self._curves):
            is_used = number < len(self._pyramids)
            curve.set_pyramid(self._pyramids[number] if is_used else None)
        self.labels_changed.emit()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        super().set_theme(theme)
        for curve in self._curves:
            curve.set_colour(self.colour)

    def value_bounds(
        self, window: tuple[float, float] | None
    ) -> tuple[float, float] | None:
        """From zero to the largest number, so that what is steady looks steady."""
        if not self._pyramids:
            return None
        bounds = [p.y_bounds_in(*window) for p in self._pyramids] if window else []
        known = [np.array(pair) for pair in bounds if pair is not None]
        found = finite_bounds(*(known or [p.y for p in self._pyramids]))
        return None if found is None else (min(0.0, found[0]), found[1])

    def value_at(self, time_s: float) -> float:
        """The number on the line of the first movie there; NaN where none is."""
        values = [pyramid.value_at(time_s) for pyramid in self._pyramids]
        return next((value for value in values if value == value), float("nan"))
