"""How the movie's clock is tied to the trace's: said, typed, taken back."""

from __future__ import annotations

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QHBoxLayout, QLabel, QListWidget, QPushButton

from napari_insitu_tem.model.document import Document
from napari_insitu_tem.state.aligning import (
    align_again,
    align_by_start_times,
    alignment_doubts,
    with_offset,
)
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.dressing import set_role
from napari_insitu_tem.widgets.experiment.marking import MarkingPanel
from napari_insitu_tem.widgets.experiment.signal_panel import SignalPanel
from napari_insitu_tem.widgets.experiment.words import (
    alignment_line,
    alignment_sentence,
)
from napari_insitu_tem.widgets.fields import NumberField
from napari_insitu_tem.widgets.reporting import reporting
from napari_insitu_tem.widgets.section import Section, form, sentence

#: Steps of a spin box within this time are one step for undo.
_SETTLED_MS = 700


class AlignmentSection(Section):
    """Alignment of the movie under the playhead.

    Parameters
    ----------
    session
        The open experiment.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Alignment")
        self._session = session
        self._unsettled: tuple[str, Document] | None = None
        self.state = sentence()
        self.doubts = sentence()
        set_role(self.doubts, "warning")
        self.note = sentence()
        set_role(self.note, "faint")
        self.offset = NumberField("s", lowest=-4e9, highest=4e9, fixed=True)
        self.offset.setToolTip("Trace time = movie time + offset")
        self.spread = NumberField("s", highest=1e6, empty="unknown", is_narrow=True)
        self.spread.setToolTip("Standard uncertainty of the typed offset")
        self.stamps_button = QPushButton("From start times")
        self.marking = MarkingPanel(session)
        self.signals = SignalPanel(session)
        self.history_label = QLabel("Earlier alignments")
        self.history = QListWidget()
        self.history.setWordWrap(True)
        self.history.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.history.setSpacing(2)
        self.history.setFixedHeight(110)
        self.again_button = QPushButton("Use this one again")
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(_SETTLED_MS)
        self._build()
        self._connect()
        self.refresh()

    def _build(self) -> None:
        fields = QHBoxLayout()
        fields.addWidget(self.offset, 3)
        fields.addWidget(QLabel("±"))
        fields.addWidget(self.spread, 2)
        rows = form()
        rows.addRow("Offset", fields)
        for label in (self.state, self.doubts, self.note):
            self.rows.addWidget(label)
        self.rows.addLayout(rows)
        self.rows.addWidget(self.stamps_button)
        self.rows.addWidget(self.marking)
        self.rows.addWidget(self.signals)
        for part in (self.history_label, self.history, self.again_button):
            self.rows.addWidget(part)

    def _connect(self) -> None:
        self.offset.valueChanged.connect(self._on_offset)
        self.spread.valueChanged.connect(self._on_spread)
        self.offset.editingFinished.connect(self._settle)
        self.spread.editingFinished.connect(self._settle)
        self._clock.timeout.connect(self._settle)
        self.stamps_button.clicked.connect(self._on_stamps)
        self.again_button.clicked.connect(self._on_again)
        self.history.itemSelectionChanged.connect(self._show_again)

    # -- showing ----------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the present alignment."""
        session, movie = self._session, self._session.movie
        can_align = movie is not None and session.experiment.has_trace
        self.body.setEnabled(can_align)
        self.marking.refresh()
        self.signals.refresh()
        if movie is None or not can_align:
            self.state.setText(
                "Open a movie and the potentiostat's record to tie their clocks."
            )
            for part in (self.doubts, self.note):
                part.hide()
            self._show_history(())
            return
        alignment = session.experiment.alignment(movie.name)
        doubts = alignment_doubts(session.experiment, movie.name)
        note = "" if any(d in alignment.note for d in doubts) else alignment.note
        self.state.setText(alignment_sentence(alignment))
        for label, text in ((self.doubts, " ".join(doubts)), (self.note, note)):
            label.setText(text)
            label.setVisible(bool(text))
        self.offset.show_number(alignment.offset_s)
        self.spread.show_number(_known(alignment.u_offset_s))
        stamps = session.experiment.suggest_alignment(movie.name)
        self.stamps_button.setEnabled(stamps is not None)
        self.stamps_button.setToolTip(
            "The file of the movie and that of the trace say when they started"
            if stamps
            else "Only where both files say when they started"
        )
        self._show_history(
            tuple(map(alignment_line, session.document.alignments.get(movie.name, ())))
        )

    def _show_history(self, lines: tuple[str, ...]) -> None:
        """List all alignments but the present one, the latest first."""
        earlier = lines[-2::-1] if len(lines) > 1 else ()
        for part in (self.history_label, self.history, self.again_button):
            part.setVisible(bool(earlier))
        shown = [self.history.item(i).text() for i in range(self.history.count())]
        if shown != list(earlier):
            self.history.clear()
            self.history.addItems(list(earlier))
        self._show_again()

    def _show_again(self) -> None:
        self.again_button.setEnabled(bool(self.history.selectedIndexes()))

    # -- changing ---------------------------------------------------------------------

    def _on_offset(self) -> None:
        """A typed offset keeps a typed uncertainty; that of a fit is not its own."""
        offset, movie = self.offset.value(), self._session.movie
        self._session.cancel_preview()
        if movie is not None:
            before = self._session.experiment.alignment(movie.name)
            u = before.u_offset_s if before.method == "typed" else float("nan")
            self._show_typed(movie.name, offset, u)

    def _on_spread(self) -> None:
        """A typed uncertainty of the offset that is shown."""
        movie, offset, u = self._session.movie, self.offset.value(), self.spread.number
        self._session.cancel_preview()
        if movie is not None:
            self._show_typed(movie.name, offset, float("nan") if u is None else u)

    def _show_typed(self, movie: str, offset_s: float, u_offset_s: float) -> None:
        """Show it at once; it is a step when it has settled."""
        with reporting(self._session):
            document = with_offset(self._session, movie, offset_s, u_offset_s)
            self._unsettled = (movie, document)
            self._session.preview(document)
            self._clock.start()

    def _settle(self) -> None:
        self._clock.stop()
        unsettled, self._unsettled = self._unsettled, None
        # Undone or edited by somebody else meanwhile: that holds.
        if unsettled is not None and unsettled[1] is self._session.document:
            self._session.edit(
                f"type offset of {unsettled[0]}", unsettled[1], ends_preview=True
            )

    def _on_stamps(self) -> None:
        movie = self._session.movie
        if movie is not None:
            with reporting(self._session):
                align_by_start_times(self._session, movie.name)

    def _on_again(self) -> None:
        movie, chosen = self._session.movie, self.history.selectedIndexes()
        if movie is not None and chosen:
            count = len(self._session.document.alignments[movie.name])
            align_again(self._session, movie.name, count - 2 - chosen[0].row())


def _known(value: float) -> float | None:
    return value if value == value else None
