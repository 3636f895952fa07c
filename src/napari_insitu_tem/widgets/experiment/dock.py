"""The Experiment dock: files, scale and clocks of what is open in a viewer."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSize
from qtpy.QtWidgets import QComboBox, QFormLayout, QWidget

from napari_insitu_tem.layers.asking import forget_asker, set_asker
from napari_insitu_tem.layers.ending import when_destroyed
from napari_insitu_tem.layers.ruler import Ruler
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.widgets.dialogs.asker import DialogAsker
from napari_insitu_tem.widgets.dressing import dress, set_role
from napari_insitu_tem.widgets.experiment.alignment import AlignmentSection
from napari_insitu_tem.widgets.experiment.busy import BusyBar
from napari_insitu_tem.widgets.experiment.dropping import DropTarget
from napari_insitu_tem.widgets.experiment.files import FileButtons, FilesSection
from napari_insitu_tem.widgets.experiment.movie_export import MovieExportSection
from napari_insitu_tem.widgets.experiment.opener import Opener
from napari_insitu_tem.widgets.experiment.preferences import PreferencesSection
from napari_insitu_tem.widgets.experiment.saver import Saver
from napari_insitu_tem.widgets.experiment.scale import ScaleSection
from napari_insitu_tem.widgets.experiment.words import foldable
from napari_insitu_tem.widgets.following import follow
from napari_insitu_tem.widgets.recovery import offer_recovery
from napari_insitu_tem.widgets.scrolling import scrolling_column
from napari_insitu_tem.widgets.section import form, sentence

if TYPE_CHECKING:
    import napari.viewer

#: Narrow enough for two docks beside the canvas on 1366 x 768.
_WIDTH, _HEIGHT = 330, 640

#: The longest row and a scroll bar beside it.
_LEAST_WIDTH = 322


class ExperimentDock(QWidget):
    """Shows and edits what is open in a viewer.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        viewer = getattr(viewer, "__wrapped__", viewer)
        link = link_of(viewer)
        session = link.session
        self.session = session
        self.busy = BusyBar()
        reference = weakref.ref(viewer)
        self.opener = Opener(reference, self.busy)
        self.saver = Saver(reference, self.busy)
        self.drops = DropTarget(self.opener.open, self)
        self.drops.watch(getattr(viewer, "window", None))
        self.buttons = FileButtons(session, self.opener, self.saver)
        self.files = FilesSection(session, self.opener.choose_dataset)
        self.movie_box = QComboBox()
        self.scale = ScaleSection(session, Ruler(link))
        self.alignment = AlignmentSection(session)
        self.movie_export = MovieExportSection(session, self.busy)
        self.preferences = PreferencesSection(session)
        self.status = sentence()
        set_role(self.status, "faint")
        self._build()
        self._connect()
        dress(self, viewer)
        asker = DialogAsker(self, session, self.saver.save_now)
        set_asker(viewer, asker)
        when_destroyed(self, lambda: forget_asker(asker))
        self.refresh()
        offer_recovery(viewer, self.busy)

    def _build(self) -> None:
        self.movie_row = QWidget()
        rows: QFormLayout = form()
        self.movie_row.setLayout(rows)
        self.movie_box.setMinimumContentsLength(8)
        self.movie_box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        rows.addRow("Movie", self.movie_box)
        parts = (
            self.buttons,
            self.files,
            self.movie_row,
            self.scale,
            self.alignment,
            self.movie_export,
            self.preferences,
        )
        self.status.setContentsMargins(8, 3, 8, 5)
        below = (self.busy, self.status)
        self.scroll = scrolling_column(self, parts, *below, least_width=_LEAST_WIDTH)

    def sizeHint(self) -> QSize:
        """Wide enough for the longest row."""
        return QSize(_WIDTH, _HEIGHT)

    def _connect(self) -> None:
        session = self.session
        self.movie_box.activated.connect(self._on_movie)
        follow(
            self,
            (session.experiment_changed, self.refresh),
            (session.document_changed, self._on_document),
            (session.playhead_changed, self._on_playhead),
            (session.saved_changed, self._on_saved),
            (session.range_changed, self._on_range),
            (session.message, self._on_message),
            (session.marking_changed, self.alignment.marking.on_marking),
            (session.moment_marked, self.alignment.marking.on_moment),
        )

    def refresh(self) -> None:
        """Show everything anew."""
        self.files.rebuild()
        self._show_movies()
        for section in (self.scale, self.alignment, self.preferences):
            section.refresh()
        self.movie_export.refresh()
        self.buttons.refresh()

    def _show_movies(self) -> None:
        names = [movie.name for movie in self.session.experiment.movies]
        shown = [self.movie_box.itemText(i) for i in range(self.movie_box.count())]
        if names != shown:
            self.movie_box.clear()
            self.movie_box.addItems(names)
        self.movie_row.setVisible(len(names) > 1)
        if self.session.playhead is not None:
            self.movie_box.setCurrentText(self.session.playhead.movie)
            self.movie_box.setToolTip(self.session.playhead.movie)

    def _on_document(self, change: Any) -> None:
        before, after = change.before, change.after
        if before.intervals is not after.intervals or before.flipped != after.flipped:
            self.files.refresh()
        if before.calibrations is not after.calibrations:
            self.scale.refresh()
            self.movie_export.refresh()
        clocks = ("alignments", "intervals")
        if any(getattr(before, name) is not getattr(after, name) for name in clocks):
            self.alignment.refresh()
            self.movie_export.refresh()
        if before.records is not after.records and not change.is_preview:
            self.alignment.signals.refresh()
        if before.settings is not after.settings:
            self.preferences.refresh()
        self.buttons.refresh()

    def _on_playhead(self, playhead: Any) -> None:
        """Follow to another movie, or to a frame whose pixels have another size."""
        name = playhead.movie if playhead is not None else ""
        if name != self.movie_box.currentText():
            self._show_movies()
            self.scale.refresh()
            self.alignment.refresh()
            self.movie_export.refresh()
        else:
            self.scale.follow_frame()

    def _on_range(self, range_ns: Any) -> None:
        self.movie_export.refresh()

    def _on_message(self, sentence: str) -> None:
        self.status.setText(foldable(sentence))

    def _on_saved(self, is_saved: bool) -> None:
        self.buttons.refresh()

    def _on_movie(self, place: int) -> None:
        name = self.movie_box.itemText(place)
        here = self.session.playhead
        if here is None or here.movie != name:
            self.movie_box.setCurrentText(here.movie if here else "")
            self.session.go_to(0, name)
