"""Records of several makers written with known content, and damage done to them."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

NASTY = [
    b"\x00", b"\xff\xfe", b"\t\t\t\t", b"\n\n", b"\"", b"'", b",", b";", b"1e999", b"-",
    b"nan", b"inf", b"99/99/9999", b"0000-00-00 00:00:00", b"9" * 400, b"1e308",
    b"TABLE", b"CURVE\tTABLE\n", b"Nb header lines : 99999999", b"Loop 1 from point "
    b"number 999999 to -1", b"time/s\tEwe/V", b"\xb5", b"\xe2\x82", b"1:2:3", b"=cmd()",
]  # fmt: skip


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """One to four cuts, flips, insertions, repeats or another encoding."""
    for _ in range(int(rng.integers(1, 5))):
        a, b = sorted(int(i) for i in rng.integers(0, len(data) + 1, 2))
        kind = int(rng.integers(0, 8))
        if kind == 0:
            data = data[:a]
        elif kind == 1:
            data = data[:a] + data[min(a + int(rng.integers(1, 60)), len(data)) :]
        elif kind == 2:
            data = data[:a] + NASTY[int(rng.integers(len(NASTY)))] + data[a:]
        elif kind == 3:
            flipped = bytearray(data)
            for i in rng.integers(0, max(len(data), 1), 8):
                if data:
                    flipped[int(i)] ^= 1 << int(rng.integers(8))
            data = bytes(flipped)
        elif kind == 4:
            data = data[:b] + data[a:b] * int(rng.integers(1, 3)) + data[b:]
        elif kind == 5:
            data = data.replace(b"\r\n", b"\r").replace(b"\t", b";")
        elif kind == 6:
            data = data.decode("latin-1").encode(
                ["utf-8", "utf-16", "utf-32-be"][int(rng.integers(3))]
            )
        else:
            data = data.replace(b"E+0", b"E+3", int(rng.integers(1, 5)))
        data = data[:60_000] or b"\n"
    return data


def chi_text(
    technique: str,
    header: str,
    rows: Sequence[Sequence[object]],
    settings: Sequence[str] = (),
    *,
    delimiter: str = ", ",
    date: str = "Oct. 4, 2024   17:30:00",
) -> str:
    """A CH Instruments text; without a technique only its settings and table."""
    top = [
        date,
        technique,
        "File: c:\\chi\\a.bin",
        "Data Source:  Experiment",
        "Instrument Model:  CHI760E",
        "Header: ",
        "Note: ",
        "",
    ]
    lines = [*(top if technique else []), *settings, "", "Results:", ""]
    lines += ["Channel 1:", "Segment 1:", "Ep = -0.250V", "ip = 1.2e-5A", ""]
    lines += [delimiter.join(header.split("|")), ""]
    lines += [delimiter.join(str(cell) for cell in row) for row in rows]
    return "\r\n".join(lines) + "\r\n"


TICKS_2025 = 638712864000000000  # 2025-01-01T00:00 in steps of 100 ns since the year 1


def palmsens_array(
    kind: int, name: str, unit: str, values: Sequence[float], **more: object
) -> dict[str, object]:
    """One array of a PalmSens measurement."""
    return {
        "Type": "PalmSens.Data.DataArray",
        "ArrayType": kind,
        "Description": name,
        "Unit": {"Type": f"PalmSens.Units.{unit}", "S": unit[:1], "Q": "", "A": ""},
        "DataValues": [{"V": value, "S": 0} for value in values],
        **more,
    }


def palmsens_measurement(
    title: str,
    *arrays: dict[str, object],
    after_s: float = 0.0,
    zone_h: float = 2.0,
) -> dict[str, object]:
    """A PalmSens measurement that began some seconds into 2025, UTC."""
    utc = TICKS_2025 + round(after_s * 1e7)
    return {
        "Title": title,
        "TimeStamp": utc + round(zone_h * 36e9),
        "UTCTimeStamp": utc,
        "DeviceSerial": "PS4",
        "DataSet": {"Type": "x", "Values": list(arrays)},
        "Method": "#PSTrace",
        "Curves": [],
    }


def palmsens_session(*measurements: dict[str, object], lower: bool = False) -> bytes:
    """A session as PSTrace writes it: UTF-16 with a mark at both ends."""

    def lowered(item: object) -> object:
        if isinstance(item, dict):
            return {key.lower(): lowered(value) for key, value in item.items()}
        return [lowered(i) for i in item] if isinstance(item, list) else item

    root: object = {
        "Type": "PalmSens.DataFiles.SessionFile",
        "CoreVersion": "5.9",
        "MethodForMeasurement": "",
        "Measurements": list(measurements),
    }
    text = json.dumps(lowered(root) if lower else root)
    return ("\ufeff" + text + "\ufeff").encode("utf-16-le")


def palmsens_csv(
    *curves: tuple[str, str, str, Sequence[Sequence[float]]], encoding: str = "utf-16"
) -> bytes:
    """A PalmSens export from (title, date, units, rows) of each curve."""
    longest = max(len(rows) for *_, rows in curves)
    lines = ["Date and time:,2025-03-29 23:18:59", "Notes:", "," * 5]
    lines.append(",,".join(title for title, *_ in curves))
    lines.append(
        ",".join(f"Date and time measurement:,{date}" for _, date, *_ in curves) + ","
    )
    lines.append(",".join(units for _, _, units, _ in curves))
    for i in range(longest):
        cells: list[str] = []
        for *_, rows in curves:
            cells += [str(v) for v in rows[i]] if i < len(rows) else ["", ""]
        lines.append(",".join(cells))
    return ("\r\n".join(lines) + "\r\n\ufeff").encode(encoding)


#: Columns of an EC-Lab binary file: name to number and type.
MPR_COLUMNS = {
    "time/s": (4, "<f8"),
    "Ewe/V": (6, "<f4"),
    "dq/mA.h": (7, "<f8"),
    "I/mA": (8, "<f4"),
    "(Q-Qo)/mA.h": (13, "<f8"),
    "cycle number": (24, "<f8"),
    "Ns": (131, "<u2"),
    "unknown": (60001, "<f4"),
}


def _module(name: str, data: bytes, version: int = 0, date: str = "05/13/24") -> bytes:
    head = name.encode().ljust(10) + name.encode().ljust(25)
    head += struct.pack("<II", len(data), version) + date.encode()
    return b"MODULE" + head + data


def mpr(
    columns: Mapping[str, Sequence[float]],
    *,
    technique: int = 25,
    started_days: float | None = 45425.5,
    loops: Sequence[int] = (),
    flags: Sequence[int] = (),
    date: str = "05/13/24",
) -> bytes:
    """An EC-Lab binary file; `started_days` counts from 1899-12-30."""
    names = list(columns)
    rows = len(next(iter(columns.values())))
    fields = [(name, MPR_COLUMNS[name][1]) for name in names]
    numbers = [MPR_COLUMNS[name][0] for name in names]
    if flags:
        fields, numbers = [("flags", "u1"), *fields], [1, 2, *numbers]
    table = np.zeros(rows, np.dtype(fields))
    for name in names:
        table[name] = columns[name]
    if flags:
        table["flags"] = flags
    head = struct.pack("<IB", rows, len(numbers))
    head += np.array(numbers, "<u2").tobytes()
    parts = [b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\x00" * 4]
    parts.append(_module("VMP Set   ", bytes([technique, 0]) + b"\x00" * 98, date=date))
    parts.append(_module("VMP data  ", head.ljust(405, b"\x00") + table.tobytes(), 2))
    if started_days is not None:
        log = bytearray(1000)
        struct.pack_into("<d", log, 585, started_days)
        parts.append(_module("VMP LOG   ", bytes(log)))
    if loops:
        index = np.array([0, *loops, rows], "<u4").tobytes()
        parts.append(_module("VMP loop  ", b"\x00" * 4 + index.ljust(200, b"\x00")))
    return b"".join(parts)


def digiheater(
    rows: Sequence[tuple[str, float, float]],
    *,
    title: str = "23/09/'22 12:55\tDigiheater 3.2",
    before: Sequence[str] = ("0\t21", "30\t600"),
) -> bytes:
    """A DigiHeater log from (clock, set and measured temperature)."""
    lines = [*before, title, "R0 = 158.6\ta =  0.0\tb = 0.279\tc = 153.051"]
    lines += ["Tsample = 330 [ms]  ", "sample\ttime\tTset[C]\tTmeas[C]\tRheat[ohm]\t"
              "Vheat[V]\tIheat[mA]\tPheat [mW]\tc"]  # fmt: skip
    for i, (clock, wanted, measured) in enumerate(rows):
        lines.append(
            f"{i + 1}\t{clock}\t{wanted:.1f}\t{measured:.3f}\t158.234\t0.034813\t"
            "0.250000\t0.007666\t153.051\tnorm"
        )
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def protochips(
    header: str,
    rows: Sequence[Sequence[object]],
    notes: Sequence[str] = (
        "Date (yyyy.mm.dd) = 2014.10.08",
        "Time (hh:mm:ss.ms) = 16:26:51.738",
        "Time units = Milliseconds",
        "Temperature units = Degrees C",
        "Current units = Amps",
        "Voltage units = Volts",
        "Pressure units = Torr",
    ),
) -> bytes:
    """A Protochips log; the notes stand beside repeats of the first row."""
    lines = [f"Time, Notes, {header}"]
    values = ", ".join(str(v) for v in rows[0][1:])
    lines += [f"{rows[0][0]}, {note}, {values}" for note in notes]
    lines += [f"{row[0]}, , {', '.join(str(v) for v in row[1:])}" for row in rows]
    return ("\n".join(lines) + "\n").encode()


IMPULSE_METADATA = (
    "Experiment date, 16-08-2021\nExperiment time, 13:40:19\n"
    'Sample, "Gold"\nLive notes, 13:46:46: one\n13:46:52: two\n'
)


def impulse(rows: Sequence[tuple[str, float, float]]) -> bytes:
    """An Impulse log from (clock, experiment time, temperature)."""
    lines = ["TimeStamp,Experiment time,Temperature Measured,MixValve"]
    lines += [f"{clock},{t},{celsius},0; 0; 0" for clock, t, celsius in rows]
    return ("\n".join(lines) + "\n").encode()


def zahner_curve(
    time_s: Sequence[float], potential: Sequence[float], current: Sequence[float]
) -> bytes:
    """A Zahner .isw curve: thousandths, in the byte order of the network."""
    head = b"\x00\x00\xff\xff\xff\xfe" + struct.pack(">HI", 0, 14)
    head = head[:12] + struct.pack(">HI", 0, len(time_s) - 1)
    rows = zip(potential, current, time_s, strict=True)
    return head + b"".join(struct.pack(">3d", *(1000 * v for v in row)) for row in rows)


def tdms(groups: Mapping[str, Mapping[str, tuple[str, object]]], **root: str) -> bytes:
    """A TDMS file: group to channel to (unit, values)."""
    from nptdms import ChannelObject, RootObject, TdmsWriter

    file = io.BytesIO()
    with TdmsWriter(file) as writer:
        objects: list[object] = [RootObject(properties=root)]
        for group, channels in groups.items():
            for name, (unit, values) in channels.items():
                about = {"unit_string": unit} if unit else {}
                objects.append(ChannelObject(group, name, np.asarray(values), about))
        writer.write_segment(objects)
    return file.getvalue()


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """An Excel workbook from the rows of its sheets."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


PAR_NAMES = (
    "Segment #, Point #, E(V), I(A), Elapsed Time(s), Current Range, Status, "
    "E Applied(V), Frequency(Hz), Z Real, Z Imag, 0"
)


def versastudio(
    *segments: Sequence[tuple[float, float, float, float]],
    day: str = "Thursday, July 19, 2018",
    technique: str = "Cyclic Voltammetry",
) -> bytes:
    """A VersaStudio file from (time, potential, current, frequency) of each segment."""
    lines = ["<Application>", "Name=VersaStudio", "</Application>", ""]
    lines += ["<Action0>", "Reference Electrode=Ag, AgCl (0.197 Volts)", "Name=Common"]
    lines += ["</Action0>", "<Action1>", f"Name={technique}", "</Action1>"]
    lines += ["<Experiment>", "TimeAcquired=9:40:30 AM", f"DateAcquired={day}"]
    lines += ["</Experiment>"]
    for n, rows in enumerate(segments):
        lines += [f"<Segment{n + 1}>", "Type=2", f"Definition={PAR_NAMES}"]
        lines += [
            f"{n},{i},{e},{c},{t},5,53,{e},{f},1,2,0"
            for i, (t, e, c, f) in enumerate(rows)
        ]
        lines.append(f"</Segment{n + 1}>")
    return ("\r\n".join(lines) + "\r\n<?xml version='1.0'?>\r\n").encode()


def maccor(rows: Sequence[tuple[float, str, float, float]]) -> bytes:
    """A Maccor text from (minutes, state, potential, unsigned current)."""
    names = "Rec|Cycle P|Cycle C|Step|TestTime|StepTime|Current [A]|Voltage [V]|Md|ES"
    lines = ["Name:\tcell", "Started\t5/21/2021 3:40:24 PM", ""]
    lines += ["\t".join([*names.split("|"), "DPT Time"]), ""]
    began = datetime(2021, 5, 21, 15, 40, 24)
    for i, (minutes, state, potential, current) in enumerate(rows):
        stamp = began + timedelta(minutes=minutes)
        clock = f"{stamp.month}/{stamp.day}/{stamp:%Y} {stamp.hour % 12 or 12}"
        cells = [i + 1, 0, 1, 1, f"{minutes:.6f}", f"{minutes:.6f}", f"{current:.8f}"]
        cells += [f"{potential:.4f}", state, 1, f"{clock}:{stamp:%M:%S %p}"]
        lines.append("\t".join(str(cell) for cell in cells))
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def keithley(
    rows: Sequence[tuple[float, float, float]], relative: bool = False
) -> bytes:
    """A buffer of currents read, from (seconds, current, potential that was set)."""
    names = "Index,Reading,Unit,Range Digits,Math,Start Group,Value,Unit,Output,"
    names += "Relative Time" if relative else "Date,Time,Fractional Seconds"
    lines = ["Buffer Name,defbuffer1", "Count,9", "", names]
    for i, (seconds, current, potential) in enumerate(rows):
        when = datetime(2024, 8, 20, 23, 59, 58) + timedelta(seconds=seconds // 1)
        clock = f"{when:%m/%d/%Y,%H:%M:%S},{seconds % 1:.6f}"
        lines.append(
            f"{i + 1},{current:.6E},Amp DC,6,F,T,{potential:.6E},Volt DC,T,"
            + (f"{seconds:.6f}" if relative else clock)
        )
    return ("\r\n".join(lines) + "\r\n").encode()


def lvm_segment(
    columns: Mapping[str, Sequence[float]],
    *,
    x: Sequence[float] | None = None,
    units: str = "",
    day: str = "2024/05/06",
    clock: str = "10:20:30.1234567890123456789",
    samples: int = 0,
    delta: str = "0.500000",
    axis: str = "Time",
    comments: Sequence[str] = (),
) -> str:
    """Header and rows of one write of LabVIEW; without `x` its X cells are empty."""
    count = len(columns)
    rows = list(zip(*columns.values(), strict=True))
    tags = {"Channels": [str(count)], "Samples": [str(samples or len(rows))] * count}
    tags |= {"Date": [day] * count, "Time": [clock] * count}
    tags |= {"Y_Unit_Label": units.split(",")} if units else {}
    tags |= {"X_Dimension": [axis] * count, "X0": ["0.0000000000000000E+0"] * count}
    tags |= {"Delta_X": [delta] * count}
    lines = ["\t".join([tag, *cells, ""]) for tag, cells in tags.items()]
    lines += ["***End_of_Header***" + "\t" * (count + 1)]
    lines += ["\t".join(["X_Value", *columns, "Comment"])]
    for i, row in enumerate(rows):
        cells = ["" if x is None else f"{x[i]:.6f}", *(f"{v:.6f}" for v in row)]
        lines.append("\t".join([*cells, *comments[i : i + 1]]))
    return "\r\n".join([*lines, "", ""])


def lvm(*segments: str, **tags: str) -> bytes:
    """A LabVIEW measurement file of segments; `tags` change its first header."""
    top = {"Writer_Version": "2", "Reader_Version": "2", "Separator": "Tab"}
    top |= {"Decimal_Separator": ".", "Multi_Headings": "Yes", "X_Columns": "One"}
    top |= {"Time_Pref": "Relative", "Operator": "me", "Date": "2024/05/06"}
    top |= {"Time": "10:20:29.5", **tags}
    lines = ["LabVIEW Measurement\t", *(f"{tag}\t{cell}" for tag, cell in top.items())]
    lines += ["***End_of_Header***\t", "\t", ""]
    return ("\r\n".join(lines) + "".join(segments)).encode("cp1252")
