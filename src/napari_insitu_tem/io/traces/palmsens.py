"""PalmSens sessions (.pssession): JSON in UTF-16 with the time in UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.text import decode
from napari_insitu_tem.io.traces.palmsens_session import (
    CHARGE,
    CURRENT,
    FREQUENCY,
    POTENTIAL,
    TIME,
    Array,
    Measurement,
    read_session,
)
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

_ROLES = {POTENTIAL: "potential_V", CURRENT: "current_A", CHARGE: "charge_C"}
#: Arrays of further channels, measured at the same times.
_CHANNEL = re.compile(r"\bch(?:annel)?\s*(?:[2-9]|[1-9]\d+)$", re.IGNORECASE)
#: Techniques whose current is a difference of two samples of a pulse.
_PULSED = ("dpv", "swv", "npv", "acv", "ac voltammetry", "pulse", "square wave")


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head[:16384])
    start = text[:400].lstrip().lower()
    if not start.startswith("{"):
        return 0.0
    return 1.0 if "palmsens" in start or '"methodformeasurement"' in start else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a session.

    Measurements of one kind follow each other in one trace, apart by their times in
    UTC; the scans of a measurement are its cycles.

    Parameters
    ----------
    mapping
        Only its `flip_current` is used: the file says what each array is.

    Raises
    ------
    ReadError
        Impedance spectra alone, no array of times, or a damaged file.
    """
    progress(0, 2, "Reading the file")
    measurements = read_session(path)
    progress(1, 2, "Reading the measurements")
    notes: list[str] = []
    taken = _taken(measurements, path, notes)
    parts = [_columns(measurement, notes) for measurement in taken]
    columns, breaks, stamp = _one_after_another(taken, parts, notes)
    trace = Trace.from_columns(
        columns,
        name=path.stem,
        breaks=breaks,
        stamp=stamp,
        path=path,
        warnings=notes,
        technique=", ".join(dict.fromkeys(m.technique for m in taken)),
        format="PalmSens session",
        reader="palmsens",
        metadata={
            "device": taken[0].device,
            "measurements": [m.title for m in measurements],
        },
    )
    return trace.flipped() if mapping is not None and mapping.flip_current else trace


def _taken(
    measurements: Sequence[Measurement], path: Path, notes: list[str]
) -> list[Measurement]:
    """The measurements of the kind of the first, in the order of their starts."""
    timed = [m for m in measurements if _is_record(m)]
    timed = timed or [m for m in measurements if _never_began(m)][:1]
    if not timed:
        spectra = any(m.has(FREQUENCY) for m in measurements)
        what = "impedance spectra only" if spectra else "no measurement with times"
        raise ReadError(
            f"{path.name} holds {what}, so that nothing in it can be shown against "
            "time.",
            hint="Open the session of the measurement itself.",
            path=path,
        )
    kind = _is_pulsed(timed[0])
    taken = [m for m in timed if _is_pulsed(m) == kind]
    left = [m.title for m in measurements if m not in taken]
    if left:
        notes.append(
            f"Of {len(measurements)} measurements those of another kind were left out: "
            f"{', '.join(left)}. Save them as sessions of their own to open them."
        )
    if kind:
        notes.append(
            "The current of a pulse voltammogram is a difference of two samples, not "
            "the current that flowed; its integral is no charge."
        )
    if len(taken) > 1 and all(m.stamp is not None for m in taken):
        taken = sorted(taken, key=lambda m: m.stamp.when if m.stamp else 0)
    return taken


def _is_record(measurement: Measurement) -> bool:
    times = [a for a in measurement.arrays if a.kind == TIME]
    spectrum = measurement.has(FREQUENCY)
    return not spectrum and any(np.ptp(a.values) > 0 for a in times if a.values.size)


def _never_began(measurement: Measurement) -> bool:
    """Whether it has arrays for times and signals, and nothing in any of them."""
    return measurement.has(TIME) and all(a.values.size == 0 for a in measurement.arrays)


def _is_pulsed(measurement: Measurement) -> bool:
    return any(word in measurement.technique.lower() for word in _PULSED)


def _columns(measurement: Measurement, notes: list[str]) -> dict[str, Any]:
    """The columns of a measurement, its scans on one clock."""
    times = [a for a in measurement.arrays if a.kind == TIME]
    scans = _scans(measurement.arrays)
    parts = []
    for number, arrays in enumerate(scans):
        clock = times[min(number, len(times) - 1)].values
        parts.append(_scan(arrays, clock))
    if len(parts) == 1:
        _add_others(measurement, scans[0], parts[0])
    columns = {
        name: np.concatenate(
            [p.get(name, np.full(p["time_s"].size, np.nan)) for p in parts]
        )
        for name in dict.fromkeys(name for part in parts for name in part)
    }
    if len(parts) > 1:
        if len(times) < len(parts):
            _run_on(parts, columns, scans)
            notes.append(
                f"{measurement.title}: its {len(parts)} scans share one column of "
                "times; they were put one after the other without a pause."
            )
        sizes = [part["time_s"].size for part in parts]
        columns["cycle"] = np.repeat(np.arange(1, len(parts) + 1), sizes)
    _tell_overloads(measurement, notes)
    return columns


def _scans(arrays: Sequence[Array]) -> list[dict[int, Array]]:
    """The arrays of each scan; a kind that occurs again begins a new one."""
    scans: list[dict[int, Array]] = [{}]
    main = {a.kind for a in arrays if not _CHANNEL.search(a.name)}
    for array in arrays:
        beside = _CHANNEL.search(array.name) and array.kind in main
        if array.kind not in _ROLES or beside:
            continue
        if array.kind in scans[-1]:
            scans.append({})
        scans[-1][array.kind] = array
    return scans


def _scan(arrays: dict[int, Array], clock: FloatArray) -> dict[str, FloatArray]:
    """The columns of one scan, as long as its shortest signal."""
    signals = [a.values.size for kind, a in arrays.items() if kind != CHARGE]
    size = min([clock.size, *(signals or [a.values.size for a in arrays.values()])])
    columns = {"time_s": clock[:size]}
    for kind, array in arrays.items():
        padded = np.full(size, np.nan)
        padded[: min(size, array.values.size)] = array.values[:size]
        columns[_ROLES[kind]] = padded
    return columns


def _add_others(
    measurement: Measurement, used: dict[int, Array], columns: dict[str, FloatArray]
) -> None:
    """What else was recorded at the same times."""
    size = columns["time_s"].size
    for array in measurement.arrays:
        mine = array.kind == TIME or any(array is a for a in used.values())
        if not mine and not array.hidden and array.values.size == size:
            columns.setdefault(array.label, array.values)


def _run_on(
    parts: Sequence[dict[str, FloatArray]],
    columns: dict[str, Any],
    scans: Sequence[dict[int, Array]],
) -> None:
    """Times and charges that begin again in each scan go on from the one before.

    The array of charges is one longer than the others where the scan goes on: its last
    value is the charge up to the first sample of the next.
    """
    times, charges, time_s, charge_C = [], [], 0.0, 0.0
    for part, arrays in zip(parts, scans, strict=True):
        own = part["time_s"]
        step = float(np.median(np.diff(own))) if own.size > 1 else 0.0
        times.append(own - (own[0] if own.size else 0.0) + time_s)
        time_s = float(times[-1][-1]) + step if own.size else time_s
        if CHARGE in arrays and "charge_C" in part and own.size:
            charges.append(part["charge_C"] + charge_C)
            whole = arrays[CHARGE].values
            charge_C += float(whole[min(own.size, whole.size - 1)])
    columns["time_s"] = np.concatenate(times)
    if charges and len(charges) == len(parts):
        columns["charge_C"] = np.concatenate(charges)


def _tell_overloads(measurement: Measurement, notes: list[str]) -> None:
    count = sum(a.overloads for a in measurement.arrays if a.kind in _ROLES)
    if count:
        notes.append(f"{measurement.title}: {count} samples are marked as overloads.")


def _one_after_another(
    taken: Sequence[Measurement],
    parts: Sequence[dict[str, Any]],
    notes: list[str],
) -> tuple[dict[str, Any], NDArray[np.bool_], StartStamp | None]:
    """Measurements on the clock of the first, a break before each."""
    stamps = [m.stamp for m in taken]
    first = stamps[0]
    sizes = [part["time_s"].size for part in parts]
    columns: dict[str, Any] = {}
    for name in dict.fromkeys(name for part in parts for name in part):
        columns[name] = np.concatenate(
            [
                part.get(name, np.full(size, np.nan))
                for part, size in zip(parts, sizes, strict=True)
            ]
        )
    breaks = np.zeros(sum(sizes), bool)
    if len(parts) == 1:
        return columns, breaks, first
    known = first is not None and None not in stamps
    end, shifted, begun = 0.0, [], 0
    for part, stamp, size in zip(parts, stamps, sizes, strict=True):
        after = stamp.minus(first) if known and stamp and first else end
        if part["time_s"].size and after + part["time_s"][0] < end:
            after = end - float(part["time_s"][0])
            notes.append("Two measurements overlap; the later was moved behind.")
        shifted.append(part["time_s"] + after)
        end = float(shifted[-1].max()) if size else end
        breaks[begun : begun + 1] = begun > 0
        begun += size
    if not known:
        notes.append("The pauses between the measurements are not known.")
    columns["time_s"] = np.concatenate(shifted)
    columns["step"] = np.repeat(np.arange(1, len(parts) + 1), sizes)
    return columns, breaks, first


FORMAT = Format(
    name="PalmSens session",
    kind="trace",
    maker="PalmSens",
    extensions=(".pssession",),
    library="",
    reads="potential, current, charge, scans as cycles, further arrays and channels, "
    "technique, start in UTC; several measurements of one kind as one record with "
    "breaks",
    missing="impedance spectra; measurements of another kind than the first",
    sniff=_sniff,
    read=read,
)
