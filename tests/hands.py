"""A small movie and trace, and hands to draw with."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication

from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.pen import Pen


def make_movie(name: str = "wire", frames: int = 10, start_s: float = 0.0) -> Movie:
    """A bright wire, 40 px wide along x, on a dark ground; 0.5 nm a pixel."""
    rows = np.arange(96)[:, None]
    frame = np.where(abs(rows - 47.5) < 20, 60.0, 20.0) * np.ones((1, 128))
    return Movie.from_array(
        np.repeat(frame[None], frames, axis=0).astype(np.uint16),
        name=name,
        pixel_size_nm=0.5,
        times_s=start_s + 0.5 * np.arange(frames),
        exposures_s=0.4,
    )


def make_trace() -> Trace:
    """Potential rising by 0.1 V/s, 1 nA for 20 s."""
    time = 0.1 * np.arange(201)
    return Trace.from_columns(
        {"time_s": time, "potential_V": 0.1 * time, "current_A": 1e-9 + 0 * time},
        name="record",
    )


def drag(pen: Pen, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press at one point, drag to another, release."""
    pen.press(start, 3.0)
    pen.move(end, 3.0, is_pressed=True)
    pen.release(end, 3.0)


def click(pen: Pen, *points: tuple[float, float]) -> None:
    """Click points one after the other, moving between them."""
    for point in points:
        pen.move(point, 3.0, is_pressed=False)
        pen.press(point, 3.0)
        pen.release(point, 3.0)


class Canvas:
    """Mouse and keyboard over a viewer's canvas, in pixels of the first movie.

    Parameters
    ----------
    viewer
        A viewer with a visible window.
    qtbot
        pytest-qt's hands.
    """

    def __init__(self, viewer: Any, qtbot: Any) -> None:
        self._viewer = viewer
        self._qtbot = qtbot
        self._canvas = viewer.window._qt_viewer.canvas

    @property
    def native(self) -> Any:
        """The Qt widget."""
        return self._canvas.native

    def at(self, y: float, x: float) -> QPoint:
        """Where a pixel of the movie is on the canvas."""
        _, wy, wx = self._viewer.layers[0].data_to_world((0, y, x))
        px, py = self._canvas.view.scene.transform.map([wx, wy])[:2]
        return QPoint(round(px), round(py))

    def drag(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        modifier: Any = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        """Press, with a modifier key or without, move in steps, release."""
        bot, left = self._qtbot, Qt.MouseButton.LeftButton
        bot.mouseMove(self.native, self.at(*start))
        bot.mousePress(self.native, left, modifier, pos=self.at(*start))
        for part in np.linspace(0, 1, 6)[1:]:
            point = np.asarray(start) + part * (np.asarray(end) - start)
            bot.mouseMove(self.native, self.at(*point))
            QApplication.processEvents()
        bot.mouseRelease(self.native, left, pos=self.at(*end))
        QApplication.processEvents()

    def click(self, *points: tuple[float, float]) -> None:
        """Click points one after the other."""
        for point in points:
            self._qtbot.mouseMove(self.native, self.at(*point))
            QApplication.processEvents()
            self._qtbot.mouseClick(
                self.native, Qt.MouseButton.LeftButton, pos=self.at(*point)
            )
            QApplication.processEvents()

    def double_click(self, point: tuple[float, float]) -> None:
        """Double-click a point."""
        self._qtbot.mouseDClick(
            self.native, Qt.MouseButton.LeftButton, pos=self.at(*point)
        )
        QApplication.processEvents()

    def key(self, key: Any, modifier: Any = None) -> None:
        """Press a key."""
        if modifier is None:
            self._qtbot.keyClick(self.native, key)
        else:
            self._qtbot.keyClick(self.native, key, modifier)
        QApplication.processEvents()
