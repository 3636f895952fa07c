"""Ties one napari viewer to one session: layers, slider, overlays and keys."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from napari_insitu_tem.layers.annotation_layer import (
    AnnotationLayer,
    annotation_layer_data,
)
from napari_insitu_tem.layers.canvas_pen import CanvasPen
from napari_insitu_tem.layers.focus import FocusGuard, NoGuard
from napari_insitu_tem.layers.keeping import is_closing, keep_safe
from napari_insitu_tem.layers.keys import about, role
from napari_insitu_tem.layers.looking import look_now_and_then
from napari_insitu_tem.layers.movie_layer import movie_layer_data
from napari_insitu_tem.layers.readout import readout
from napari_insitu_tem.layers.shortcuts import bind_shortcuts, unbind_shortcuts
from napari_insitu_tem.layers.space import (
    extent_of,
    keep_in_sight,
    set_space,
    unit_of,
)
from napari_insitu_tem.layers.steady_shaders import keep_shaders
from napari_insitu_tem.layers.steadying import shown_shift, steady
from napari_insitu_tem.layers.tracking import tracking_of
from napari_insitu_tem.layers.writer_order import write_before_others
from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.state.pen import Pen
from napari_insitu_tem.state.session import Change, Playhead, Session

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Layer

_LINKS: weakref.WeakKeyDictionary[Any, ViewerLink] = weakref.WeakKeyDictionary()
_HELD: weakref.WeakKeyDictionary[Any, list[Any]] = weakref.WeakKeyDictionary()


def link_of(viewer: Any) -> ViewerLink:
    """The link of a viewer, made on first use; a proxy gives its viewer's."""
    viewer = getattr(viewer, "__wrapped__", viewer)
    link = _LINKS.get(viewer)
    if link is None:
        link = ViewerLink(viewer)
        _LINKS[viewer] = link
    return link


class ViewerLink:
    """Keeps a viewer and a session showing the same.

    Parameters
    ----------
    viewer
        A napari viewer, with or without a window.
    session
        The open experiment; a new empty one by default.
    """

    def __init__(self, viewer: ViewerModel, session: Session | None = None) -> None:
        self._viewer = weakref.ref(viewer)
        self.session = session or Session()
        self._movie_layers: dict[str, Image] = {}
        self._annotations: dict[tuple[str, str], AnnotationLayer] = {}
        self._pens: dict[tuple[str, str], CanvasPen] = {}
        self._is_syncing = False
        self._shown_movie = ""
        self._extent: tuple[float, float] | None = None
        self.bound_keys: tuple[str, ...] = ()
        window = getattr(getattr(viewer, "window", None), "_qt_window", None)
        self._guard: Any = NoGuard() if window is None else FocusGuard(window)
        self._stop_looking = look_now_and_then(window, self.collect_table_edits)
        self.autosave = keep_safe(viewer, self.session)
        self.tracking = tracking_of(self.session)
        write_before_others()
        self._connect(viewer)
        self.rebuild()

    @property
    def viewer(self) -> Any:
        """The viewer."""
        viewer = self._viewer()
        if viewer is None:
            raise RuntimeError("The viewer was closed.")
        return viewer

    def _connect(self, viewer: ViewerModel) -> None:
        session = self.session
        session.experiment_changed.connect(self.rebuild)
        session.document_changed.connect(self._on_document)
        session.playhead_changed.connect(self._on_playhead)
        session.selection_changed.connect(self._on_selection)
        session.toolbox.active_changed.connect(self._on_tool)
        viewer.dims.events.current_step.connect(self._on_step)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.layers.selection.events.active.connect(self._on_active)
        bind_shortcuts(viewer, self)

    def close(self) -> None:
        """Let go of the viewer; the session stays."""
        self._stop_looking()
        session = self.session
        session.experiment_changed.disconnect(self.rebuild)
        session.document_changed.disconnect(self._on_document)
        session.playhead_changed.disconnect(self._on_playhead)
        session.selection_changed.disconnect(self._on_selection)
        session.toolbox.active_changed.disconnect(self._on_tool)
        viewer = self._viewer()
        if viewer is not None:
            viewer.dims.events.current_step.disconnect(self._on_step)
            viewer.layers.events.inserted.disconnect(self._on_inserted)
            viewer.layers.events.removed.disconnect(self._on_removed)
            viewer.layers.selection.events.active.disconnect(self._on_active)
            unbind_shortcuts(viewer, self)
            _LINKS.pop(viewer, None)

    # -- layers ---------------------------------------------------------------------

    def rebuild(self) -> None:
        """Make the layers fit the experiment: its movies, and the kinds with rows."""
        experiment = self.session.experiment
        names = [movie.name for movie in experiment.movies]
        with self._syncing():
            self._drop_strangers()
            for movie in experiment.movies:
                if movie.name not in self._movie_layers:
                    self._add_movie_layer(movie.name)
        self._refresh_spaces()
        for name in names:
            for kind in KINDS:
                if self.session.document.of_kind(kind, name):
                    self.annotation_layer(kind, name)
        for binding in list(self._annotations.values()):
            binding.push()
        self._on_playhead(self.session.playhead)

    def _drop_strangers(self) -> None:
        """Take out the layers of movies that are not in the experiment any more."""
        layers = self.viewer.layers
        movies = {movie.name: movie for movie in self.session.experiment.movies}
        for name in list(self._movie_layers):
            layer = self._movie_layers[name]
            known = movies.get(name)
            if known is None or layer.data.frames is not known.frames:
                del self._movie_layers[name]
                if layer in layers:
                    layers.remove(layer)
        for key in list(self._annotations):
            # A pen draws in the pixels of the movie's layer, which must be there.
            if (
                key[1] not in self._movie_layers
                or self._annotations[key].session is not self.session
            ):
                layer = self._annotations[key].layer
                self._forget_annotations(key)
                if layer in layers:
                    layers.remove(layer)

    def _add_movie_layer(self, name: str) -> None:
        from napari.layers import Layer

        data = movie_layer_data(self.session.experiment.movie(name))
        layer = Layer.create(*data)
        set_space(layer, self._scale(name), self.unit)
        self._movie_layers[name] = layer
        movies = [x for x in self.viewer.layers if role(x) == "movie"]
        self.viewer.layers.insert(len(movies), layer)
        self._show_overlays()

    def annotation_layer(self, kind: str, movie: str) -> AnnotationLayer:
        """The layer of a kind and movie, made on first use."""
        key = (kind, movie)
        if key not in self._annotations:
            from napari.layers import Layer

            side = float(max(self.session.experiment.movie(movie).shape[1:3]))
            data = annotation_layer_data(kind, movie, self._scale(movie), side)
            layer = Layer.create(*data)
            set_space(layer, self._scale(movie), self.unit)
            active = self.viewer.layers.selection.active
            with self._syncing():
                self.viewer.layers.append(layer)
                if active is not None:
                    self.viewer.layers.selection.active = active
            keep_shaders(self.viewer, layer)
            self._annotations[key] = AnnotationLayer(self.session, layer, kind, movie)
            pen = Pen(self.session, kind)
            self._pens[key] = CanvasPen(
                pen, layer, self._movie_layers[movie], self._guard
            )
            self._switch_pens()
            self._show_only_current_movie()
            self._steady()
        return self._annotations[key]

    def movie_layer(self, name: str) -> Image | None:
        """The image layer of a movie; None if the user took it out."""
        return self._movie_layers.get(name)

    def _refresh_spaces(self) -> None:
        """Give all layers of a movie its pixel size, and all layers one unit."""
        playhead = self.session.playhead
        if playhead is None or playhead.movie not in self._movie_layers:
            return
        for name, layer in self._movie_layers.items():
            mine = [b.layer for k, b in self._annotations.items() if k[1] == name]
            for one in (layer, *mine):
                set_space(one, self._scale(name), self.unit)
        self._steady()
        shape = self.session.experiment.movie(playhead.movie).shape
        extent = extent_of(shape, self._scale(playhead.movie))
        if self._extent is not None:
            keep_in_sight(self.viewer, self._extent, extent)
        self._extent = extent

    def _steady(self) -> None:
        """Show the frame with the drift corrected: its layers are moved together.

        Paths, which are seen on every frame, stand still.
        """
        playhead = self.session.playhead
        if playhead is None or playhead.movie not in self._movie_layers:
            return
        name, document = playhead.movie, self.session.document
        layers = [
            binding.layer
            for key, binding in self._annotations.items()
            if key[1] == name and not binding.is_timeless
        ]
        shift = shown_shift(document, name, playhead.frame)
        steady(self.viewer, [self._movie_layers[name], *layers], shift)

    @property
    def unit(self) -> str:
        """What lengths on the canvas are in: nm or pixel; "" without a movie."""
        playhead = self.session.playhead
        if playhead is None:
            return ""
        return unit_of(self._scale(playhead.movie))

    def _scale(self, movie: str) -> tuple[float, float] | None:
        calibration = self.session.experiment.movie(movie).calibration
        return None if calibration is None else calibration.scale_nm

    def _on_inserted(self, event: Any) -> None:
        """A movie that came through File > Open joins the experiment."""
        layer = event.value
        if self._is_syncing or role(layer) != "movie":
            return
        movie = about(layer)["movie"]
        if layer in self._movie_layers.values():
            return
        with self._syncing():
            added = self.session.experiment.add_movie(movie)
            self._movie_layers[added.name] = layer
            layer.name = added.name
        self._show_overlays()
        self.session.movie_joined(added.name)

    def _on_removed(self, event: Any) -> None:
        """A layer the user took out: its rows stay in the document."""
        if self._is_syncing or is_closing(self._viewer()):
            return
        layer: Layer = event.value
        for key, binding in list(self._annotations.items()):
            if binding.layer is layer:
                if key[0] == self.session.toolbox.active:
                    self.session.toolbox.activate("")
                self._forget_annotations(key)
                self.session.say(
                    f"The rows of {layer.name} are kept; draw again or reopen the "
                    "measurement dock to see them."
                )
        for name, image in list(self._movie_layers.items()):
            if image is layer:
                del self._movie_layers[name]
                self.session.remove_movie(name)
                self._show_movie_at_playhead()

    def _forget_annotations(self, key: tuple[str, str]) -> None:
        self._pens.pop(key).switch(False)
        self._annotations.pop(key).disconnect()

    def _show_movie_at_playhead(self) -> None:
        """Show the movie that the playhead went to; it was hidden beside another."""
        playhead = self.session.playhead
        layer = None if playhead is None else self._movie_layers.get(playhead.movie)
        if layer is not None:
            layer.visible = True

    def _show_only_current_movie(self) -> None:
        """Show the layers of the movie under the playhead, hide those of others."""
        playhead = self.session.playhead
        if playhead is None or len(self._movie_layers) < 2:
            return
        for name, layer in self._movie_layers.items():
            layer.visible = name == playhead.movie
        for (_, movie), binding in self._annotations.items():
            binding.layer.visible = movie == playhead.movie

    # -- following the session --------------------------------------------------------

    def _on_document(self, change: Change) -> None:
        before, after = change.before, change.after
        if before.calibrations is not after.calibrations:
            self._refresh_spaces()
        if before.drifts is not after.drifts:
            self._steady()
        if before.vocabulary is not after.vocabulary:
            unbind_shortcuts(self.viewer, self)
            bind_shortcuts(self.viewer, self)
        kinds = _touched_kinds(change)
        for kind, movie in _keys_of(change):
            if kind in kinds and movie in self._movie_layers:
                self.annotation_layer(kind, movie)
        for (kind, _), binding in list(self._annotations.items()):
            if kind in kinds:
                binding.push()
        if before.alignments is not after.alignments or (
            before.intervals is not after.intervals
        ):
            self._write_readout()

    def _on_playhead(self, playhead: Playhead | None) -> None:
        if playhead is not None and playhead.movie in self._movie_layers:
            self._show_only_current_movie()
            if playhead.movie != self._shown_movie:
                self._shown_movie = playhead.movie
                self._refresh_spaces()
                self._on_tool(self.session.toolbox.active)
            dims = self.viewer.dims
            if dims.ndim >= 3 and dims.current_step[0] != playhead.frame:
                with self._syncing():
                    dims.set_current_step(0, playhead.frame)
            self._steady()
        self._write_readout()

    def _on_selection(self, ids: frozenset[str]) -> None:
        for binding in self._annotations.values():
            binding.show_selection()

    def _on_step(self, event: Any) -> None:
        if self._is_syncing or self.session.playhead is None:
            return
        if self.viewer.dims.ndim < 3:
            return
        frame = int(self.viewer.dims.current_step[0])
        self.session.go_to(frame)
        shown = self.session.playhead.frame
        if shown != frame:
            with self._syncing():
                self.viewer.dims.set_current_step(0, shown)

    # -- drawing ----------------------------------------------------------------------

    def _on_tool(self, kind: str) -> None:
        """Bring up the layer of the kind that is to be drawn."""
        playhead = self.session.playhead
        if kind and playhead is not None and playhead.movie in self._movie_layers:
            layer = self.annotation_layer(kind, playhead.movie).layer
            layer.visible = True
            self.viewer.layers.selection.active = layer
        self._switch_pens()

    def _on_active(self, event: Any = None) -> None:
        # A new layer is active for a moment: a shape half drawn must outlive it.
        if not self._is_syncing:
            self._switch_pens()

    def _switch_pens(self) -> None:
        active = self.viewer.layers.selection.active
        wanted = self.session.toolbox.active
        is_drawing = False
        for (kind, _), pen in self._pens.items():
            is_on = kind == wanted and pen.layer is active
            pen.switch(is_on)
            is_drawing |= is_on
        _hold_double_click_zoom(self.viewer, is_drawing)

    def pen(self) -> Pen | None:
        """The pen that draws now, if one does."""
        return next((p.pen for p in self._pens.values() if p.is_on), None)

    def cursor_position(self) -> tuple[float, float] | None:
        """(y, x) of the mouse in pixels of the current movie, None beside it.

        napari's cursor stays where the mouse left the canvas, at first in the corner.
        """
        if not self.viewer.mouse_over_canvas:
            return None
        return self._inside(self.viewer.cursor.position)

    def middle_of_view(self) -> tuple[float, float] | None:
        """(y, x) of what is in the middle of the canvas, None beside the frame."""
        dims = self.viewer.dims
        centre = list(dims.point)
        centre[-2:] = self.viewer.scene.camera.center[-2:]
        return self._inside(centre) if dims.ndim >= 3 else None

    def _inside(self, world: Sequence[float]) -> tuple[float, float] | None:
        """(y, x) of a place of the canvas, None where the current movie is not."""
        movie = self.session.movie
        layer = None if movie is None else self._movie_layers.get(movie.name)
        if movie is None or layer is None:
            return None
        y, x = (float(v) for v in layer.world_to_data(world)[1:3])
        height, width = movie.shape[1:3]
        return (y, x) if 0 <= y <= height - 1 and 0 <= x <= width - 1 else None

    def collect_table_edits(self) -> None:
        """Take over what napari's table and pasting did without telling."""
        for binding in list(self._annotations.values()):
            binding.pull_untold()

    # -- overlays -------------------------------------------------------------------

    def _show_overlays(self) -> None:
        overlays = self.viewer.canvas.overlays
        overlays.scale_bar.visible = True
        overlays.scale_bar.position = "bottom_right"
        text = overlays.text
        text.visible = True
        text.position = "top_left"
        text.font_size = 11

    def _write_readout(self) -> None:
        if self._movie_layers:
            self.viewer.canvas.overlays.text.text = readout(self.session)

    @contextmanager
    def _syncing(self) -> Iterator[None]:
        before, self._is_syncing = self._is_syncing, True
        try:
            yield
        finally:
            self._is_syncing = before


def _touched_kinds(change: Change) -> set[str]:
    """Kinds whose tables an edit may have changed."""
    before, after = change.before, change.after
    parts = ("objects", "alignments", "calibrations", "intervals", "flipped", "beams")
    if any(getattr(before, part) is not getattr(after, part) for part in parts):
        return set(KINDS)
    if before.settings is not after.settings or (
        before.vocabulary is not after.vocabulary
    ):
        return set(KINDS)
    kinds = {kind for kind, _ in _keys_of(change)}
    if before.drifts is not after.drifts:
        kinds |= {"path", "front"}
    return kinds | ({"front"} if "path" in kinds else set())


def _keys_of(change: Change) -> set[tuple[str, str]]:
    """(kind, movie) of the rows that came, went or differ."""
    before, after = change.before.records, change.after.records
    if before is after:
        return set()
    touched = [r for key, r in after.items() if before.get(key) is not r]
    touched += [r for key, r in before.items() if key not in after]
    return {(record.kind, record.movie) for record in touched}


def _hold_double_click_zoom(viewer: Any, is_held: bool) -> None:
    """A double click ends a shape while drawing; otherwise napari zooms by it."""
    callbacks = viewer.mouse_double_click_callbacks
    held = _HELD.setdefault(viewer, [])
    if is_held:
        held += [c for c in callbacks if c.__name__ == "double_click_to_zoom"]
        callbacks[:] = [c for c in callbacks if c not in held]
    else:
        callbacks.extend(c for c in held if c not in callbacks)
        held.clear()
