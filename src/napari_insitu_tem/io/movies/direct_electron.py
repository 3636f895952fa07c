"""The `NAME_info.txt` that Direct Electron's server writes beside its files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from napari_insitu_tem.io.movies.facts import LONGEST_S, Facts
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp, to_ns

_INFO_BYTES = 2**20


def take_direct_electron(path: Path, frames: int, facts: Facts) -> None:
    """Read frame time, exposure and start, where there is such a text for the file.

    The frames of the movie may each be the sum of several camera frames. The scale in
    the text is noted, not used: the server fills in a default where it knows none.
    """
    text = _find_info(path)
    if text is None:
        return
    info = _parse(text)
    if "Frame Time (nanoseconds)" not in info:
        return
    facts.flavour = "Direct Electron"
    facts.note(info_file=text.name, camera=info.get("Camera Model", ""))
    for axis in "XY":
        size = _number(info, f"Specimen Pixel Size {axis} (nanometers)")
        if math.isfinite(size):
            facts.note(**{f"specimen_pixel_size_{axis.lower()}_nm": size})
    _take_start(info, text.name, facts)
    if frames > 1 or path.stem.lower().endswith("_movie"):
        _take_times(info, text.name, frames, facts)


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


def _take_start(info: Mapping[str, str], name: str, facts: Facts) -> None:
    """Seconds since 1970 in UTC; the local time beside it tells the zone."""
    epoch = _number(info, "Timestamp (seconds since Epoch)")
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
    facts.stamp = StartStamp(utc.astimezone(zone), 1.0, f"{name} (Timestamp)")


def _take_times(info: Mapping[str, str], name: str, frames: int, facts: Facts) -> None:
    step = _number(info, "Frame Time (nanoseconds)")
    exposed = _number(info, "Frame Exposure Time (nanoseconds)")
    summed = _number(info, "Autosave Movie Sum Count")
    summed = summed if summed >= 1 else 1.0
    if not 0 < step * summed * frames < LONGEST_S * 1e9:
        return
    start_ns = np.rint(np.arange(frames) * step * summed).astype(np.int64)
    exposure = None
    if math.isfinite(exposed) and 0 < exposed <= step:
        window_s = ((summed - 1) * step + exposed) / 1e9
        exposure = np.full(frames, to_ns(window_s))
        facts.note(exposure_s=window_s)
    facts.times = FrameTimes(start_ns, exposure, f"{name} (Frame Time)")


def _number(info: Mapping[str, str], key: str) -> float:
    try:
        return float(info.get(key, ""))
    except ValueError:
        return math.nan
