"""One open file each: what it is, its time base, its warnings, a way to take it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.dressing import set_role
from napari_insitu_tem.widgets.experiment.dataset_box import Choose, DatasetBox
from napari_insitu_tem.widgets.experiment.words import (
    breakable,
    movie_facts,
    start_text,
    trace_facts,
    trace_signals,
)
from napari_insitu_tem.widgets.fields import NumberField
from napari_insitu_tem.widgets.reporting import reporting
from napari_insitu_tem.widgets.section import sentence

#: Warnings shown before the rest has to be asked for.
_SHOWN_WARNINGS = 3


class Card(QFrame):
    """The frame of one file: its name and the button that takes it out.

    Parameters
    ----------
    name
        As the experiment calls it.
    tooltip
        Where it lies.
    remove
        Takes it out.
    """

    def __init__(self, name: str, tooltip: str, remove: Callable[[], None]) -> None:
        super().__init__()
        self.name = name
        self.setProperty("role", "card")
        title = sentence(breakable(name))
        title.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        title.setToolTip(tooltip or name)
        set_role(title, "strong")
        self.remove_button = QToolButton()
        self.remove_button.setText("✕")
        self.remove_button.setAutoRaise(True)
        self.remove_button.setToolTip(f"Take {name} out; its file stays as it is")
        self.remove_button.clicked.connect(remove)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(title, 1)
        top.addWidget(self.remove_button)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(7, 3, 5, 6)
        self.rows.setSpacing(3)
        self.rows.addLayout(top)

    def add(self, text: str, role: str = "") -> QLabel:
        """Add a sentence."""
        label = sentence(text)
        set_role(label, role)
        self.rows.addWidget(label)
        return label

    def add_warnings(self, warnings: Sequence[str]) -> None:
        """Add warnings, the first few at once."""
        labels = [self.add(text, "warning") for text in warnings]
        rest = labels[_SHOWN_WARNINGS:]
        if not rest:
            return
        more = QPushButton(f"{len(rest)} more")
        self.rows.addWidget(more)
        for label in rest:
            label.hide()

        def show_rest() -> None:
            more.hide()
            for label in rest:
                label.show()

        more.clicked.connect(show_rest)


class MovieCard(Card):
    """A movie.

    Parameters
    ----------
    session
        The open experiment.
    name
        The movie's name.
    choose
        Called with the names of the movie and of another dataset of its file.
    """

    def __init__(
        self, session: Session, name: str, choose: Choose | None = None
    ) -> None:
        self._session = session
        movie = session.experiment.movie(name)
        paths = "\n".join(str(path) for path in movie.paths[:3])
        super().__init__(name, paths, lambda: session.remove_movie(name))
        self.add(movie_facts(movie), "faint")
        self.dataset: DatasetBox | None = None
        if choose is not None and len(movie.datasets) > 1:
            self.dataset = DatasetBox(choose)
            self.dataset.show_movie(movie)
            self.rows.addLayout(_labelled("Dataset", self.dataset))
        if text := start_text(movie.stamp):
            self.add(text, "faint")
        self.audit = self.add("")
        self.interval = NumberField("s", highest=1e6, decimals=6, empty="not known")
        self.interval.setToolTip(
            "Time from the start of one frame to the next, where the file has no times"
        )
        self.interval.valueChanged.connect(self._on_interval)
        own = next(m for m in session.experiment.movies if m.name == name)
        if own.times is None:
            self.rows.addLayout(_labelled("Frame interval", self.interval))
        self.add_warnings(movie.warnings)
        self.refresh()

    def refresh(self) -> None:
        """Show the time base as it is now."""
        audit = self._session.experiment.movie(self.name).audit
        self.audit.setText(f"{str(audit)[0].upper()}{str(audit)[1:]}.")
        is_wrong = bool(audit.backwards or audit.duplicates) or not audit.has_times
        look = "warning" if is_wrong else "note"
        set_role(self.audit, "" if audit.is_clean else look)
        self.interval.show_number(self._session.document.intervals.get(self.name))

    def _on_interval(self) -> None:
        value = self.interval.number
        if value is None:
            return
        with reporting(self._session):
            document = self._session.document.with_interval(self.name, value)
            self._session.edit(f"type frame interval of {self.name}", document)


class TraceCard(Card):
    """A trace.

    Parameters
    ----------
    session
        The open experiment.
    name
        The trace's name.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        trace = session.experiment.trace(name)
        paths = "\n".join(str(path) for path in trace.paths)
        super().__init__(name, paths, lambda: session.remove_trace(name))
        self.add(trace_facts(trace), "faint")
        self.add(trace_signals(trace), "faint")
        if text := start_text(trace.stamp):
            self.add(text, "faint")
        self.flip = QCheckBox("Change the sign of the current")
        self.flip.setToolTip(
            "For a file in which cathodic current is positive: anodic current is\n"
            "positive here, so current and charge are turned round once."
        )
        self.flip.toggled.connect(self._on_flip)
        self.flip.setVisible(trace.has("current_A"))
        self.flipped = sentence("Recorded cathodic positive; shown anodic positive.")
        self.rows.addWidget(self.flip)
        self.rows.addWidget(self.flipped)
        own = next(t for t in session.experiment.traces if t.name == name)
        self.add_warnings(own.warnings)
        self.refresh()

    def refresh(self) -> None:
        """Show the polarity as it is now."""
        is_flipped = self.name in self._session.document.flipped
        self.flip.setChecked(is_flipped)
        self.flipped.setVisible(is_flipped)

    def _on_flip(self, is_on: bool) -> None:
        document = self._session.document
        if is_on != (self.name in document.flipped):
            flipped = document.flipped ^ {self.name}
            label = f"change the sign of the current of {self.name}"
            self._session.edit(label, replace(document, flipped=flipped))


def _labelled(text: str, field: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    label = QLabel(text)
    label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    row.addWidget(label)
    row.addWidget(field, 1)
    return row
