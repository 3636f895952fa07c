"""What is open: buttons to open and save, and a card for every file."""

from __future__ import annotations

from qtpy.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.dressing import set_role
from napari_insitu_tem.widgets.experiment.cards import MovieCard, TraceCard
from napari_insitu_tem.widgets.experiment.dataset_box import Choose
from napari_insitu_tem.widgets.experiment.opener import Opener
from napari_insitu_tem.widgets.experiment.saver import Saver
from napari_insitu_tem.widgets.experiment.words import experiment_title
from napari_insitu_tem.widgets.section import Section, sentence


class FileButtons(QWidget):
    """Open, save, and whether all is saved.

    Parameters
    ----------
    session
        The open experiment.
    opener, saver
        Do the work.
    """

    def __init__(self, session: Session, opener: Opener, saver: Saver) -> None:
        super().__init__()
        self._session = session
        self.open_button = QPushButton("Open files…")
        self.open_button.setToolTip(
            "Movies and potentiostat's records, several at once"
        )
        self.folder_button = QPushButton("Open folder…")
        self.folder_button.setToolTip(
            "A folder that is one movie: a series of images, a Zarr, the tree\n"
            "of hours, minutes and seconds of a Gatan camera"
        )
        self.experiment_button = QPushButton("Open experiment…")
        self.experiment_button.setToolTip("A saved experiment, with its measurements")
        self.save_button = QPushButton("Save")
        self.save_as_button = QPushButton("Save as…")
        self.state = sentence()
        set_role(self.state, "faint")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(5)
        grid.addWidget(self.open_button, 0, 0)
        grid.addWidget(self.folder_button, 0, 1)
        grid.addWidget(self.experiment_button, 1, 0, 1, 2)
        grid.addWidget(self.save_button, 2, 0)
        grid.addWidget(self.save_as_button, 2, 1)
        grid.addWidget(self.state, 3, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.open_button.clicked.connect(opener.choose_files)
        self.folder_button.clicked.connect(opener.choose_folder)
        self.experiment_button.clicked.connect(opener.choose_experiment)
        self.save_button.clicked.connect(saver.save)
        self.save_as_button.clicked.connect(saver.save_as)
        self.refresh()

    def refresh(self) -> None:
        """Show what can be saved."""
        session, experiment = self._session, self._session.experiment
        is_saved = not session.has_unsaved_edits
        has_content = bool(experiment.movies or experiment.traces)
        self.save_button.setEnabled(has_content)
        self.save_as_button.setEnabled(has_content)
        self.state.setText(experiment_title(experiment, is_saved))


class FilesSection(Section):
    """A card for every movie and trace.

    Parameters
    ----------
    session
        The open experiment.
    choose
        Called with the names of a movie and of another dataset of its file; without it
        none can be chosen.
    """

    def __init__(self, session: Session, choose: Choose | None = None) -> None:
        super().__init__("Movies and traces")
        self._session = session
        self._choose = choose
        self.cards: list[MovieCard | TraceCard] = []
        self._shown: tuple[object, ...] = ()
        self.nothing = sentence(
            "Open a movie and the potentiostat's record, or drop both on the window."
        )
        set_role(self.nothing, "faint")
        self._column = QVBoxLayout()
        self._column.setSpacing(6)
        self.rows.addWidget(self.nothing)
        self.rows.addLayout(self._column)
        self.rebuild()

    def rebuild(self) -> None:
        """Make the cards fit the experiment."""
        experiment = self._session.experiment
        present = (*experiment.movies, *experiment.traces)
        if present != self._shown:
            self._shown = present
            for card in self.cards:
                self._column.removeWidget(card)
                card.hide()
                card.deleteLater()
            self.cards = [
                *(
                    MovieCard(self._session, m.name, self._choose)
                    for m in experiment.movies
                ),
                *(TraceCard(self._session, t.name) for t in experiment.traces),
            ]
            for card in self.cards:
                self._column.addWidget(card)
            self.nothing.setVisible(not self.cards)
        self.refresh()

    def refresh(self) -> None:
        """Show what was edited."""
        for card in self.cards:
            card.refresh()
