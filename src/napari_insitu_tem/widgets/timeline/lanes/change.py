"""Image change: how much each frame differs from the one before, or a reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pyqtgraph as pg

from napari_insitu_tem.layers.working import Task
from napari_insitu_tem.measure.change import FrameChange
from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.state.changes import ChangeOrder, changes_of
from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.lanes.base import Choice, touches
from napari_insitu_tem.widgets.timeline.lanes.frame_curves import (
    FloatArray,
    FrameCurvesLane,
)

_BEFORE, _REFERENCE = "before", "reference"
_OFFERS = {
    _BEFORE: "Image change from frame to frame",
    _REFERENCE: "Image change from a reference frame",
}


class ChangeLane(FrameCurvesLane):
    """Structural dissimilarity of frames; adding the lane computes it."""

    kind: ClassVar[str] = "change"
    wanted_by: ClassVar[tuple[str, ...]] = ("intervals",)
    made_when_asked: ClassVar[bool] = True

    @classmethod
    def variants(cls, session: Session) -> tuple[str, ...]:
        """Both, where a movie has times and more than one frame."""
        films = [session.experiment.movie(m.name) for m in session.experiment.movies]
        has_some = any(film.times is not None and len(film) > 1 for film in films)
        return (_BEFORE, _REFERENCE) if has_some else ()

    @classmethod
    def offer(cls, session: Session, variant: str) -> str:
        """Against what."""
        return _OFFERS[variant]

    def build(self) -> None:
        """Begin to compute what is not there yet."""
        super().build()
        self._store = changes_of(self.session)
        self._task: Task | None = None
        self._wanted: ChangeOrder | None = None
        self._problem = ""
        self._note = pg.TextItem(anchor=(0.5, 0.5))
        self.view.box.addItem(self._note, ignoreBounds=True)
        self._store.changed.connect(self._on_changed)

    def close(self) -> None:
        """Stop what is being computed."""
        self._store.changed.disconnect(self._on_changed)
        movie = self._drop()
        if movie:
            self._store.changed.emit(movie)  # another lane may wait for it

    # -- what is shown ----------------------------------------------------------------

    @property
    def title(self) -> str:
        """Against what."""
        return "Change" if self.variant == _BEFORE else "Change from reference"

    @property
    def colour(self) -> str:
        """One colour for both."""
        return self.theme.series_colour(5)

    def values_of(self, movie: str) -> FloatArray | None:
        """The dissimilarity, once it was computed."""
        change = self._store.of(movie)
        if change is None:
            return None
        is_before = self.variant == _BEFORE
        return change.dissimilarity if is_before else change.dissimilarity_reference

    def text_at(self, time_s: float) -> str:
        """The number on the line."""
        value = self.value_at(time_s)
        return f"change {value:.3f}" if np.isfinite(value) else ""

    def choices(self) -> Sequence[Choice]:
        """Another reference, and computing it again after it was stopped."""
        movie = self.session.movie
        if movie is None:
            return ()
        found = []
        if self.variant == _REFERENCE:
            frame = self.session.playhead.frame if self.session.playhead else 0
            is_it = self._store.order(movie.name).reference == frame
            found.append(Choice(f"Compare with this frame ({frame})", "here", is_it))
        if self._missing():
            found.append(Choice("Compute now", "make"))
        return found

    def choose(self, key: str) -> None:
        """Take the frame of the playhead as the reference, or compute."""
        playhead = self.session.playhead
        self._problem = ""
        if key == "here" and playhead is not None:
            self._store.compare_with(playhead.movie, playhead.frame)
        else:
            self._compute()

    # -- drawing ----------------------------------------------------------------------

    def concerns(self, change: Change | None) -> bool:
        """Other movies, or other times."""
        return touches(change, "alignments", "intervals")

    def update(self, change: Change | None) -> None:
        """Draw what is known, and compute what is not."""
        super().update(change)
        if change is None:
            self._compute()

    def draw(self) -> None:
        """Draw the lines, and say what goes on."""
        super().draw()
        self._say()

    def _on_changed(self, movie: str) -> None:
        self._compute()
        self.draw()
        bounds = self.value_bounds(None)
        self.view.label_values(bounds is not None)
        if bounds is not None:
            self.view.show_values(*bounds)

    def _drop(self) -> str:
        """Stop computing; of which movie it was, "" for none."""
        task, order = self._task, self._wanted
        self._task = self._wanted = None
        if task is None or order is None:
            return ""
        task.abandon()
        self._store.give_up(order)
        return order.movie

    def _missing(self) -> list[str]:
        """Movies with times whose change is not known."""
        experiment = self.session.experiment
        return [
            movie.name
            for movie in experiment.movies
            if experiment.movie(movie.name).times is not None
            and len(movie) > 1
            and self._store.of(movie.name) is None
        ]

    def _compute(self) -> None:
        """Compute the next movie's change in a thread."""
        missing = self._missing()
        if not missing or self._problem:
            return
        order = self._store.order(missing[0])
        if self._wanted == order:
            return
        self._drop()
        store = self._store
        if not store.begin(order):
            return
        self._wanted = order

        def work(progress: Any) -> FrameChange:
            return store.make(order, progress)

        self._task = Task(f"Image change of {order.movie}", work)
        self._task.start(
            lambda made: self._finished(order, made), lambda e: self._failed(order, e)
        )
        self._say()

    def _finished(self, order: ChangeOrder, made: FrameChange) -> None:
        if order == self._wanted:
            self._task = self._wanted = None
            self._store.keep(order, made)

    def _failed(self, order: ChangeOrder, error: InsituTemError) -> None:
        if order == self._wanted:
            self._task = self._wanted = None
            self._store.give_up(order)
            stopped = isinstance(error, CancelledError)
            self._problem = "Stopped." if stopped else str(error)
            self._say()

    def _say(self) -> None:
        """Write over the lane what is being done, or what went wrong."""
        text = ""
        if self._problem:
            text = f"{self._problem} Choose Compute now from the menu."
        elif self._task is not None:
            text = "Computing..."
        self._note.setText(text, color=self.theme.text)
        low, high = self.value_bounds(None) or (0.0, 1.0)
        (start, stop), _ = self.view.box.viewRange()
        self._note.setPos((start + stop) / 2, (low + high) / 2)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        super().set_theme(theme)
        self._say()
