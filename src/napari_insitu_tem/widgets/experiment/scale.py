"""Pixel size: where it comes from, and typing another one."""

from __future__ import annotations

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton

from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.fields import NumberField
from napari_insitu_tem.widgets.reporting import reporting
from napari_insitu_tem.widgets.section import Section, form, sentence

_UNCALIBRATED = "Uncalibrated: lengths are in px until a pixel size is typed."


class ScaleSection(Section):
    """Pixel size of the movie under the playhead.

    Parameters
    ----------
    session
        The open experiment.
    """

    def __init__(self, session: Session) -> None:
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
        self.clear_button.clicked.connect(lambda: self._calibrate(None))
        for field in (self.size, self.spread):
            field.lineEdit().returnPressed.connect(self._on_set)
        self.refresh()

    def refresh(self) -> None:
        """Show the present pixel size."""
        movie = self._session.movie
        self.body.setEnabled(movie is not None)
        if movie is None:
            self.state.setText("Open a movie first.")
            return
        size = movie.calibration
        self.state.setText(size.describe() if size else _UNCALIBRATED)
        self.size.show_number(size.x_nm if size else None)
        self.spread.show_number(100 * size.u_relative if size else 0.0)
        self.clear_button.setEnabled(size is not None)
        own = self._own()
        self.file_button.setEnabled(own is not None and own != size)

    def _own(self) -> Calibration | None:
        """The pixel size in the file."""
        movie = self._session.movie
        files = self._session.experiment.movies
        own = [m.calibration for m in files if movie and m.name == movie.name]
        return own[0] if own else None

    def _on_set(self) -> None:
        size = self.size.number
        if size is None:
            self._session.say("Type the size of a pixel first.")
            return
        with reporting(self._session):
            self._calibrate(
                Calibration.square(size, u_relative=self.spread.value() / 100)
            )

    def _on_file(self) -> None:
        self._calibrate(self._own())

    def _calibrate(self, size: Calibration | None) -> None:
        movie = self._session.movie
        if movie is None or movie.calibration == size:
            return
        what = "forget pixel size" if size is None else "set pixel size"
        document = self._session.document.with_calibration(movie.name, size)
        self._session.edit(f"{what} of {movie.name}", document)
