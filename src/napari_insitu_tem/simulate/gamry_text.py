"""Simulated voltammograms in the text form of Gamry's Framework (.DTA).

Every cycle is a table of its own (CURVE1, CURVE2, ...), columns are separated by tabs,
rows begin with one, lines end with CR LF; the date is that of an American Windows.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from napari_insitu_tem.simulate.voltammetry import SweepPlan

_NAMES = ("Pt", "T", "Vf", "Im", "Vu", "Sig", "Ach", "IERange", "Over", "Temp")
_UNITS = ("#", "s", "V vs. Ref.", "A", "V", "V", "V", "#", "bits", "deg C")


def gamry_text(
    record: pd.DataFrame, plan: SweepPlan, start: datetime, *, note: str = ""
) -> bytes:
    """Write a voltammogram as Gamry's Framework does.

    Parameters
    ----------
    record
        `time_s, potential_V, current_A, cycle, signal_V`, as `sweep_record` gives
        them; `time_s` counts from `start`.
    plan
        The sweep that was made.
    start
        Start of the experiment, local time of the potentiostat's PC; written to the
        second.
    note
        One line for the header.

    Returns
    -------
    bytes
        The file, in Windows-1252.
    """
    lines = [*_about(start, note), *_settings(plan)]
    for number, table in record.groupby("cycle"):
        lines += [
            f"CURVE{number}\tTABLE\t{len(table)}",
            "\t" + "\t".join(_NAMES),
            "\t" + "\t".join(_UNITS),
        ]
        lines += [_row(row) for row in table.itertuples()]
    return "\r\n".join([*lines, ""]).encode("cp1252")


def _about(start: datetime, note: str) -> list[str]:
    return [
        "EXPLAIN",
        "TAG\tCV",
        "TITLE\tLABEL\tCyclic Voltammetry\tTest &Identifier",
        f"DATE\tLABEL\t{start.month}/{start.day}/{start.year}\tDate",
        f"TIME\tLABEL\t{start:%H:%M:%S}\tTime",
        "NOTES\tNOTES\t1\t&Notes...",
        f"\t{note}",
        "PSTAT\tPSTAT\tsimulated\tPotentiostat",
        "PSTATMODEL\tIQUANT\t0\tPstat Model",
        "CTRLMODE\tIQUANT\t1\tControl Mode",
        "CONVENTION\tIQUANT\t1\tCurrent Convention",
        "IERANGE\tIQUANT\t3\tI/E Range",
        "FRAMEWORKVERSION\tLABEL\t7.10.0\tFramework Version",
    ]


def _settings(plan: SweepPlan) -> list[str]:
    potentials = {
        "VINIT": (plan.upper_V, "Initial &E (V)"),
        "VLIMIT1": (plan.lower_V, "Scan Limit &1 (V)"),
        "VLIMIT2": (plan.upper_V, "Scan Limit &2 (V)"),
        "VFINAL": (plan.upper_V, "&Final E (V)"),
    }
    lines = [
        f"{tag}\tPOTEN\t{_number(value)}\tF\t{label}"
        for tag, (value, label) in potentials.items()
    ]
    return [
        *lines,
        f"SCANRATE\tQUANT\t{_number(1e3 * plan.rate_V_s)}\tScan &Rate (mV/s)",
        f"STEPSIZE\tQUANT\t{_number(1e3 * plan.step_V)}\t&Step Size (mV)",
        f"CYCLES\tIQUANT\t{plan.cycles}\tC&ycles (#)",
        "IMODE\tSELECTOR\t0\tI/E Range &Mode",
        f"AREA\tQUANT\t{_number(1e-6)}\tSample &Area (cm^2)",
        "EOC\tQUANT\t2.9\tOpen Circuit (V)",
    ]


def _row(row: object) -> str:
    get = row.__getattribute__
    cells = (
        str(get("Index")),
        f"{get('time_s'):.6g}",
        _number(get("potential_V")),
        _number(get("current_A")),
        _number(0.0),
        _number(get("signal_V")),
        _number(0.0),
        "3",
        "...........",
        "0",
    )
    return "\t" + "\t".join(cells)


def _number(value: float) -> str:
    """Gamry's form: six digits and a three-digit exponent."""
    mantissa, exponent = f"{value:.5E}".split("E")
    return f"{mantissa}E{int(exponent):+04d}"
