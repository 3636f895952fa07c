"""Which image or stack of its file a movie is, as a box to choose from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox

from napari_insitu_tem.model.movie import Movie

Choose = Callable[[str, str], None]


class DatasetBox(QComboBox):
    """The datasets of a movie's file.

    Shows the one that holds; choosing another only asks for it, since it has to be read
    first.

    Parameters
    ----------
    choose
        Called with the names of movie and dataset.
    """

    def __init__(self, choose: Choose) -> None:
        super().__init__()
        self._choose = choose
        self._movie = ""
        self._place = 0
        self.setMinimumContentsLength(8)
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.activated.connect(self._on_activated)

    def show_movie(self, movie: Movie) -> None:
        """List the datasets of a movie's file."""
        self._movie = movie.name
        self.clear()
        for place, one in enumerate(movie.datasets):
            self.addItem(one.describe(), one.key)
            self.setItemData(place, one.describe(), Qt.ItemDataRole.ToolTipRole)
        self._place = max(self.findData(movie.dataset), 0)
        self.setCurrentIndex(self._place)
        self.setToolTip(f"The file holds {self.count()}:\n{self.currentText()}")

    def wheelEvent(self, event: Any) -> None:
        """Leave the wheel to the column: a movie is not chosen by scrolling past."""
        event.ignore()

    def _on_activated(self, place: int) -> None:
        key = self.itemData(place)
        self.setCurrentIndex(self._place)
        if place != self._place:
            self._choose(self._movie, key)
