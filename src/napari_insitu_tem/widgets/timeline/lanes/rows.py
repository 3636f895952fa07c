"""PickRow: a click that selects a row of a table and goes to its frame."""

from __future__ import annotations

from qtpy.QtCore import Qt

from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.gestures import Gesture, Mouse


class PickRow(Gesture):
    """Selects a row when the button is pressed on it.

    Parameters
    ----------
    session
        The open experiment.
    row
        Id of the row.
    mouse
        With Ctrl held, the row is added to the selection or taken from it.
    """

    def __init__(self, session: Session, row: str, mouse: Mouse) -> None:
        if mouse.has(Qt.KeyboardModifier.ControlModifier):
            session.select(session.selection ^ {row})
        else:
            session.select([row], follow=True)
