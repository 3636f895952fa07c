"""CyclicView: current against potential, with the playhead as a dot."""

from __future__ import annotations

from html import escape

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QCloseEvent, QShowEvent
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.session import Change, Playhead, Session
from napari_insitu_tem.widgets.cyclic.plot import COLOURS, CyclicPlot
from napari_insitu_tem.widgets.cyclic.trail import Trail
from napari_insitu_tem.widgets.theme import DARK, Theme
from napari_insitu_tem.widgets.timeline.formatting import shortened, si_scale
from napari_insitu_tem.widgets.timeline.gestures import Coalescer, Mouse
from napari_insitu_tem.widgets.timeline.lanes.base import touches
from napari_insitu_tem.widgets.timeline.links import Links

POTENTIAL, CURRENT, CHARGE = "potential_V", "current_A", "charge_C"
_NAMES = {POTENTIAL: "Potential", CURRENT: "Current", CHARGE: "Charge"}
_UNITS = {POTENTIAL: "V", CURRENT: "A", CHARGE: "C"}
_X, _Y = (POTENTIAL, CHARGE), (CURRENT, POTENTIAL)
_ZOOM_A_NOTCH = 1.25
_MOST_REFERENCE = 20


class CyclicView(QWidget):
    """The record without the time: a cyclic voltammogram, or potential on charge.

    A click goes to the sample under the mouse; where several cycles pass there, to the
    one that is nearest in time to the playhead.

    Parameters
    ----------
    session
        What is shown and changed.
    parent
        The Qt parent.
    """

    def __init__(self, session: Session, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._theme: Theme = DARK
        self._record: Trace | None = None
        self._trail = Trail([], [], [], [])
        self._seek = Coalescer(session.seek, self)
        self._pan_from: Mouse | None = None
        self._is_scrubbing = False
        self._links = Links()
        self.plot = CyclicPlot(self)
        self.x_choice = _choice(_X, "What runs to the right")
        self.y_choice = _choice(_Y, "What runs upwards")
        self.legend = QLabel()
        self.note = QLabel()
        self._build()
        self._connect_parts()
        self.destroyed.connect(self._links.disconnect)
        self._connect_session()
        self.set_theme(DARK)

    def _build(self) -> None:
        self.setMinimumSize(260, 200)
        self.legend.setAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        self.legend.setContentsMargins(8, 0, 10, 0)
        self.note.setWordWrap(True)
        self.note.setContentsMargins(8, 0, 8, 4)
        line = QHBoxLayout()
        line.setContentsMargins(8, 4, 10, 0)
        line.addWidget(self.y_choice, 1)
        line.addWidget(QLabel("vs"))
        line.addWidget(self.x_choice, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(line)
        column.addWidget(self.legend)
        column.addWidget(self.plot, 1)
        column.addWidget(self.note)

    def sizeHint(self) -> QSize:
        """About as high as wide."""
        return QSize(420, 360)

    def _connect_parts(self) -> None:
        self.x_choice.currentIndexChanged.connect(self._on_x)
        self.y_choice.currentIndexChanged.connect(self._on_y)
        plot = self.plot
        plot.pressed.connect(self._on_press)
        plot.moved.connect(self._on_move)
        plot.released.connect(self._on_release)
        plot.double_clicked.connect(self._on_double_click)
        plot.wheeled.connect(self._on_wheel)

    def _connect_session(self) -> None:
        session, links = self.session, self._links
        links.connect(session.experiment_changed, self._on_experiment)
        links.connect(session.document_changed, self._on_document)
        links.connect(session.playhead_changed, self._on_playhead)
        links.connect(session.range_changed, self._on_range)
        self._on_experiment()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.setStyleSheet(
            f"CyclicView {{ background: {theme.background}; }}"
            f"CyclicView > QLabel {{ color: {theme.text}; }}"
        )
        self.plot.set_theme(theme)
        self._write_legend()

    # -- following the session --------------------------------------------------------

    @property
    def x_column(self) -> str:
        """Column of the record that runs to the right."""
        return str(self.x_choice.currentData())

    @property
    def y_column(self) -> str:
        """Column of the record that runs upwards."""
        return str(self.y_choice.currentData())

    def _on_experiment(self) -> None:
        record = self.session.experiment.record
        if record is not self._record:
            self._record = record
            self._draw_record()
        self._on_playhead(self.session.playhead)

    def _on_document(self, change: Change) -> None:
        if touches(change, "flipped"):
            self._on_experiment()
        elif touches(change, "alignments", "intervals") and not change.is_preview:
            self._on_playhead(self.session.playhead)

    def _draw_record(self) -> None:
        """Draw another record, or other columns of it."""
        record = self._record
        if record is None or not len(record):
            self._trail = Trail([], [], [], [])
        else:
            self._trail = Trail(
                record.values(self.x_column),
                record.values(self.y_column),
                record.breaks,
                cycle_colours(record.values("cycle")),
            )
        self.plot.show_trail(self._trail)
        self.plot.label(self._axis(self.x_column, 0), self._axis(self.y_column, 1))
        self.plot.fit()
        self._on_range(self.session.range_ns)
        self._write_legend()
        self._write_note()

    def _axis(self, column: str, side: int) -> tuple[str, float]:
        """Label of an axis and the factor for its numbers."""
        unit, factor = _UNITS[column], 1.0
        bounds = self._trail.bounds
        if column != POTENTIAL and bounds is not None:
            factor, unit = si_scale(max(map(abs, bounds[side])), unit)
        elif self._record is not None and self._record.reference:
            unit = f"V vs {shortened(self._record.reference, _MOST_REFERENCE)}"
        return f"{_NAMES[column]} ({unit})", factor

    def _on_playhead(self, playhead: Playhead | None) -> None:
        """Move the dot; the trail is not drawn anew."""
        if playhead is None or self._record is None:
            self.plot.show_dot(float("nan"), float("nan"))
            return
        signals = self.session.signals(playhead.movie)
        x, y = (
            signals[column].to_numpy(float)[playhead.frame]
            for column in (self.x_column, self.y_column)
        )
        self.plot.show_dot(float(x), float(y))

    def _on_range(self, range_ns: tuple[int, int] | None) -> None:
        """Let the selected stretch of time stand out."""
        self.plot.dim(range_ns is not None)
        if range_ns is None or self._record is None:
            self.plot.selected.set_trail(None)
            return
        time_ns = self._record.time_ns
        first = int(np.searchsorted(time_ns, range_ns[0], side="left"))
        last = int(np.searchsorted(time_ns, range_ns[1], side="right"))
        part = self._trail.part(first, last)
        part.colour = np.zeros_like(part.colour)
        self.plot.selected.set_trail(part)

    # -- words ------------------------------------------------------------------------

    def _write_legend(self) -> None:
        """First and last cycle with the colours between."""
        cycles = self._cycles()
        self.legend.setVisible(cycles.size > 1)
        if cycles.size < 2:
            return
        colours = self.plot.cycle_colours()
        shown = colours[:: max(1, len(colours) // 6)]
        blocks = "".join(f'<span style="color:{c.name()}">■</span>' for c in shown)
        faint = self._theme.faint_text
        self.legend.setText(
            f'<span style="color:{faint}">cycle {int(cycles[0])}</span> {blocks} '
            f'<span style="color:{faint}">{int(cycles[-1])}</span>'
        )

    def _cycles(self) -> NDArray[np.float64]:
        if self._record is None:
            return np.zeros(0)
        cycles = self._record.values("cycle")
        return np.unique(cycles[np.isfinite(cycles)])

    def _write_note(self) -> None:
        """Say what is missing."""
        text = ""
        if self._record is None:
            text = "No trace yet: open the potentiostat's file."
        elif not len(self._trail):
            names = (
                f"{_NAMES[self.y_column].lower()} and {_NAMES[self.x_column].lower()}"
            )
            text = f"The record has no samples with {names}."
        colour = self._theme.faint_text
        self.note.setText(f'<span style="color:{colour}">{escape(text)}</span>')
        self.note.setVisible(bool(text))

    # -- choices ----------------------------------------------------------------------

    def _on_x(self) -> None:
        """Potential on both axes would be a straight line."""
        if self.x_column == self.y_column:
            self.y_choice.setCurrentIndex(_Y.index(CURRENT))
        else:
            self._on_columns()

    def _on_y(self) -> None:
        if self.x_column == self.y_column:
            self.x_choice.setCurrentIndex(_X.index(CHARGE))
        else:
            self._on_columns()

    def _on_columns(self) -> None:
        self._draw_record()
        self._on_playhead(self.session.playhead)

    # -- mouse ------------------------------------------------------------------------

    def _on_press(self, mouse: Mouse) -> None:
        if mouse.button == Qt.MouseButton.MiddleButton or mouse.has(
            Qt.KeyboardModifier.ControlModifier
        ):
            self._pan_from = mouse
        elif mouse.button == Qt.MouseButton.LeftButton:
            self._is_scrubbing = True
            self._seek_near(mouse)

    def _on_move(self, mouse: Mouse) -> None:
        held = self._pan_from
        if held is not None:
            self.plot.pan(
                (held.x - mouse.x) * mouse.s_per_px,
                (mouse.y - held.y) * mouse.value_per_px,
            )
            self._pan_from = mouse
        elif self._is_scrubbing:
            self._seek_near(mouse)

    def _on_release(self, mouse: Mouse) -> None:
        self._pan_from = None
        if self._is_scrubbing:
            self._is_scrubbing = False
            self._seek_near(mouse)
            self._seek.flush()

    def _seek_near(self, mouse: Mouse) -> None:
        """Go to the sample under the mouse."""
        if self._record is None:
            return
        times, now = self._record.time_ns, self.session.time_ns
        row = self._trail.row_at(
            mouse.time_s,
            mouse.value,
            mouse.s_per_px,
            mouse.value_per_px,
            None if now is None else np.abs(times - now),
        )
        if row is not None:
            self._seek.put(int(times[row]))

    def _on_double_click(self, mouse: Mouse) -> None:
        self.plot.fit()

    def _on_wheel(self, mouse: Mouse, sideways: float, turns: float) -> None:
        self.plot.zoom(_ZOOM_A_NOTCH**-turns, mouse.time_s, mouse.value)

    # -- closing ----------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let go of the session."""
        self._links.disconnect()
        super().closeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up when shown again after a close."""
        if not self._links.are_made:
            self._connect_session()
        super().showEvent(event)


def cycle_colours(cycle: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(N,) number of the colour of each sample: cycles from first to last."""
    known = np.isfinite(cycle)
    if not known.any():
        return np.zeros(cycle.shape, np.uint8)
    first, last = float(cycle[known].min()), float(cycle[known].max())
    part = (cycle - first) / max(last - first, 1.0)
    return np.rint(np.where(known, part, 0.0) * (COLOURS - 1)).astype(np.uint8)


#: Room for the arrow that napari's style draws beside the text.
_ARROW_PX = 22


def _choice(columns: tuple[str, ...], tip: str) -> QComboBox:
    box = QComboBox()
    for column in columns:
        box.addItem(_NAMES[column], column)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setMinimumWidth(box.sizeHint().width() + _ARROW_PX)
    box.setToolTip(tip)
    box.setAccessibleName(tip)
    # With the focus it would take the arrow keys from the slider.
    box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return box
