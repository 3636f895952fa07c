"""The frame of a dock: a column of parts that scrolls, and rows that stay below it."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLayout, QScrollArea, QVBoxLayout, QWidget


def scrolling_column(
    dock: QWidget,
    parts: Sequence[QWidget | QLayout],
    *below: QWidget,
    least_width: int,
) -> QScrollArea:
    """Lay out a dock.

    Parameters
    ----------
    dock
        Empty so far.
    parts
        Widgets and rows, from above.
    *below
        What does not scroll away: what is being done, what was said.
    least_width
        In px; narrower, words would be cut off.

    Returns
    -------
    The part that scrolls; its `widget()` holds the parts.
    """
    body = QWidget()
    column = QVBoxLayout(body)
    column.setContentsMargins(8, 6, 8, 6)
    column.setSpacing(8)
    for part in parts:
        if isinstance(part, QLayout):
            column.addLayout(part)
        else:
            column.addWidget(part)
    column.addStretch()
    scroll = QScrollArea()
    scroll.setWidget(body)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    outer = QVBoxLayout(dock)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.setSpacing(0)
    outer.addWidget(scroll, 1)
    for row in below:
        outer.addWidget(row)
    dock.setMinimumWidth(least_width)
    return scroll
