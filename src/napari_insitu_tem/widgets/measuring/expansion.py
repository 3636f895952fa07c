"""The expansion dock: lengths, diameters, areas and volumes against a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox, ComboBox, Container, SpinBox

from napari_insitu_tem.widgets.measuring.dock import MeasuringDock
from napari_insitu_tem.widgets.measuring.parameters import width_box
from napari_insitu_tem.widgets.measuring.reference_box import ReferenceBox

if TYPE_CHECKING:
    import napari.viewer

#: What the user reads -> the column `quantity`.
QUANTITIES = (
    ("diameter", "diameter"),
    ("length", "length"),
    ("area", "area"),
    ("volume", "volume"),
    ("lattice spacing", "d_spacing"),
)

#: What the user reads -> the column `volume_model`.
VOLUME_MODELS = (
    ("none", ""),
    ("sphere", "sphere"),
    ("cylinder of constant length", "cylinder"),
    ("cylinder with measured length", "cylinder_length"),
    ("ellipsoid of revolution", "ellipsoid"),
)

SNAP_TIP = (
    "Finds the steepest edge near each end. Right for flat edges; across a round wire\n"
    "or particle that edge lies several per cent inside the true one."
)

HELP = (
    "Drag a line across the wire or particle, or draw its outline. Copy forward "
    "takes the shape to the next frame."
)


class ExpansionDock(MeasuringDock):
    """Measures expansion.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._shape = ComboBox(name="shape", label="Draw as", choices=("line",))
        parameters = Container(
            widgets=[
                ComboBox(name="quantity", label="Quantity", choices=QUANTITIES),
                ComboBox(name="volume_model", label="Volume", choices=VOLUME_MODELS),
                self._shape,
                CheckBox(
                    name="snap",
                    text="Snap to the nearest edge",
                    label="",
                    tooltip=SNAP_TIP,
                ),
                width_box(),
                SpinBox(name="stride", label="Every n-th frame", min=1, max=10_000),
            ],
        )
        super().__init__(
            viewer,
            "expansion",
            parameters,
            draw_text="Draw",
            help_text=HELP,
            track_tip="Follow the shape",
        )

    def _build(self) -> None:
        super()._build()
        self.reference = ReferenceBox(self.session)
        self.column.insertWidget(2, self.reference)

    def refresh(self) -> None:
        """Show the session as it is now."""
        tool = self.session.toolbox["expansion"]
        if tuple(self._shape.choices) != tool.shapes:
            self._shape.choices = tool.shapes
        if self._shape.value != tool.drawn_shape:
            with self._shape.changed.blocked():
                self._shape.value = tool.drawn_shape
        self.reference.refresh()
        super().refresh()
