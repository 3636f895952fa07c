"""The part of the front dock that fits rate laws and shows what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from qtpy.QtWidgets import QApplication, QHBoxLayout, QPushButton

from napari_insitu_tem.io.saving.annotation_csv import table_csv
from napari_insitu_tem.io.saving.atomic import write_text
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.law_basis import is_current
from napari_insitu_tem.model.rate_law import FrontLaw
from napari_insitu_tem.report.law_table import law_table
from napari_insitu_tem.state.laws import laws_of
from napari_insitu_tem.state.laws.fitting import plan_laws
from napari_insitu_tem.state.laws.report import LawReport
from napari_insitu_tem.state.measuring import path_record
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.dialogs.files import ask_table_name
from napari_insitu_tem.widgets.experiment.busy import BusyBar
from napari_insitu_tem.widgets.following import follow
from napari_insitu_tem.widgets.laws.form import LawForm
from napari_insitu_tem.widgets.laws.residuals import ResidualsPlot
from napari_insitu_tem.widgets.laws.words import report_html
from napari_insitu_tem.widgets.reporting import reporting
from napari_insitu_tem.widgets.section import Section, sentence
from napari_insitu_tem.widgets.theme import Theme

_NOTHING = (
    "Track the front first. The law is fitted to what each frame of the kymograph "
    "says, and drawn over the lanes."
)
_CHANGED = "The rows have changed since: fit again."
_STALE = (
    "What this rests on (rows, clock, pixel size, drift or gain) was changed since: "
    "fit again."
)


class LawSection(Section):
    """Asks for a law, fits it in the background, shows verdict and residuals.

    Parameters
    ----------
    session
        The open experiment; the front is that of its front tool.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Rate law", is_open=False)
        self._session = session
        self._laws = laws_of(session)
        self._shown: FrontLaw | None = None
        self.form = LawForm()
        self.fit_button = QPushButton("Fit the rate law")
        self.fit_button.setToolTip(
            "Fit the chosen front, in the selected stretch of time if there is one"
        )
        self.busy = BusyBar()
        self.verdict = sentence(_NOTHING)
        self.numbers = sentence()
        self.residuals = ResidualsPlot()
        self.copy_button = QPushButton("Copy")
        self.copy_button.setToolTip("Copy the table of the fit, for a spreadsheet")
        self.save_button = QPushButton("Save CSV…")
        self.save_button.setToolTip("Save the table of the fit")
        self.forget_button = QPushButton("Forget")
        self.forget_button.setToolTip("Take the fit away; its rows stay")
        self._build()
        self._connect()
        self.refresh()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.copy_button)
        row.addWidget(self.save_button)
        row.addWidget(self.forget_button)
        for part in (
            self.form,
            self.fit_button,
            self.busy,
            self.verdict,
            self.numbers,
            self.residuals,
        ):
            self.rows.addWidget(part)
        self.rows.addLayout(row)

    def _connect(self) -> None:
        self.fit_button.clicked.connect(self.fit)
        self.copy_button.clicked.connect(self._copy)
        self.save_button.clicked.connect(self._save)
        self.forget_button.clicked.connect(self._forget)
        self.form.now.clicked.connect(self._take_onset)
        follow(self, (self._laws.changed, self.refresh))

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.residuals.set_theme(theme)

    # -- what is shown ----------------------------------------------------------------

    def report(self) -> LawReport | None:
        """The report of the front that is chosen."""
        tool = self._session.toolbox["front"]
        try:
            path = path_record(self._session, tool)
        except InsituTemError:
            return None
        return self._laws.of(path.id, tool.object.strip(), str(tool.get("front")))

    def refresh(self, *_: Any) -> None:
        """Show the report of the chosen front."""
        report = self.report()
        buttons = (self.copy_button, self.save_button, self.forget_button)
        for part in (self.numbers, self.residuals, *buttons):
            part.setVisible(report is not None)
        movie = self._session.movie
        is_scaled = movie is not None and movie.calibration is not None
        self.form.show_length_unit("nm" if is_scaled else "px")
        if report is None:
            self.verdict.setText(_NOTHING)
        else:
            self.verdict.setText(report.verdict if report.is_current else _STALE)
            self.numbers.setText(report_html(report))
            self.residuals.show_report(report)
        law = None if report is None else report.law
        if law is not None and law != self._shown:
            self.form.show_request(law.request)
        self._shown = law

    # -- doing ------------------------------------------------------------------------

    def fit(self) -> None:
        """Fit in a thread."""
        if self.busy.is_busy:
            self._session.say(self.busy.wait_sentence)
            return
        try:
            plan = plan_laws(self._session, self.form.request())
        except InsituTemError as error:
            self._failed(error)
            return
        self.verdict.setText("Fitting …")

        def done(law: FrontLaw) -> None:
            if is_current(self._session.document, law):
                self._laws.keep(law)
            else:
                self.verdict.setText(_CHANGED)

        self.busy.run(
            plan.title, lambda progress: plan.fit(progress), done, self._failed
        )

    def _failed(self, error: InsituTemError) -> None:
        self.verdict.setText(str(error))

    def _take_onset(self) -> None:
        time_ns = self._session.time_ns
        if time_ns is not None:
            self.form.onset.set_value(time_ns / 1e9)

    def _copy(self) -> None:
        report = self.report()
        clipboard = QApplication.clipboard()
        if report is not None and clipboard is not None:
            clipboard.setText(self._table(report).to_csv(sep="\t", index=False))
            self._session.say("The table of the fit is on the clipboard.")

    def _save(self) -> None:
        report = self.report()
        if report is None:
            return
        name = f"rate_law_{report.law.front}".replace(" ", "_")
        path = ask_table_name(self, f"{name}.csv")
        if path is not None:
            self.save_to(path)

    def save_to(self, path: Path) -> None:
        """Write the table of the fit as CSV."""
        report = self.report()
        if report is not None:
            with reporting(self._session):
                write_text(path, table_csv(self._table(report)))
                self._session.say(f"Saved {path.name}.")

    def _table(self, report: LawReport) -> pd.DataFrame:
        return law_table(self._session.document, [report.law])

    def _forget(self) -> None:
        report = self.report()
        if report is not None:
            self._laws.forget(report.law)
