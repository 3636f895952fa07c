"""Fields for numbers, made for science rather than for a locale."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QLocale, QSignalBlocker, Qt
from qtpy.QtWidgets import QDoubleSpinBox


class NumberField(QDoubleSpinBox):
    """A number with its unit.

    The decimal separator is a point whatever the locale, a value counts when Enter is
    pressed or the field is left, and the mouse wheel changes it only while it has the
    focus (so that scrolling a dock changes nothing).

    Parameters
    ----------
    unit
        Written behind the number.
    lowest, highest
        Limits.
    decimals
        Digits behind the point.
    fixed
        Whether trailing zeros are shown.
    empty
        What the field says at its lowest value, which then means "none".
    is_narrow
        Without buttons to step (the arrow keys do); a number and its unit need the
        room.
    """

    def __init__(
        self,
        unit: str,
        *,
        lowest: float = 0.0,
        highest: float = 1e9,
        decimals: int = 3,
        fixed: bool = False,
        empty: str = "",
        is_narrow: bool = False,
    ) -> None:
        super().__init__()
        self._fixed = fixed
        locale = QLocale(QLocale.Language.C)
        locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
        self.setLocale(locale)
        self.setDecimals(decimals)
        self.setRange(lowest, highest)
        self.setSuffix(f" {unit}" if unit else "")
        self.setSpecialValueText(empty)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.setMinimumWidth(78)
        if is_narrow:
            self.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)

    @property
    def number(self) -> float | None:
        """The value; None where the field says that there is none."""
        if self.specialValueText() and self.value() == self.minimum():
            return None
        return float(self.value())

    def show_number(self, value: float | None) -> None:
        """Show a value without telling anybody; a field being typed in is left."""
        if self.lineEdit().isModified() and self.hasFocus():
            return
        with QSignalBlocker(self):
            self.setValue(self.minimum() if value is None else value)

    def textFromValue(self, value: float) -> str:
        """The digits, without zeros at the end unless they are wanted."""
        text = f"{value:.{self.decimals()}f}"
        is_whole = self._fixed or "." not in text
        return text if is_whole else text.rstrip("0").rstrip(".")

    def validate(self, text: str, place: int) -> Any:
        """Take a typed comma for a point."""
        return super().validate(text.replace(",", "."), place)

    def wheelEvent(self, event: Any) -> None:
        """Change the value only with the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
