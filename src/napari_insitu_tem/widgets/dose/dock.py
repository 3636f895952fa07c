"""The Beam dose dock: how the electron dose is known, and what it is."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QPushButton,
    QWidget,
)

from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.layers.visible_part import visible_part
from napari_insitu_tem.model.beam import Beam, Way
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.state.dosing import (
    BeamPlan,
    beam_of,
    change_beam,
    dose_sentence,
    doubts_of,
    earlier_dose,
    needs_counts,
    plan_counts,
    plan_empty_region,
    plan_gain,
    put_beam,
    set_beam,
)
from napari_insitu_tem.widgets.dose.forms import (
    BeamForm,
    CountsForm,
    ParallelForm,
    ProbeForm,
    TimeForm,
    narrow,
)
from napari_insitu_tem.widgets.dressing import dress, set_role
from napari_insitu_tem.widgets.experiment.busy import BusyBar
from napari_insitu_tem.widgets.following import follow
from napari_insitu_tem.widgets.scrolling import scrolling_column
from napari_insitu_tem.widgets.section import Section, form, sentence

if TYPE_CHECKING:
    import napari.viewer

_WIDTH, _HEIGHT, _LEAST_WIDTH = 330, 560, 300

_WAYS: dict[Way, str] = {
    "counts": "counts and gain of the camera",
    "parallel": "beam current and area",
    "probe": "scanning probe (STEM)",
}


class DoseDock(QWidget):
    """Sets and says the electron dose of the movie under the playhead.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        viewer = getattr(viewer, "__wrapped__", viewer)
        self._viewer = weakref.ref(viewer)
        self.session = link_of(viewer).session
        self.result = sentence()
        self.doubts = sentence()
        self.problem = sentence()
        self.way = QComboBox()
        self.counts = CountsForm()
        self.parallel = ParallelForm()
        self.probe = ProbeForm()
        self.time = TimeForm()
        self.forget = QPushButton("Forget the dose")
        self.busy = BusyBar()
        self._build()
        self._connect()
        dress(self, viewer)
        self.refresh()

    @property
    def forms(self) -> dict[Way, BeamForm]:
        """The form of each way."""
        return {"counts": self.counts, "parallel": self.parallel, "probe": self.probe}

    def _build(self) -> None:
        for label, role in (
            (self.result, "strong"),
            (self.doubts, "note"),
            (self.problem, "warning"),
        ):
            set_role(label, role)
        for way, text in _WAYS.items():
            self.way.addItem(text, way)
        narrow(self.way)
        self.forget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        how = Section("How it is known")
        rows = form()
        rows.addRow("From", self.way)
        how.rows.addLayout(rows)
        for part in self.forms.values():
            how.rows.addWidget(part)
        when = Section("Time")
        when.rows.addWidget(self.time)
        parts = (self.result, self.doubts, self.problem, how, when, self.forget)
        scroll = scrolling_column(self, parts, self.busy, least_width=_LEAST_WIDTH)
        self.body = scroll.widget()

    def sizeHint(self) -> QSize:
        """As wide as the other docks."""
        return QSize(_WIDTH, _HEIGHT)

    def _connect(self) -> None:
        session = self.session
        self.way.activated.connect(self._on_way)
        for part in (*self.forms.values(), self.time):
            part.changed.connect(self._on_values)
        self.counts.estimate_wanted.connect(self._on_estimate)
        self.counts.place_wanted.connect(self._on_place)
        self.time.earlier_wanted.connect(self._on_earlier)
        self.forget.clicked.connect(self._on_forget)
        follow(
            self,
            (session.experiment_changed, self.refresh),
            (session.document_changed, self._on_document),
            (session.playhead_changed, self._on_playhead),
        )

    # -- showing ----------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the dose of the movie under the playhead."""
        session = self.session
        movie = session.movie
        self._movie = movie.name if movie is not None else ""
        beam = beam_of(session)
        self.way.setCurrentIndex(self.way.findData(beam.way))
        for way, part in self.forms.items():
            part.setVisible(way == beam.way)
            part.show_beam(beam, movie)
        self.time.show_beam(beam, movie)
        self.time.earlier.setVisible(len(session.experiment.movies) > 1)
        self.result.setText(dose_sentence(session))
        said = doubts_of(beam, movie)
        self.doubts.setText("\n".join(said))
        self.doubts.setVisible(bool(said))
        self.forget.setEnabled(bool(self._movie) and beam != Beam())
        self.body.setEnabled(movie is not None and not self.busy.is_busy)
        self._complain("")

    def _complain(self, text: str) -> None:
        """Say what went wrong in the dock; "" takes it away."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _on_document(self, change: Any) -> None:
        before, after = change.before, change.after
        parts = ("beams", "calibrations", "intervals")
        if any(getattr(before, part) is not getattr(after, part) for part in parts):
            self.refresh()

    def _on_playhead(self, playhead: Any) -> None:
        if (playhead.movie if playhead is not None else "") != self._movie:
            self.refresh()

    # -- changing ---------------------------------------------------------------------

    def _on_way(self, place: int) -> None:
        self._on_values({"way": self.way.itemData(place)})

    def _on_values(self, values: dict[str, Any]) -> None:
        """The user typed or chose something: one step."""
        try:
            change_beam(self.session, **values)
        except InsituTemError as error:
            self.refresh()
            self._complain(str(error))
            return
        if "gain" in values and needs_counts(self.session):
            region = beam_of(self.session).region
            self._run(plan_counts(self.session, region), self.session.document)

    def _on_earlier(self) -> None:
        """Let this movie begin with the dose of those that were taken before."""
        try:
            self._on_values({"before_e_A2": earlier_dose(self.session)})
        except InsituTemError as error:
            self._complain(str(error))

    def _on_forget(self) -> None:
        set_beam(self.session, None)

    def _on_estimate(self) -> None:
        self._run(plan_gain(self.session))

    def _on_place(self, place: str) -> None:
        if place == "whole":
            self._run(plan_counts(self.session, None))
        elif place == "empty":
            self._run(plan_empty_region(self.session))
        else:
            viewer = self._viewer()
            region = None if viewer is None else visible_part(viewer)
            if region is None:
                self._complain("The canvas shows no part of the movie.")
            else:
                self._run(plan_counts(self.session, region))

    def _run(self, plan: BeamPlan, onto: Document | None = None) -> None:
        """Do a plan's work in the background; only then does anything change."""
        if self.busy.is_busy:
            self._complain(self.busy.wait_sentence)
            return
        self._complain("")

        def done(beam: Beam) -> None:
            if not put_beam(self.session, plan, beam, onto=onto):
                self._complain("The beam was changed meanwhile: nothing was set.")
            self.refresh()

        def fail(error: InsituTemError) -> None:
            self.refresh()
            is_wanted = isinstance(error, CancelledError)
            self._complain("" if is_wanted else str(error))
            if is_wanted:
                self.session.say("Stopped: the dose is as it was.")

        self.busy.run(plan.title, plan.work, done, fail)
        self.body.setEnabled(False)
