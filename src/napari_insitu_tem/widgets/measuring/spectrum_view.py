"""The power spectrum of a box, with the lattices that were found in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_insitu_tem.measure.lattice.spectrum import Spectrum
from napari_insitu_tem.state.lattices import Guess

#: Side of the picture, radius of a ring around a peak, and how near a click must be.
_SIDE, _RING, _REACH = 132, 6.0, 14.0
#: The picture reaches so much farther than the farthest peak.
_MARGIN = 1.5
#: Darkest and brightest parts of the logarithm of the power, as quantiles.
_RANGE = (0.5, 0.9995)

_CHOSEN, _OTHER = QColor("#FFB000"), QColor("#48E6FC")


class SpectrumView(QWidget):
    """A picture; a click on a peak chooses it.

    Signals
    -------
    chosen(int)
        The number of the peak that was clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._picture: QImage | None = None
        self._places: list[tuple[QPointF, QPointF]] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(_SIDE, _SIDE)
        self.setToolTip(
            "Power spectrum of the box: the measured lattice in orange, others in "
            "blue.\nClick another one to measure it instead."
        )

    def sizeHint(self) -> QSize:
        """A small square."""
        return QSize(_SIDE, _SIDE)

    def show_nothing(self) -> None:
        """There is no box."""
        self._picture, self._places = None, []
        self.update()

    def show_spectrum(self, spectrum: Spectrum, peaks: Sequence[Guess]) -> None:
        """Show a spectrum and mark peaks, the chosen one first."""
        reach = 0.5
        if peaks:
            reach = min(0.5, _MARGIN / min(spacing for spacing, *_ in peaks))
        self._picture = _picture(spectrum, reach)
        self._places = [self._at(spacing, turn, reach) for spacing, turn in peaks]
        self.update()

    def _at(self, spacing: float, turn: float, reach: float) -> tuple[QPointF, QPointF]:
        """Where a peak and its twin are."""
        part = _SIDE / 2 / (spacing * reach)
        dx, dy = part * np.cos(np.deg2rad(turn)), part * np.sin(np.deg2rad(turn))
        middle = _SIDE / 2
        return QPointF(middle + dx, middle + dy), QPointF(middle - dx, middle - dy)

    def paintEvent(self, event: Any) -> None:
        """Draw the picture and the rings."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(0, 0, _SIDE, _SIDE)
        painter.fillRect(whole, QColor("#000000"))
        if self._picture is not None:
            painter.drawImage(whole, self._picture)
        for number, pair in enumerate(self._places):
            painter.setPen(QPen(_CHOSEN if number == 0 else _OTHER, 1.6))
            for point in pair:
                painter.drawEllipse(point, _RING, _RING)
        painter.end()

    def mousePressEvent(self, event: Any) -> None:
        """Choose the nearest peak."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = event.position()
        away = [
            min(float(np.hypot(p.x() - place.x(), p.y() - place.y())) for p in pair)
            for pair in self._places
        ]
        if away and min(away) <= _REACH:
            self.chosen.emit(int(np.argmin(away)))


def _picture(spectrum: Spectrum, reach: float) -> QImage:
    """The logarithm of the power up to a frequency, as grey levels."""
    rows, columns = np.abs(spectrum.fy) <= reach, np.abs(spectrum.fx) <= reach
    power = np.log(spectrum.power[np.ix_(rows, columns)])
    low, high = np.quantile(power, _RANGE)
    grey = np.clip((power - low) / max(high - low, 1e-9), 0, 1) * 255
    levels = np.ascontiguousarray(grey.astype(np.uint8))
    height, width = levels.shape
    image = QImage(
        levels.tobytes(), width, height, width, QImage.Format.Format_Grayscale8
    )
    return image.copy()
