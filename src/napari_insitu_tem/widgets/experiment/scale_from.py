"""The size of a pixel from a scale bar or a lattice that is drawn on the canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_insitu_tem.layers.ruler import Ruler
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.errors import CalibrationError, InsituTemError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.state.calibrating import (
    KNOWN_LATTICES,
    ScaleBar,
    ScaleLattice,
    bar_calibration,
    calibrate,
    lattice_calibration,
    look_at_bar,
    look_at_lattice,
)
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.fields import NumberField
from napari_insitu_tem.widgets.reporting import reporting
from napari_insitu_tem.widgets.section import form, sentence

#: Units of a scale bar in nm.
_UNITS = {"nm": 1.0, "µm": 1000.0, "Å": 0.1}


class FromCanvas(QWidget):
    """Draw something of known size, type the size, take the pixel size that follows.

    Parameters
    ----------
    session
        The open experiment.
    ruler
        Draws on the canvas.
    shape, name
        What is drawn, and its layer's name.
    prompt
        What to do first.
    look
        What is seen where a shape was drawn; has `describe`.
    size_of
        The pixel size that follows from it.

    Signals
    -------
    ended()
        It was used or given up.
    """

    ended = Signal()

    def __init__(
        self,
        session: Session,
        ruler: Ruler,
        shape: Literal["line", "box"],
        name: str,
        prompt: str,
        look: Callable[[Geometry], Any],
        size_of: Callable[[Any], Calibration],
    ) -> None:
        super().__init__()
        self._look, self._size_of = look, size_of
        self._session, self._ruler = session, ruler
        self._shape, self._name, self._prompt = shape, name, prompt
        self._seen: Any = None
        self.words = sentence()
        self.result = sentence()
        self.use = QPushButton("Use it")
        self.use.setToolTip("Take this as the pixel size of the movie; can be undone")
        self.cancel = QPushButton("Cancel")
        self.rows: QFormLayout = form()
        buttons = QHBoxLayout()
        buttons.addWidget(self.use)
        buttons.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.words)
        column.addLayout(self.rows)
        column.addWidget(self.result)
        column.addLayout(buttons)
        self.use.clicked.connect(self._on_use)
        self.cancel.clicked.connect(self.stop)
        self.hide()

    def start(self) -> None:
        """Show the fields, and let the mouse draw."""
        self._seen = None
        self._ruler.take(self._shape, self._name, self.on_drawn, self._on_end)
        self.words.setText(self._prompt)
        self.show()
        self.show_result()

    def stop(self) -> None:
        """Take the drawing off the canvas and fold up."""
        self._ruler.put_away()
        self._on_end()

    def on_drawn(self, shape: Geometry) -> None:
        """Take a shape that was drawn."""
        self._seen = None
        try:
            self._seen = self._look(shape)
            self.words.setText(self._seen.describe())
        except InsituTemError as error:
            self.words.setText(str(error))
        self.show_result()

    def show_result(self, *_: Any) -> None:
        """Say what pixel size follows."""
        size = self._size()
        self.use.setEnabled(size is not None)
        self.result.setVisible(size is not None)
        if size is not None:
            spread = size.u_relative * size.x_nm
            self.result.setText(
                f"{size.x_nm:.5g} ± {spread:.2g} nm/px ({100 * size.u_relative:.2g} %)"
                + ("" if size.is_square else f", {size.y_nm:.5g} nm/px along y")
            )

    def _size(self) -> Calibration | None:
        """The pixel size that follows; None as long as something is missing."""
        if self._seen is None:
            return None
        try:
            return self._size_of(self._seen)
        except CalibrationError:
            return None

    def _on_use(self) -> None:
        with reporting(self._session):
            size = self._size_of(self._seen)
            self.stop()
            calibrate(self._session, size)
            self._session.say(f"The pixel size is {size.describe()}.")

    def _on_end(self) -> None:
        self.hide()
        self.ended.emit()


class FromBar(FromCanvas):
    """From a scale bar in the frame."""

    def __init__(self, session: Session, ruler: Ruler) -> None:
        super().__init__(
            session,
            ruler,
            "line",
            "Scale bar",
            "Drag along the scale bar, from end to end.",
            self._bar,
            self._by_bar,
        )
        self.length = NumberField("", highest=1e7, decimals=4, is_narrow=True)
        self.unit = QComboBox()
        self.unit.addItems(list(_UNITS))
        self.spread = NumberField("%", highest=100.0, is_narrow=True)
        self.spread.setToolTip(
            "How sure the length of the bar is, as the relative standard uncertainty\n"
            "of the microscope's magnification; 0 where you did no check"
        )
        fields = QHBoxLayout()
        fields.addWidget(self.length, 3)
        fields.addWidget(self.unit, 2)
        self.rows.addRow("Its length", fields)
        self.rows.addRow("Known to ±", self.spread)
        for field in (self.length, self.spread):
            field.valueChanged.connect(self.show_result)
        self.unit.currentTextChanged.connect(self.show_result)

    def _bar(self, shape: Geometry) -> ScaleBar:
        """The bar's ends."""
        bar = look_at_bar(self._session, shape)
        self._ruler.show(bar.line)
        return bar

    def _by_bar(self, seen: ScaleBar) -> Calibration:
        """From the typed length."""
        length = self.length.value() * _UNITS[self.unit.currentText()]
        return bar_calibration(self._session, seen, length, self.spread.value() / 100)


class FromLattice(FromCanvas):
    """From lattice planes of known spacing."""

    def __init__(self, session: Session, ruler: Ruler) -> None:
        super().__init__(
            session,
            ruler,
            "box",
            "Known lattice",
            "Drag a box over the fringes, inside one crystal.",
            lambda box: look_at_lattice(session, box),
            self._by_lattice,
        )
        self.planes = QComboBox()
        for known in KNOWN_LATTICES:
            self.planes.addItem(known.name)
        self.planes.addItem("another")
        self.spacing = NumberField("nm", highest=1e4, decimals=5, is_narrow=True)
        self.spacing.setValue(KNOWN_LATTICES[0].spacing_nm)
        self.spread = NumberField("%", highest=100.0, is_narrow=True)
        self.spread.setToolTip(
            "Relative standard uncertainty of the known spacing: strain, composition"
        )
        fields = QHBoxLayout()
        fields.addWidget(self.spacing, 4)
        fields.addWidget(QLabel("±"))
        fields.addWidget(self.spread, 2)
        self.rows.addRow("Planes", self.planes)
        self.rows.addRow("Spacing", fields)
        self.planes.activated.connect(self._on_planes)
        for field in (self.spacing, self.spread):
            field.valueChanged.connect(self.show_result)

    def _by_lattice(self, seen: ScaleLattice) -> Calibration:
        """From the typed spacing."""
        return lattice_calibration(
            self._session, seen, self.spacing.value(), self.spread.value() / 100
        )

    def _on_planes(self, place: int) -> None:
        if place < len(KNOWN_LATTICES):
            self.spacing.setValue(KNOWN_LATTICES[place].spacing_nm)
        else:
            self.spacing.setFocus()
            self.spacing.selectAll()
