"""What the user is measuring at the moment: one tool a kind, shared by all widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from psygnal import Signal

from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.geometry import ShapeName
from napari_insitu_tem.model.record import Attributes, Record, pairs

#: What a pen draws; a box is kept as a polygon.
DrawnShape = ShapeName | Literal["box"]

#: The shape that is drawn for each quantity of expansion.
_EXPANSION_SHAPES: dict[str, tuple[DrawnShape, ...]] = {
    "length": ("line", "path"),
    "diameter": ("line",),
    "area": ("polygon", "ellipse"),
    "volume": ("line", "ellipse", "polygon"),
    "d_spacing": ("box",),
}

_VOLUME_SHAPES: dict[str, tuple[ShapeName, ...]] = {
    "sphere": ("line", "polygon", "ellipse"),
    "cylinder": ("line",),
    "cylinder_length": ("line", "polygon"),
    "ellipsoid": ("ellipse",),
}

_OTHER_SHAPES: dict[str, tuple[ShapeName, ...]] = {
    "path": ("path",),
    "front": ("point",),
    "sei": ("band", "line"),
    "event": ("point",),
}


@dataclass(frozen=True)
class Tool:
    """How the next row of a kind is made.

    Attributes
    ----------
    kind
        The kind of row.
    object
        The object it belongs to.
    attributes
        The kind's authored columns (quantity, volume_model, front, path, ...).
    shape
        Preferred shape where a quantity can be drawn in several ways.
    snap
        Whether a drawn shape is moved to the nearest edge.
    width
        Width in px over which the frame is averaged to find edges.
    stride
        Frames from one row to the next when copying forward.
    guess
        Of a lattice: the spacing in px to look for, and its orientation in degrees;
        empty for the strongest.
    """

    kind: str
    object: str = ""
    attributes: Attributes = ()
    shape: str = ""
    snap: bool = True
    width: int = 9
    stride: int = 1
    guess: tuple[float, ...] = ()

    def get(self, name: str, default: Any = "") -> Any:
        """An attribute's value."""
        return dict(self.attributes).get(name, default)

    @property
    def shapes(self) -> tuple[DrawnShape, ...]:
        """Shapes that the present choice can be drawn with."""
        if self.kind != "expansion":
            return _OTHER_SHAPES[self.kind]
        if self.get("quantity") == "volume":
            return _VOLUME_SHAPES.get(self.get("volume_model"), ("line",))
        return _EXPANSION_SHAPES[self.get("quantity", "diameter")]

    @property
    def drawn_shape(self) -> DrawnShape:
        """The shape that the pen draws."""
        shapes = self.shapes
        return next((shape for shape in shapes if shape == self.shape), shapes[0])


DEFAULT_TOOLS: tuple[Tool, ...] = (
    Tool(
        "expansion",
        "object 1",
        pairs({"quantity": "diameter", "volume_model": ""}),
        snap=False,
    ),
    Tool("path", "object 1", snap=False),
    Tool("front", "object 1", pairs({"front": "front 1", "path": ""})),
    Tool("sei", "object 1", pairs({"core": ""})),
    Tool("event", "", pairs({"label": "note"}), snap=False),
)


class Toolbox:
    """The tools and which of them draws.

    Signals
    -------
    tool_changed(str)
        The tool of this kind has other settings.
    active_changed(str)
        Another kind is being drawn, "" for none.
    """

    tool_changed = Signal(str)
    active_changed = Signal(str)

    def __init__(self) -> None:
        self._tools = {tool.kind: tool for tool in DEFAULT_TOOLS}
        self._active = ""
        self._last = "expansion"

    def __getitem__(self, kind: str) -> Tool:
        return self._tools[kind]

    @property
    def active(self) -> str:
        """The kind being drawn, "" for none."""
        return self._active

    @property
    def last(self) -> str:
        """The kind that is being drawn or was last."""
        return self._last

    def activate(self, kind: str) -> None:
        """Draw rows of a kind; "" to stop drawing."""
        if kind != self._active:
            self._active = kind
            self._last = kind or self._last
            self.active_changed.emit(kind)

    def follow(self, document: Document) -> None:
        """Go on where a document's last rows of each kind left off."""
        for kind in self._tools:
            rows = document.of_kind(kind)
            if not rows:
                continue
            known = dict(self._tools[kind].attributes)
            last = {n: v for n, v in rows[-1].attributes if n in known and v}
            name = self._tools[kind].object if kind == "path" else rows[-1].object
            self.change(kind, object=name, **last, **self._placing(kind, rows))

    def _placing(self, kind: str, rows: Sequence[Record]) -> dict[str, Any]:
        """Width and shape of the last rows that have one to go on with."""
        more: dict[str, Any] = {}
        widths = [row.get("width_px", None) for row in rows]
        known = [int(width) for width in widths if width is not None]
        if known and kind != "path":
            more["width"] = known[-1]
        if kind == "sei":
            more["shape"] = rows[-1].geometry.shape
        return more

    def change(self, kind: str, **settings: Any) -> None:
        """Change a tool's settings; unknown names are attributes."""
        tool = self._tools[kind]
        own = {k: v for k, v in settings.items() if k in Tool.__dataclass_fields__}
        more = {k: v for k, v in settings.items() if k not in own}
        if more:
            own["attributes"] = pairs({**dict(tool.attributes), **more})
        changed = replace(tool, **own)
        if changed != tool:
            self._tools[kind] = changed
            self.tool_changed.emit(kind)
