"""The events dock: marks moments and spans with words of a vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import Container
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QColorDialog,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from napari_insitu_tem.layers.styles import OBJECT_COLOURS
from napari_insitu_tem.model.document import EventTerm
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.state.events import mark_event, open_event, set_vocabulary
from napari_insitu_tem.widgets.measuring.dock import MeasuringDock

if TYPE_CHECKING:
    import napari.viewer

HELP = (
    "A key marks an event at this frame, under the mouse, else in the middle of the "
    "view; its point can be dragged. Shift and the key begins a "
    "lasting event; the same keys on a later frame end it."
)

_WORD, _KEY, _MARK, _LAST = range(4)


class EventsDock(MeasuringDock):
    """Marks events and edits their vocabulary.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(
            viewer,
            "event",
            Container(widgets=[]),
            draw_text="",
            help_text=HELP,
        )

    def _build(self) -> None:
        super()._build()
        self.actions_bar.draw.hide()
        self.actions_bar.back.hide()
        self.actions_bar.forward.hide()
        self.parameters.native.hide()
        self.vocabulary = QTableWidget(0, 4)
        self.vocabulary.setHorizontalHeaderLabels(["Event", "Key", "", ""])
        self.vocabulary.verticalHeader().hide()
        header = self.vocabulary.horizontalHeader()
        header.setSectionResizeMode(_WORD, QHeaderView.ResizeMode.Stretch)
        for column in (_KEY, _MARK, _LAST):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.vocabulary.setMinimumHeight(250)
        self.vocabulary.itemChanged.connect(self._on_item)
        buttons = QHBoxLayout()
        for text, action in (
            ("Add word", self._add),
            ("Remove", self._remove),
            ("Colour...", self._choose_colour),
        ):
            button = QPushButton(text)
            button.clicked.connect(action)
            buttons.addWidget(button)
        box = QGroupBox("Vocabulary")
        column = QVBoxLayout(box)
        column.addWidget(self.vocabulary)
        column.addLayout(buttons)
        self.column.insertWidget(3, box)
        self._shown: object = None

    def refresh(self) -> None:
        """Show the session as it is now."""
        super().refresh()
        terms = self.session.document.vocabulary
        going_on = tuple(
            open_event(self.session, term.label) is not None for term in terms
        )
        state = (terms, going_on, self.session.playhead is not None)
        if state != self._shown:
            self._shown = state
            self._show_vocabulary(terms, going_on)

    def _show_vocabulary(
        self, terms: tuple[EventTerm, ...], going_on: tuple[bool, ...]
    ) -> None:
        table = self.vocabulary
        table.blockSignals(True)
        table.setRowCount(len(terms))
        for row, (term, is_open) in enumerate(zip(terms, going_on, strict=True)):
            word = QTableWidgetItem(term.label)
            word.setForeground(QColor(term.colour))
            table.setItem(row, _WORD, word)
            table.setItem(row, _KEY, QTableWidgetItem(term.key))
            table.setCellWidget(row, _MARK, self._mark_button("Mark", term, False))
            text = "End" if is_open else "Begin"
            table.setCellWidget(row, _LAST, self._mark_button(text, term, True))
        table.blockSignals(False)

    def _mark_button(self, text: str, term: EventTerm, lasts: bool) -> QPushButton:
        button = QPushButton(text)
        button.setEnabled(self.session.playhead is not None)
        button.setToolTip(
            f"{'Begin or end' if lasts else 'Mark'} {term.label} at this frame"
        )
        button.clicked.connect(lambda: self._mark(term.label, lasts))
        return button

    def _mark(self, label: str, lasts: bool) -> None:
        try:
            where = self.link.middle_of_view()
            mark_event(self.session, label, position=where, with_duration=lasts)
        except InsituTemError as error:
            self.session.say(str(error))

    def _on_item(self, *_: Any) -> None:
        terms = list(self.session.document.vocabulary)
        for row, term in enumerate(terms):
            word = self.vocabulary.item(row, _WORD).text().strip()
            key = self.vocabulary.item(row, _KEY).text().strip()
            terms[row] = EventTerm(word, term.colour, key)
        self._set(terms)

    def _add(self) -> None:
        terms = list(self.session.document.vocabulary)
        taken = {term.label for term in terms}
        number = 1
        while f"event {number}" in taken:
            number += 1
        colour = OBJECT_COLOURS[len(terms) % len(OBJECT_COLOURS)]
        self._set([*terms, EventTerm(f"event {number}", colour)])

    def _remove(self) -> None:
        row = self.vocabulary.currentRow()
        terms = list(self.session.document.vocabulary)
        if 0 <= row < len(terms):
            del terms[row]
            self._set(terms)

    def _choose_colour(self) -> None:
        row = self.vocabulary.currentRow()
        terms = list(self.session.document.vocabulary)
        if not 0 <= row < len(terms):
            self.session.say("Choose a word of the vocabulary first.")
            return
        colour = QColorDialog.getColor(QColor(terms[row].colour), self)
        if colour.isValid():
            terms[row] = EventTerm(terms[row].label, colour.name(), terms[row].key)
            self._set(terms)

    def _set(self, terms: list[EventTerm]) -> None:
        try:
            set_vocabulary(self.session, terms)
        except InsituTemError as error:
            self.session.say(str(error))
            self._shown = None
            self.refresh()
