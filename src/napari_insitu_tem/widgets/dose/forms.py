"""The fields of the Beam dose dock: one form for each way to know the dose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.widgets.dressing import set_role
from napari_insitu_tem.widgets.fields import NumberField
from napari_insitu_tem.widgets.section import form, sentence

_NOT_KNOWN = "not known"


class BeamForm(QWidget):
    """Base of the forms.

    Signals
    -------
    changed(dict)
        The user changed these attributes of the beam.
    """

    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__()
        self.rows: QFormLayout = form()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(self.rows)
        self.column = column

    def show_beam(self, beam: Beam, movie: Movie | None) -> None:
        """Show what is known, without telling anybody."""

    def _tell(self, name: str, field: NumberField, factor: float = 1.0) -> None:
        """Pass a field on as an attribute, once it was changed."""

        def pass_on(*_: Any) -> None:
            number = field.number
            self.changed.emit({name: None if number is None else number * factor})

        field.valueChanged.connect(pass_on)


class CountsForm(BeamForm):
    """Gain, dark level, and where the counts are taken.

    Signals
    -------
    estimate_wanted(), place_wanted(str)
        Estimate the gain; take the counts from "whole" frames, an "empty" place, or
        what is in "view".
    """

    estimate_wanted = Signal()
    place_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.gain = _field(decimals=4)
        self.spread = _field(decimals=3, empty="?")
        self.spread.setToolTip("Standard uncertainty of the gain, in counts/e")
        self.offset = _field(lowest=-1e6, highest=1e6, decimals=2)
        self.offset.setToolTip("What a pixel says without an electron (dark level)")
        self.estimate = _button(
            "Estimate gain from the movie",
            "From the noise of consecutive frames, which must be as the camera gave "
            "them: not averaged, resampled, denoised or compressed with loss.",
            self.estimate_wanted.emit,
        )
        self.place = sentence()
        set_role(self.place, "faint")
        self.rows.addRow("Gain (counts/e)", _pair(self.gain, self.spread))
        self.rows.addRow("Dark (counts)", self.offset)
        self.rows.addRow(self.estimate)
        self.rows.addRow("Counts of", self.place)
        self.places = {
            "whole": _button("Whole", "The mean of all pixels of a frame", self._whole),
            "empty": _button(
                "Empty place",
                "The square that stays brightest through the movie: likely beside the "
                "specimen",
                self._empty,
            ),
            "view": _button(
                "View",
                "What the canvas shows: zoom into a place without specimen first",
                self._view,
            ),
        }
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in self.places.values():
            button.setMinimumWidth(60)
            row.addWidget(button)
        self.column.addLayout(row)
        self._tell("gain", self.gain)
        self._tell("u_gain", self.spread)
        self._tell("offset", self.offset)

    def _whole(self) -> None:
        self.place_wanted.emit("whole")

    def _empty(self) -> None:
        self.place_wanted.emit("empty")

    def _view(self) -> None:
        self.place_wanted.emit("view")

    def show_beam(self, beam: Beam, movie: Movie | None) -> None:
        """Gain, and the place of the counts in words."""
        self.gain.show_number(beam.gain)
        self.spread.show_number(beam.u_gain)
        self.offset.show_number(beam.offset)
        self.spread.setEnabled(beam.gain is not None)
        self.place.setText(_place(beam))


class ParallelForm(BeamForm):
    """Current of the beam, and the diameter or area that it lights."""

    def __init__(self) -> None:
        super().__init__()
        self.current = _field(decimals=6)
        self.spread = _percent("Standard uncertainty of the current")
        self.diameter = _field(decimals=3)
        self.diameter.setToolTip("Of the illuminated disc; takes the place of an area")
        self.diameter_spread = _percent("Standard uncertainty of the diameter")
        self.area = _field(highest=1e15, decimals=3)
        self.area.setToolTip("Illuminated area; takes the place of a diameter")
        self.area_spread = _percent("Standard uncertainty of the area")
        self.rows.addRow("Current (nA)", _pair(self.current, self.spread))
        disc = _pair(self.diameter, self.diameter_spread)
        self.rows.addRow("Diameter (nm)", disc)
        self.rows.addRow("or area (nm²)", _pair(self.area, self.area_spread))
        self._tell("current_A", self.current, 1e-9)
        self._tell("u_current_relative", self.spread, 0.01)
        self._tell("diameter_nm", self.diameter)
        self._tell("area_nm2", self.area)
        for spread in (self.diameter_spread, self.area_spread):
            self._tell("u_extent_relative", spread, 0.01)

    def show_beam(self, beam: Beam, movie: Movie | None) -> None:
        """Current and extent."""
        self.current.show_number(_times(beam.current_A, 1e9))
        self.spread.show_number(_times(beam.u_current_relative, 100))
        for field, spread, value in (
            (self.diameter, self.diameter_spread, beam.diameter_nm),
            (self.area, self.area_spread, beam.area_nm2),
        ):
            field.show_number(value)
            is_used = value is not None
            spread.setEnabled(is_used)
            share = beam.u_extent_relative if is_used else None
            spread.show_number(_times(share, 100))


class ProbeForm(BeamForm):
    """Current of the probe and its time on a pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.current = _field(decimals=4)
        self.spread = _percent("Standard uncertainty of the current")
        self.dwell = _field(decimals=4)
        self.rows.addRow("Current (pA)", _pair(self.current, self.spread))
        self.rows.addRow("Dwell time (µs)", self.dwell)
        self._tell("current_A", self.current, 1e-12)
        self._tell("u_current_relative", self.spread, 0.01)
        self._tell("dwell_s", self.dwell, 1e-6)

    def show_beam(self, beam: Beam, movie: Movie | None) -> None:
        """Current and dwell time."""
        self.current.show_number(_times(beam.current_A, 1e12))
        self.spread.show_number(_times(beam.u_current_relative, 100))
        self.dwell.show_number(_times(beam.dwell_s, 1e6))


class TimeForm(BeamForm):
    """What the beam did while nothing was recorded, and the exposure.

    Signals
    -------
    earlier_wanted()
        The dose that earlier movies left behind is to come first.
    """

    earlier_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.exposure = _field(decimals=6)
        self.exposure.setToolTip("The movie does not state how long a frame is exposed")
        self.exposure_label = QLabel("Exposure (s)")
        self.between = QComboBox()
        self.between.addItems(["off (blanked)", "on"])
        narrow(self.between)
        self.between.setToolTip("Whether the specimen was lit between the frames, too")
        self.before = _field(decimals=4, empty="")
        self.before.setToolTip("Dose that the specimen received before the first frame")
        self.rows.addRow(self.exposure_label, self.exposure)
        self.rows.addRow("Between frames", self.between)
        self.rows.addRow("Dose before (e/Å²)", self.before)
        self.earlier = _button(
            "Add up the earlier movies",
            "Takes what the movies that began before this one left behind: right\n"
            "where all show the same place, and the beam was off between them",
            self.earlier_wanted.emit,
        )
        self.rows.addRow(self.earlier)
        self._tell("exposure_s", self.exposure)
        self._tell("before_e_A2", self.before)
        self.between.activated.connect(self._on_between)

    def _on_between(self, place: int) -> None:
        self.changed.emit({"is_on_between": place == 1})

    def show_beam(self, beam: Beam, movie: Movie | None) -> None:
        """The exposure is asked for only where the movie does not state it."""
        self.exposure.show_number(beam.exposure_s)
        with QSignalBlocker(self.between):
            self.between.setCurrentIndex(int(beam.is_on_between))
        self.before.show_number(beam.before_e_A2)
        is_asked = movie is not None and movie.exposures_s is None
        self.exposure.setVisible(is_asked)
        self.exposure_label.setVisible(is_asked)


def _field(
    *,
    unit: str = "",
    lowest: float = 0.0,
    highest: float = 1e9,
    decimals: int,
    empty: str = _NOT_KNOWN,
) -> NumberField:
    return NumberField(
        unit,
        lowest=lowest,
        highest=highest,
        decimals=decimals,
        empty=empty,
        is_narrow=True,
    )


def narrow(box: QComboBox) -> None:
    """Let a box be narrower than its longest item."""
    box.setMinimumContentsLength(8)
    box.setSizeAdjustPolicy(
        QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    )


def _percent(tip: str) -> NumberField:
    """A relative uncertainty; the lowest value stands for one that is not stated."""
    field = _field(unit="%", highest=100.0, decimals=2, empty="? %")
    field.setToolTip(f"{tip}; empty where it is not known")
    return field


def _pair(value: NumberField, spread: NumberField) -> QWidget:
    """A value and its uncertainty side by side."""
    both = QWidget()
    row = QHBoxLayout(both)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    # napari's style sheet asks for more width than a column has for two fields.
    value.setStyleSheet("QDoubleSpinBox { min-width: 56px; }")
    spread.setStyleSheet("QDoubleSpinBox { min-width: 34px; }")
    row.addWidget(value, 5)
    row.addWidget(QLabel("±"))
    row.addWidget(spread, 3)
    return both


def _button(text: str, tip: str, action: Callable[[], Any]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    # With the focus it would keep the arrow keys from the slider.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.clicked.connect(lambda *_: action())
    return button


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _place(beam: Beam) -> str:
    if not beam.counts and beam.region is None:
        return "not read yet"
    if beam.region is None:
        return f"whole frames ({len(beam.counts)} read)"
    y0, x0, y1, x1 = beam.region
    return f"{x1 - x0} × {y1 - y0} px from x {x0}, y {y0} ({len(beam.counts)} read)"
