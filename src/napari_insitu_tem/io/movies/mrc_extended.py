"""The extended header that FEI and Thermo Fisher cameras write, one record a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.dates import from_ole_days
from napari_insitu_tem.io.movies.facts import Facts
from napari_insitu_tem.io.movies.mrc_header import HEADER_BYTES, Header
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp, to_ns

_DIFFRACTION = 1
_HAS_TIME = 1 << 0
_HAS_PIXEL = 1 << 14 | 1 << 15


def take_fei(path: Path, header: Header, frames: int, facts: Facts) -> None:
    """Read pixel size, frame times, exposure and microscope of an FEI file."""
    records = _records(path, header, frames, facts)
    if records is None:
        return
    first = records[0]
    facts.flavour = "FEI"
    facts.note(
        magnification=float(first["Magnification"]),
        high_tension_V=float(first["HT"]),
        dose_e_per_m2=float(first["Dose"]),
        camera=bytes(first["Camera name"]),
        application=bytes(first["Application"]),
    )
    _take_pixel_size(records, frames, facts)
    _take_times(records, frames, facts)


def _records(
    path: Path, header: Header, frames: int, facts: Facts
) -> NDArray[Any] | None:
    """One record a frame, as far as the file holds them; None where there are none."""
    from mrcfile.dtypes import get_ext_header_dtype

    dtype = get_ext_header_dtype(bytes(header.values.exttyp), header.byteorder)
    if dtype is None:
        return None
    wanted = min(header.extended_bytes, frames * dtype.itemsize)
    with path.open("rb") as file:
        file.seek(HEADER_BYTES)
        data = file.read(wanted)
    records = np.frombuffer(data[: len(data) // dtype.itemsize * dtype.itemsize], dtype)
    if records.size == 0 or int(records["Metadata size"][0]) != dtype.itemsize:
        facts.warn("Its extended header is damaged and was not used.")
        return None
    return records


def _take_pixel_size(records: NDArray[Any], frames: int, facts: Facts) -> None:
    """That of the first frame, or of each where the magnification was changed."""
    given = records["Bitmask 1"] & _HAS_PIXEL == _HAS_PIXEL
    is_image = records["Projection mode"] != _DIFFRACTION
    if not given[0]:
        return
    if not is_image[0]:
        facts.calibration = None
        facts.warn("It was recorded in diffraction mode, so lengths stay in pixels.")
        return
    sizes = np.stack([records["Pixel size Y"], records["Pixel size X"]], axis=1)
    y, x = sizes[0].tolist()
    facts.calibrate(y, x, "m", "FEI extended header")
    if records.size >= frames:
        known = (given & is_image)[:, np.newaxis]
        facts.calibrate_each(np.where(known, sizes, np.nan)[:frames] * 1e9)


def _take_times(records: NDArray[Any], frames: int, facts: Facts) -> None:
    """Start stamp, and times where every frame has a later one than the first."""
    days = records["Timestamp"].astype(np.float64)
    given = (records["Bitmask 1"] & _HAS_TIME > 0) & (days > 1) & (days < 1e6)
    if not given[0]:
        return
    source = "FEI extended header (Timestamp)"
    facts.stamp = StartStamp(from_ole_days(float(days[0])), 1e-3, source)
    facts.expose(float(records["Integration time"][0]))
    if frames < 2 or records.size < frames or not given.all() or np.ptp(days) == 0:
        return
    start_ns = to_ns(np.round((days - days[0]) * 86400, 6))
    facts.times = FrameTimes(start_ns, source=source)
    exposures = records["Integration time"].astype(np.float64)
    period_s = float(np.median(np.diff(start_ns))) / 1e9
    if np.isfinite(exposures).all() and (exposures > 0).all():
        if np.median(exposures) <= 1.01 * period_s:
            facts.times = FrameTimes(start_ns, to_ns(exposures), source)
            return
        facts.warn(
            f"Its integration time ({exposures[0]:g} s) is longer than the time "
            f"between frames ({period_s:g} s), so the frames have no exposure."
        )
    facts.exposure_s = None
