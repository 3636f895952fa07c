"""The dose of the frames of a movie, from what is known of the beam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.dose import cumulative_dose, dose_rate, stem_frame_dose
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import to_seconds

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MovieDose:
    """Dose of each frame.

    Attributes
    ----------
    rate, u_rate
        (T,) dose rate during each frame in e/A^2/s; the uncertainty is NaN where that
        of the gain, current or extent is not stated.
    dose, u_dose
        (T,) received by the end of each frame in e/A^2.
    u_relative
        Relative standard uncertainty that all frames share; NaN where not stated.
    flag
        (T,) "" or `no_dose`: the rate of that frame is not known, the sum goes on with
        the one before.
    """

    rate: FloatArray
    u_rate: FloatArray
    dose: FloatArray
    u_dose: FloatArray
    u_relative: float
    flag: NDArray[np.str_]


def missing(beam: Beam, movie: Movie) -> tuple[str, ...]:
    """What the dose still needs, each as in "... is missing"; empty when all is there.

    Parameters
    ----------
    beam
        How the dose is known.
    movie
        With its present pixel size and times.
    """
    needs: list[tuple[str, bool]] = []
    if beam.way == "counts":
        needs = [
            ("the gain", beam.gain is not None),
            ("the counts of the frames", bool(beam.counts)),
        ]
    elif beam.way == "parallel":
        extent = beam.diameter_nm is not None or beam.area_nm2 is not None
        needs = [
            ("the beam current", beam.current_A is not None),
            ("the illuminated diameter or area", extent),
        ]
    else:
        needs = [
            ("the probe current", beam.current_A is not None),
            ("the dwell time", beam.dwell_s is not None),
        ]
    if beam.way != "parallel":
        needs.append(("the pixel size", bool(np.isfinite(_areas_nm2(movie)).any())))
    if beam.way != "probe":  # a scan lasts as long as its pixels
        needs.append(("the exposure of a frame", _exposures_s(beam, movie) is not None))
    if beam.is_on_between:
        needs.append(("the times of the frames", movie.times is not None))
    return tuple(what for what, is_there in needs if not is_there)


def movie_dose(beam: Beam, movie: Movie) -> MovieDose | None:
    """Dose of every frame of a movie; None where something is missing.

    Parameters
    ----------
    beam
        How the dose is known.
    movie
        With its present pixel size and times; its frames are not read.

    Notes
    -----
    The formulas are those of `dose_rate`, `stem_frame_dose` and `cumulative_dose`. What
    all frames share (gain, pixel area, current, extent) does not average out; the
    electrons that were counted add their own scatter. Between frames whose counts were
    read the counts are a straight line, and the scatter of the read ones about such a
    line is the uncertainty.
    """
    if missing(beam, movie):
        return None
    exposures = _exposures_s(beam, movie)
    assert exposures is not None
    scatter = np.zeros(len(movie))
    if beam.way == "counts":
        rate, scatter = _counted(beam, movie, exposures)
    elif beam.way == "parallel":
        one = dose_rate(
            current_A=beam.current_A,
            diameter_nm=beam.diameter_nm,
            area_nm2=beam.area_nm2,
        )
        rate = np.full(len(movie), one)
    else:
        assert beam.current_A is not None and beam.dwell_s is not None
        frame = stem_frame_dose(beam.current_A, beam.dwell_s, 1.0) / _areas_nm2(movie)
        rate = frame / exposures
    shared = _shared(beam, movie)
    total = cumulative_dose(
        rate,
        exposures,
        None if movie.times is None else to_seconds(_in_order(movie)),
        between="on" if beam.is_on_between else "off",
        before=beam.before_e_A2,
        u_rate=scatter,
        u_gain_relative=0.0 if np.isnan(shared) else shared,
    )
    known = 1.0 if np.isfinite(shared) else np.nan
    return MovieDose(
        rate=rate,
        u_rate=known * np.hypot(scatter, np.nan_to_num(shared) * rate),
        dose=total.dose,
        u_dose=known * total.u_dose,
        u_relative=shared,
        flag=total.flag,
    )


def _counted(
    beam: Beam, movie: Movie, exposures: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(T,) rate from the counts, and what the counting adds to its uncertainty."""
    read = np.array([frame for frame, _ in beam.counts])
    values = np.array([value for _, value in beam.counts])
    inside = (read >= 0) & (read < len(movie)) & np.isfinite(values)
    read, values = read[inside], values[inside]
    counts = np.full(len(movie), np.nan)
    if read.size:
        counts = np.interp(np.arange(len(movie)), read, values)
    offset = beam.offset or 0.0
    per_pixel = np.maximum(counts - offset, 0.0)
    rate = dose_rate(per_pixel, beam.gain, 1.0, np.where(exposures > 0, exposures, 1.0))
    rate = np.where(exposures > 0, rate / _areas_nm2(movie), np.nan)
    electrons = per_pixel / (beam.gain or 1.0) * _pixels(beam, movie)
    share = 1.0 / np.sqrt(np.maximum(electrons, 1.0))
    unread = np.ones(len(movie), bool)
    unread[read] = False
    share[unread] = np.maximum(share[unread], _flicker(values - offset))
    return rate, np.nan_to_num(rate * share)


def _flicker(values: FloatArray) -> float:
    """Relative scatter of numbers about the line through their neighbours."""
    if values.size < 3 or not values.mean() > 0:
        return 0.0
    away = values[1:-1] - 0.5 * (values[:-2] + values[2:])
    return float(np.sqrt(np.mean(away**2) / 1.5) / values.mean())


def _pixels(beam: Beam, movie: Movie) -> int:
    """Number of pixels whose counts are taken."""
    if beam.region is None:
        return int(movie.shape[1] * movie.shape[2])
    y0, x0, y1, x1 = beam.region
    return max((y1 - y0) * (x1 - x0), 1)


def _shared(beam: Beam, movie: Movie) -> float:
    """Relative standard uncertainty common to all frames; NaN where not stated."""
    parts: list[float | None] = []
    if beam.way == "counts":
        parts.append(beam.u_gain_relative)
    else:
        parts.append(beam.u_current_relative)
    if beam.way == "parallel":
        twice = 2.0 if beam.diameter_nm is not None else 1.0
        extent = beam.u_extent_relative
        parts.append(None if extent is None else twice * extent)
    elif movie.calibration is not None:
        parts.append(2.0 * movie.calibration.u_relative)
    known = [part for part in parts if part is not None]
    return float(np.hypot.reduce(known)) if len(known) == len(parts) else np.nan


def _areas_nm2(movie: Movie) -> FloatArray:
    """(T,) area of a pixel in each frame; NaN where its size is not known."""
    if movie.frame_sizes_nm is not None:
        return np.asarray(np.prod(movie.frame_sizes_nm, axis=1))
    size = movie.calibration
    return np.full(len(movie), np.nan if size is None else size.y_nm * size.x_nm)


def _exposures_s(beam: Beam, movie: Movie) -> FloatArray | None:
    """(T,) exposures: of the file, as typed, or else what the beam itself says."""
    if movie.exposures_s is not None:
        return movie.exposures_s
    if beam.exposure_s is not None:
        return np.full(len(movie), beam.exposure_s)
    if beam.way == "counts":
        return None
    if beam.way == "probe" and beam.dwell_s is not None:
        return np.full(len(movie), beam.dwell_s * movie.shape[1] * movie.shape[2])
    if beam.way == "parallel" and beam.is_on_between:
        return _periods_s(movie)
    return None


def _periods_s(movie: Movie) -> FloatArray | None:
    """(T,) time from each frame to the next; of the last one, the median."""
    if movie.times is None or len(movie) < 2:
        return None
    steps = to_seconds(np.diff(_in_order(movie)))
    return np.append(steps, np.median(steps))


def _in_order(movie: Movie) -> NDArray[Any]:
    """(T,) starts in ns; one before an earlier frame's counts as that one's."""
    assert movie.times is not None
    return np.asarray(np.maximum.accumulate(movie.times.start_ns))
