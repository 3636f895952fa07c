"""A small movie and trace, and hands to draw with."""

from __future__ import annotations

import numpy as np

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
