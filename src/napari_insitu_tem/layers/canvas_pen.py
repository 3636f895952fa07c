"""The pen on napari's canvas: mouse and keys of an annotation layer."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from napari_insitu_tem.model.geometry import Point
from napari_insitu_tem.state.pen import Pen

if TYPE_CHECKING:
    from napari.layers import Image, Points, Shapes

    from napari_insitu_tem.layers.focus import FocusGuard

#: How near the mouse must be to a vertex to take it, in screen pixels.
REACH_SCREEN_PX = 9.0


class CanvasPen:
    """Feeds mouse events over an active annotation layer to a pen.

    Shift leaves the canvas to napari, so that the view can be moved while drawing.
    Ctrl draws a shape of its own where the press would take hold of another's vertex.

    Parameters
    ----------
    pen
        Draws the layer's kind.
    layer
        The layer; nothing happens while another one is active.
    image
        The movie's layer: points are in the pixels of the frame that it shows.
    guard
        Knows whether a press only brought the window to the front.
    """

    def __init__(
        self, pen: Pen, layer: Points | Shapes, image: Image, guard: FocusGuard
    ) -> None:
        self.pen = pen
        self.layer = layer
        self._image = image
        self._guard = guard
        self._is_on = False
        self._just_finished = False

    @property
    def is_on(self) -> bool:
        """Whether the mouse draws."""
        return self._is_on

    def switch(self, is_on: bool) -> None:
        """Let the mouse draw, or leave it to napari."""
        if is_on == self._is_on:
            return
        self._is_on = is_on
        layer = self.layer
        if is_on:
            layer.mode = "pan_zoom"
            layer.mouse_drag_callbacks.append(self._on_drag)
            layer.mouse_move_callbacks.append(self._on_move)
            layer.mouse_double_click_callbacks.append(self._on_double_click)
            layer.cursor = "crosshair"
            for key, action in self._keys().items():
                layer.bind_key(key, action, overwrite=True)
        else:
            self.pen.cancel()
            layer.mouse_drag_callbacks.remove(self._on_drag)
            layer.mouse_move_callbacks.remove(self._on_move)
            layer.mouse_double_click_callbacks.remove(self._on_double_click)
            layer.cursor = "standard"
            for key in self._keys():
                layer.bind_key(key, None)

    def _keys(self) -> dict[str, Callable[[Any], None]]:
        """Keys while drawing; they hide the Shapes layer's own of the same name."""
        return {
            "Enter": self._enter,
            "Escape": self._escape,
        }

    def _enter(self, layer: Any) -> None:
        """End the shape."""
        self.pen.finish()

    def _escape(self, layer: Any) -> None:
        """Drop the unfinished shape; without one, stop drawing."""
        if not self.pen.cancel():
            self.pen.put_down()

    def _on_drag(self, layer: Any, event: Any) -> Generator[None, None, None]:
        if event.button != 1 or "Shift" in event.modifiers:
            return
        if layer.mode != "pan_zoom" or self._guard.press_was_for_focus():
            return
        event.handled = True
        reach = self._reach(event)
        is_new = "Control" in event.modifiers
        self.pen.press(self._point(event), reach, is_new=is_new)
        yield
        while event.type == "mouse_move":
            event.handled = True
            self.pen.move(self._point(event), reach, is_pressed=True)
            yield
        event.handled = True
        self.pen.release(self._point(event), reach)

    def _on_move(self, layer: Any, event: Any) -> None:
        if layer.mode == "pan_zoom" and not event.is_dragging:
            self.pen.move(self._point(event), self._reach(event), is_pressed=False)

    def _on_double_click(self, layer: Any, event: Any) -> None:
        if layer.mode == "pan_zoom":
            event.handled = True
            self.pen.finish()

    def _point(self, event: Any) -> Point:
        position = self._image.world_to_data(event.position)
        return float(position[-2]), float(position[-1])

    def _reach(self, event: Any) -> float:
        """The reach in pixels of the movie at the present zoom."""
        scale = float(self.layer.scale[-1])
        return REACH_SCREEN_PX / max(float(event.camera_zoom) * scale, 1e-9)
