"""Front rows: position along the path and local velocity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.common import (
    numbered,
    pick_uncertainties,
    scales,
    set_flag,
)
from napari_insitu_tem.measure.paths import position_along
from napari_insitu_tem.measure.repeats import scatter_of_repeats
from napari_insitu_tem.measure.source import Source
from napari_insitu_tem.measure.velocity import local_velocity
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.record import Record

FloatArray = NDArray[np.float64]

#: Distance in px beside the path, and beyond its ends, from which a point is doubted.
BESIDE_PX = 10.0
BEYOND_PX = 3.0
#: Step between frames in px that following expects even of a front that rests.
_LEAST_STEP_PX = 0.1

#: position, its uncertainty for a pick of 1 px, that from the drift, flag
_Place = tuple[float, float, float, str]

_NOWHERE = float("nan"), float("nan"), 0.0


def fill(records: Sequence[Record], source: Source, columns: dict[str, Any]) -> None:
    """Add position along the path and velocity; see `kinds`.

    A front's path is the first row of kind path on its movie whose object is the name
    in `path`, drawn in a frame of the same pixel size. Positions count from the path's
    first vertex. Where the drift is corrected, the path follows it from the frame on
    which it was drawn.
    """
    paths = _paths(source)
    known = scales(records, source)
    places = []
    for row, record in enumerate(records):
        scale = known[row][0]
        place: _Place = (*_NOWHERE, "")
        if scale is not None:
            path_row = paths.get((record.movie, str(record.get("path")), scale))
            place = _place(source, record, path_row, scale)
        places.append(place)
        set_flag(columns, row, place[3])
    position = np.array([place[0] for place in places])
    pick, own = pick_uncertainties(records, source)
    u_position = np.array([place[1] for place in places]) * pick
    thing, _ = numbered(
        [(r.movie, r.object, r.get("path"), r.get("front")) for r in records]
    )
    frames = [record.frame for record in records]
    repeat, _ = numbered(list(zip(thing.tolist(), frames, strict=True)))
    u_position = scatter_of_repeats(position, u_position, repeat, ~own)
    u_position = np.hypot(u_position, [place[2] for place in places])
    share = np.array([scale[1] for scale in known])
    columns |= {
        "value": position,
        "u_value": np.hypot(u_position, share * position),
        "unit": [
            "" if np.isnan(position[row]) else known[row][2]
            for row in range(len(records))
        ],
    }
    step = _LEAST_STEP_PX * np.array([place[1] for place in places])
    velocity, u_velocity = _velocities(
        records, source, position, u_position, thing, step
    )
    uncalibrated = np.array([scale[2] != "nm" for scale in known])
    velocity[uncalibrated] = u_velocity[uncalibrated] = np.nan
    columns["velocity_nm_per_s"] = velocity
    columns["u_velocity_nm_per_s"] = np.hypot(u_velocity, share * velocity)


def _paths(source: Source) -> dict[tuple[str, str, tuple[float, float]], Record]:
    """Movie, name and pixel size to the first path of that name."""
    rows = list(source.document.of_kind("path"))
    paths: dict[tuple[str, str, tuple[float, float]], Record] = {}
    for path, (scale, _, _) in zip(rows, scales(rows, source), strict=True):
        if scale is not None:
            paths.setdefault((path.movie, path.object, scale), path)
    return paths


def _place(
    source: Source, record: Record, path: Record | None, scale: tuple[float, float]
) -> _Place:
    """Where a front is along its path."""
    if path is None:
        return (*_NOWHERE, flags.NO_PATH)
    drift = source.document.corrected_drift(record.movie)
    if drift is not None and np.isnan(drift.known_at(record.frame)).any():
        return (*_NOWHERE, flags.NO_DRIFT)

    def project() -> _Place:
        pixel = np.asarray(scale)
        points = source.document.path_points(path, record.frame)
        try:
            found = position_along(points * pixel, record.geometry.array()[0] * pixel)
        except MeasurementError:
            return (*_NOWHERE, flags.NO_PATH)
        size = float(np.sqrt(pixel.prod()))
        off = found.distance > BESIDE_PX * size or found.beyond > BEYOND_PX * size
        sensitivity = float(np.linalg.norm(pixel * found.direction))
        u_drift = 0.0
        if drift is not None:
            u = drift.u_moved(path.frame, record.frame)
            u_drift = float(np.linalg.norm(u * pixel * found.direction))
        return found.position, sensitivity, u_drift, flags.OFF_PATH if off else ""

    return source.derived("place", record, (path, scale, drift), project)


def _velocities(
    records: Sequence[Record],
    source: Source,
    position: FloatArray,
    u_position: FloatArray,
    thing: NDArray[np.intp],
    step: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Local velocity of every row, NaN without frame times.

    Rows that were tracked share their errors; `step` is the least step of theirs.
    """
    tracked = np.array([record.method == "tracked" for record in records])
    times = np.full(len(records), np.nan)
    middle: dict[str, FloatArray] = {}
    for row, record in enumerate(records):
        if record.movie not in middle:
            start, stop = source.windows_ns(record.movie)
            middle[record.movie] = (start + (stop - start) / 2) / 1e9
        if 0 <= record.frame < middle[record.movie].size:
            times[row] = middle[record.movie][record.frame]
    velocity, u_velocity = np.full((2, len(records)), np.nan)
    window = source.document.settings.velocity_frames
    for number in range(int(thing.max()) + 1):
        rows = np.flatnonzero(thing == number)
        found = local_velocity(
            times[rows],
            position[rows],
            u_position[rows],
            window,
            followed=tracked[rows],
            least_step=step[rows],
        )
        velocity[rows], u_velocity[rows] = found.velocity, found.u_velocity
    return velocity, u_velocity
