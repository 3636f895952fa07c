"""Aligning by a signal of the movie and one of the record, and what came of it."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QPushButton, QVBoxLayout, QWidget

from napari_insitu_tem.measure.clocks.result import SignalAlignment
from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.state.aligning_signals import (
    BRIGHTNESS,
    MovieSignal,
    SignalPlan,
    movie_signals,
    plan_signals,
    record_columns,
    set_by_signals,
)
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.dressing import set_role
from napari_insitu_tem.widgets.experiment.busy import BusyBar
from napari_insitu_tem.widgets.fields import NumberField
from napari_insitu_tem.widgets.section import Section, form, sentence

_SHRINK = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


class SignalPanel(Section):
    """Chooses two signals, aligns in the background, says why if it cannot.

    Parameters
    ----------
    session
        The open experiment.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("By a signal", is_open=False)
        self._session = session
        self._signals: list[MovieSignal] = []
        self.signal = QComboBox()
        self.signal.setToolTip(
            "Of the movie: mean brightness of the frames, or what was measured in at "
            "least 16 of them"
        )
        self.column = QComboBox()
        self.column.setToolTip(
            "Of the trace; an area or a front goes with the charge, not the current"
        )
        for box in (self.signal, self.column):
            box.setSizeAdjustPolicy(_SHRINK)
            box.setMinimumContentsLength(8)
        self.within = NumberField("s", highest=1e7, empty="anywhere")
        self.within.setToolTip("How far the offset may be from the present one")
        self.button = QPushButton("Align by these signals")
        self.busy = BusyBar()
        self.result = sentence()
        rows = form()
        rows.addRow("Movie", self.signal)
        rows.addRow("Trace", self.column)
        rows.addRow("Within ±", self.within)
        self.rows.addLayout(rows)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self.button, self.busy, self.result):
            column.addWidget(part)
        self.rows.addWidget(body)
        self.result.hide()
        self.button.clicked.connect(self.align)
        self.heading.toggled.connect(self._on_fold)
        self.signal.activated.connect(self._on_choice)
        self.column.activated.connect(self._on_choice)

    def refresh(self) -> None:
        """Offer what there is; tables are made only for who looks."""
        if not self.is_open:
            return
        chosen = self._chosen()
        self._signals = movie_signals(self._session)
        names = [signal.name for signal in self._signals]
        if names != [self.signal.itemText(i) for i in range(self.signal.count())]:
            self.signal.clear()
            self.signal.addItems(names)
            if chosen in self._signals:
                self.signal.setCurrentIndex(self._signals.index(chosen))
        columns = record_columns(self._session)
        shown = [self.column.itemData(i) for i in range(self.column.count())]
        if shown != list(columns):
            self.column.clear()
            for column, name in columns.items():
                self.column.addItem(name, column)
        movie = self._session.movie
        self.button.setEnabled(
            movie is not None
            and movie.times is not None
            and bool(columns)
            and not self.busy.is_busy
        )

    def _on_choice(self) -> None:
        self._say("")

    def _on_fold(self, is_open: bool) -> None:
        if is_open:
            self.refresh()

    def _chosen(self) -> MovieSignal:
        index = self.signal.currentIndex()
        there = 0 <= index < len(self._signals)
        return self._signals[index] if there else BRIGHTNESS

    def align(self) -> None:
        """Look for the offset in a thread."""
        if self.busy.is_busy:
            return
        try:
            plan = plan_signals(
                self._session,
                self._chosen(),
                str(self.column.currentData()),
                self.within.number,
            )
        except InsituTemError as error:
            self._failed(error)
            return
        self._say("")
        self.button.setEnabled(False)
        self.busy.run(
            plan.title,
            lambda progress: plan.find(progress),
            lambda fit: self._found(plan, fit),
            self._failed,
        )

    def _found(self, plan: SignalPlan, fit: SignalAlignment) -> None:
        try:
            alignment = set_by_signals(self._session, plan, fit)
        except InsituTemError as error:
            self._failed(error)
            return
        offset = f"{alignment.offset_s:+.3f} ± {alignment.u_offset_s:.2g} s"
        self._say(
            f"Apparent offset {offset}, correlation {abs(fit.correlation):.2f}.", "note"
        )
        self.refresh()

    def _failed(self, error: InsituTemError) -> None:
        stopped = isinstance(error, CancelledError)
        self._say("Stopped: nothing was changed." if stopped else str(error))
        self.refresh()

    def _say(self, text: str, role: str = "warning") -> None:
        set_role(self.result, role)
        self.result.setText(text)
        self.result.setVisible(bool(text))
