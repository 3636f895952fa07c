"""A movie as a napari image layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_insitu_tem.layers.keys import KEY
from napari_insitu_tem.layers.shown_frames import ShownFrames
from napari_insitu_tem.layers.space import layer_space
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie

#: Frames looked at for the first contrast.
_SAMPLE_FRAMES = 5


def movie_layer_data(movie: Movie, unit: str = "") -> tuple[Any, dict[str, Any], str]:
    """(data, attributes, "image") as napari adds it.

    Parameters
    ----------
    movie
        What is shown.
    unit
        Of the canvas that it is added to; that of the movie by default.
    """
    calibration = movie.calibration
    scale_nm = None if calibration is None else calibration.scale_nm
    attributes: dict[str, Any] = {
        "name": movie.name,
        "metadata": {KEY: {"role": "movie", "movie": movie}},
        **layer_space(scale_nm, unit=unit),
    }
    if movie.is_colour:
        attributes["rgb"] = True
    else:
        attributes |= {
            "contrast_limits": contrast_limits(movie),
            "colormap": "gray",
            "multiscale": False,
        }
    return ShownFrames(movie.frames), attributes, "image"


def contrast_limits(movie: Movie) -> tuple[float, float]:
    """Grey values that show a few frames, spread over the movie, well.

    The 0.2 and 99.8 percentiles; frames that cannot be read are passed over.
    """
    chosen = np.unique(np.linspace(0, len(movie) - 1, _SAMPLE_FRAMES).astype(int))
    values = []
    for index in chosen:
        try:
            frame = movie.frame(int(index))
        except ReadError:
            continue
        step = max(1, int(np.sqrt(frame.size / 250_000)))
        part = np.asarray(frame[::step, ::step], dtype=np.float64)
        values.append(part[np.isfinite(part)])
    if not values or not any(v.size for v in values):
        return 0.0, 1.0
    low, high = np.percentile(np.concatenate(values), [0.2, 99.8])
    if high <= low:
        high = low + 1.0
    return float(low), float(high)
