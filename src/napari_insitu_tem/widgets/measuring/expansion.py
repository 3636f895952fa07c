"""The expansion dock: lengths, diameters, areas and volumes against a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox, ComboBox, Container, SpinBox
from qtpy.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from napari_insitu_tem.state.measuring import set_reference
from napari_insitu_tem.widgets.measuring.dock import MeasuringDock

if TYPE_CHECKING:
    import napari.viewer

QUANTITIES = ("diameter", "length", "area", "volume")

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
        self._reference = QLabel()
        self._reference.setWordWrap(True)
        take = QPushButton("This frame")
        take.setToolTip("Take the present frame as the reference (Shift+R)")
        add = QPushButton("Add this frame")
        add.setToolTip("The reference is the mean of several frames")
        clear = QPushButton("First")
        clear.setToolTip("Take the first measured frame as the reference")
        take.clicked.connect(lambda: self._take_reference([]))
        add.clicked.connect(lambda: self._take_reference(self._frames()))
        clear.clicked.connect(lambda: set_reference(self.session, self._name(), []))
        row = QHBoxLayout()
        for button in (take, add, clear):
            row.addWidget(button)
        box = QGroupBox("Reference")
        column = QVBoxLayout(box)
        column.addWidget(self._reference)
        column.addLayout(row)
        self.column.insertWidget(2, box)

    def refresh(self) -> None:
        """Show the session as it is now."""
        tool = self.session.toolbox["expansion"]
        if tuple(self._shape.choices) != tool.shapes:
            self._shape.choices = tool.shapes
        if self._shape.value != tool.drawn_shape:
            with self._shape.changed.blocked():
                self._shape.value = tool.drawn_shape
        frames = self._frames()
        shown = ", ".join(str(frame) for frame in frames)
        words = f"frame{'s' * (len(frames) > 1)} {shown}"
        self._reference.setText(
            f"{self._name()}: {words if frames else 'its first measured frame'}"
        )
        super().refresh()

    def _name(self) -> str:
        return self.session.toolbox["expansion"].object

    def _frames(self) -> list[int]:
        settings = self.session.document.object_settings(self._name())
        return list(settings.reference_frames)

    def _take_reference(self, others: list[int]) -> None:
        playhead = self.session.playhead
        if playhead is None:
            self.session.say("Open a movie first.")
            return
        frames = sorted({*others, playhead.frame})
        set_reference(self.session, self._name(), frames)
