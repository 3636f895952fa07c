"""Electron dose: per time, per frame, and all that a specimen has received."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: Charge of an electron in C, exact (SI).
ELEMENTARY_CHARGE_C = 1.602176634e-19
#: Square angstroms in a square nanometre.
_A2_PER_NM2 = 100.0


@dataclass(frozen=True, eq=False)
class CumulativeDose:
    """Dose that the specimen has received by the end of each frame.

    Attributes
    ----------
    dose, u_dose
        (T,) in electrons per square angstrom.
    frame_dose
        (T,) of the frames alone.
    between
        (T,) before each frame since the one before, while nothing was recorded.
    flag
        (T,) "" or `no_dose`: the rate of this frame is not known; the sum goes on with
        the rate before it.
    parameters
        What was asked for.
    """

    dose: FloatArray
    u_dose: FloatArray
    frame_dose: FloatArray
    between: FloatArray
    flag: NDArray[np.str_]
    parameters: dict[str, Any] = field(default_factory=dict)


def dose_rate(
    counts: ArrayLike | None = None,
    gain: float | None = None,
    pixel_size_nm: float | tuple[float, float] | None = None,
    exposure_s: ArrayLike | None = None,
    *,
    offset: float = 0.0,
    current_A: ArrayLike | None = None,
    area_nm2: ArrayLike | None = None,
    diameter_nm: ArrayLike | None = None,
    dwell_s: ArrayLike | None = None,
    frame_period_s: ArrayLike | None = None,
) -> Any:
    """Dose rate in electrons per square angstrom and second.

    Parameters
    ----------
    counts
        Mean counts a pixel of a frame (or (T,) of frames), best where there is no
        specimen.
    gain
        Counts per electron.
    pixel_size_nm
        Side of a pixel in nm, or (y, x) sides.
    exposure_s
        Exposure of a frame.
    offset
        Counts of a pixel without electrons.
    current_A
        Instead of counts: current of the beam, of the probe in scanning.
    area_nm2, diameter_nm
        Illuminated area of a parallel beam, or its diameter.
    dwell_s, frame_period_s
        Of a scanning probe: time on a pixel, and from the start of a frame to the next;
        with them the mean rate, the probe's return included.

    Returns
    -------
    float or ndarray
        A float where all are single numbers.

    Raises
    ------
    MeasurementError
        Something is missing, impossible, or given twice.

    Notes
    -----
    From counts ``(counts - offset) / (gain p**2 t)``; of a parallel beam ``I / (e A)``;
    of a probe ``I dwell / (e p**2)`` a frame, divided by the frame's period. 1 e/A^2 is
    100 e/nm^2. The gain of a frame is counts per *detected* electron: the dose of the
    specimen is larger by the camera's efficiency of detection, and in a region behind a
    specimen by what the aperture keeps out.
    """
    if (counts is None) == (current_A is None):
        raise MeasurementError(
            "A dose rate needs either the counts of a pixel or the beam current."
        )
    if counts is not None:
        counted = _array(counts, "counts", least=None) - _number(offset, "offset")
        rate = counted / _positive(gain, "gain") / _pixel_A2(pixel_size_nm)
        return _plain(rate / _positive(exposure_s, "exposure"))
    current = _array(current_A, "beam current")
    if dwell_s is not None:
        dose = stem_frame_dose(current, dwell_s, pixel_size_nm)
        return _plain(dose / _positive(frame_period_s, "frame period"))
    if (area_nm2 is None) == (diameter_nm is None):
        raise MeasurementError(
            "A beam current needs the illuminated area or its diameter, or for a "
            "scanning probe the dwell time and the pixel size."
        )
    area = (
        _positive(area_nm2, "area")
        if area_nm2 is not None
        else np.pi / 4 * _positive(diameter_nm, "diameter") ** 2
    )
    return _plain(current / ELEMENTARY_CHARGE_C / (area * _A2_PER_NM2))


def stem_frame_dose(
    current_A: ArrayLike,
    dwell_s: ArrayLike,
    pixel_size_nm: float | tuple[float, float] | None,
) -> Any:
    """Dose of one scanned frame in electrons per square angstrom.

    ``I dwell / (e p**2)``: every pixel's electrons over its area.

    Parameters
    ----------
    current_A
        Current of the probe.
    dwell_s
        Time on a pixel.
    pixel_size_nm
        Side of a pixel (distance between scanned points), or (y, x) sides.

    Raises
    ------
    MeasurementError
        Something is missing or impossible.
    """
    charge = _array(current_A, "probe current") * _positive(dwell_s, "dwell time")
    return _plain(charge / ELEMENTARY_CHARGE_C / _pixel_A2(pixel_size_nm))


def cumulative_dose(
    rate: ArrayLike,
    exposures_s: ArrayLike,
    times_s: ArrayLike | None = None,
    *,
    between: Literal["off", "on"] = "off",
    before: float = 0.0,
    u_rate: ArrayLike = 0.0,
    u_gain_relative: float = 0.0,
) -> CumulativeDose:
    """Add up the dose of frames, and of the time between them if the beam was on.

    Parameters
    ----------
    rate
        Dose rate in e/A^2/s: one number, or (T,) one a frame.
    exposures_s
        Exposure of the frames: one number, or (T,).
    times_s
        (T,) starts of the frames. None: the frames follow each other without a gap.
    between
        "off": the specimen is lit during exposures only. "on": the beam was on from the
        first frame to the last, at the mean rate of the frames on both sides.
    before
        Dose received before the first frame, in e/A^2.
    u_rate
        Standard uncertainty of each rate, independent from frame to frame.
    u_gain_relative
        Relative standard uncertainty of what all rates share: gain, pixel area, beam
        current. It does not average out.

    Raises
    ------
    MeasurementError
        Lengths disagree, times go backwards, or exposures are negative.

    Notes
    -----
    ``D_k = before + sum (rate_i t_i + mean(rate_i-1, rate_i) gap_i)`` to the end of
    frame k. At 0.1 e/A^2/s a frame of 0.5 e/A^2 takes 5 s.
    """
    rates, exposures, starts, scatter = _series(rate, exposures_s, times_s, u_rate)
    if between not in ("off", "on"):
        raise MeasurementError('The time between frames is "off" or "on".')
    unknown = ~np.isfinite(rates)
    known = _carried(rates)
    frames = known * exposures
    gaps = np.zeros(len(rates))
    if starts is not None and between == "on":
        gaps[1:] = np.maximum(starts[1:] - starts[:-1] - exposures[:-1], 0.0)
    mean = known.copy()
    mean[1:] = 0.5 * (known[1:] + known[:-1])
    lost = mean * gaps
    total = np.cumsum(frames + lost)
    # A rate counts for its exposure and half the gaps on either side.
    after = np.append(gaps[1:], 0.0)
    whole = np.cumsum((scatter * (exposures + 0.5 * (gaps + after))) ** 2)
    ends = whole - (scatter * (exposures + 0.5 * (gaps + after))) ** 2
    own = np.sqrt(ends + (scatter * (exposures + 0.5 * gaps)) ** 2)
    return CumulativeDose(
        dose=before + total,
        u_dose=np.hypot(own, abs(u_gain_relative) * total),
        frame_dose=np.where(unknown, np.nan, frames),
        between=lost,
        flag=np.where(unknown, "no_dose", ""),
        parameters={
            "between": between,
            "before": before,
            "u_gain_relative": u_gain_relative,
        },
    )


def _series(
    rate: ArrayLike,
    exposures_s: ArrayLike,
    times_s: ArrayLike | None,
    u_rate: ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray | None, FloatArray]:
    """(T,) rates, exposures, starts and uncertainties."""
    parts = [np.asarray(part, dtype=np.float64) for part in (rate, exposures_s, u_rate)]
    starts = None if times_s is None else np.atleast_1d(np.asarray(times_s, float))
    try:
        shapes = [part.shape for part in parts]
        shape = np.broadcast_shapes(
            *shapes, (1,), *([] if starts is None else [starts.shape])
        )
    except ValueError:
        shape = ()
    if len(shape) != 1 or (starts is not None and starts.shape != shape):
        raise MeasurementError("Rates, exposures and times are not of one length.")
    rates, exposures, scatter = (np.broadcast_to(p, shape).copy() for p in parts)
    if not (np.all(np.isfinite(exposures)) and np.all(exposures >= 0)):
        raise MeasurementError("An exposure must be a number of seconds, 0 or more.")
    if starts is not None and not np.all(np.diff(starts) >= 0):
        raise MeasurementError("The times of the frames go backwards.")
    return rates, exposures, starts, scatter


def _carried(rates: FloatArray) -> FloatArray:
    """Rates with unknown ones replaced by the last known; the first known before it."""
    known = np.flatnonzero(np.isfinite(rates))
    if known.size == 0:
        return np.full(len(rates), np.nan)
    last = np.searchsorted(known, np.arange(len(rates)), side="right") - 1
    return np.asarray(rates[known[np.maximum(last, 0)]])


def _pixel_A2(size_nm: float | tuple[float, float] | None) -> float:
    """Area of a pixel in square angstroms."""
    sides = _positive(size_nm, "pixel size").reshape(-1)
    if sides.size not in (1, 2):
        raise MeasurementError("A pixel has one size, or two (y, x).")
    return float(sides[0] * sides[-1] * _A2_PER_NM2)


def _array(value: ArrayLike | None, what: str, least: float | None = 0.0) -> FloatArray:
    """Numbers, none below `least`; NaN passes."""
    if value is None:
        raise MeasurementError(f"The {what} is missing.")
    numbers = np.asarray(value, dtype=np.float64)
    if least is not None and np.any(numbers < least):
        raise MeasurementError(f"The {what} cannot be negative.")
    return numbers


def _number(value: float, what: str) -> float:
    """A finite number."""
    if not np.isfinite(value):
        raise MeasurementError(f"The {what} must be a number.")
    return float(value)


def _positive(value: ArrayLike | None, what: str) -> FloatArray:
    """Numbers above 0."""
    numbers = _array(value, what)
    if numbers.size == 0 or not np.all(numbers > 0):
        raise MeasurementError(f"The {what} must be a positive number.")
    return numbers


def _plain(value: Any) -> Any:
    """A float of a single number."""
    numbers = np.asarray(value, dtype=np.float64)
    return float(numbers) if numbers.ndim == 0 else numbers
