"""The Export dock: tables as CSV, with a data package that describes them."""

from __future__ import annotations

import weakref
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSize
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.report.bundle import export_bundle
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.dialogs.files import ask_folder
from napari_insitu_tem.widgets.dressing import dress, set_role
from napari_insitu_tem.widgets.experiment.busy import BusyBar
from napari_insitu_tem.widgets.following import follow
from napari_insitu_tem.widgets.reporting import report
from napari_insitu_tem.widgets.scrolling import scrolling_column
from napari_insitu_tem.widgets.section import Section, sentence

if TYPE_CHECKING:
    import napari.viewer


class ExportDock(QWidget):
    """Chooses what to write, and where.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        viewer = getattr(viewer, "__wrapped__", viewer)
        self._link = weakref.ref(link_of(viewer))
        self.session: Session = link_of(viewer).session
        self.kinds = {kind: QCheckBox() for kind in KINDS}
        self.whole = QRadioButton("The whole experiment")
        self.selected = QRadioButton()
        self.folder = QLineEdit()
        self.choose_button = QPushButton("Choose…")
        self.replace = QCheckBox("Replace files of the same names")
        self.replace.setToolTip(
            "Otherwise nothing is written when one of them is there already"
        )
        self.export_button = QPushButton("Export")
        self.result = sentence()
        self.busy = BusyBar()
        self._suggested = ""
        self._build()
        self._connect()
        dress(self, viewer)
        self.refresh()

    def _build(self) -> None:
        what, when, where = Section("What"), Section("Of which time"), Section("Where")
        for kind, box in self.kinds.items():
            box.setChecked(True)
            box.setObjectName(kind)
            what.rows.addWidget(box)
        also = sentence(
            "The record at every frame is always written with them, and the rate laws "
            "that were fitted."
        )
        set_role(also, "faint")
        what.rows.addWidget(also)
        self._ranges = QButtonGroup(self)
        for button in (self.whole, self.selected):
            self._ranges.addButton(button)
            when.rows.addWidget(button)
        self.whole.setChecked(True)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(self.choose_button)
        where.rows.addLayout(row)
        where.rows.addWidget(self.replace)
        parts = (what, when, where, self.export_button, self.result)
        scrolling_column(self, parts, self.busy, least_width=290)

    def sizeHint(self) -> QSize:
        """As wide as the other docks."""
        return QSize(330, 480)

    def _connect(self) -> None:
        session = self.session
        self.export_button.clicked.connect(self.export)
        self.choose_button.clicked.connect(self._on_choose)
        self.folder.textChanged.connect(self.folder.setToolTip)
        for box in self.kinds.values():
            box.toggled.connect(self._show_button)
        follow(
            self,
            (session.experiment_changed, self.refresh),
            (session.document_changed, self._on_document),
            (session.range_changed, self._on_range),
        )

    # -- showing ----------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what there is to export."""
        for kind, box in self.kinds.items():
            count = len(self.session.document.of_kind(kind))
            rows = f"{count} row{'s' if count != 1 else ''}"
            box.setText(f"{KINDS[kind].title} ({rows})")
            box.setEnabled(count > 0)
        self._on_range(self.session.range_ns)
        self._suggest_folder()
        self._show_button()

    def _on_document(self, change: Any) -> None:
        if not change.is_preview:
            self.refresh()

    def _on_range(self, range_ns: tuple[int, int] | None) -> None:
        self.selected.setEnabled(range_ns is not None)
        if range_ns is None:
            self.selected.setText("The selected range (none is selected)")
            self.whole.setChecked(True)
        else:
            first, last = (t / 1e9 for t in range_ns)
            self.selected.setText(f"The selected range, {first:.3f} to {last:.3f} s")

    def _suggest_folder(self) -> None:
        """Follow the experiment until the user chooses another folder."""
        if self.folder.text() == self._suggested:
            self._suggested = str(suggested_folder(self.session.experiment))
            self.folder.setText(self._suggested)

    def _on_choose(self) -> None:
        folder = ask_folder(self, "Export tables to")
        if folder is not None:
            self.folder.setText(str(folder))

    def _show_button(self) -> None:
        experiment = self.session.experiment
        self.export_button.setEnabled(bool(experiment.movies or self.chosen_kinds))

    @property
    def chosen_kinds(self) -> list[str]:
        """Kinds with rows whose box is ticked."""
        boxes = self.kinds.items()
        return [kind for kind, box in boxes if box.isEnabled() and box.isChecked()]

    # -- doing ------------------------------------------------------------------------

    def export(self) -> None:
        """Write the tables; hashing the sources of large movies takes a while."""
        if self.busy.is_busy:
            return
        link = self._link()
        if link is not None:
            link.collect_table_edits()
        self.session.cancel_preview()
        folder = Path(self.folder.text()).expanduser()
        time_range = self.session.range_ns if self.selected.isChecked() else None
        self.result.clear()
        self.busy.run(
            f"Exporting to {folder.name}",
            partial(
                export_bundle,
                self.session.experiment,
                self.session.tables(),
                folder,
                kinds=self.chosen_kinds,
                time_range_s=None if time_range is None else _seconds(time_range),
                overwrite=self.replace.isChecked(),
            ),
            self._say_written,
            self._say_failed,
        )

    def _say_written(self, paths: list[Path]) -> None:
        names = ", ".join(path.name for path in paths)
        set_role(self.result, "note")
        self.result.setText(f"Written to {paths[0].parent}: {names}.")
        self.session.say(f"Exported {len(paths)} files to {paths[0].parent}.")

    def _say_failed(self, error: Any) -> None:
        set_role(self.result, "warning")
        self.result.setText(str(error))
        report(error, self.session)


def suggested_folder(experiment: Experiment) -> Path:
    """A new folder beside the experiment, else beside its first file."""
    if experiment.folder is not None:
        return experiment.folder.with_name(f"{experiment.name}-export")
    items: list[Movie | Trace] = [*experiment.movies, *experiment.traces]
    for item in items:
        if item.paths:
            return item.paths[0].parent / f"{item.name}-export"
    return Path.home() / "insitu-tem-export"


def _seconds(range_ns: tuple[int, int]) -> tuple[float, float]:
    return range_ns[0] / 1e9, range_ns[1] / 1e9
