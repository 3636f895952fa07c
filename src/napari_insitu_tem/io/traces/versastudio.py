"""VersaStudio files (.par) of Princeton Applied Research potentiostats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.cut_rows import whole_lines
from napari_insitu_tem.io.tables.number_columns import read_lines, to_numbers
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.start_times import read_date, settle
from napari_insitu_tem.model.column_mapping import ColumnMapping, DateOrder
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

#: Actions of a sequence that measure nothing.
_NO_TECHNIQUES = frozenset(
    ("Common", "DAC Control", "Auxiliary Interface", "Delay", "Loop", "Message Prompt")
)
_OPEN = re.compile(r"^<(?P<name>[A-Za-z]+)(?P<number>\d*)>\s*$")
_TIME, _POTENTIAL, _CURRENT = "Elapsed Time(s)", "E(V)", "I(A)"
_FREQUENCY, _SEGMENT = "Frequency(Hz)", "Segment #"
_ROLES = {_TIME: "time_s", _POTENTIAL: "potential_V", _CURRENT: "current_A"}
#: Of impedance alone, or of no use without it.
_LEFT = ("Z Real", "Z Imag", "E Real", "E Imag", "I Real", "I Imag", "Point #", "0", "")


@dataclass
class _Par:
    """Blocks of settings, and the rows of each segment under its names."""

    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    segments: list[tuple[list[str], list[str]]] = field(default_factory=list)
    unclosed: str = ""


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head[:2048])
    is_ours = text.lstrip().startswith("<Application>") and "VersaStudio" in text
    return 1.0 if is_ours else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read the segments of an experiment one after the other.

    Parameters
    ----------
    mapping
        Only its `flip_current` is used: the file says what each column is.

    Raises
    ------
    ReadError
        Only impedance points, or no segment with times.
    """
    progress(0, 1, "Reading the file")
    text, _ = decode(path.read_bytes())
    notes: list[str] = []
    par = _take_apart(whole_lines(lines_of(text), ",", path.name, notes))
    if par.unclosed and not notes:
        notes.append(
            f"{path.name} breaks off inside {par.unclosed}: the file was cut off, or "
            "the measurement was still running. Copy it again to have all of it."
        )
    columns, breaks = _columns(par, path, notes)
    actions = [
        block.get("Name", "")
        for name, block in par.settings.items()
        if name.startswith("Action") and block.get("Name") not in _NO_TECHNIQUES
    ]
    stamp, readings = _start(par.settings.get("Experiment", {}), notes)
    common = par.settings.get("Action0", {})
    reference = common.get("Reference Electrode", "").partition("(0 Volts)")[0].strip()
    trace = Trace.from_columns(
        columns,
        name=path.stem,
        breaks=breaks,
        stamp=stamp,
        path=path,
        warnings=notes,
        technique=", ".join(dict.fromkeys(name for name in actions if name)),
        reference="" if reference.startswith("(unspec") else reference,
        format="VersaStudio",
        reader="versastudio",
        metadata={
            **common,
            **par.settings.get("Instrument", {}),
            **({"start_readings": list(readings)} if readings else {}),
        },
    )
    return trace.flipped() if mapping is not None and mapping.flip_current else trace


def _take_apart(lines: Sequence[str]) -> _Par:
    """The blocks between `<Name>` and `</Name>`."""
    found = _Par()
    name = ""
    for line in lines:
        if match := _OPEN.match(line):
            name = match["name"] + match["number"]
            if match["name"] == "Segment":
                found.segments.append(([], []))
        elif line.startswith("</"):
            name = ""
        elif name.startswith("Segment") and found.segments:
            names, rows = found.segments[-1]
            if line.startswith("Definition="):
                names[:] = [n.strip() for n in line.partition("=")[2].split(",")]
            elif names and line.strip():
                rows.append(line)
        elif name and "=" in line:
            key, _, value = line.partition("=")
            found.settings.setdefault(name, {}).setdefault(key.strip(), value.strip())
    found.unclosed = name
    return found


def _columns(
    par: _Par, path: Path, notes: list[str]
) -> tuple[dict[str, FloatArray], NDArray[np.bool_]]:
    """The columns of all segments without impedance points, a break before each."""
    parts, spectral = [], 0
    for names, rows in par.segments:
        if _TIME not in names or not rows:
            continue
        _refuse_commas_of_two_kinds(names, rows, path)
        data = read_lines(rows, name=path.name, delimiter=",")
        part = {
            name: to_numbers(data[i])[0] if i in data else np.full(len(rows), np.nan)
            for i, name in enumerate(names)
        }
        points = np.nan_to_num(part.get(_FREQUENCY, np.zeros(len(rows)))) > 0
        spectral += int(points.sum())
        if not points.all():
            parts.append({n: values[~points] for n, values in part.items()})
    if not parts and not spectral and any(_TIME in names for names, _ in par.segments):
        return dict.fromkeys(_ROLES.values(), np.zeros(0)), np.zeros(0, bool)
    if not par.segments:
        raise ReadError(
            f"{path.name} has no segment of samples: the measurement never began, or "
            "the file was cut off.",
            hint="Copy it again, or open the file of another run.",
            path=path,
        )
    if not parts:
        what = "an impedance spectrum" if spectral else "no segment with times"
        raise ReadError(
            f"{path.name} holds {what}, so that nothing in it can be shown against "
            "time.",
            hint="Open the file of the step before or after it.",
            path=path,
        )
    if spectral:
        notes.append(f"{spectral} points of an impedance spectrum were left out.")
    names = list(dict.fromkeys(name for part in parts for name in part))
    sizes = [part[_TIME].size for part in parts]
    whole = {
        name: np.concatenate(
            [
                part.get(name, np.full(size, np.nan))
                for part, size in zip(parts, sizes, strict=True)
            ]
        )
        for name in names
    }
    breaks = np.zeros(sum(sizes), bool)
    breaks[np.cumsum(sizes)[:-1]] = True
    _run_on(whole[_TIME], breaks, notes)
    columns = {_ROLES.get(n, n): v for n, v in whole.items() if _is_kept(n, v)}
    columns["step"] = whole.get(_SEGMENT, np.repeat(np.arange(len(sizes)), sizes))
    columns.pop(_SEGMENT, None)
    return columns, breaks


def _refuse_commas_of_two_kinds(
    names: Sequence[str], rows: Sequence[str], path: Path
) -> None:
    """Rows of far more cells than names have commas inside their numbers."""
    usual = sorted(row.count(",") + 1 for row in rows)[len(rows) // 2]
    if usual >= 1.4 * len(names):
        raise ReadError(
            f"{path.name} uses commas between its columns and inside its numbers.",
            hint="Save it again on a computer that writes decimal points.",
            path=path,
        )


def _is_kept(name: str, values: FloatArray) -> bool:
    useless = name in _LEFT or name.startswith(("Z2", "E2", _FREQUENCY))
    return not useless and bool(np.isfinite(values).any())


def _run_on(time_s: FloatArray, breaks: NDArray[np.bool_], notes: list[str]) -> None:
    """Segments whose time begins again are put behind the one before."""
    again = 0
    for start in np.flatnonzero(breaks):
        if time_s[start] < time_s[start - 1]:
            time_s[start:] += time_s[start - 1] - time_s[start]
            again += 1
    if again:
        notes.append(
            f"The time begins again in {again} of the segments; they were put one "
            "after the other, the pauses between them are not known."
        )


def _start(
    settings: dict[str, str], notes: list[str]
) -> tuple[StartStamp | None, tuple[str, ...]]:
    """The start, and both readings, ISO 8601, of a date that has two."""
    day, clock = settings.get("DateAcquired", ""), settings.get("TimeAcquired", "")
    date = read_date(f"{day} {clock}") if day and clock else None
    if date is None:
        return None, ()
    shown: DateOrder = "dmy" if date.separator == "." else ""
    taken, doubt = settle(date, evidence=shown, usual="mdy")
    stamp = taken.stamp("header, DateAcquired and TimeAcquired")
    if doubt and taken.other is not None:
        notes.append(doubt)
        return stamp, (taken.when.isoformat(), taken.other.isoformat())
    return stamp, ()


FORMAT = Format(
    name="VersaStudio",
    kind="trace",
    maker="Princeton Applied Research",
    extensions=(".par",),
    library="",
    reads="potential, current, segments as steps, further columns, technique, start",
    missing="impedance spectra",
    sniff=_sniff,
    read=read,
)
