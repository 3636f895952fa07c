"""Drift of a movie: estimated in the background, switched, forgotten.

Every change is one undoable step of the session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.drift.estimate import estimate_drift
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress
from napari_insitu_tem.state.session import Session

#: Flag to its reason, as it follows after the number of the frame.
REASONS = {
    "no_data": "cannot be read or is empty",
    "blank": "is blank",
    "low_contrast": "the specimen cannot be made out",
    "unresolved": "the image fits elsewhere as well",
    "jump": "a jump",
}

#: Least side in px of a region that tells a drift.
_LEAST_PX = 16


@dataclass(frozen=True, eq=False)
class DriftPlan:
    """A drift about to be estimated.

    Attributes
    ----------
    title
        What is being done, for a progress bar.
    movie
        Name of the movie.
    find
        Does the work; runs in a thread and changes nothing.
    """

    title: str
    movie: str
    find: Callable[[Progress], MovieDrift]


def plan_drift(session: Session, region: Geometry | None = None) -> DriftPlan:
    """What estimating the drift of the movie under the playhead means now.

    Parameters
    ----------
    session
        The open experiment.
    region
        Polygon of what holds still, drawn on the first frame; None: the whole frame.

    Raises
    ------
    MeasurementError
        There is no movie, it has one frame, or the region is too small.
    """
    movie = session.movie
    if movie is None:
        raise MeasurementError("Open a movie before estimating its drift.")
    if len(movie) < 2:
        raise MeasurementError("A single frame has no drift.")
    mask = None if region is None else mask_of(region, movie)
    counting = session.document.counting(movie.name)
    # Counts above a dark level do not scatter as electrons do.
    gain = None if counting is None or counting.offset else counting.gain

    def find(progress: Progress) -> MovieDrift:
        found = estimate_drift(movie, mask=mask, gain=gain, progress=progress)
        if np.isfinite(found.shift).all(axis=1).sum() < 2:
            raise MeasurementError(
                "The drift cannot be told: the specimen is not made out in the frames.",
                hint="Draw a box around something that has contrast and holds still.",
            )
        return MovieDrift.of(found.shift, found.u_shift, found.flag, region, gain=gain)

    return DriftPlan(f"Drift of {movie.name}", movie.name, find)


def mask_of(region: Geometry, movie: Movie) -> NDArray[np.bool_]:
    """(y, x) of a movie's frame: true inside a polygon.

    Raises
    ------
    MeasurementError
        It is smaller than 16 px either way, or lies out of the frame.
    """
    from skimage.draw import polygon2mask

    shape = (int(movie.shape[1]), int(movie.shape[2]))
    mask = np.asarray(polygon2mask(shape, region.array()), dtype=bool)
    sides = [np.ptp(np.flatnonzero(mask.any(axis=a))) + 1 for a in (0, 1) if mask.any()]
    if len(sides) < 2 or min(sides) < _LEAST_PX:
        raise MeasurementError(
            f"The region is smaller than {_LEAST_PX} px or lies out of the frame.",
            hint="Draw a larger one, or use the whole frame.",
        )
    return mask


def set_drift(session: Session, movie: str, drift: MovieDrift) -> None:
    """Put an estimated drift in place; it is corrected from now on."""
    session.edit(
        f"estimate drift of {movie}", session.document.with_drift(movie, drift)
    )


def switch_drift(session: Session, movie: str, is_on: bool) -> None:
    """Correct the drift of a movie, or leave it; the numbers stay."""
    drift = session.document.drifts.get(movie)
    if drift is not None and drift.is_on != is_on:
        changed = replace(drift, is_on=is_on)
        how = "correct drift" if is_on else "do not correct drift"
        session.edit(f"{how} of {movie}", session.document.with_drift(movie, changed))


def forget_drift(session: Session, movie: str) -> None:
    """Take the drift of a movie away."""
    if movie in session.document.drifts:
        session.edit(
            f"forget drift of {movie}", session.document.with_drift(movie, None)
        )


def doubted_frames(drift: MovieDrift) -> list[tuple[int, str]]:
    """(frame, reason) of the frames whose shift is doubted or not known."""
    return [
        (frame, REASONS.get(flag, flag.replace("_", " ")))
        for frame, flag in enumerate(drift.flag)
        if flag
    ]


def drift_sentence(drift: MovieDrift, pixel_nm: tuple[float, float] | None) -> str:
    """How far the specimen moved, and how well that is known, in words.

    Parameters
    ----------
    drift
        The drift.
    pixel_nm
        (y, x) size of a pixel; None where it is not known.
    """
    known = np.isfinite(drift.known).all(axis=1)
    if not known.any():
        return "The drift is not known in any frame."
    size = np.hypot(*drift.known[known].T)
    frame = int(np.flatnonzero(known)[np.argmax(size)])
    text = f"Largest shift: {size.max():.1f} px"
    if pixel_nm is not None:
        nm = float(np.hypot(*(drift.known[frame] * np.asarray(pixel_nm))))
        text = f"Largest shift: {nm:.3g} nm ({size.max():.1f} px)"
    u = np.array(drift.u_shift, dtype=np.float64)[known]
    text += f", in frame {frame}. Known to {np.median(np.hypot(*u.T)):.2g} px (1 s.d.)"
    if drift.gain is not None:
        text += f" by {drift.gain:.4g} counts per electron"
    doubted = len(doubted_frames(drift))
    if not doubted:
        return f"{text}. No frame is doubted."
    return f"{text}. {doubted} of {len(drift.flag)} frames are in doubt:"
