"""The line above the lanes: buttons, readout, and the sentence below them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QAction, QActionGroup, QResizeEvent
from qtpy.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from napari_insitu_tem.widgets.theme import DARK, Theme, mix
from napari_insitu_tem.widgets.timeline.hints import Hint
from napari_insitu_tem.widgets.timeline.icons import icon
from napari_insitu_tem.widgets.timeline.player import EVERY_FRAME, SPEEDS
from napari_insitu_tem.widgets.timeline.readout import Reading

_NARROW_PX = 1240
_ICON_PX = 16
_GAP = "&nbsp;&nbsp; "


class Header(QWidget):
    """Buttons and readout.

    Signals
    -------
    speed_chosen(float)
        A speed of `player.SPEEDS`, or `EVERY_FRAME`.
    hint_action()
        The button beside the hint was pressed.
    """

    speed_chosen = Signal(float)
    hint_action = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = DARK
        self._icons: dict[QToolButton, tuple[str, str]] = {}
        self._readings: tuple[Reading, ...] = ()
        self.play = self._button("play", "Play by real time", alternative="pause")
        self.speed = self._button("", "How fast to play")
        self.loop = self._button("loop", "Begin again at the end")
        self.range = self._button(
            "range", "Select a stretch of time by dragging (or hold Shift)"
        )
        self.fit = self._button("fit", "Show all (double-click)", checkable=False)
        self.unlock = self._button(
            "lock",
            "Unlock the alignment: drag a movie's bar along the trace",
            alternative="unlock",
        )
        self.lanes = self._button("lanes", "Lanes and axes", checkable=False)
        self._speed_menu()
        self.readout = _text_label(Qt.AlignmentFlag.AlignLeft)
        self.hover = _text_label(Qt.AlignmentFlag.AlignRight)
        self._hint_row()
        self._arrange()

    # -- building -------------------------------------------------------------------

    def _button(
        self, name: str, tip: str, *, alternative: str = "", checkable: bool = True
    ) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(checkable and bool(name))
        # A button with the focus would take the arrow keys from the slider.
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setIconSize(QSize(_ICON_PX, _ICON_PX))
        button.setFixedHeight(24)
        if name:
            button.setFixedWidth(26)
            self._icons[button] = (name, alternative or name)
            button.toggled.connect(self._draw_icons)
        return button

    def _speed_menu(self) -> None:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for speed in (*SPEEDS, EVERY_FRAME):
            action = QAction(speed_text(speed), menu)
            action.setCheckable(True)
            action.setChecked(speed == 1.0)
            action.setData(speed)
            group.addAction(action)
            menu.addAction(action)
        group.triggered.connect(self._on_speed)
        self.speed.setMenu(menu)
        self.speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.speed.setText(f"{speed_text(1.0)} ▾")
        self.speed.setFixedWidth(92)

    def _hint_row(self) -> None:
        self._hint = QWidget(self)
        self.hint_text = QLabel(self._hint)
        self.hint_text.setWordWrap(True)
        self.hint_button = QPushButton(self._hint)
        self.hint_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hint_button.clicked.connect(self.hint_action)
        row = QHBoxLayout(self._hint)
        row.setContentsMargins(2, 0, 0, 0)
        row.addWidget(self.hint_text, 1)
        row.addWidget(self.hint_button)

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for button in (
            self.play,
            self.speed,
            self.loop,
            self.range,
            self.fit,
            self.unlock,
            self.lanes,
        ):
            buttons.addWidget(button)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(6, 3, 10, 2)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(1)
        self._grid.addLayout(buttons, 0, 0)
        self._grid.addWidget(self._hint, 2, 0, 1, 3)
        self._grid.setColumnStretch(1, 3)
        self._grid.setColumnStretch(2, 2)
        self._is_narrow: bool | None = None
        self._place_texts(is_narrow=False)

    def _place_texts(self, *, is_narrow: bool) -> None:
        """The readout beside the buttons, or below them where that is too narrow."""
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        if is_narrow:
            self._grid.addWidget(self.readout, 1, 0, 1, 3)
            self._grid.addWidget(self.hover, 0, 1, 1, 2)
        else:
            self._grid.addWidget(self.readout, 0, 1)
            self._grid.addWidget(self.hover, 0, 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the readout where there is room."""
        super().resizeEvent(event)
        self._place_texts(is_narrow=self.width() < _NARROW_PX)
        self._write_readings()

    # -- showing --------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self._draw_icons()
        pressed = mix(theme.background, theme.selection, 0.5)
        over = mix(theme.background, theme.text, 0.15)
        self.setStyleSheet(
            f"QToolButton {{ color: {theme.text}; background: transparent;"
            " border: none; border-radius: 3px; padding: 1px 2px; }"
            f"QToolButton:hover {{ background: {over}; }}"
            f"QToolButton:checked {{ background: {pressed}; }}"
            # The text of the speed says enough; the lanes' picture too.
            "QToolButton::menu-indicator { image: none; width: 0; }"
            f"QLabel {{ color: {theme.text}; background: transparent; }}"
        )

    def _draw_icons(self, *_: object) -> None:
        for button, (name, alternative) in self._icons.items():
            shown = alternative if button.isChecked() else name
            button.setIcon(icon(shown, self._theme.text))

    def show_readings(self, readings: Sequence[Reading]) -> None:
        """Say what holds at the playhead; what has no room is in the tooltip."""
        self._readings = tuple(readings)
        self.readout.setToolTip("\n".join(f"{r.name} {r.text}" for r in readings))
        self._write_readings()

    def _write_readings(self) -> None:
        theme = self._theme
        colours = {
            "potential": theme.potential,
            "current": theme.current,
            "charge": theme.charge,
        }
        shown = self._that_fit()
        parts = [
            f'<span style="color:{theme.faint_text}">{escape(r.name)}</span> '
            f'<span style="color:{colours.get(r.role, theme.text)}">'
            f"{escape(r.text)}</span>"
            for r in shown
        ]
        if len(shown) < len(self._readings):
            parts.append("…")
        self.readout.setText(_GAP.join(parts))

    def _that_fit(self) -> tuple[Reading, ...]:
        """As many readings, from the first on, as there is room for."""
        width = self.readout.fontMetrics().horizontalAdvance
        gap = width("    ")
        room = self._readout_room() - width("    …")
        used = 0
        for count, reading in enumerate(self._readings):
            used += width(f"{reading.name} {reading.text}") + gap * (count > 0)
            is_last = count + 1 == len(self._readings)
            over = used - room - is_last * width("    …")
            if over > 0 and not reading.name:
                return (*self._readings[:count], self._shorter(reading, over))
            if over > 0:
                return self._readings[: max(count, 1)]
        return self._readings

    def _shorter(self, sentence: Reading, over: int) -> Reading:
        """The beginning of a sentence that is `over` pixels too wide."""
        metrics, cut = self.readout.fontMetrics(), Qt.TextElideMode.ElideRight
        most = metrics.horizontalAdvance(sentence.text) - over
        return Reading("", metrics.elidedText(sentence.text, cut, most))

    def _readout_room(self) -> int:
        """Pixels for the readout: the whole line where it has one of its own."""
        margins = self._grid.contentsMargins()
        inner = self.width() - margins.left() - margins.right()
        return inner if self._is_narrow else min(inner, self.readout.width())

    def show_hover(self, text: str) -> None:
        """Say what lies under the mouse."""
        colour = self._theme.faint_text
        self.hover.setText(f'<span style="color:{colour}">{escape(text)}</span>')

    def show_hint(self, hint: Hint) -> None:
        """Say what is missing or asked for."""
        self._hint.setVisible(bool(hint.text))
        colour = self._theme.warning if hint.is_warning else self._theme.faint_text
        self.hint_text.setText(
            f'<span style="color:{colour}">{escape(hint.text)}</span>'
        )
        self.hint_button.setText(hint.action)
        self.hint_button.setVisible(bool(hint.action))

    def _on_speed(self, action: QAction) -> None:
        self.speed.setText(f"{action.text()} ▾")
        self.speed_chosen.emit(float(action.data()))


def speed_text(speed: float) -> str:
    """As the menu says it."""
    return "every frame" if speed == EVERY_FRAME else f"{speed:g}×"


def _text_label(side: Qt.AlignmentFlag) -> QLabel:
    """A line of text that never widens the window."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setMinimumHeight(18)
    return label
