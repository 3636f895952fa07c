"""Marking the same event in the movie and in the trace, and the pairs marked so far."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_insitu_tem.state.aligning import (
    add_pair,
    frame_moment_s,
    pairs_of,
    remove_pair,
)
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.reporting import reporting
from napari_insitu_tem.widgets.section import sentence

_HEADINGS = ("Movie (s)", "Trace (s)", "Residual (s)")
_SHOWN_ROWS = 5
_MARK = "Mark an event in both"


class MarkingPanel(QWidget):
    """Takes the present frame, waits for a click on the timeline, fits.

    Parameters
    ----------
    session
        The open experiment.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._pending: tuple[str, float] | None = None
        self.mark_button = QPushButton(_MARK)
        self.mark_button.setCheckable(True)
        self.mark_button.setToolTip(
            "Go to the frame in which something happens that the trace shows too,\n"
            "press this, then click that moment on the timeline.\n"
            "Three or more events, well spread, also give the clocks' rate."
        )
        self.prompt = sentence()
        self.table = QTableWidget(0, len(_HEADINGS))
        self.table.setHorizontalHeaderLabels(_HEADINGS)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.horizontalHeader().setSectionResizeMode(
            QHeaderView.ResizeMode.Stretch
        )
        self.remove_button = QPushButton("Remove the selected event")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        for part in (self.mark_button, self.prompt, self.table, self.remove_button):
            layout.addWidget(part)
        self.mark_button.clicked.connect(self._on_mark)
        self.remove_button.clicked.connect(self._on_remove)
        self.table.itemSelectionChanged.connect(self._show_buttons)

    def refresh(self) -> None:
        """Show the pairs of the movie under the playhead."""
        session, movie = self._session, self._session.movie
        can_mark = (
            movie is not None
            and movie.times is not None
            and session.experiment.has_trace
        )
        self.mark_button.setEnabled(can_mark)
        self._show_marking()
        alignment = session.experiment.alignment(movie.name) if movie else None
        pairs = pairs_of(session, movie.name) if movie else ()
        self.table.setVisible(bool(pairs))
        self.remove_button.setVisible(bool(pairs))
        if alignment is None or not pairs:
            self.table.setRowCount(0)
            return
        self.table.setRowCount(len(pairs))
        rows = zip(pairs, alignment.residuals_s, strict=True)
        for row, ((movie_s, trace_s), residual) in enumerate(rows):
            texts = (f"{movie_s:.3f}", f"{trace_s:.3f}", f"{residual:+.3f}")
            for column, text in enumerate(texts):
                self.table.setItem(row, column, _number(text))
        self._fit_height(len(pairs))
        self._show_buttons()

    def _fit_height(self, rows: int) -> None:
        """Make the table as high as its rows, up to some."""
        row = self.table.rowHeight(0)
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(head + row * min(rows, _SHOWN_ROWS) + 4)

    def _show_buttons(self) -> None:
        self.remove_button.setEnabled(bool(self.table.selectedIndexes()))

    def _show_marking(self) -> None:
        is_marking = self._session.is_marking and self._pending is not None
        self.mark_button.setChecked(is_marking)
        self.mark_button.setText(
            "Stop marking" if is_marking else "Mark an event in both"
        )
        self.prompt.setVisible(is_marking)
        if is_marking and self._pending is not None:
            movie, movie_s = self._pending
            self.prompt.setText(
                f"{movie_s:.3f} s of {movie} is taken. Now click the same moment on "
                "the timeline."
            )

    def _on_mark(self, is_on: bool) -> None:
        session, movie, playhead = (
            self._session,
            self._session.movie,
            self._session.playhead,
        )
        self._pending = None
        if is_on and movie is not None and playhead is not None:
            with reporting(session):
                moment = frame_moment_s(movie, playhead.frame)
                self._pending = (movie.name, moment)
        session.set_marking(self._pending is not None)
        self._show_marking()

    def on_marking(self, is_marking: bool) -> None:
        """Somebody began or stopped asking for a moment."""
        self._show_marking()

    def on_moment(self, time_ns: int) -> None:
        """Take the answer of the timeline."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        movie, movie_s = pending
        with reporting(self._session):
            alignment = add_pair(self._session, movie, (movie_s, time_ns / 1e9))
            self._session.say(alignment.describe())
        self._show_marking()

    def _on_remove(self) -> None:
        movie = self._session.movie
        rows = {index.row() for index in self.table.selectedIndexes()}
        if movie is None:
            return
        with reporting(self._session):
            for row in sorted(rows, reverse=True):
                remove_pair(self._session, movie.name, row)


def _number(text: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text.replace("-", "−"))
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item
