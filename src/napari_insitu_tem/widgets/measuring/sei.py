"""The SEI dock: thickness of a layer between two drawn boundaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox, ComboBox, Container, SpinBox

from napari_insitu_tem.widgets.measuring.dock import MeasuringDock
from napari_insitu_tem.widgets.measuring.parameters import width_box

if TYPE_CHECKING:
    import napari.viewer

#: What the user reads -> the option `core` of a row.
CORES = (
    ("not taken", ""),
    ("circle fit", "circle"),
    ("half the diameter", "diameter"),
)

#: What the user reads -> the shape that is drawn.
SHAPES = (
    ("its two boundaries", "band"),
    ("a line across a coated wire", "line"),
)

SHAPE_TIP = (
    "The boundaries of a layer; or, for a shell around a wire that is seen in front\n"
    "and behind as well, a line across the wire, which gives core radius, thickness\n"
    "and t/r from the brightness along it."
)

WIDTH_TIP = (
    "The frame is averaged over this width to find edges, and along a wire to measure\n"
    "its profile: as wide as the wire is straight and even. Holds for what is drawn,\n"
    "moved or followed from now on."
)

SNAP_TIP = (
    "Moves boundaries to the edges near them, and puts a line at right angles to the\n"
    "wire, its ends on the outer edges."
)

CORE_TIP = (
    "A circle through the inner boundary, or half of the diameter that was measured\n"
    "for this object on the same frame; thickness over radius follows."
)

DRAW_TEXTS = {"band": "Draw boundaries", "line": "Draw line"}

HELPS = {
    "line": "Drag a line across the wire, from outer edge to outer edge. Nothing else "
    "may lie within 12 px of its ends: there the background is taken.",
}

HELPS["band"] = (
    "Draw the inner boundary, end it with a double click or Enter, then draw the outer "
    "one. Hold the button to trace freehand."
)


class SeiDock(MeasuringDock):
    """Measures the thickness of an SEI.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._core = ComboBox(
            name="core", label="Core radius", choices=CORES, tooltip=CORE_TIP
        )
        parameters = Container(
            widgets=[
                ComboBox(name="shape", label="Draw", choices=SHAPES, tooltip=SHAPE_TIP),
                self._core,
                CheckBox(
                    name="snap",
                    text="Snap to the nearest edges",
                    label="",
                    tooltip=SNAP_TIP,
                ),
                width_box(WIDTH_TIP),
                SpinBox(name="stride", label="Every n-th frame", min=1, max=10_000),
            ],
        )
        super().__init__(
            viewer,
            "sei",
            parameters,
            draw_text=DRAW_TEXTS["band"],
            help_text=HELPS["band"],
            track_tip="Follow the two boundaries, or the line across the wire",
        )

    def refresh(self) -> None:
        """Show the session as it is now."""
        shape = self.session.toolbox["sei"].drawn_shape
        self._help_text = HELPS[shape]
        self.actions_bar.draw.setText(DRAW_TEXTS[shape])
        self._core.enabled = shape == "band"
        super().refresh()
