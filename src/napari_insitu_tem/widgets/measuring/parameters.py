"""Ties the magicgui widgets of a dock to the session's tool of its kind."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import Container, SpinBox

from napari_insitu_tem.state.session import Session

WIDTH_TIP = (
    "Snapping and following average the frame over this width along an edge: as wide\n"
    "as the edge is straight. Kept with each row."
)


def width_box(tooltip: str = WIDTH_TIP) -> SpinBox:
    """The width over which the frame is averaged to find edges."""
    return SpinBox(
        name="width", label="Average over, px", min=1, max=999, tooltip=tooltip
    )


class ParameterLink:
    """Keeps a container's widgets and a tool's settings the same.

    Each widget is named like the setting it shows; a widget that no setting has the
    name of is left alone.

    Parameters
    ----------
    session
        Has the toolbox.
    kind
        Which tool.
    container
        The widgets.
    """

    def __init__(self, session: Session, kind: str, container: Container[Any]) -> None:
        self._session = session
        self._kind = kind
        self._container = container
        self._is_showing = False
        for widget in container:
            widget.changed.connect(self._on_changed)
        session.toolbox.tool_changed.connect(self._on_tool)
        self.show()

    def disconnect(self) -> None:
        """Stop following the session."""
        self._session.toolbox.tool_changed.disconnect(self._on_tool)

    def show(self) -> None:
        """Show the tool's settings."""
        tool = self._session.toolbox[self._kind]
        self._is_showing = True
        try:
            for widget in self._container:
                value = getattr(tool, widget.name, None)
                if value is None:
                    value = dict(tool.attributes).get(widget.name)
                choices = getattr(widget, "choices", None)
                if value is None or (choices is not None and value not in choices):
                    continue
                if widget.value != value:
                    widget.value = value
        finally:
            self._is_showing = False

    def _on_changed(self, *_: Any) -> None:
        if self._is_showing:
            return
        values = {w.name: w.value for w in self._container if w.name}
        self._session.toolbox.change(self._kind, **values)

    def _on_tool(self, kind: str) -> None:
        if kind == self._kind:
            self.show()
