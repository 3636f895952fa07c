"""Kymograph of a path: intensity along it against time, with the fronts on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt

from napari_insitu_tem.layers.working import Task
from napari_insitu_tem.measure.kymograph import Kymograph
from napari_insitu_tem.measure.paths import length_of, position_along
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.doubts import in_words
from napari_insitu_tem.state.kymographs import (
    KymographOrder,
    kymographs_of,
    set_width,
)
from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.formatting import time_text
from napari_insitu_tem.widgets.timeline.gestures import Gesture, Mouse
from napari_insitu_tem.widgets.timeline.lanes.base import (
    Choice,
    Lane,
    touches,
    touches_rows,
)
from napari_insitu_tem.widgets.timeline.lanes.kymograph_image import KymographImage
from napari_insitu_tem.widgets.timeline.lanes.kymograph_picks import (
    MovePick,
    PlacePick,
    TraceFront,
)
from napari_insitu_tem.widgets.timeline.lanes.law_curves import LawCurves
from napari_insitu_tem.widgets.timeline.moments import Moments, covered_s

_WIDTHS_PX = (1, 5, 11, 21, 41)
_POINT_PX, _TRACKED_PX = 8, 4
_REACH_PX = 9.0

#: Held while clicking, it traces a front from there.
_TRACE_KEY = Qt.KeyboardModifier.AltModifier

#: A movie larger than this is read for a kymograph only when the user asks.
_ASK_BYTES = 2 * 2**30


class KymographLane(Lane):
    """The kymograph of one path; fronts can be picked and corrected on it."""

    kind: ClassVar[str] = "kymograph"
    wanted_by: ClassVar[tuple[str, ...]] = ("records",)

    @classmethod
    def variants(cls, session: Session) -> tuple[str, ...]:
        """One a path of the movies that are open, by the path's row id."""
        movies = {movie.name for movie in session.experiment.movies}
        paths = session.document.of_kind("path")
        return tuple(path.id for path in paths if path.movie in movies)

    def build(self) -> None:
        """Add the image and the picks."""
        self._store = kymographs_of(self.session)
        self._task: Task | None = None
        self._wanted: KymographOrder | None = None
        self._time_s = np.zeros(0)
        self._value = np.zeros(0)
        self._picks: list[Record] = []
        self._under: Mouse | None = None
        self._image = KymographImage(self.view)
        self._scatter = pg.ScatterPlotItem(size=_POINT_PX, pxMode=True)
        self._ring = pg.ScatterPlotItem(size=_POINT_PX + 6, pxMode=True, brush=None)
        self._note = pg.TextItem(anchor=(0.5, 0.5))
        for item in (self._scatter, self._ring, self._note):
            self.view.box.addItem(item, ignoreBounds=True)
        self._store.made.connect(self._on_made)
        self._laws = LawCurves(
            self.session, self.view, lambda report: report.law.path_id == self.variant
        )

    def close(self) -> None:
        """Stop what is being computed."""
        self._laws.close()
        self._store.made.disconnect(self._on_made)
        if self._task is not None:
            self._task.cancel()

    # -- what is shown ----------------------------------------------------------------

    @property
    def path(self) -> Record | None:
        """The path's row, None once it is deleted or its movie is closed."""
        path = self.session.document.records.get(self.variant)
        movies = {movie.name for movie in self.session.experiment.movies}
        return path if path is not None and path.movie in movies else None

    @property
    def title(self) -> str:
        """The path."""
        path = self.path
        return "Kymograph" if path is None else f"Kymograph {path.object}"

    @property
    def unit(self) -> str:
        """Nanometres where the movie is calibrated, else px."""
        return "px" if self._scale is None else "nm"

    @property
    def legend(self) -> Sequence[tuple[str, str]]:
        """Fronts and their colours."""
        fronts = dict.fromkeys(str(pick.get("front")) for pick in self._picks)
        return [
            (self.theme.series_colour(number), name or "(no name)")
            for number, name in enumerate(fronts)
        ]

    @property
    def preferred_height(self) -> int:
        """Room for the image."""
        return 120

    @property
    def _scale(self) -> float | None:
        """Nanometres in a pixel along the path, None without a calibration."""
        path = self.path
        if path is None:
            return None
        calibration = self.session.experiment.movie(path.movie).calibration
        if calibration is None:
            return None
        points = path.geometry.array()
        return length_of(calibration.to_nm(points)) / length_of(points)

    @property
    def _per_px(self) -> float:
        return self._scale or 1.0

    def value_bounds(
        self, window: tuple[float, float] | None
    ) -> tuple[float, float] | None:
        """The path from end to end."""
        path = self.path
        if path is None:
            return None
        return 0.0, length_of(path.geometry.array()) * self._per_px

    def choices(self) -> Sequence[Choice]:
        """Averaging widths, and making it again."""
        path = self.path
        if path is None:
            return ()
        now = self._store.order(path).width_px
        widths = sorted({*_WIDTHS_PX, now})
        trace = Choice("Trace a front from here (Alt+click)", "trace")
        return [
            *([] if self._under is None else [trace]),
            *(Choice(f"Average over {w} px", f"width:{w}", w == now) for w in widths),
            Choice("Compute now", "make"),
        ]

    def choose(self, key: str) -> None:
        """Trace from where the mouse was, take a width, or compute."""
        path = self.path
        if path is None:
            return
        if key.startswith("width:"):
            set_width(self.session, path, int(key.removeprefix("width:")))
        elif key == "trace":
            self._trace(path)
        else:
            self._start(path)

    def _trace(self, path: Record) -> None:
        """Follow the front under the mouse when the menu was opened."""
        if self._under is not None:
            mouse = self._under
            TraceFront(self.session, path, mouse, self._per_px).finish(mouse)

    # -- drawing -------------------------------------------------------------------

    def update(self, change: Change | None) -> None:
        """Show the picks; make the image anew when the path was changed."""
        path = self.path
        if path is None or not (
            touches(change, "alignments", "intervals", "calibrations", "drifts")
            or touches_rows(change, "path", "front")
        ):
            return
        is_preview = change is not None and change.is_preview
        if not is_preview and self._store.of(path) is None:
            self._make_if_small(path)
        self._show_image(path)
        self._show_picks(path)
        if change is None or touches(change, "calibrations"):
            self.labels_changed.emit()

    def _make_if_small(self, path: Record) -> None:
        movie = self.session.experiment.movie(path.movie)
        if movie.frames.nbytes <= _ASK_BYTES:
            self._start(path)
        else:
            size = movie.frames.nbytes / 2**30
            self._say(f"The movie is {size:.0f} GB: choose Compute now from the menu.")

    def _start(self, path: Record) -> None:
        """Make the image in a thread; an order that is out of date is dropped."""
        order = self._store.order(path)
        if self._task is not None and self._wanted == order:
            return
        if self._task is not None:
            self._task.cancel()
        self._wanted = order
        store = self._store

        def work(progress: Any) -> Kymograph:
            return store.make(order, progress)

        self._say("Computing...")
        self._task = Task(f"Kymograph of {path.object}", work)
        self._task.start(
            lambda made: self._finished(order, made), lambda e: self._failed(order, e)
        )

    def _finished(self, order: KymographOrder, made: Kymograph) -> None:
        if order == self._wanted:
            self._task = None
            self._store.keep(order, made)

    def _failed(self, order: KymographOrder, error: InsituTemError) -> None:
        if order == self._wanted:
            self._task = None
            self._say(f"{error} Choose Compute now from the menu to try again.")

    def _on_made(self, path_id: str) -> None:
        path = self.path
        if path is not None and path_id == path.id:
            self._show_image(path)

    def _say(self, sentence: str) -> None:
        """Write a sentence over the lane; "" takes it away."""
        self._note.setText(sentence, color=self.theme.text)
        bounds = self.value_bounds(None) or (0.0, 1.0)
        (start, stop), _ = self.view.box.viewRange()
        self._note.setPos((start + stop) / 2, sum(bounds) / 2)

    def _show_image(self, path: Record) -> None:
        kymograph = self._store.latest(path)
        times = Moments(self.session.experiment).of(path.movie)
        if kymograph is None or times is None:
            return
        if self._store.of(path) is not None:
            self._say("")
        self._image.show(
            kymograph, times.start_ns / 1e9, covered_s(times), self._per_px
        )

    def _show_picks(self, path: Record) -> None:
        rows = self.session.document.of_kind("front", path.movie)
        self._picks = [row for row in rows if row.get("path") == path.object]
        moments = Moments(self.session.experiment)
        frames = [pick.frame for pick in self._picks]
        self._time_s = moments.start_s([path.movie] * len(frames), frames)
        document = self.session.document
        places = [
            position_along(
                document.path_points(path, pick.frame), pick.geometry.array()[0]
            ).position
            for pick in self._picks
        ]
        self._value = np.array(places) * self._per_px
        self._draw_picks()

    def _draw_picks(self) -> None:
        fronts = list(dict.fromkeys(str(pick.get("front")) for pick in self._picks))
        colours = [
            pg.mkColor(self.theme.series_colour(fronts.index(str(pick.get("front")))))
            for pick in self._picks
        ]
        faces = [
            pg.mkBrush(None if pick.flag else colour)
            for pick, colour in zip(self._picks, colours, strict=True)
        ]
        pens = [pg.mkPen(colour, width=1.5) for colour in colours]
        shown = [i for i, t in enumerate(self._time_s) if np.isfinite(t)]
        self._scatter.setData(
            self._time_s[shown],
            self._value[shown],
            size=[_size(self._picks[i]) for i in shown],
            brush=[faces[i] for i in shown],
            pen=[pens[i] for i in shown],
        )
        self.selection_changed()

    def selection_changed(self) -> None:
        """Put a ring around the selected picks."""
        chosen = [
            i for i, p in enumerate(self._picks) if p.id in self.session.selection
        ]
        self._ring.setData(
            self._time_s[chosen],
            self._value[chosen],
            pen=pg.mkPen(self.theme.text, width=2),
        )

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        super().set_theme(theme)
        self._laws.set_theme(theme)
        self._draw_picks()

    # -- mouse ---------------------------------------------------------------------

    def pick_at(self, mouse: Mouse) -> Record | None:
        """The pick under the mouse."""
        if not self._picks:
            return None
        away = np.hypot(
            (self._time_s - mouse.time_s) / mouse.s_per_px,
            (self._value - mouse.value) / mouse.value_per_px,
        )
        away[~np.isfinite(away)] = np.inf
        nearest = int(np.argmin(away))
        return self._picks[nearest] if away[nearest] <= _REACH_PX else None

    def tip_at(self, mouse: Mouse) -> str:
        """Where the mouse is along the path, and the pick under it."""
        pick = self.pick_at(mouse)
        where = f"{mouse.value:.4g} {self.unit} at {time_text(mouse.time_s)}"
        if pick is None:
            return f"{where}\nAlt+click on a front traces it from here"
        lines = [f"{pick.get('front')}, {pick.method}", where]
        if pick.flag:
            lines.append(f"doubted: {in_words(pick.flag)}")
        return "\n".join(lines)

    def cursor_at(self, mouse: Mouse) -> Qt.CursorShape | None:
        """A hand over a pick, a cross where a press places a front."""
        self._under = mouse
        if mouse.has(_TRACE_KEY):
            return Qt.CursorShape.CrossCursor
        if self.pick_at(mouse) is not None:
            return Qt.CursorShape.SizeVerCursor
        return Qt.CursorShape.CrossCursor if self._is_picking else None

    @property
    def _is_picking(self) -> bool:
        path, tool = self.path, self.session.toolbox["front"]
        if path is None or self.session.toolbox.active != "front":
            return False
        return tool.get("path") in ("", path.object)

    def gesture_at(self, mouse: Mouse) -> Gesture | None:
        """Trace with Alt, drag a pick, or place a front while the front tool draws."""
        path = self.path
        if path is None:
            return None
        if mouse.has(_TRACE_KEY):
            return TraceFront(self.session, path, mouse, self._per_px)
        pick = self.pick_at(mouse)
        if pick is not None:
            return MovePick(self.session, path, pick, self._per_px)
        if self._is_picking:
            return PlacePick(self.session, path, mouse, self._per_px)
        return None


def _size(pick: Record) -> int:
    """Picks of the user's own, and what is doubted, stand out from what was tracked."""
    return _TRACKED_PX if pick.method == "tracked" and not pick.flag else _POINT_PX
