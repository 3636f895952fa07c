"""A line or a box that is drawn on the canvas and is no measurement."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Literal

import numpy as np

from napari_insitu_tem.layers.keeping import is_closing
from napari_insitu_tem.layers.keys import KEY
from napari_insitu_tem.layers.space import layer_space
from napari_insitu_tem.layers.viewer_link import ViewerLink
from napari_insitu_tem.model.geometry import Geometry, Point
from napari_insitu_tem.state.lattices import box

_COLOUR = "#FFB000"
#: Width of the line as a part of the frame's larger side.
_LINE = 1 / 250
#: A drag of fewer pixels is a slip.
_LEAST_PX = 3.0


class Ruler:
    """Lets the mouse draw one shape at a time, in pixels of the frame that is shown.

    It can be drawn again as often as the user likes, until it is put away.

    Parameters
    ----------
    link
        Of the viewer.
    """

    def __init__(self, link: ViewerLink) -> None:
        self._link = link
        self._layer: Any = None
        self._shape: Literal["line", "box"] = "line"
        self._on_drawn: Callable[[Geometry], None] | None = None
        self._on_end: Callable[[], None] | None = None

    @property
    def is_out(self) -> bool:
        """Whether the mouse draws."""
        return self._layer is not None

    def take(
        self,
        shape: Literal["line", "box"],
        name: str,
        on_drawn: Callable[[Geometry], None],
        on_end: Callable[[], None],
    ) -> None:
        """Let the mouse draw.

        Parameters
        ----------
        shape, name
            What is drawn, and what its layer is called.
        on_drawn
            Gets each finished shape.
        on_end
            Called when it is put away by somebody else: Escape, another tool, the
            layer taken out.
        """
        self.put_away()
        link, movie = self._link, self._link.session.movie
        if movie is None:
            return
        link.session.toolbox.activate("")
        self._shape, self._on_drawn, self._on_end = shape, on_drawn, on_end
        scale = None if movie.calibration is None else movie.calibration.scale_nm
        viewer = link.viewer
        layer = viewer.add_shapes(
            ndim=2,
            name=name,
            face_color="#00000000",
            edge_color=_COLOUR,
            edge_width=max(movie.shape[1:3]) * _LINE,
            metadata={KEY: {"role": "ruler"}},
            **layer_space(scale, 2, link.unit),
        )
        self._layer = layer
        layer.mode = "pan_zoom"
        layer.cursor = "crosshair"
        layer.mouse_drag_callbacks.append(self._on_drag)
        layer.bind_key("Escape", lambda _: self._end(), overwrite=True)
        viewer.layers.selection.active = layer
        viewer.layers.selection.events.active.connect(self._on_active)

    def put_away(self) -> None:
        """Take the shape off the canvas."""
        layer, self._layer = self._layer, None
        viewer = self._link._viewer()
        if layer is None or viewer is None or is_closing(viewer):
            return
        viewer.layers.selection.events.active.disconnect(self._on_active)
        if layer in viewer.layers:
            viewer.layers.remove(layer)

    def show(self, geometry: Geometry) -> None:
        """Show a shape in place of the drawn one."""
        if self._layer is None:
            return
        kind = "line" if geometry.shape == "line" else "polygon"
        self._layer.data = []
        self._layer.add([self._on_layer(geometry.array())], shape_type=kind)
        self._layer.selected_data = set()

    def _end(self) -> None:
        self.put_away()
        if self._on_end is not None:
            self._on_end()

    def _on_active(self, event: Any) -> None:
        if self._layer is not None and event.value is not self._layer:
            self._end()

    def _on_drag(self, layer: Any, event: Any) -> Generator[None, None, None]:
        if event.button != 1 or "Shift" in event.modifiers:
            return
        event.handled = True
        start = self._point(event)
        yield
        while event.type == "mouse_move":
            event.handled = True
            self._drawn(start, self._point(event))
            yield
        event.handled = True
        drawn = self._drawn(start, self._point(event))
        if drawn is not None and self._on_drawn is not None:
            self._on_drawn(drawn)

    def _drawn(self, start: Point, end: Point) -> Geometry | None:
        """Show what was drawn; None for a slip."""
        if np.hypot(end[0] - start[0], end[1] - start[1]) < _LEAST_PX:
            return None
        line = Geometry.of("line", [start, end])
        shape = line if self._shape == "line" else box(start, end)
        self.show(shape)
        return shape

    def _image(self) -> Any:
        playhead = self._link.session.playhead
        assert playhead is not None
        return self._link.movie_layer(playhead.movie)

    def _point(self, event: Any) -> Point:
        """(y, x) in pixels of the frame that is shown."""
        y, x = self._image().world_to_data(event.position)[-2:]
        return float(y), float(x)

    def _on_layer(self, points: np.ndarray) -> np.ndarray:
        """Pixels of the frame in the layer's own."""
        image, playhead = self._image(), self._link.session.playhead
        assert playhead is not None
        world = [image.data_to_world((playhead.frame, *p))[-2:] for p in points]
        return np.array([self._layer.world_to_data(place) for place in world])
