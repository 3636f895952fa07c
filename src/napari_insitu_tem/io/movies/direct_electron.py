"""What Direct Electron's server writes beside its movies: info text and time stamps.

Keys of the text as in the files of several versions of the server; the table of stamps
and what the date in the text means as described in the `spyde` project's reader.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.facts import LONGEST_S, Facts
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp, to_ns

_INFO_BYTES = 2**20
_STAMP_BYTES = 2**26
_EPOCH = "Timestamp (seconds since Epoch)"
_KEYS = ("Frame Time (nanoseconds)", "Frames Per Second")
#: From this length on it is worth saying that the date is none of the first frame.
_LONG_S = 1.0


def take_direct_electron(path: Path, frames: int, facts: Facts) -> None:
    """Read frame time, exposure and start, where there is such a text for the file.

    The frames of the movie may each be the sum of several camera frames. The scale in
    the text is noted, not used: the server fills in a default where it knows none.
    """
    stamps = _stamps(path, frames, facts)
    text = _find_info(path)
    info = {} if text is None else _parse(text)
    if not any(key in info for key in _KEYS):
        text, info = None, {}
    if text is None and stamps is None:
        return
    facts.flavour = "Direct Electron"
    name = "" if text is None else text.name
    facts.note(info_file=name, camera=info.get("Camera Model", ""))
    for axis in "XY":
        size = _number(info, f"Specimen Pixel Size {axis} (nanometers)")
        if math.isfinite(size):
            facts.note(**{f"specimen_pixel_size_{axis.lower()}_nm": size})
    if frames > 1 or path.stem.lower().endswith("_movie"):
        _take_times(info, name, frames, stamps, facts)
    _take_start(info, name, facts)


def described_beside(path: Path) -> list[Path]:
    """The text and the table of a movie, where they are there."""
    if path.suffix.lower() not in (".mrc", ".mrcs"):
        return []
    found = [_find_info(path), _table_of(path)]
    return [one for one in found if one is not None]


def _table_of(path: Path) -> Path | None:
    table = path.with_name(f"{path.stem}_timestamps.csv")
    return table if table.is_file() else None


def _find_info(path: Path) -> Path | None:
    """The text whose name is that of the file up to one of its underscores."""
    parts = path.stem.split("_")
    for end in range(len(parts), 0, -1):
        text = path.with_name("_".join(parts[:end]) + "_info.txt")
        if text.is_file():
            return text
    return None


def _parse(path: Path) -> dict[str, str]:
    """Lines of `key = value`."""
    with path.open("rb") as file:
        lines = file.read(_INFO_BYTES).decode("utf-8", "replace").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _stamps(path: Path, frames: int, facts: Facts) -> NDArray[np.int64] | None:
    """(T,) nanoseconds of each frame from `NAME_timestamps.csv`; None without them.

    The stamps are those of a clock that began at some other moment.
    """
    table = _table_of(path)
    if table is None or table.stat().st_size > _STAMP_BYTES:
        return None
    with table.open(encoding="utf-8", errors="replace") as file:
        lines = list(islice(file, frames + 1))
    names = [name.strip().lower() for name in lines[0].split(",")] if lines else []
    column = next((i for i, n in enumerate(names) if n.startswith("timestamp")), -1)
    seconds = [] if column < 0 else [_float(line, column) for line in lines[1:]]
    found = np.array(seconds)
    if len(found) < frames or not np.isfinite(found).all():
        known = int(np.isfinite(found).sum())
        facts.warn(
            f"{table.name} has the times of {known} of {frames} frames, so it was not "
            "used."
        )
        return None
    if np.any(np.diff(found) <= 0) or np.ptp(found) >= LONGEST_S:
        facts.warn(f"The times in {table.name} do not rise, so it was not used.")
        return None
    return np.asarray(to_ns(found - found[0]), dtype=np.int64)


def _float(line: str, column: int) -> float:
    """A number in a line; NaN where there is none, as in a line that was cut off."""
    try:
        return float(line.split(",")[column])
    except (IndexError, ValueError):
        return math.nan


def _take_start(info: Mapping[str, str], name: str, facts: Facts) -> None:
    """Seconds since 1970 in UTC; the local time beside it tells the zone."""
    epoch = _number(info, _EPOCH)
    if not 0 < epoch < 1e11:
        return
    utc = datetime.fromtimestamp(epoch, timezone.utc)  # noqa: UP017
    zone = timezone.utc  # noqa: UP017
    try:
        local = datetime.strptime(info.get("Local time", ""), "%a %b %d %H:%M:%S %Y")
        minutes = round((local - utc.replace(tzinfo=None)).total_seconds() / 60)
        zone = timezone(timedelta(minutes=minutes))
    except ValueError:
        pass
    lasts_s = 0.0 if facts.times is None else float(facts.times.start_ns[-1]) / 1e9
    facts.stamp = StartStamp(utc.astimezone(zone), 1.0 + lasts_s, f"{name} (Timestamp)")
    if lasts_s > _LONG_S:
        facts.warn(
            f"Its start is when {name} was written, which may be after the last frame: "
            f"up to {lasts_s:.3g} s too late."
        )


def _take_times(
    info: Mapping[str, str],
    name: str,
    frames: int,
    stamps: NDArray[np.int64] | None,
    facts: Facts,
) -> None:
    """The stamp of each frame, or the frame time, which holds for a camera frame."""
    step = _number(info, _KEYS[0])
    if not math.isfinite(step):
        rate = _number(info, _KEYS[1])
        step = 1e9 / rate if rate > 0 else math.nan
    exposed = _number(info, "Frame Exposure Time (nanoseconds)")
    summed = _number(info, "Autosave Movie Sum Count")
    summed = summed if summed >= 1 else 1.0
    source = f"{name} (Frame Time)"
    if stamps is not None:
        source = "table of time stamps beside the file"
    elif not 0 < step * summed * frames < LONGEST_S * 1e9:
        return
    else:
        stamps = np.rint(np.arange(frames) * step * summed).astype(np.int64)
    exposure = None
    if math.isfinite(exposed) and 0 < exposed <= step:
        window_s = ((summed - 1) * step + exposed) / 1e9
        exposure = np.full(frames, to_ns(window_s))
        facts.note(exposure_s=window_s)
    facts.times = FrameTimes(stamps, exposure, source)


def _number(info: Mapping[str, str], key: str) -> float:
    try:
        return float(info.get(key, ""))
    except ValueError:
        return math.nan
