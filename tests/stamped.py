"""A small movie and a record that know when they began."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

NOON = datetime(2026, 1, 5, 12)


def stamped_movie(name: str = "wire", **about: Any) -> Movie:
    """20 frames, 0.5 s and 0.5 nm; every fact can be given another value."""
    facts = {"times_s": np.arange(20) * 0.5, "pixel_size_nm": 0.5, "start": NOON}
    pixels = np.zeros((20, 8, 16), np.uint8)
    return Movie.from_array(pixels, name=name, **(facts | about))


def stamped_trace(
    name: str = "gcd", start: datetime | None = NOON, **about: Any
) -> Trace:
    """100 s of a rising potential and a constant current, a sample each 0.25 s."""
    time = np.arange(400) * 0.25
    return Trace.from_columns(
        {"time_s": time, "potential_V": 0.01 * time, "current_A": 1e-9 + 0 * time},
        name=name,
        stamp=None if start is None else StartStamp(start),
        **about,
    )
