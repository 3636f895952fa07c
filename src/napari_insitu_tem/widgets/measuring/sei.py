"""The SEI dock: thickness of a layer between two drawn boundaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox, ComboBox, Container, SpinBox

from napari_insitu_tem.widgets.measuring.dock import MeasuringDock

if TYPE_CHECKING:
    import napari.viewer

#: What the user reads -> the option `core` of a row.
CORES = (
    ("not taken", ""),
    ("circle fit", "circle"),
    ("half the diameter", "diameter"),
)

CORE_TIP = (
    "A circle through the inner boundary, or half of the diameter that was measured\n"
    "for this object on the same frame; thickness over radius follows."
)

HELP = (
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
        parameters = Container(
            widgets=[
                ComboBox(
                    name="core",
                    label="Core radius",
                    choices=CORES,
                    tooltip=CORE_TIP,
                ),
                CheckBox(name="snap", text="Snap to the nearest edges", label=""),
                SpinBox(name="stride", label="Every n-th frame", min=1, max=10_000),
            ],
        )
        super().__init__(
            viewer,
            "sei",
            parameters,
            draw_text="Draw boundaries",
            help_text=HELP,
            track_tip="Follow the two boundaries",
        )
