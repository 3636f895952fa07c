"""What frames say of a front: from a kymograph, a track, or positions by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.fronts.track import FrontTrack, track_front
from napari_insitu_tem.measure.kymograph import Kymograph
from napari_insitu_tem.measure.laws.likelihood import (
    FrameLikelihood,
    PickLikelihood,
    SurfaceLikelihood,
)
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]


def frames_of(
    source: Kymograph | FrontTrack | ArrayLike,
    times: ArrayLike,
    *,
    front: int | None = None,
    u_positions: ArrayLike | None = None,
    gain: float | None = None,
) -> FrameLikelihood:
    """What each frame says of a front.

    Raises
    ------
    MeasurementError
        Times that do not belong to the frames.
    """
    if isinstance(source, Kymograph):
        source = track_front(source, gain=gain)
    t = np.asarray(times, dtype=np.float64).ravel()
    if isinstance(source, FrontTrack):
        return _frames_of_track(source, t, front)
    picks = np.asarray(source, dtype=np.float64).ravel()
    _check(t, picks.size)
    u_picks = np.nan if u_positions is None else u_positions
    u = np.broadcast_to(np.asarray(u_picks, dtype=np.float64), picks.shape)
    return PickLikelihood(t, picks, u)


def _frames_of_track(
    track: FrontTrack, times: FloatArray, front: int | None
) -> FrameLikelihood:
    """What each frame says of a front of a track."""
    position = np.atleast_2d(track.position)
    _check(times, position.shape[1])
    if front is None and len(position) == 1:
        front = 0
    if front is None or not 0 <= front < len(position):
        raise MeasurementError(
            f"The track has {len(position)} fronts.",
            hint=f"Choose one by front=0 to front={len(position) - 1}.",
        )
    if track.surface is not None:
        surface = track.surface
        height = surface.log_likelihood[front]
        return SurfaceLikelihood(times, surface.positions, height, position[front])
    u = np.broadcast_to(np.atleast_2d(track.u_position), position.shape)
    return PickLikelihood(times, position[front], u[front])


def _check(times: FloatArray, frames: int) -> None:
    if times.size != frames:
        raise MeasurementError(
            f"There are {times.size} times for {frames} frames.",
            hint="Give the time of every frame.",
        )
    if not np.isfinite(times).all() or np.ptp(times) == 0:
        raise MeasurementError("The times of the frames must be numbers that differ.")
