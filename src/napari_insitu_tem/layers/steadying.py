"""The canvas with the drift corrected: layers are moved, frames are not resampled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from napari_insitu_tem.model.document import Document


def shown_shift(document: Document, movie: str, frame: int) -> tuple[float, float]:
    """(dy, dx) in px by which a frame is moved back; 0 where no drift is corrected."""
    drift = document.corrected_drift(movie)
    if drift is None:
        return 0.0, 0.0
    dy, dx = drift.shown_at(frame)
    return float(dy), float(dx)


def steady(viewer: Any, layers: Iterable[Any], shift: ArrayLike) -> None:
    """Move layers back by a shift in px; nothing is told where they are there.

    The frame that a layer shows stays the same, so nothing is sliced anew; and napari's
    slider, which only steps through frames, needs no new range.
    """
    for layer in layers:
        move = np.zeros(layer.ndim)
        move[-2:] = -np.asarray(shift) * np.asarray(layer.scale)[-2:]
        if np.array_equal(layer.translate, move):
            continue
        translate = layer.events.translate
        with translate.blocker(viewer._on_layers_change), layer._block_refresh():
            layer.translate = move
