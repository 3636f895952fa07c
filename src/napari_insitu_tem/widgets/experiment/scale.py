"""Pixel size: where it comes from; another one typed, or found on the canvas."""

from __future__ import annotations

import numpy as np
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton

from napari_insitu_tem.layers.ruler import Ruler
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.state.calibrating import calibrate, own_calibration
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.experiment.scale_from import (
    FromBar,
    FromCanvas,
    FromLattice,
)
from napari_insitu_tem.widgets.fields import NumberField
from napari_insitu_tem.widgets.reporting import reporting
from napari_insitu_tem.widgets.section import Section, form, sentence

_UNCALIBRATED = "Uncalibrated: lengths are in px until there is a pixel size."


class ScaleSection(Section):
    """Pixel size of the movie under the playhead.

    Parameters
    ----------
    session
        The open experiment.
    ruler
        Draws on the canvas; without it the size can only be typed.
    """

    def __init__(self, session: Session, ruler: Ruler | None = None) -> None:
        super().__init__("Pixel size")
        self._session = session
        self.state = sentence()
        self.size = NumberField(
            "nm/px", highest=1e6, decimals=6, empty="not known", is_narrow=True
        )
        self.spread = NumberField("%", highest=100.0, is_narrow=True)
        self.spread.setToolTip(
            "Relative standard uncertainty of the scale; cancels in ratios"
        )
        self.set_button = QPushButton("Set")
        self.file_button = QPushButton("As in the file")
        self.clear_button = QPushButton("Clear")
        self.clear_button.setToolTip("Forget the pixel size; lengths are then in px")
        fields = QHBoxLayout()
        fields.addWidget(self.size, 5)
        fields.addWidget(QLabel("±"))
        fields.addWidget(self.spread, 2)
        rows = form()
        rows.addRow("Size", fields)
        buttons = QHBoxLayout()
        for button in (self.set_button, self.file_button, self.clear_button):
            buttons.addWidget(button)
        self.rows.addWidget(self.state)
        self.rows.addLayout(rows)
        self.rows.addLayout(buttons)
        self.set_button.clicked.connect(self._on_set)
        self.file_button.clicked.connect(self._on_file)
        self.clear_button.clicked.connect(lambda: calibrate(session, None))
        for field in (self.size, self.spread):
            field.lineEdit().returnPressed.connect(self._on_set)
        self.panels: dict[QPushButton, FromCanvas] = {}
        if ruler is not None:
            self._add_panels(session, ruler)
        self.refresh()

    def _add_panels(self, session: Session, ruler: Ruler) -> None:
        """Ways to find the size on the canvas, one open at a time."""
        self.bar_button = QPushButton("From a scale bar…")
        self.bar_button.setToolTip("Draw along a scale bar, and type its length")
        self.lattice_button = QPushButton("From a lattice…")
        self.lattice_button.setToolTip("Draw a box over planes of known spacing")
        self.bar, self.lattice = FromBar(session, ruler), FromLattice(session, ruler)
        self.panels = {self.bar_button: self.bar, self.lattice_button: self.lattice}
        row = QHBoxLayout()
        self.rows.addLayout(row)
        for button, panel in self.panels.items():
            button.setCheckable(True)
            row.addWidget(button)
            self.rows.addWidget(panel)
            button.clicked.connect(lambda is_on, b=button: self._open(b, is_on))
            panel.ended.connect(lambda b=button: b.setChecked(False))

    def _open(self, button: QPushButton, is_on: bool) -> None:
        for other, panel in self.panels.items():
            if other is not button and not panel.isHidden():
                panel.stop()
        if is_on:
            self.panels[button].start()
        else:
            self.panels[button].stop()

    def refresh(self) -> None:
        """Show the present pixel size."""
        movie = self._session.movie
        self.body.setEnabled(movie is not None)
        if movie is None:
            self.state.setText("Open a movie first.")
            return
        size = movie.calibration
        self.state.setText(size.describe() if size else self._without_one_size(movie))
        self.size.show_number(size.x_nm if size else None)
        self.spread.show_number(100 * size.u_relative if size else 0.0)
        self.clear_button.setEnabled(size is not None)
        own = own_calibration(self._session)
        self.file_button.setEnabled(own is not None and own != size)

    def follow_frame(self) -> None:
        """Show the size of another frame, where each has its own."""
        movie = self._session.movie
        if movie is not None and movie.frame_sizes_nm is not None:
            self.state.setText(self._without_one_size(movie))

    def _without_one_size(self, movie: Movie) -> str:
        sizes, playhead = movie.frame_sizes_nm, self._session.playhead
        if sizes is None or playhead is None or not np.isfinite(sizes).any():
            return _UNCALIBRATED
        here = movie.calibration_at(playhead.frame)
        this = "not known" if here is None else f"{here.x_nm:.5g} nm/px"
        low, high = np.nanmin(sizes[:, 1]), np.nanmax(sizes[:, 1])
        return (
            f"Each frame has its own: {this} at this one, {low:.5g} to {high:.5g} in "
            "all. Rows use that of their frame; the scale bar is in pixels. A size "
            "that is set here takes the place of them all."
        )

    def _on_set(self) -> None:
        size = self.size.number
        if size is None:
            self._session.say("Type the size of a pixel first.")
            return
        with reporting(self._session):
            typed = Calibration.square(size, u_relative=self.spread.value() / 100)
            calibrate(self._session, typed)

    def _on_file(self) -> None:
        calibrate(self._session, own_calibration(self._session))
