"""Simulated constant-current records in the text form of BioLogic's EC-Lab (.mpt).

The header says how many lines it has, columns are separated by tabs, lines end with
CR LF, times count from "Acquisition started on", current is in mA and charge in mA.h.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

_COLUMNS = (
    "mode",
    "ox/red",
    "error",
    "control changes",
    "Ns changes",
    "counter inc.",
    "Ns",
    "time/s",
    "control/mA",
    "Ewe/V",
    "I/mA",
    "dQ/mA.h",
    "(Q-Qo)/mA.h",
    "half cycle",
    "Q charge/discharge/mA.h",
    "I Range",
    "cycle number",
)

#: EC-Lab's mode of a controlled current, and its number for the 10 nA range.
_CONSTANT_CURRENT, _RANGE = 1, 45


def eclab_text(record: pd.DataFrame, start: datetime, *, comment: str = "") -> bytes:
    """Write a constant-current record as EC-Lab exports it.

    Parameters
    ----------
    record
        `time_s, potential_V, current_A, charge_C, cycle, step, control_A`, as
        `lithiation_record` gives them; `time_s` counts from `start`.
    start
        Start of the acquisition, local time of the potentiostat's PC.
    comment
        One line for the header.

    Returns
    -------
    bytes
        The file, in Windows-1252.
    """
    sequences = record.groupby("step")
    settings = _settings(
        control=sequences["control_A"].first().tolist(),
        duration=_durations(record),
    )
    head = [*_about(start, comment), *settings, "", "\t".join(_COLUMNS) + "\t"]
    head[1] = f"Nb header lines : {len(head)}                          "
    text = "\r\n".join([*head, *_rows(record), ""])
    return text.encode("cp1252")


def _about(start: datetime, comment: str) -> list[str]:
    stamp = start.strftime("%m/%d/%Y %H:%M:%S.") + f"{start.microsecond // 1000:03d}"
    return [
        "EC-Lab ASCII FILE",
        "",
        "",
        "Chronopotentiometry",
        "",
        "Run on channel : 1 (SN 00000)",
        "User : ",
        "Electrode connection : standard",
        "Potential control : Ewe",
        "Ewe ctrl range : min = -5.00 V, max = 5.00 V",
        "Ewe,I filtering : 5 Hz",
        "Safety Limits :",
        "\tDo not start on E overload",
        "Channel : Floating",
        f"Acquisition started on : {stamp}",
        f"Technique started on : {stamp}",
        "Saved on :",
        "\tFile : si_nanowire_CP_C01.mpr",
        "\tDirectory : simulated",
        "Device : simulated (SN 0000)",
        "Electrode material : silicon nanowires",
        "Initial state : pristine",
        "Electrolyte : Li2O on Li",
        f"Comments : {comment}",
        "Cable : standard",
        "Reference electrode : Li/Li+ (0.000 V)",
        "Electrode surface area : 0.001 cm²",
        "Characteristic mass : 0.001 g",
        "Text export",
        "   Mode : Standard",
        "   Time format : Elapsed",
        "Cycle Definition : Charge/Discharge alternance",
    ]


def _settings(control: Sequence[float], duration: Sequence[float]) -> list[str]:
    """The technique's parameters, one column a sequence."""
    currents = [f"{1e9 * value:.3f}" for value in control]
    lasting = [
        f"{int(value // 3600)}:{int(value % 3600 // 60):02d}:{value % 60:.4f}"
        for value in duration
    ]
    count = len(control)
    rows = {
        "Ns": [str(i) for i in range(count)],
        "Is": currents,
        "unit Is": ["nA"] * count,
        "vs.": ["<None>"] * count,
        "ts (h:m:s)": lasting,
        "EM (V)": ["pass"] * count,
        "dQM": ["0.000"] * count,
        "unit dQM": ["mA.h"] * count,
        "record": ["Ewe"] * count,
        "dEs (mV)": ["0.00"] * count,
        "dts (s)": ["0.5000"] * count,
        "E range min (V)": ["-5.000"] * count,
        "E range max (V)": ["5.000"] * count,
        "I Range": ["10 nA"] * count,
        "Bandwidth": ["5"] * count,
        "goto Ns'": ["0"] * count,
        "nc cycles": ["0"] * count,
    }
    return [
        f"{name:<20}" + "".join(f"{value:<20}" for value in values)
        for name, values in rows.items()
    ]


def _durations(record: pd.DataFrame) -> list[float]:
    """Length of each sequence, from its first sample to the next one's."""
    begins = record.groupby("step")["time_s"].first().tolist()
    ends = [*begins[1:], float(record["time_s"].iloc[-1])]
    return [end - begin for begin, end in zip(begins, ends, strict=True)]


def _rows(record: pd.DataFrame) -> list[str]:
    new = record["step"].diff().fillna(0).ne(0)
    table = pd.DataFrame(
        {
            "step": record["step"],
            "changed": new.astype(int),
            "oxidising": record["current_A"].gt(0).astype(int),
            "time": record["time_s"],
            "control": 1e3 * record["control_A"],
            "potential": record["potential_V"],
            "current": 1e3 * record["current_A"],
            "charge": record["charge_C"] / 3.6 + 0.0,
            "cycle": record["cycle"],
        }
    )
    begun = table.groupby("step")["charge"].transform("first")
    table["in_step"] = table["charge"] - begun
    return [_row(row) for row in table.itertuples(index=False)]


def _row(row: object) -> str:
    get = row.__getattribute__
    cells = (
        str(_CONSTANT_CURRENT),
        str(get("oxidising")),
        "0",
        str(get("changed")),
        str(get("changed")),
        "0",
        str(get("step")),
        _long(get("time")),
        _short(get("control")),
        _short(get("potential")),
        _short(get("current")),
        _short(get("in_step")),
        _short(get("charge")),
        "0",
        _long(get("in_step")),
        str(_RANGE),
        _long(get("cycle")),
    )
    return "\t".join(cells)


def _short(value: float) -> str:
    """EC-Lab's single precision: eight digits and a three-digit exponent."""
    return _three_digit_exponent(f"{value:.7E}")


def _long(value: float) -> str:
    """EC-Lab's double precision: sixteen digits and a three-digit exponent."""
    return _three_digit_exponent(f"{value:.15E}")


def _three_digit_exponent(text: str) -> str:
    mantissa, exponent = text.split("E")
    return f"{mantissa}E{int(exponent):+04d}"
