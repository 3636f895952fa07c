"""CH Instruments text exports (.txt, .csv)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.column_names import Label, candidates
from napari_insitu_tem.io.tables.found_table import FoundTable, find_in_file
from napari_insitu_tem.io.tables.number_columns import is_number
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggestion import is_impedance, suggest
from napari_insitu_tem.io.tables.table_checks import need_two_rows, rows_of_the_table
from napari_insitu_tem.io.tables.table_layout import find_table
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.chi_header import ChiHeader, is_model, read_header
from napari_insitu_tem.io.traces.signals import Signals, convert
from napari_insitu_tem.model.column_mapping import ColumnChoice, ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

SIGN_WARNING = (
    "CH Instruments files do not say which sign a cathodic current has; check it, "
    "and change the sign if it is positive."
)
_LONGEST_HEADER = 2**16
_FIRST_CURRENT = re.compile(r"^i\s*\(?1\)?$", re.IGNORECASE)
_ANY_CURRENT = re.compile(r"^i\s*\(?\d+\)?$", re.IGNORECASE)


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head[:8192])
    lines = lines_of(text)[:40]
    if any(is_model(line) for line in lines[:8]):
        return 1.0
    own = sum(line.startswith(("Init E (V)", "Quiet Time (sec)", "Sensitivity (A/V)"))
              for line in lines)  # fmt: skip
    return 0.9 if own == 3 else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a CH Instruments text.

    Sweeps are written without times; theirs follow from potential and scan rate. What
    the instrument controls stands in the header alone and becomes a column.

    Parameters
    ----------
    mapping
        Other columns than those that the names say; `flip_current` changes the sign.

    Raises
    ------
    ReadError
        An impedance spectrum, a pulse technique without times, or no table.
    """
    if (lines := _header_alone(path)) is not None:
        return _empty(read_header(lines), path)
    found = find_in_file(path, progress)
    header = read_header(found.above)
    notes = list(found.notes)
    table = _with_times(_named(found), header, path, notes)
    _tell_of_currents(table, notes)
    own = mapping is not None and "time_s" in mapping.columns
    chosen = mapping if own and mapping is not None else _columns(table)
    if mapping is not None and not own:
        chosen = ColumnMapping(chosen.columns, flip_current=mapping.flip_current)
    signals = convert(table, chosen, path)
    _add_controlled(header, signals, notes)
    keep, breaks, more = rows_of_the_table(table, chosen, signals, path)
    columns = {name: np.asarray(v)[keep] for name, v in signals.columns.items()}
    need_two_rows(columns, found, path)
    notes += [*signals.warnings, *more]
    if "current_A" in columns and not chosen.flip_current:
        notes.append(SIGN_WARNING)
    return Trace.from_columns(
        columns,
        name=path.stem,
        breaks=breaks[keep],
        stamp=header.stamp,
        path=path,
        warnings=notes,
        technique=header.technique,
        reference=signals.reference,
        format="CH Instruments text",
        reader="chi",
        metadata={**header.settings, "mapping": chosen.as_dict()} if own
        else dict(header.settings),
    )  # fmt: skip


def _header_alone(path: Path) -> list[str] | None:
    """The lines of a file that ends before its table; None where there is one."""
    if path.stat().st_size > _LONGEST_HEADER:
        return None
    text, _ = decode(path.read_bytes())
    lines = lines_of(text)
    if find_table(lines) is not None:
        return None
    last = next((line for line in reversed(lines) if line.strip()), "")
    if all(is_number(cell) for cell in last.replace(",", " ").split()):
        raise ReadError(
            f"{path.name} holds a single row of numbers; a record needs two.",
            hint="The measurement was stopped, or the file was cut off: copy it again.",
            path=path,
        )
    return lines


def _empty(header: ChiHeader, path: Path) -> Trace:
    """The record of a measurement that never began, or of a file cut off."""
    return Trace.from_columns(
        {"time_s": [], "potential_V": [], "current_A": []},
        name=path.stem,
        stamp=header.stamp,
        path=path,
        technique=header.technique,
        format="CH Instruments text",
        reader="chi",
        metadata=dict(header.settings),
    )


def _named(found: FoundTable) -> RawTable:
    """The table; where its rows have tabs and its header commas, named by that."""
    above = next((line for line in reversed(found.above) if line.strip()), "")
    names = [name.strip() for name in above.split(",")]
    if any(label.text for label in found.table.labels) or len(names) < 2:
        return found.table
    if found.table.data.shape[1] != len(names) or "/" not in names[0]:
        return found.table
    return RawTable.build(found.table.data, names, decimal=found.table.decimal)


def _tell_of_currents(table: RawTable, notes: list[str]) -> None:
    """Say that there are several electrodes, and which is the current."""
    count = sum(
        label.dimension == "current" and bool(_ANY_CURRENT.match(label.name))
        for label in table.labels
    )
    if count > 1:
        notes.append(
            f"The file has the currents of {count} electrodes; the first, i1, is the "
            "current of the trace, the others are columns of their own."
        )


def _columns(table: RawTable) -> ColumnMapping:
    """What the names say; `i1` is the current of the first of two electrodes."""
    mapping, _ = suggest(table)
    first = [i for i, label in enumerate(table.labels) if _is_first_current(label)]
    if "current_A" in mapping.columns or not first:
        return mapping
    unit = table.labels[first[0]].unit
    choice = ColumnChoice(table.keys[first[0]], unit)
    return ColumnMapping({**mapping.columns, "current_A": choice})


def _is_first_current(label: Label) -> bool:
    return label.dimension == "current" and bool(_FIRST_CURRENT.match(label.name))


def _with_times(
    table: RawTable, header: ChiHeader, path: Path, notes: list[str]
) -> RawTable:
    """The table, with a time inferred from the scan rate where it has none."""
    mapping, _ = suggest(table)
    if is_impedance(table):
        raise ReadError(
            f"{path.name} is an impedance spectrum ({header.technique or 'Z'}), not a "
            "record against time.",
            hint="Open the record of the step before or after it.",
            path=path,
        )
    if any(table.kind(i) == "number" for i in candidates(table.labels, "time_s")):
        return table
    rate = abs(header.number("Scan Rate (V/s)"))
    potential = mapping.columns.get("potential_V")
    if not (header.is_sweep and rate > 0 and potential):
        raise ReadError(
            f"{path.name} holds {_in_words(header)} whose points have no times, so it "
            "cannot be shown against time.",
            hint="Export it again with the column of times, if the program has them.",
            path=path,
        )
    at = table.find(potential.column)
    assert at is not None
    volts = table.numbers(at)
    _tell_of_sweep(header, volts, rate, notes)
    data = table.data.copy()
    data[data.shape[1]] = _sweep_times(volts, rate)
    names = [key for key in table.keys if key.lower() != "time/s"]
    if len(names) < len(table.keys):  # promised by the header, without cells
        data = data.drop(columns=[table.keys.index("Time/s")])
    return RawTable.build(data, [*names, "Time/s"], decimal=table.decimal)


def _in_words(header: ChiHeader) -> str:
    name = header.technique
    return f"the technique {name!r}" if name else "a voltammogram"


def _sweep_times(potential: FloatArray, rate: float) -> FloatArray:
    """(N,) path of the potential over the scan rate; NaN where there is none."""
    known = np.isfinite(potential)
    times = np.full(potential.size, np.nan)
    steps = np.abs(np.diff(potential[known], prepend=potential[known][:1]))
    times[known] = np.round(np.cumsum(steps) / rate, 9)
    return times


def _tell_of_sweep(
    header: ChiHeader, potential: FloatArray, rate: float, notes: list[str]
) -> None:
    """Say that the times are inferred, how well, and from where they count."""
    steps = np.abs(np.diff(potential[np.isfinite(potential)]))
    usual = float(np.median(steps)) if steps.size else 0.0
    notes.append(
        "The file has no times; they were inferred from the potential and the scan "
        f"rate ({rate:g} V/s), which can be wrong by a sample ({usual / rate:.3g} s) "
        "at each turn."
    )
    skipped = int((steps > 2.5 * usual).sum()) if usual > 0 else 0
    if skipped:
        notes.append(
            f"The potential jumps at {skipped} points; the times behind them are not "
            "certain."
        )
    whole = header.number("Segment")
    low, high = header.number("Low E (V)"), header.number("High E (V)")
    if whole > 2 and high > low and steps.sum() < (whole - 2.5) * (high - low):
        notes.append(
            f"The header speaks of {whole:g} segments and the file holds fewer: the "
            "time counts from the first that was kept, not from the start."
        )


def _add_controlled(header: ChiHeader, signals: Signals, notes: list[str]) -> None:
    """The quantity that the instrument sets, which only the header gives."""
    time_s = np.asarray(signals.columns["time_s"], np.float64)
    name = "current_A" if "potential_V" in signals.columns else "potential_V"
    if name in signals.columns:
        return
    values = (
        _set_current(header, time_s)
        if name == "current_A"
        else _set_potential(header, time_s)
    )
    what = "current" if name == "current_A" else "potential"
    if values is not None:
        signals.columns[name] = values
        notes.append(f"The {what} is the one that was set (header), not measured.")
    elif header.technique.lower().startswith("chrono"):
        notes.append(f"The header does not say the {what} of each point; it is left.")


def _set_potential(header: ChiHeader, time_s: FloatArray) -> FloatArray | None:
    technique = header.technique.lower()
    if technique.startswith("amperometric i-t"):
        level = header.number("Init E (V)")
        return np.full(time_s.size, level) if np.isfinite(level) else None
    if technique.startswith("bulk electrolysis"):
        level = header.number("Electrolysis E (V)")
        return np.full(time_s.size, level) if np.isfinite(level) else None
    width = header.number("Pulse Width (sec)")
    levels = [header.number("Low E (V)"), header.number("High E (V)")]
    first = header.begins_anodic
    if not technique.startswith(("chronoamperometry", "chronocoulometry")):
        return None
    if first is None or not width > 0 or not np.isfinite(levels).all():
        return None
    pulse = np.floor(time_s / width - 1e-6)  # a sample at the end still belongs to it
    return np.where((np.maximum(pulse, 0) % 2 == 0) == first, levels[1], levels[0])


def _set_current(header: ChiHeader, time_s: FloatArray) -> FloatArray | None:
    """Of a chronopotentiogram of one segment; later ones switch at unknown times."""
    technique, first = header.technique.lower(), header.begins_anodic
    if technique.startswith("open circuit"):
        return None
    single = header.number("Segment") == 1 and technique == "chronopotentiometry"
    if not single or first is None:
        return None
    key = "Anodic Current (A)" if first else "Cathodic Current (A)"
    level = abs(header.number(key))
    if not np.isfinite(level):
        return None
    return np.full(time_s.size, level if first else -level)


FORMAT = Format(
    name="CH Instruments text",
    kind="trace",
    maker="CH Instruments",
    extensions=(".txt", ".csv"),
    library="",
    reads="potential, current, charge, technique, start; times of sweeps from the scan "
    "rate, and the quantity that was set from the header, both said so",
    missing="impedance spectra; pulse voltammograms without times; the current of "
    "chronopotentiograms of several segments; the sign convention, which the files do "
    "not give; whether the date is that of the start or of saving",
    sniff=_sniff,
    read=read,
)
