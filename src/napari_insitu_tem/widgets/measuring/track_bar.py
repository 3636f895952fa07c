"""Track backward, all, forward; how far it is; and the rows that are doubted."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_insitu_tem.layers.tracking import tracking_of
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.state.doubts import (
    Doubt,
    doubts,
    go_to_doubt,
    in_words,
    look_at_doubt,
)
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking.plan import Direction
from napari_insitu_tem.widgets.following import follow

#: Direction, text of the button, key.
_WAYS: tuple[tuple[Direction, str, str, str], ...] = (
    ("backward", "◀ Track back", "to the first frame", "Shift+K"),
    ("all", "Track all", "both ways", "Ctrl+K"),
    ("forward", "Track forward ▶", "to the last frame", "K"),
)

_LIMIT = "A stretch of time that is selected in the timeline limits it."

#: Doubted rows that a menu has room for.
_MOST_LISTED = 25


class TrackBar(QWidget):
    """Buttons that follow what is measured through the frames.

    Parameters
    ----------
    session
        The open experiment.
    kind
        The kind of rows.
    tip
        What is followed, for the tooltips: "Follow the fronts picked on this path"; ""
        for a kind that is not followed: there are no buttons then.
    """

    def __init__(
        self, session: Session, kind: str, tip: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._kind = kind
        self._is_followed = bool(tip)
        self._tracking = tracking_of(session)
        self.buttons = {
            way: _button(text, f"{tip} {where} ({key}).\n{_LIMIT}")
            for way, text, where, key in _WAYS
        }
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.cancel = _button("Cancel", "Stop; the rows stay as they were")
        self.doubted = _button("", "List them; one that is chosen is brought up")
        self.list = QMenu(self)
        self.list.aboutToShow.connect(self._fill_list)
        self.doubted.setMenu(self.list)
        self.previous = _button("◀", "The doubted row before (Shift+J)")
        self.next = _button("Next doubted ▶", "Bring up the next doubted row (J)")
        self._build()
        self._connect()
        self._show_busy(self._tracking.is_busy)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._ways = QWidget()
        self._ways.setVisible(self._is_followed)
        buttons = QGridLayout(self._ways)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setHorizontalSpacing(4)
        self._ways.setStyleSheet("QPushButton { padding: 3px 2px; }")
        for place, button in enumerate(self.buttons.values()):
            buttons.addWidget(button, 0, place)
        column.addWidget(self._ways)
        self._work = QWidget()
        work = QHBoxLayout(self._work)
        work.setContentsMargins(0, 0, 0, 0)
        work.addWidget(self.bar, 1)
        work.addWidget(self.cancel)
        column.addWidget(self._work)
        self._doubts = QWidget()
        row = QHBoxLayout(self._doubts)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.doubted, 1)
        row.addWidget(self.previous)
        row.addWidget(self.next)
        column.addWidget(self._doubts)

    def _connect(self) -> None:
        for way, button in self.buttons.items():
            button.clicked.connect(lambda *_, way=way: self._track(way))
        self.cancel.clicked.connect(self._on_cancel)
        self.previous.clicked.connect(lambda: self._go(-1))
        self.next.clicked.connect(lambda: self._go(1))
        follow(
            self,
            (self._tracking.started, self._on_started),
            (self._tracking.stepped, self._on_step),
            (self._tracking.ended, self._on_ended),
        )

    def refresh(self) -> None:
        """Show what can be followed now, and how many rows are doubted."""
        has_rows = bool(self._session.document.of_kind(self._kind))
        for button in self.buttons.values():
            button.setEnabled(has_rows)
        count = len(doubts(self._session, [self._kind]))
        self._doubts.setVisible(count > 0)
        self.doubted.setText(f"{count} doubted" if count else "")

    def _track(self, way: Direction) -> None:
        try:
            self._tracking.track(self._kind, way)
        except InsituTemError as error:
            self._session.say(str(error))

    def _fill_list(self) -> None:
        """The doubted rows from the playhead on, as many as fit."""
        self.list.clear()
        found = doubts(self._session, [self._kind])
        here = self._session.playhead
        last = [i for i, d in enumerate(found) if here and d.movie == here.movie]
        first = next((i for i in last if here and found[i].frame >= here.frame), 0)
        first = max(0, min(first, len(found) - _MOST_LISTED))
        listed = found[first : first + _MOST_LISTED]
        for doubt in listed:
            self._list(doubt, found)
        if len(found) > len(listed):
            rest = self.list.addAction(f"and {len(found) - len(listed)} more")
            rest.setEnabled(False)

    def _list(self, doubt: Doubt, found: list[Doubt]) -> None:
        text = f"frame {doubt.frame}, {doubt.name}: {in_words(doubt.flag)}"
        action = self.list.addAction(text.replace("&", "&&"))
        action.triggered.connect(lambda *_: look_at_doubt(self._session, doubt, found))

    def _go(self, direction: int) -> None:
        go_to_doubt(self._session, direction, [self._kind])

    def _on_started(self, title: str) -> None:
        self.bar.setRange(0, 0)
        self.bar.setToolTip(title)
        self.cancel.setEnabled(True)
        self._show_busy(True)

    def _on_step(self, done: int, total: int) -> None:
        self.bar.setRange(0, max(total, 0))
        self.bar.setValue(done)

    def _on_cancel(self) -> None:
        self.cancel.setEnabled(False)
        self._tracking.cancel()

    def _on_ended(self, *_: Any) -> None:
        self._show_busy(False)

    def _show_busy(self, is_busy: bool) -> None:
        self._work.setVisible(is_busy and self._is_followed)


def _button(text: str, tooltip: str) -> Any:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    # With the focus it would keep the arrow keys from the slider.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
