"""A box that is dragged on the canvas around what holds still."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from napari_insitu_tem.layers.keeping import is_closing
from napari_insitu_tem.layers.keys import KEY
from napari_insitu_tem.layers.space import layer_space, set_space
from napari_insitu_tem.layers.viewer_link import ViewerLink
from napari_insitu_tem.model.geometry import Geometry, Point

_COLOUR = "#56B4E9"
#: Width of the line as a part of the frame's larger side.
_LINE = 1 / 250


class RegionBox:
    """Shows a region of the first frame, and lets the mouse draw another.

    It stands still while the canvas shows the drift corrected.

    Parameters
    ----------
    link
        Of the viewer.
    on_drawn
        Gets the region when the button is released.
    on_end
        Called when the mouse does not draw any more.
    """

    def __init__(
        self,
        link: ViewerLink,
        on_drawn: Callable[[Geometry], None],
        on_end: Callable[[], None],
    ) -> None:
        self._link = link
        self._on_drawn, self._on_end = on_drawn, on_end
        self._layer: Any = None
        self._is_drawing = False
        self._active = link.viewer.layers.selection.events.active
        self._active.connect(self._on_active)

    @property
    def is_drawing(self) -> bool:
        """Whether the next press of the mouse begins a box."""
        return self._is_drawing

    def close(self) -> None:
        """Take the box away and let go of the viewer."""
        self._active.disconnect(self._on_active)
        self._is_drawing = False
        if not is_closing(self._link._viewer()):
            self._remove()

    def show(self, region: Geometry | None) -> None:
        """Show a region on the movie under the playhead; None: nothing."""
        if region is None and not self._is_drawing:
            self._remove()
            return
        layer = self._shown_layer()
        corners = [] if region is None else [region.array()]
        layer.data = []
        if corners:
            layer.add(corners, shape_type="polygon")

    def draw(self) -> None:
        """Let the mouse drag a box on the first frame."""
        session = self._link.session
        if session.movie is None:
            return
        session.toolbox.activate("")
        session.go_to(0)
        layer = self._shown_layer()
        self._link.viewer.layers.selection.active = layer
        self._is_drawing = True
        layer.mode = "pan_zoom"
        layer.cursor = "crosshair"
        if self._on_drag not in layer.mouse_drag_callbacks:
            layer.mouse_drag_callbacks.append(self._on_drag)
            layer.bind_key("Escape", lambda _: self.stop(), overwrite=True)

    def stop(self) -> None:
        """Leave the mouse to napari."""
        if not self._is_drawing:
            return
        self._is_drawing = False
        layer = self._layer
        if layer is not None:
            if self._on_drag in layer.mouse_drag_callbacks:
                layer.mouse_drag_callbacks.remove(self._on_drag)
            layer.bind_key("Escape", None)
            layer.cursor = "standard"
        self._on_end()

    def _shown_layer(self) -> Any:
        """The layer of the box, made on first use, in the space of the movie."""
        viewer, movie = self._link.viewer, self._link.session.movie
        assert movie is not None
        scale = None if movie.calibration is None else movie.calibration.scale_nm
        if self._layer is None or self._layer not in viewer.layers:
            active = viewer.layers.selection.active
            self._layer = viewer.add_shapes(
                ndim=2,
                name="Holds still",
                face_color="#00000000",
                edge_color=_COLOUR,
                edge_width=max(movie.shape[1:3]) * _LINE,
                metadata={KEY: {"role": "region"}},
                **layer_space(scale, 2, self._link.unit),
            )
            if active is not None:
                viewer.layers.selection.active = active
        set_space(self._layer, scale, self._link.unit)
        return self._layer

    def _remove(self) -> None:
        viewer = self._link.viewer
        if self._layer is not None and self._layer in viewer.layers:
            viewer.layers.remove(self._layer)
        self._layer = None

    def _on_active(self, event: Any) -> None:
        if self._is_drawing and event.value is not self._layer:
            self.stop()

    def _on_drag(self, layer: Any, event: Any) -> Generator[None, None, None]:
        if event.button != 1 or "Shift" in event.modifiers:
            return
        event.handled = True
        start = self._point(event)
        yield
        while event.type == "mouse_move":
            event.handled = True
            self.show(_box(start, self._point(event)))
            yield
        event.handled = True
        region = _box(start, self._point(event))
        self.stop()
        if region is not None:
            self._on_drawn(region)

    def _point(self, event: Any) -> Point:
        """(y, x) in pixels of the first frame, kept inside it."""
        movie = self._link.session.movie
        assert movie is not None
        place = self._layer.world_to_data(event.position)[-2:]
        y, x = np.clip(place, 0, np.asarray(movie.shape[1:3]) - 1)
        return float(y), float(x)


def _box(a: Point, b: Point) -> Geometry | None:
    """The upright rectangle with these opposite corners; None without an area."""
    if a[0] == b[0] or a[1] == b[1]:
        return None
    return Geometry.of("polygon", [a, (a[0], b[1]), b, (b[0], a[1])])
