"""The front dock: the position of a reaction front along a path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, Container, SpinBox
from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QPushButton, QSpinBox, QWidget

from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.kymographs import WIDTH_PX, set_width
from napari_insitu_tem.state.measuring import (
    free_path_name,
    path_names,
    path_record,
)
from napari_insitu_tem.widgets.following import follow
from napari_insitu_tem.widgets.laws.section import LawSection
from napari_insitu_tem.widgets.measuring.dock import MeasuringDock
from napari_insitu_tem.widgets.measuring.name_box import NameBox
from napari_insitu_tem.widgets.measuring.parameters import width_box
from napari_insitu_tem.widgets.theme import napari_theme

if TYPE_CHECKING:
    import napari.viewer

HELP = (
    "Draw the path once, along the wire or from the surface inward. Then click the "
    "front on each frame, or in the kymograph of the timeline."
)


class FrontDock(MeasuringDock):
    """Measures the position of fronts.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        parameters: Container[Any] = Container(
            widgets=[
                CheckBox(name="snap", text="Snap to the nearest edge", label=""),
                width_box(),
                SpinBox(name="stride", label="Every n-th frame", min=1, max=10_000),
            ],
        )
        super().__init__(
            viewer,
            "front",
            parameters,
            draw_text="Place front",
            help_text=HELP,
            track_tip="Follow the fronts that are picked on this path",
        )
        self._dress()
        follow(self, (self.link.viewer.events.theme, self._dress))

    def _build(self) -> None:
        super()._build()
        self.front_box = NameBox("Name of the front; type a new name for another one")
        self.path_box = NameBox("The path along which the position is taken")
        self.path_box.setEditable(False)
        self.path_box.setMinimumContentsLength(4)
        self.draw_path = QPushButton("Draw path")
        self.draw_path.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.draw_path.setCheckable(True)
        self.draw_path.setToolTip("Click along the path; double-click or Enter ends it")
        line = QHBoxLayout()
        line.addWidget(self.path_box)
        line.addWidget(self.draw_path)
        names = QWidget()
        form = QFormLayout(names)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.width_box = QSpinBox()
        self.width_box.setRange(1, 999)
        self.width_box.setSuffix(" px")
        self.width_box.setToolTip("The kymograph is the mean over this width")
        form.addRow("Path", line)
        form.addRow("Path width", self.width_box)
        form.addRow("Front", self.front_box)
        self.column.insertWidget(1, names)
        self.laws = LawSection(self.session)
        self.column.insertWidget(self.column.indexOf(self.table_button), self.laws)
        self.front_box.name_changed.connect(self._on_front)
        self.path_box.name_changed.connect(self._on_path)
        self.draw_path.clicked.connect(self._on_draw_path)
        self.width_box.valueChanged.connect(self._on_width)

    def _dress(self, event: Any = None) -> None:
        """Give the plot the colours of napari's theme."""
        self.laws.set_theme(napari_theme(self.link.viewer.theme))

    def refresh(self) -> None:
        """Show the session as it is now."""
        session = self.session
        tool = session.toolbox["front"]
        fronts = [r.get("front") for r in session.document.of_kind("front")]
        self.front_box.show_names(dict.fromkeys(fronts), tool.get("front"))
        paths = path_names(session)
        chosen = tool.get("path")
        if chosen not in paths:
            chosen = paths[-1] if paths else ""
        self.path_box.show_names(paths, chosen)
        self.path_box.setEnabled(bool(paths))
        path = self._path()
        self.width_box.setEnabled(path is not None)
        if path is not None:
            with QSignalBlocker(self.width_box):
                self.width_box.setValue(int(path.get("width_px", WIDTH_PX)))
        self.laws.refresh()
        is_drawing_path = session.toolbox.active == "path"
        self.draw_path.setChecked(is_drawing_path)
        self.draw_path.setEnabled(session.playhead is not None)
        super().refresh()
        self.actions_bar.draw.setEnabled(bool(paths))
        pen = self.link.pen()
        if is_drawing_path and pen is not None:
            self.hint.setText(pen.hint)

    def _on_front(self, name: str) -> None:
        self.session.toolbox.change("front", front=name)

    def _on_path(self, name: str) -> None:
        self.session.toolbox.change("front", path=name)

    def _path(self) -> Record | None:
        """The path that picks go along, None before one is drawn."""
        try:
            return path_record(self.session, self.session.toolbox["front"])
        except MeasurementError:
            return None

    def _on_width(self, width: int) -> None:
        path = self._path()
        if path is not None:
            set_width(self.session, path, width)

    def _on_draw_path(self, is_on: bool) -> None:
        toolbox = self.session.toolbox
        if is_on:
            name = free_path_name(self.session)
            toolbox.change("path", object=name)
            toolbox.change("front", path="")
        toolbox.activate("path" if is_on else "")
