"""When a Gamry measurement began: a date in the order of the computer's country."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import numpy as np

from napari_insitu_tem.io.traces.gamry_file import GamryFile, GamryTable
from napari_insitu_tem.io.traces.start_times import order_from, read_date, settle
from napari_insitu_tem.model.column_mapping import DateOrder
from napari_insitu_tem.model.timebase import StartStamp


def start_of(
    file: GamryFile, warnings: list[str]
) -> tuple[StartStamp | None, tuple[str, ...]]:
    """DATE and TIME of the header, in the order of the computer's country.

    Returns
    -------
    stamp
        None where there is no date.
    readings
        Both readings, ISO 8601, where nothing decides; `warnings` then says so.
    """
    date, clock = file.setting("DATE"), file.setting("TIME")
    reading = read_date(f"{date} {clock}")
    if reading is None:
        return None, ()
    usual: DateOrder = "dmy" if reading.separator in ("-", ".") else "mdy"
    calibrated = read_date(_calibration(file))
    taken, doubt = settle(
        reading,
        evidence=_date_evidence(file, reading.separator, clock),
        usual=usual,
        not_before=calibrated.when if calibrated else None,
    )
    if doubt and taken.other is not None:
        warnings.append(doubt)
        readings = (taken.when.isoformat(), taken.other.isoformat())
        return taken.stamp("header, DATE and TIME"), readings
    return taken.stamp("header, DATE and TIME"), ()


def _calibration(file: GamryFile) -> str:
    """The day of the last calibration, which the instrument writes month first."""
    places = [file.settings, *file.sections.values()]
    found = [place["DCCALDATE"] for place in places if place.get("DCCALDATE")]
    return found[0] if found else ""


def _date_evidence(file: GamryFile, separator: str, clock: str) -> DateOrder:
    """What the country of the computer shows of itself: decimals and clock."""
    if separator == ".":
        return "dmy"
    if order := order_from([file.setting("DATE")]):
        return order
    if file.decimal == ",":
        return "dmy"
    return "mdy" if clock.upper().rstrip(".").endswith(("AM", "PM")) else ""


def after_rest(
    file: GamryFile,
    main: Sequence[GamryTable],
    stamp: StartStamp | None,
    warnings: list[str],
) -> tuple[StartStamp | None, float]:
    """An open-circuit record before the curve delays its zero of time.

    The header is written before it begins. The stamp stays that of the header, with
    the delay added to its resolution.

    Returns
    -------
    stamp
        With the coarser resolution.
    delay
        Seconds that the open-circuit record lasted, 0 without one.
    """
    delay = 0.0
    rows = 0
    before = takewhile(lambda table: table not in main, file.tables)
    for table in before:
        if table.kind != "OCV":
            continue
        index = table.table.named("t", "time")
        time_s = table.table.numbers(index) if index is not None else np.zeros(0)
        time_s = time_s[np.isfinite(time_s)]
        rows += len(table.table)
        delay += float(time_s[-1]) if time_s.size else 0.0
    if rows:
        warnings.append(
            f"An open-circuit record of {rows} samples ({delay:.6g} s) precedes the "
            "curve and is not part of the trace; the time of the header is before it, "
            f"so that the curve began at least {delay:.6g} s later."
        )
    if stamp is None or not delay:
        return stamp, delay
    return StartStamp(stamp.when, stamp.resolution_s + delay, stamp.source), delay
