"""Beam: how the electron dose of a movie is known."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from napari_insitu_tem.model.errors import MeasurementError

#: From the counts of the frames; of a parallel beam; of a scanning probe.
Way = Literal["counts", "parallel", "probe"]

_WAYS = ("counts", "parallel", "probe")
_POSITIVE = ("gain", "current_A", "diameter_nm", "area_nm2", "dwell_s", "exposure_s")
_NOT_NEGATIVE = ("u_gain", "u_current_relative", "u_extent_relative", "before_e_A2")
_NAMES = {
    "gain": "gain",
    "u_gain": "uncertainty of the gain",
    "current_A": "beam current",
    "u_current_relative": "uncertainty of the beam current",
    "diameter_nm": "diameter of the beam",
    "area_nm2": "illuminated area",
    "u_extent_relative": "uncertainty of the beam's extent",
    "dwell_s": "dwell time",
    "exposure_s": "exposure",
    "before_e_A2": "dose before the movie",
}


@dataclass(frozen=True)
class Beam:
    """What the dose of a movie follows from.

    What belongs to another way than `way` is kept for when the user comes back to it.

    Attributes
    ----------
    way
        "counts" of the frames and a gain, "parallel" beam of known current and extent,
        or a scanning "probe" of known current and dwell time.
    gain, u_gain
        Counts for an electron and its standard uncertainty; None where not known, or
        not stated.
    offset
        Counts of a pixel without electrons; None: not known, and taken as 0.
    gain_source, gain_flag
        "typed" or "estimated", and the doubt of an estimate (see `estimate_gain`).
    region
        (y0, x0, y1, x1) in px, the last two excluded: where the counts are taken. None
        is the whole frame.
    counts
        (frame, mean counts of a pixel in the region) of the frames that were read.
    current_A, u_current_relative
        Current of the beam or of the probe, and its relative standard uncertainty.
    diameter_nm, area_nm2
        What a parallel beam illuminates: one of them.
    u_extent_relative
        Relative standard uncertainty of that diameter or area.
    dwell_s
        Time of the probe on a pixel.
    exposure_s
        Exposure of a frame, for a movie that does not state it.
    is_on_between
        Whether the specimen was lit between the frames, too.
    before_e_A2
        Dose that the specimen received before the movie.
    """

    way: Way = "counts"
    gain: float | None = None
    u_gain: float | None = None
    offset: float | None = None
    gain_source: str = ""
    gain_flag: str = ""
    region: tuple[int, int, int, int] | None = None
    counts: tuple[tuple[int, float], ...] = ()
    current_A: float | None = None
    u_current_relative: float | None = None
    diameter_nm: float | None = None
    area_nm2: float | None = None
    u_extent_relative: float | None = None
    dwell_s: float | None = None
    exposure_s: float | None = None
    is_on_between: bool = False
    before_e_A2: float = 0.0

    def __post_init__(self) -> None:
        if self.way not in _WAYS:
            raise MeasurementError(f"{self.way!r} is not a way to know the dose.")
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in (*_POSITIVE, *_NOT_NEGATIVE):
            value, least = values[name], 0.0
            if value is None:
                continue
            is_fine = value > least if name in _POSITIVE else value >= least
            if not (np.isfinite(value) and is_fine):
                wanted = "above 0" if name in _POSITIVE else "0 or more"
                raise MeasurementError(f"The {_NAMES[name]} must be a number {wanted}.")
        if self.offset is not None and not np.isfinite(self.offset):
            raise MeasurementError("The offset must be a number of counts.")

    @property
    def u_gain_relative(self) -> float | None:
        """Relative standard uncertainty of the gain, None where not stated."""
        if self.gain is None or self.u_gain is None:
            return None
        return self.u_gain / self.gain
