"""An annotation layer: the table of one kind and movie as seen on the canvas.

The document is the truth. `push` makes the layer show it; `pull` turns what the user
did with napari's own tools (select, move, insert vertex, delete, paste, edit a cell of
the features table) into one undoable step.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_insitu_tem.layers.convert import (
    from_vertices,
    napari_type,
    same_shape,
    to_vertices,
    with_marks,
    without_marks,
)
from napari_insitu_tem.layers.feature_table import blank_row, is_text, labels
from napari_insitu_tem.layers.keys import KEY
from napari_insitu_tem.layers.space import layer_space
from napari_insitu_tem.layers.styles import (
    FLAG_COLOUR,
    PATH_COLOUR,
    POINTS_STYLE,
    SHAPES_STYLE,
    colour_of,
    magnified,
    rgba,
    text_style,
)
from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.errors import InsituTemError, MeasurementError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.measuring import new_record, touched
from napari_insitu_tem.state.on_frame import measured
from napari_insitu_tem.state.wires import edges_px

if TYPE_CHECKING:
    from napari.layers import Points, Shapes

    from napari_insitu_tem.state.session import Session

#: Columns whose cells may be edited in napari's features table.
EDITABLE = ("object", "comment", "observer", "flag")

#: Shapes shown on every frame.
_TIMELESS = ("path",)


def annotation_layer_data(
    kind: str,
    movie: str,
    scale_nm: tuple[float, float] | None,
    side_px: float,
) -> tuple[Any, dict[str, Any], str]:
    """(data, attributes, type) of an empty layer for a kind and movie."""
    is_points = is_points_kind(kind)
    ndim = 2 if kind in _TIMELESS else 3
    attributes: dict[str, Any] = {
        "name": f"{KINDS[kind].title} - {movie}",
        "metadata": {KEY: {"role": "annotations", "kind": kind, "movie": movie}},
        "ndim": ndim,
        **layer_space(scale_nm, ndim),
        **magnified(POINTS_STYLE if is_points else SHAPES_STYLE, side_px),
    }
    return None, attributes, "points" if is_points else "shapes"


def is_points_kind(kind: str) -> bool:
    """Whether rows of the kind are points."""
    return "point" in KINDS[kind].shapes


#: Length of the strokes at the edges of a coated wire, of the frame's longer side.
_MARK_PART = 0.045


class AnnotationLayer:
    """Ties one napari layer to the rows of one kind and movie.

    Parameters
    ----------
    session
        The open experiment.
    layer
        An empty Points or Shapes layer made from `annotation_layer_data`.
    kind, movie
        Which rows it shows.
    """

    def __init__(
        self, session: Session, layer: Points | Shapes, kind: str, movie: str
    ) -> None:
        self.session = session
        self.layer = layer
        self.kind = kind
        self.movie = movie
        self._shown: dict[str, Record] = {}
        self._ids: list[str] = []
        self._drift: MovieDrift | None = None
        self._put = pd.DataFrame()
        self._is_pushing = False
        self._side_px = float(max(session.experiment.movie(movie).shape[1:3]))
        layer.metadata[KEY]["session"] = weakref.ref(session)
        layer.events.data.connect(self._on_data)
        layer.events.highlight.connect(self._on_highlight)
        self.push()

    @property
    def is_timeless(self) -> bool:
        """Whether its shapes are shown on every frame."""
        return self.kind in _TIMELESS

    def disconnect(self) -> None:
        """Stop listening to the layer."""
        self.layer.events.data.disconnect(self._on_data)
        self.layer.events.highlight.disconnect(self._on_highlight)

    # -- document -> layer ----------------------------------------------------------

    def push(self) -> None:
        """Make the layer show the document's rows."""
        records = {
            record.id: record
            for record in self.session.document.of_kind(self.kind, self.movie)
            if record.geometry.shape != "none"
        }
        drift = self.session.document.corrected_drift(self.movie)
        is_elsewhere = self.is_timeless and drift != self._drift
        self._drift = drift
        with self._pushing():
            self._remove([key for key in self._ids if key not in records])
            self._show_moved(
                {
                    place: records[key]
                    for place, key in enumerate(self._ids)
                    if is_elsewhere or _looks_new(records[key], self._shown[key])
                }
            )
            self._add(
                [record for key, record in records.items() if key not in self._shown]
            )
            self._shown = records
            self._refresh_features()

    def _remove(self, gone: list[str]) -> None:
        if not gone:
            return
        places = {self._ids.index(key) for key in gone}
        self.layer.selected_data = places
        self.layer.remove_selected()
        self._ids = [key for key in self._ids if key not in gone]
        self._shown = {key: self._shown[key] for key in self._ids}

    def _add(self, records: list[Record]) -> None:
        if not records:
            return
        vertices = [self._vertices(record) for record in records]
        if self._is_points:
            self.layer.add(np.concatenate(vertices))
        else:
            types = [_napari_type(record) for record in records]
            self.layer.add(vertices, shape_type=types)
        self._ids.extend(record.id for record in records)

    def _show_moved(self, moved: dict[int, Record]) -> None:
        """Show other shapes in some places; points all at once, which is as fast."""
        if not moved:
            return
        if self._is_points:
            data = np.array(self.layer.data)
            for place, record in moved.items():
                data[place] = self._vertices(record)[0]
            self.layer.data = data
            return
        # napari has no public way to change one shape; `data = [...]` makes all anew,
        # which takes a third of a second for two thousand.
        for place, record in moved.items():
            self.layer._data_view.edit(
                place, self._vertices(record), new_type=_napari_type(record)
            )
        self.layer.refresh()

    def _vertices(self, record: Record) -> Any:
        frame = None if self.is_timeless else record.frame
        edges = edges_px(record)
        if edges:
            size = _MARK_PART * self._side_px
            points = with_marks(record.geometry.array(), edges, size)
            return np.column_stack([np.full(len(points), float(record.frame)), points])
        return to_vertices(self._on_canvas(record.geometry, record.frame), frame)

    def _on_canvas(self, geometry: Geometry, frame: int, sign: int = -1) -> Geometry:
        """A shape of a frame as the layer holds it, or the way back (sign 1).

        The layer of shapes that are shown on every frame is not moved with the drift:
        its shapes are.
        """
        if not self.is_timeless or self._drift is None:
            return geometry
        dy, dx = sign * self._drift.shown_at(frame)
        return geometry.moved(float(dy), float(dx))

    def _refresh_features(self) -> None:
        """Give the layer its table, colours, labels and selection."""
        table = self.session.table(self.kind, self.movie)
        table = table.set_index("id", drop=False).reindex(self._ids)
        table = table.reset_index(drop=True)
        self.layer.features = table
        names = [*EDITABLE, *KINDS[self.kind].authored]
        self._put = table[[name for name in names if is_text(table, name)]].copy()
        if len(table):
            self.layer.feature_defaults = blank_row(table)
            self._paint(table)
        self.show_selection()

    def show_selection(self) -> None:
        """Select the shapes of the session's selected rows."""
        chosen = {i for i, key in enumerate(self._ids) if key in self.session.selection}
        if set(self.layer.selected_data) != chosen:
            with self._pushing():
                self.layer.selected_data = chosen

    def _paint(self, table: pd.DataFrame) -> None:
        hexes = self._colours(table)
        colours = np.array([rgba(colour) for colour in hexes])
        if self._is_points:
            self.layer.face_color = colours
        else:
            self.layer.edge_color = colours
        self.layer.text = {
            **text_style(self.layer.ndim, self._side_px),
            "string": labels(table, self.kind),
            "color": hexes,
        }

    def _colours(self, table: pd.DataFrame) -> list[str]:
        """A colour a row: by event, front or object; what is doubted stands out."""
        document = self.session.document
        if self.kind == "path":
            return [PATH_COLOUR] * len(table)
        if self.kind == "event":
            words = {term.label: term.colour for term in document.vocabulary}
            return [words.get(label, PATH_COLOUR) for label in table["label"]]
        group, names = "object", document.object_names()
        if self.kind == "front":
            group, names = "front", tuple(dict.fromkeys(table["front"]))
        return [
            FLAG_COLOUR if flag else colour_of(name, names)
            for name, flag in zip(table[group], table["flag"], strict=True)
        ]

    # -- layer -> document ----------------------------------------------------------

    def pull(self) -> None:
        """Turn what napari's own tools did to the layer into one step."""
        if self._is_pushing:
            return
        try:
            changed, gone = self._differences()
        except InsituTemError as error:
            self.session.say(str(error))
            changed, gone = [], set()
        if changed or gone:
            document = self.session.document.without_records(gone)
            label = _what_was_done(changed, gone, self._shown)
            self.session.edit(label, document.with_records(changed))
        else:
            self.push()

    def _differences(self) -> tuple[list[Record], set[str]]:
        features = self.layer.features
        ids = [str(key) for key in features["id"]] if "id" in features else []
        ids += [""] * (len(self.layer.data) - len(ids))
        seen: set[str] = set()
        changed: list[Record] = []
        kept: list[str] = []
        for place, key in enumerate(ids[: len(self.layer.data)]):
            is_known = key in self._shown and key not in seen
            record = self._shown[key] if is_known else None
            fresh = self._record_at(place, record)
            if fresh is not None and fresh is not record:
                changed.append(fresh)
            if is_known:
                seen.add(key)
            kept.append(key if is_known else (fresh.id if fresh else ""))
        gone = set(self._shown) - seen
        self._ids = kept
        if any(key == "" for key in kept) or changed or gone:
            self._rebuild_from(kept, changed)
        return changed, gone

    def _record_at(self, place: int, record: Record | None) -> Record | None:
        """The row of a shape as the layer has it now; the same object if unchanged."""
        previous = self._on_canvas(record.geometry, record.frame) if record else None
        vertices, shape_type = np.asarray(self.layer.data[place]), self._type_at(place)
        if self.kind == "sei" and shape_type == "path":
            vertices = without_marks(vertices)
        try:
            geometry, frame = from_vertices(vertices, shape_type, previous)
        except MeasurementError:
            return record
        if record is None:
            return self._new_at(geometry, frame)
        assert previous is not None
        if same_shape(geometry, previous):
            return record
        geometry = self._on_canvas(geometry, record.frame, 1)
        return measured(self.session, touched(record, geometry))

    def _new_at(self, geometry: Geometry, frame: int | None) -> Record | None:
        """A row for a shape that was drawn or pasted with napari's own tools."""
        tool = self.session.toolbox[self.kind]
        if geometry.shape not in KINDS[self.kind].shapes:
            self.session.say(f"A {geometry.shape} is not a {KINDS[self.kind].title}.")
            return None
        record = new_record(self.session, tool, geometry)
        playhead_frame = record.frame if frame is None else frame
        geometry = self._on_canvas(geometry, playhead_frame, 1)
        record = record.changed(
            movie=self.movie, frame=playhead_frame, geometry=geometry
        )
        return measured(self.session, record)

    def _rebuild_from(self, ids: list[str], changed: list[Record]) -> None:
        """Drop every shape that has no row, and remember what the others look like."""
        lost = {place for place, key in enumerate(ids) if not key}
        with self._pushing():
            if lost:
                self.layer.selected_data = lost
                self.layer.remove_selected()
        self._ids = [key for key in ids if key]
        fresh = {record.id: record for record in changed}
        self._shown = {
            key: fresh.get(key) or self._shown[key]
            for key in self._ids
            if key in fresh or key in self._shown
        }

    def pull_untold(self) -> None:
        """Take over what napari does without an event; to be asked now and then.

        Its features table writes into the layer silently, and so does pasting.
        """
        if self._is_pushing or getattr(self.layer, "_is_creating", False):
            return
        if len(self.layer.data) != len(self._ids):
            self.pull()
            return
        changed = self._typed_into_table()
        if changed:
            document = self.session.document.with_records(changed)
            self.session.edit("edit table", document)

    def _typed_into_table(self) -> list[Record]:
        """Rows of which an editable cell is not what was put there."""
        features, put = self.layer.features, self._put
        if len(put) != len(self._ids):
            return []
        new: dict[int, dict[str, str]] = {}
        for name in put.columns:
            now = features[name].to_numpy(object)
            for place in np.flatnonzero(now != put[name].to_numpy(object)):
                new.setdefault(int(place), {})[name] = str(now[place])
        return [
            self._shown[self._ids[place]].changed(**cells)
            for place, cells in new.items()
        ]

    def ids_at(self, places: set[int]) -> frozenset[str]:
        """Row ids of shape indices."""
        return frozenset(self._ids[i] for i in places if i < len(self._ids))

    # -- events of the layer --------------------------------------------------------

    def _on_data(self, event: Any) -> None:
        if self._is_pushing or str(event.action).lower() not in (
            "added",
            "changed",
            "removed",
        ):
            return
        if getattr(self.layer, "_is_creating", False):
            _after_this_event(self.pull)
        else:
            self.pull()

    def _on_highlight(self, event: Any) -> None:
        if self._is_pushing or getattr(self.layer, "_is_creating", False):
            return
        chosen = self.ids_at({int(i) for i in self.layer.selected_data})
        if chosen and chosen != self.session.selection:
            self.session.select(chosen, follow=True)

    # -- helpers --------------------------------------------------------------------

    @property
    def _is_points(self) -> bool:
        return is_points_kind(self.kind)

    def _type_at(self, place: int) -> str:
        return "point" if self._is_points else str(self.layer.shape_type[place])

    @contextmanager
    def _pushing(self) -> Iterator[None]:
        before, self._is_pushing = self._is_pushing, True
        try:
            yield
        finally:
            self._is_pushing = before


def _looks_new(record: Record, shown: Record) -> bool:
    """Whether a row is drawn in another way than it is shown."""
    return record.geometry is not shown.geometry or edges_px(record) != edges_px(shown)


def _napari_type(record: Record) -> str:
    """A line with its edges marked is a path."""
    return "path" if edges_px(record) else napari_type(record.geometry)


def _what_was_done(
    changed: list[Record], gone: set[str], before: dict[str, Record]
) -> str:
    if gone and not changed:
        return "delete row" if len(gone) == 1 else f"delete {len(gone)} rows"
    if any(record.id not in before for record in changed):
        return "draw shape"
    return "move shape" if len(changed) == 1 else f"move {len(changed)} shapes"


def _after_this_event(action: Any) -> None:
    """Run when napari is done with the event it is in the middle of."""
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QApplication

    if QApplication.instance() is None:
        action()
    else:
        QTimer.singleShot(0, action)
