"""Which lattices a box holds, and which of them is measured."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QGroupBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
)

from napari_insitu_tem.layers.working import Task
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.doubts import in_words
from napari_insitu_tem.state.lattices import Guess, Seen, choose_lattice, look_into
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.measuring.spectrum_view import SpectrumView
from napari_insitu_tem.widgets.reporting import reporting
from napari_insitu_tem.widgets.section import sentence

#: The spectrum follows when nothing has changed for so long.
_WAIT_MS = 150


class LatticeBox(QGroupBox):
    """The spectrum of the shown box, its peaks, and choosing another one.

    Parameters
    ----------
    session
        The open experiment.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Lattices in the box")
        self._session = session
        self._record: Record | None = None
        self._seen: Seen | None = None
        self._task: Task | None = None
        self.picture = SpectrumView()
        self.peaks = QListWidget()
        self.peaks.setFixedHeight(self.picture.height())
        self.peaks.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.peaks.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.peaks.setToolTip("Spacing and direction; click one to measure it")
        self.words = sentence()
        row = QHBoxLayout()
        row.addWidget(self.picture)
        row.addWidget(self.peaks, 1)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self.words)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(_WAIT_MS)
        self._clock.timeout.connect(self._look)
        self.picture.chosen.connect(self._choose)
        self.peaks.itemClicked.connect(lambda item: self._choose(self.peaks.row(item)))
        self.destroyed.connect(self._abandon)
        self._show()

    def show_record(self, record: Record | None) -> None:
        """Show the box of a row, when nothing else comes at once."""
        if record is self._record:
            return
        self._record = record
        self._abandon()
        if record is None:
            self._seen = None
            self._show()
        else:
            self._clock.start()

    def showEvent(self, event: Any) -> None:
        """Catch up with what changed while nobody looked."""
        super().showEvent(event)
        self._clock.start()

    def _look(self) -> None:
        """Find all lattices in a thread, if somebody looks and they are not known."""
        record, session = self._record, self._session
        if record is None or record.id not in session.document.records:
            return
        is_known = self._seen is not None and self._seen.record is record
        if is_known or self._task is not None or not self.isVisible():
            return
        task = Task("Looking for lattices", lambda progress: look_into(session, record))
        self._task = task
        task.start(
            lambda seen: self._found(task, seen),
            lambda error: self._failed(task, error),
        )

    def _found(self, task: Task, seen: Seen) -> None:
        if task is self._task:
            self._task, self._seen = None, seen
            self._show()

    def _failed(self, task: Task, error: InsituTemError) -> None:
        if task is self._task:
            self._task, self._seen = None, None
            self._show()
            self.words.setText(str(error))

    def _abandon(self, *_: Any) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.abandon()

    def _show(self) -> None:
        """Show what was seen."""
        seen = self._seen
        self.peaks.clear()
        self.words.setVisible(True)
        if seen is None:
            self.picture.show_nothing()
            self.words.setText("Draw a box over the fringes, inside the particle.")
            return
        peaks = seen.peaks
        if seen.spectrum is None:
            self.picture.show_nothing()
        else:
            self.picture.show_spectrum(seen.spectrum, peaks)
        for peak in peaks:
            self.peaks.addItem(QListWidgetItem(self._in_words(peak)))
        if peaks and not seen.found.flag:
            self.peaks.setCurrentRow(0)
        flag = seen.found.flag
        self.words.setText(f"No value: {in_words(flag)}" if flag else "")
        self.words.setVisible(bool(flag))

    def _in_words(self, peak: Guess) -> str:
        """A spacing with its direction."""
        spacing, turn = peak
        movie = self._session.movie
        size = movie.calibration if movie is not None else None
        if size is None or not size.is_square:
            return f"{spacing:.3f} px, {turn:.1f}°"
        return f"{spacing * size.x_nm:.4f} nm, {turn:.1f}°"

    def _choose(self, number: int) -> None:
        """Measure another lattice."""
        seen = self._seen
        if seen is None or (number == 0 and not seen.found.flag):
            return
        record = self._session.document.records.get(seen.record.id)
        if record is not None:
            with reporting(self._session):
                choose_lattice(self._session, record, seen.peaks[number])
