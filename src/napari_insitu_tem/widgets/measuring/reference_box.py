"""Which frames are the reference of the object that is measured."""

from __future__ import annotations

from qtpy.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from napari_insitu_tem.state.measuring import set_reference
from napari_insitu_tem.state.session import Session


class ReferenceBox(QGroupBox):
    """Shows the reference frames and sets them.

    Parameters
    ----------
    session
        The open experiment.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Reference")
        self._session = session
        self._text = QLabel()
        self._text.setWordWrap(True)
        self.take = QPushButton("This frame")
        self.take.setToolTip("Take the present frame as the reference (Shift+R)")
        self.add = QPushButton("Add this frame")
        self.add.setToolTip("The reference is the mean of several frames")
        self.first = QPushButton("First")
        self.first.setToolTip("Take the first measured frame as the reference")
        self.take.clicked.connect(lambda: self._take([]))
        self.add.clicked.connect(lambda: self._take(self._frames()))
        self.first.clicked.connect(lambda: set_reference(session, self._name(), []))
        row = QHBoxLayout()
        for button in (self.take, self.add, self.first):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.addWidget(self._text)
        column.addLayout(row)

    def refresh(self) -> None:
        """Show the reference as it is now."""
        frames = self._frames()
        shown = ", ".join(str(frame) for frame in frames)
        words = f"frame{'s' * (len(frames) > 1)} {shown}"
        self._text.setText(
            f"{self._name()}: {words if frames else 'its first measured frame'}"
        )

    def _name(self) -> str:
        return self._session.toolbox["expansion"].object

    def _frames(self) -> list[int]:
        settings = self._session.document.object_settings(self._name())
        return list(settings.reference_frames)

    def _take(self, others: list[int]) -> None:
        playhead = self._session.playhead
        if playhead is None:
            self._session.say("Open a movie first.")
            return
        frames = sorted({*others, playhead.frame})
        set_reference(self._session, self._name(), frames)
