"""The movie under the playhead as OME-TIFF or OME-Zarr, whole or a stretch of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from qtpy.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
)

from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.state.exporting_movies import (
    export_frames,
    frames_in_range,
    suggested_name,
    with_ending,
)
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.dialogs.files import ask_movie_name
from napari_insitu_tem.widgets.dialogs.questions import ask_replace_movie
from napari_insitu_tem.widgets.dressing import set_role
from napari_insitu_tem.widgets.experiment.busy import BusyBar
from napari_insitu_tem.widgets.experiment.words import bytes_text
from napari_insitu_tem.widgets.fields import NumberField
from napari_insitu_tem.widgets.reporting import report
from napari_insitu_tem.widgets.section import Section, sentence


class MovieExportSection(Section):
    """Chooses which frames are written, and where to.

    Parameters
    ----------
    session
        The open experiment.
    bar
        Runs the writing.
    """

    def __init__(self, session: Session, bar: BusyBar) -> None:
        super().__init__("Export the movie", is_open=False)
        self._session, self._bar = session, bar
        self._movie = ""
        self.whole, self.part = QRadioButton("All frames"), QRadioButton("Frames")
        self.first = NumberField("", decimals=0, is_narrow=True)
        self.last = NumberField("", decimals=0, is_narrow=True)
        self.range_button = QPushButton("The stretch selected on the timeline")
        self.range_button.setToolTip("Shift and drag on the timeline selects it")
        self.size = sentence()
        set_role(self.size, "faint")
        self.export_button = QPushButton("Export as OME-TIFF or OME-Zarr…")
        self._build()
        self.export_button.clicked.connect(self.export)
        self.range_button.clicked.connect(self._on_range)
        self.whole.toggled.connect(self._show_size)
        for field in (self.first, self.last):
            field.valueChanged.connect(self._on_frames)
        self.refresh()

    def _build(self) -> None:
        self._group = QButtonGroup(self)
        for button in (self.whole, self.part):
            self._group.addButton(button)
        self.whole.setChecked(True)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.part)
        row.addWidget(self.first, 1)
        row.addWidget(QLabel("to"))
        row.addWidget(self.last, 1)
        for field in (self.first, self.last):
            field.setMinimumWidth(48)
        self.rows.addWidget(self.whole)
        self.rows.addLayout(row)
        self.rows.addWidget(self.range_button)
        self.rows.addWidget(self.size)
        self.rows.addWidget(self.export_button)

    def refresh(self) -> None:
        """Show what there is to write."""
        movie = self._session.movie
        self.body.setEnabled(movie is not None)
        self.range_button.setEnabled(frames_in_range(self._session) is not None)
        if movie is None:
            self.size.setText("Open a movie first.")
            return
        last = len(movie) - 1
        key = f"{movie.name}/{movie.dataset}/{last}"
        for field in (self.first, self.last):
            field.setMaximum(last)
        if key != self._movie:
            self._movie = key
            self.first.show_number(0)
            self.last.show_number(last)
            self.whole.setChecked(True)
        self._show_size()

    @property
    def stretch(self) -> tuple[int, int] | None:
        """First and last frame to be written; None for all."""
        if self.whole.isChecked():
            return None
        ends = int(self.first.value()), int(self.last.value())
        return min(ends), max(ends)

    def _on_frames(self) -> None:
        self.part.setChecked(True)
        self._show_size()

    def _on_range(self) -> None:
        found = frames_in_range(self._session)
        if found is not None:
            self.first.show_number(found[0])
            self.last.show_number(found[1])
            self._on_frames()

    def _show_size(self) -> None:
        movie = self._session.movie
        if movie is None:
            return
        first, last = self.stretch or (0, len(movie) - 1)
        count = last + 1 - first
        size = bytes_text(count * movie.frames.frame_bytes)
        frames = f"{count} frame{'s' * (count != 1)}"
        self.size.setText(f"{frames} as they are, {size}{_written_with(movie)}.")

    def export(self) -> None:
        """Ask where to, and write."""
        session, movie = self._session, self._session.movie
        if movie is None:
            return
        if self._bar.is_busy:
            session.say(self._bar.wait_sentence)
            return
        chosen = ask_movie_name(self.window(), suggested_name(movie, self.stretch))
        if chosen is None:
            return
        path = with_ending(*chosen)
        is_there = path.exists()
        if is_there and not ask_replace_movie(self.window(), path):
            return
        write = partial(
            export_frames,
            movie,
            path,
            stretch=self.stretch,
            overwrite=is_there,
        )
        self._bar.run(
            f"Exporting {path.name}",
            write,
            self._say_done,
            lambda error: report(error, session),
        )

    def _say_done(self, path: Path) -> None:
        self._session.say(f"Exported {path}.")


def _written_with(movie: Movie) -> str:
    """What is known of the frames: ", with pixel size, times"."""
    known = {
        "pixel size": movie.calibration is not None or movie.frame_sizes_nm is not None,
        "times": movie.times is not None,
        "exposures": movie.exposures_s is not None,
        "start": movie.stamp is not None,
    }
    names = ", ".join(name for name, is_known in known.items() if is_known)
    return f", with {names}" if names else ""
