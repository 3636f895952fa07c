"""The Drift dock: what holds still, how far the specimen moved, corrected or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QSignalBlocker, QSize, Qt
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QRadioButton,
    QWidget,
)

from napari_insitu_tem.layers.ending import when_destroyed
from napari_insitu_tem.layers.region_box import RegionBox
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.state.drifts import (
    DriftPlan,
    doubted_frames,
    drift_sentence,
    forget_drift,
    plan_drift,
    set_drift,
    switch_drift,
)
from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.widgets.dressing import dress, set_role
from napari_insitu_tem.widgets.drift.plot import DriftPlot
from napari_insitu_tem.widgets.experiment.busy import BusyBar
from napari_insitu_tem.widgets.following import follow
from napari_insitu_tem.widgets.measuring.name_box import NameBox
from napari_insitu_tem.widgets.scrolling import scrolling_column
from napari_insitu_tem.widgets.section import Section, form, sentence
from napari_insitu_tem.widgets.theme import napari_theme
from napari_insitu_tem.widgets.timeline.moments import Moments

if TYPE_CHECKING:
    import napari.viewer

_WIDTH, _HEIGHT, _LEAST_WIDTH = 330, 620, 300

_HELP = (
    "How far the specimen wanders is found from all frames together. The movie stays "
    "as it is: the canvas moves each frame back, and paths, kymographs and fronts "
    "follow the specimen."
)
_DRAW = "Drag a box on the first frame around what neither grows nor reacts."
_KEPT = "Stopped: the drift is as it was."


class DriftDock(QWidget):
    """Estimates, shows and switches the drift of the movie under the playhead.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        viewer = getattr(viewer, "__wrapped__", viewer)
        self._link = link_of(viewer)
        self.session: Session = self._link.session
        self._regions: dict[str, Geometry] = {}
        self.movie_box = NameBox("The movie whose drift is corrected")
        self.movie_box.setEditable(False)
        self.whole = QRadioButton("The whole frame")
        self.part = QRadioButton("Only what holds still")
        self.part.setToolTip("What grows or reacts is taken for drift otherwise")
        self.draw_button = QPushButton("Draw a box")
        self.draw_button.setCheckable(True)
        self.draw_button.setToolTip(_DRAW)
        self.estimate_button = QPushButton("Estimate drift")
        self.busy = BusyBar()
        self.problem = sentence()
        self.result = sentence()
        self.doubted = QListWidget()
        self.doubted.setToolTip("Click for the frame")
        self.legend = sentence()
        self.plot = DriftPlot(self._go_to)
        self.is_on = QCheckBox("Correct the drift")
        self.forget_button = QPushButton("Forget")
        self.forget_button.setToolTip("Take the drift of this movie away")
        self.box = RegionBox(self._link, self._on_drawn, self._on_draw_end)
        self._build()
        self._connect()
        dress(self, viewer)
        self._follow_theme(viewer)
        self._take_region()
        self.refresh()

    # -- parts ----------------------------------------------------------------------

    def _build(self) -> None:
        help_text = sentence(_HELP)
        set_role(help_text, "faint")
        set_role(self.problem, "warning")
        set_role(self.result, "note")
        set_role(self.legend, "faint")
        for button in (self.draw_button, self.estimate_button, self.forget_button):
            # With the focus it would keep the arrow keys from the slider.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._ways = QButtonGroup(self)
        for way in (self.whole, self.part):
            way.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._ways.addButton(way)
        self.is_on.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.whole.setChecked(True)
        self.doubted.setFixedHeight(84)
        what, self.found = Section("What is compared"), Section("Drift")
        for part in (self.whole, self.part, self.draw_button):
            what.rows.addWidget(part)
        for part in (
            self.is_on,
            self.result,
            self.doubted,
            self.legend,
            self.plot,
            self.forget_button,
        ):
            self.found.rows.addWidget(part)
        rows = form()
        rows.addRow("Movie", self.movie_box)
        parts = (
            rows,
            help_text,
            what,
            self.estimate_button,
            self.problem,
            self.found,
        )
        scrolling_column(self, parts, self.busy, least_width=_LEAST_WIDTH)

    def sizeHint(self) -> QSize:
        """As wide as the other docks."""
        return QSize(_WIDTH, _HEIGHT)

    def _connect(self) -> None:
        session = self.session
        self.movie_box.name_changed.connect(lambda name: session.go_to(0, name))
        self.part.toggled.connect(self._on_way)
        self.draw_button.clicked.connect(self._on_draw)
        self.estimate_button.clicked.connect(self.estimate)
        self.doubted.itemClicked.connect(self._on_doubted)
        self.is_on.clicked.connect(self._on_switch)
        self.forget_button.clicked.connect(self._on_forget)
        follow(
            self,
            (session.experiment_changed, self._on_experiment),
            (session.document_changed, self._on_document),
            (session.playhead_changed, self._on_playhead),
        )
        box = self.box
        when_destroyed(self, box.close)

    def _follow_theme(self, viewer: Any) -> None:
        def apply(event: object = None) -> None:
            self.plot.set_theme(napari_theme(viewer.theme))
            self._show_legend()

        apply()
        follow(self, (viewer.events.theme, apply))

    # -- what is shown ----------------------------------------------------------------

    @property
    def movie(self) -> str:
        """Name of the movie under the playhead, "" without one."""
        return "" if self.session.playhead is None else self.session.playhead.movie

    @property
    def drift(self) -> MovieDrift | None:
        """Its drift."""
        return self.session.document.drifts.get(self.movie)

    @property
    def region(self) -> Geometry | None:
        """What is to be compared; None: the whole frame."""
        return self._regions.get(self.movie) if self.part.isChecked() else None

    def refresh(self) -> None:
        """Show the drift of the movie under the playhead."""
        movies = [movie.name for movie in self.session.experiment.movies]
        self.movie_box.show_names(movies, self.movie)
        has_movie, drift = bool(self.movie), self.drift
        for part in (self.whole, self.part, self.draw_button, self.estimate_button):
            part.setEnabled(has_movie)
        if not self.draw_button.isChecked():
            again = self.movie in self._regions
            self.draw_button.setText("Draw another box" if again else "Draw a box")
        self.draw_button.setVisible(self.part.isChecked())
        self.found.setVisible(drift is not None)
        self.problem.setVisible(bool(self.problem.text()))
        if drift is not None:
            self._show_drift(drift)
        self._show_region()

    def _show_drift(self, drift: MovieDrift) -> None:
        movie = self.session.experiment.movie(self.movie)
        calibration = movie.calibration
        size = None if calibration is None else calibration.scale_nm
        with QSignalBlocker(self.is_on):
            self.is_on.setChecked(drift.is_on)
        self.result.setText(drift_sentence(drift, size))
        frames = doubted_frames(drift)
        self.doubted.setVisible(bool(frames))
        self.doubted.clear()
        for frame, reason in frames:
            item = QListWidgetItem(f"Frame {frame}: {reason}")
            item.setData(Qt.ItemDataRole.UserRole, frame)
            self.doubted.addItem(item)
        times = Moments(self.session.experiment).of(self.movie)
        x, below = np.arange(len(drift.shift), dtype=np.float64), "frame"
        if times is not None and len(times) == len(x):
            x, below = times.start_ns / 1e9, "time (s)"
        unit = "px" if size is None else "nm"
        shift = drift.known * np.asarray(size or (1.0, 1.0))
        is_known = bool(np.isfinite(shift).all(axis=1).any())
        self.plot.setVisible(is_known)
        self.legend.setVisible(is_known)
        if is_known:
            doubted = np.array([bool(flag) for flag in drift.flag])
            self.plot.show_drift(x, shift, doubted, (below, f"drift ({unit})"))
        self._show_legend()
        if self.session.playhead is not None:
            self.plot.show_frame(self.session.playhead.frame)

    def _show_legend(self) -> None:
        down, right = self.plot.colours
        self.legend.setText(
            f'<span style="color:{down}">━</span> down (y) &nbsp; '
            f'<span style="color:{right}">━</span> to the right (x)'
        )

    def _show_region(self) -> None:
        if self._link.movie_layer(self.movie) is not None:
            self.box.show(self.region)

    def _on_experiment(self) -> None:
        self.box.stop()
        self._regions.clear()
        self.problem.clear()
        with QSignalBlocker(self.part):
            self.whole.setChecked(True)
        self._take_region()
        self.refresh()

    def _take_region(self) -> None:
        """Begin with the region that the drift was estimated in."""
        drift = self.drift
        if drift is not None and drift.region is not None:
            self._regions[self.movie] = drift.region
            self.part.setChecked(True)

    def _on_document(self, change: Change) -> None:
        parts = ("drifts", "calibrations", "alignments", "intervals")
        if any(
            getattr(change.before, p) is not getattr(change.after, p) for p in parts
        ):
            self.refresh()

    def _on_playhead(self, *_: Any) -> None:
        playhead = self.session.playhead
        if playhead is None or playhead.movie != self.movie_box.name:
            self.problem.clear()
            self.refresh()
        else:
            self.plot.show_frame(playhead.frame)

    # -- what the user does -----------------------------------------------------------

    def _go_to(self, frame: int) -> None:
        if self.session.playhead is not None:
            self.session.go_to(frame)

    def _on_way(self, is_part: bool) -> None:
        if not is_part:
            self.box.stop()
        elif self.movie and self.movie not in self._regions:
            self._draw()
        self.refresh()

    def _on_draw(self, is_wanted: bool) -> None:
        if is_wanted:
            self._draw()
        else:
            self.box.stop()

    def _draw(self) -> None:
        self.draw_button.setChecked(True)
        self.draw_button.setText("Drag a box on the canvas …")
        self._say(_DRAW, "note")
        self.box.draw()

    def _on_drawn(self, region: Geometry) -> None:
        self._regions[self.movie] = region
        self.refresh()

    def _on_draw_end(self) -> None:
        self.draw_button.setChecked(False)
        self._say("")
        self.refresh()

    def estimate(self) -> None:
        """Estimate the drift in a thread."""
        if self.busy.is_busy:
            return
        self.box.stop()
        self._say("")
        if self.part.isChecked() and self.region is None:
            self._say("Draw a box around what holds still first.")
            return
        try:
            plan = plan_drift(self.session, self.region)
        except InsituTemError as error:
            self._say(str(error))
            return
        self.estimate_button.setEnabled(False)
        self.busy.run(
            plan.title,
            lambda progress: plan.find(progress),
            lambda drift: self._found(plan, drift),
            self._failed,
        )

    def _found(self, plan: DriftPlan, drift: MovieDrift) -> None:
        if any(m.name == plan.movie for m in self.session.experiment.movies):
            set_drift(self.session, plan.movie, drift)
        self.refresh()

    def _failed(self, error: InsituTemError) -> None:
        self._say(_KEPT if isinstance(error, CancelledError) else str(error))
        self.refresh()

    def _say(self, text: str, role: str = "warning") -> None:
        set_role(self.problem, role)
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _on_doubted(self, item: QListWidgetItem) -> None:
        self._go_to(int(item.data(Qt.ItemDataRole.UserRole)))

    def _on_switch(self, is_on: bool) -> None:
        switch_drift(self.session, self.movie, is_on)

    def _on_forget(self) -> None:
        forget_drift(self.session, self.movie)
