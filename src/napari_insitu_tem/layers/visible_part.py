"""The part of the current movie that the canvas shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_insitu_tem.layers.viewer_link import link_of


def visible_part(viewer: Any) -> tuple[int, int, int, int] | None:
    """(y0, x0, y1, x1) in px of the current movie, the last two excluded.

    None where the canvas shows nothing of it, or there is no movie.

    Parameters
    ----------
    viewer
        A napari viewer.
    """
    link = link_of(viewer)
    movie = link.session.movie
    layer = None if movie is None else link.movie_layer(movie.name)
    if movie is None or layer is None:
        return None
    corners = np.asarray(layer.corner_pixels)[:, -2:]
    size = np.array(movie.shape[1:3])
    first = np.clip(corners.min(axis=0), 0, size).astype(int)
    last = np.clip(corners.max(axis=0) + 1, 0, size).astype(int)
    if np.any(last <= first):
        return None
    return int(first[0]), int(first[1]), int(last[0]), int(last[1])
