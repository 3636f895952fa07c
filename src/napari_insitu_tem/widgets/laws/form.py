"""What is asked of a rate law: fields of the front dock."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_insitu_tem.state.laws.request import COMPARED, LawRequest
from napari_insitu_tem.widgets.fields import NumberField
from napari_insitu_tem.widgets.section import form

#: What the user reads -> the law; "" compares those of the geometry.
_LAWS = (
    ("Compare the laws", ""),
    ("Linear (reaction)", "linear"),
    ("Parabolic (diffusion)", "parabolic"),
    ("Linear-parabolic (both)", "linear-parabolic"),
    ("Power law", "power"),
    ("Two straight lines", "piecewise-linear"),
)
_SHAPES = (
    ("flat front", "planar"),
    ("into a cylinder", "cylinder"),
    ("into a sphere", "sphere"),
)
_AXES = (("time", "time"), ("charge passed", "charge"))
_NANO = 1e-9


class LawForm(QWidget):
    """Law, geometry, abscissa, and what is known."""

    def __init__(self) -> None:
        super().__init__()
        self.law = _choice(_LAWS, "Which law; or several, ranked by AICc weights")
        self.shape = _choice(_SHAPES, "Shape of what is consumed")
        self.ratio = NumberField("", lowest=0.01, highest=100.0)
        self.ratio.setValue(1.0)
        self.ratio.setToolTip("Volume of the product over that of what it came from")
        self.against = _choice(_AXES, "The front moves with time, or with the charge")
        self.start = _Known(
            "nm", "Tick where the position at which the front begins is known"
        )
        self.onset = _Known("s", "Tick where it is known when the front begins")
        self.now = QPushButton("Now")
        self.now.setToolTip("The front begins on this frame")
        self.now.setStyleSheet("padding: 3px 6px;")
        self.only_picks = QCheckBox("Fit my own picks only")
        self.only_picks.setToolTip(
            "Otherwise what each frame of the kymograph says is fitted: that uses all "
            "of the data"
        )
        self._build()
        self.shape.currentIndexChanged.connect(self._show_ratio)
        self.against.currentIndexChanged.connect(self._show_unit)
        self._show_ratio()

    def _build(self) -> None:
        self._rows = form()
        self._rows.addRow("Law", self.law)
        self._rows.addRow("Geometry", self.shape)
        self._rows.addRow("Volume ratio", self.ratio)
        self._rows.addRow("Against", self.against)
        self._rows.addRow("Start", self.start)
        onset = QHBoxLayout()
        onset.addWidget(self.onset, 1)
        onset.addWidget(self.now)
        self._rows.addRow("Onset", onset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._rows)
        column.addWidget(self.only_picks)

    def request(self) -> LawRequest:
        """What is asked for now."""
        law, geometry = str(self.law.currentData()), str(self.shape.currentData())
        is_time = self.against.currentData() == "time"
        onset = self.onset.value
        if onset is not None and not is_time:
            onset *= _NANO
        return LawRequest(
            laws=(law,) if law else COMPARED[geometry],
            geometry=geometry,
            volume_ratio=None if geometry == "planar" else float(self.ratio.value()),
            start=self.start.value,
            onset=onset,
            against="time" if is_time else "charge",
            only_picks=self.only_picks.isChecked(),
        )

    def show_request(self, request: LawRequest) -> None:
        """Show what was asked for."""
        one = request.laws[0] if len(request.laws) == 1 else ""
        for box, data in (
            (self.law, one),
            (self.shape, request.geometry),
            (self.against, request.against),
        ):
            box.setCurrentIndex(max(box.findData(data), 0))
        self.ratio.setValue(request.volume_ratio or 1.0)
        onset = request.onset
        if onset is not None and request.against == "charge":
            onset /= _NANO
        self.start.show_value(request.start)
        self.onset.show_value(onset)
        self.only_picks.setChecked(request.only_picks)

    def show_length_unit(self, unit: str) -> None:
        """Positions are in nm, or in px without a calibration."""
        self.start.field.setSuffix(f" {unit}")

    def _show_ratio(self, *_: Any) -> None:
        is_round = self.shape.currentData() != "planar"
        self._rows.setRowVisible(self.ratio, is_round)

    def _show_unit(self, *_: Any) -> None:
        is_time = self.against.currentData() == "time"
        self.onset.field.setSuffix(" s" if is_time else " nC")
        self.now.setEnabled(is_time)


class _Known(QWidget):
    """A number that is known, or free."""

    def __init__(self, unit: str, tooltip: str) -> None:
        super().__init__()
        self.box = QCheckBox("at")
        self.box.setToolTip(tooltip)
        self.field = NumberField(unit, lowest=-1e9, decimals=4, is_narrow=True)
        self.field.setValue(0.0)
        self.field.setEnabled(False)
        policy = self.field.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
        self.field.setSizePolicy(policy)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.box)
        row.addWidget(self.field, 1)
        self.box.toggled.connect(self.field.setEnabled)

    @property
    def value(self) -> float | None:
        """The number; None while it is free."""
        return float(self.field.value()) if self.box.isChecked() else None

    def set_value(self, value: float) -> None:
        """Say that this is known."""
        self.field.setValue(value)
        self.box.setChecked(True)

    def show_value(self, value: float | None) -> None:
        """Show what is known; None: it is free."""
        if value is None:
            self.box.setChecked(False)
        else:
            self.set_value(value)


def _choice(options: tuple[tuple[str, str], ...], tooltip: str) -> QComboBox:
    box = QComboBox()
    for text, data in options:
        box.addItem(text, data)
    box.setToolTip(tooltip)
    box.setSizeAdjustPolicy(
        QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    )
    box.setMinimumContentsLength(8)
    return box
