"""The image of a kymograph on a time axis that frames do not share evenly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QRectF
from qtpy.QtGui import QImage, QPainter

from napari_insitu_tem.measure.kymograph import Kymograph
from napari_insitu_tem.widgets.timeline.lane_view import LaneView, PixelItem


class KymographImage(PixelItem):
    """The kymograph, each column under its frame's time; gaps stay empty."""

    def __init__(self, view: LaneView) -> None:
        super().__init__(view)
        self.setZValue(-2)
        self._grey: NDArray[np.uint8] | None = None

    def show(
        self,
        kymograph: Kymograph,
        start_s: NDArray[np.float64],
        covered: NDArray[np.float64],
        per_px: float,
    ) -> None:
        """Show a kymograph.

        Parameters
        ----------
        kymograph
            `data` is (T, L).
        start_s
            (T,) start of each frame.
        covered
            (n, 2) stretches of time with frames.
        per_px
            Units of the value axis in a pixel.
        """
        data = np.asarray(kymograph.data, dtype=np.float64)
        finite = data[np.isfinite(data)]
        low, high = np.percentile(finite, [1, 99]) if finite.size else (0.0, 1.0)
        grey = np.clip((data - low) / max(high - low, 1e-12), 0, 1) * 255
        self._grey = np.nan_to_num(grey).astype(np.uint8)
        self._order = np.argsort(start_s, kind="stable")
        self._start = start_s[self._order]
        self._covered = np.asarray(covered).reshape(-1, 2)
        self._step = kymograph.step * per_px
        self.update()

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Pick the frame of each column of the screen and paint the columns."""
        if self._grey is None:
            return
        rect = self.boundingRect()
        columns = int(rect.width())
        (x0, x1), (y0, y1) = self._view.box.viewRange()
        if columns < 1 or y1 <= y0:
            return
        times = x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns
        place = np.searchsorted(self._start, times, side="right") - 1
        inside = (
            (times[:, None] >= self._covered[:, 0])
            & (times[:, None] < self._covered[:, 1])
        ).any(axis=1) & (place >= 0)
        frame = self._order[np.clip(place, 0, None)]
        pixels = np.zeros((self._grey.shape[1], columns, 2), dtype=np.uint8)
        pixels[::-1, :, 0] = self._grey[frame].T
        pixels[..., 1] = np.where(inside, 255, 0)
        grey = pixels[..., 0]
        rgba = np.stack([grey, grey, grey, pixels[..., 1]], axis=-1)
        rgba = np.ascontiguousarray(rgba)
        image = QImage(
            rgba.data,
            columns,
            rgba.shape[0],
            4 * columns,
            QImage.Format.Format_RGBA8888,
        )
        per_value = rect.height() / (y1 - y0)
        top = (y1 - (rgba.shape[0] - 0.5) * self._step) * per_value
        height = rgba.shape[0] * self._step * per_value
        painter.drawImage(QRectF(0, top, columns, height), image)
