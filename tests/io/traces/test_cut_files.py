"""Files cut off anywhere: no false number without a word, whatever the format.

What is left reads as the beginning of the whole record, or as an empty record that says
so, or is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import records
from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.io.tables.cut_rows import is_cut_cell
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.trace import Trace

N = 30
T = np.arange(N) * 0.5
E = 0.25 + 0.01 * np.arange(N)
I = -2.5e-6 * (1 + np.arange(N))  # noqa: E741


def lines(*rows: str, end: str = "\r\n") -> bytes:
    return (end.join(rows) + end).encode("cp1252")


def gamry() -> bytes:
    top = ["EXPLAIN", "TAG\tCHRONOP", "TITLE\tLABEL\tA test\tTest &Identifier"]
    top += ["DATE\tLABEL\t16/11/2023\tDate", "TIME\tLABEL\t10:40:42\tTime"]
    top += [f"SETTING{i}\tQUANT\t{i}.0\tSomething (V)" for i in range(30)]
    body = []
    for number, half in ((1, range(15)), (2, range(15, N))):
        body += [f"CURVE{number}\tTABLE\t15", "\tPt\tT\tVf\tIm", "\t#\ts\tV\tA"]
        body += [f"\t{i}\t{T[i]:g}\t{E[i]:.5E}\t{I[i]:.5E}" for i in half]
    return lines(*top, *body)


def gamry_comma() -> bytes:
    return gamry().replace(b".", b",").replace(b"16,11,2023", b"16.11.2023")


def chi(form: str = "{e:.3f}, {i:.3e}") -> bytes:
    settings = [f"Init E (V) = {E[0]}", "Scan Rate (V/s) = 0.02", "Segment = 1"]
    rows = [form.format(e=e, i=i).split(", ") for e, i in zip(E, I, strict=True)]
    return records.chi_text(
        "Cyclic Voltammetry", "Potential/V|Current/A", rows, settings
    ).encode()


def eclab() -> bytes:
    names = "time/s\tEwe/V\t<I>/mA\t"
    top = ["EC-Lab ASCII FILE", "Nb header lines : 40", "", "Chronopotentiometry"]
    top += [f"Setting {i} : {i}" for i in range(35)]
    rows = [
        f"{t:.15E}\t{e:.7E}\t{i * 1e3:.15E}" for t, e, i in zip(T, E, I, strict=True)
    ]
    return lines(*top, names, *rows)


def nova(delimiter: str = ";", mark: str = ".") -> bytes:
    names = "Index|Time (s)|WE(1).Potential (V)|WE(1).Current (A)".replace("|", ";")
    rows = [
        f"{k + 1};{t:.5f};{e:.6f};{i:.9f}".replace(".", mark)
        for k, (t, e, i) in enumerate(zip(T, E, I, strict=True))
    ]
    return lines(*(row.replace(";", delimiter) for row in (names, *rows)))


def ivium() -> bytes:
    rows = [f"{t:.5E}\t{e:.5E}\t{i:.5E}" for t, e, i in zip(T, E, I, strict=True)]
    return lines("time/s\tE/V\tI/A", *rows)


def palmsens() -> bytes:
    return records.palmsens_csv(
        ("CA: a", "2025-03-29 13:32:13", "s,µA", [(t, f"{i * 1e6:.3f}") for t, i in
         zip(T, I, strict=True)]),
        ("CA: b", "2025-03-29 13:32:13", "s,V", [(t, f"{e:.4f}") for t, e in
         zip(T, E, strict=True)]),
    )  # fmt: skip


def session() -> bytes:
    arrays = [
        records.palmsens_array(kind, name, unit, [float(v) for v in values])
        for kind, name, unit, values in (
            (0, "time", "Time", T), (1, "E", "Volt", E), (2, "I", "Ampere", I)
        )
    ]  # fmt: skip
    return records.palmsens_session(records.palmsens_measurement("CA", *arrays))


def par() -> bytes:
    rows = [(f"{t:.6E}", f"{e:.6E}", f"{i:.6E}", 0) for t, e, i in
            zip(T, E, I, strict=True)]  # fmt: skip
    return records.versastudio(rows[:15], rows[15:])


def heater() -> bytes:
    return records.digiheater(
        [(f"12:55:{i:02d}.50", 20.0 + i, 20.5 + i) for i in range(N)]
    )


def holder() -> bytes:
    rows = [(f"{t:.3f}", f"{i:.6e}", f"{e:.4f}") for t, i, e in
            zip(T * 1000, I, E, strict=True)]  # fmt: skip
    return records.protochips("Channel A Current, Channel A Voltage", rows)


def stage() -> bytes:
    rows = [(f"13:40:{k:02d}.811", f"{t:.3f}", f"{20 + k:.3f}") for k, t in
            enumerate(T)]  # fmt: skip
    return records.impulse(rows)


def maccor() -> bytes:
    return records.maccor(
        [(m / 60, "C", e, -i) for m, e, i in zip(T, E, I, strict=True)]
    )


def source_meter() -> bytes:
    return records.keithley(
        [(t, i, e) for t, i, e in zip(T, I, E, strict=True)], relative=True
    )


def bdf() -> bytes:
    rows = [f"{t:.3f},{e:.5f},{i:.9f}" for t, e, i in zip(T, E, I, strict=True)]
    return lines("Test Time / s,Voltage / V,Current / A", *rows)


def labview() -> bytes:
    columns = {"Potential": list(E), "Current": list(I * 1e6)}
    return records.lvm(records.lvm_segment(columns, x=list(T), units="V,µA"))


CASES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "Gamry": ("a.DTA", gamry),
    "Gamry, decimal comma": ("a.DTA", gamry_comma),
    "CHI": ("a.txt", chi),
    "CHI, tabs": ("b.txt", lambda: chi().replace(b", ", b"\t")),
    "EC-Lab": ("a.mpt", eclab),
    "NOVA": ("a.txt", nova),
    "NOVA, decimal comma": ("a.txt", lambda: nova(mark=",")),
    "NOVA, tabs": ("a.txt", lambda: nova("\t")),
    "NOVA, commas": ("a.csv", lambda: nova(",")),
    "NOVA, UTF-16": (
        "a.txt",
        lambda: nova().decode("cp1252").encode("utf-16"),
    ),
    "Ivium": ("a.txt", ivium),
    "PalmSens CSV": ("a.csv", palmsens),
    "PalmSens session": ("a.pssession", session),
    "VersaStudio": ("a.par", par),
    "DigiHeater": ("a.dens", heater),
    "Protochips": ("a.csv", holder),
    "Impulse": ("a.csv", stage),
    "Maccor": ("a.txt", maccor),
    "Keithley": ("a.csv", source_meter),
    "BDF": ("a.bdf.csv", bdf),
    "LabVIEW": ("a.lvm", labview),
}


def columns(trace: Trace, rows: int) -> dict[str, np.ndarray]:
    names = ("time_s", "potential_V", "current_A", "temperature_degC")
    return {
        name: np.asarray(trace.frame[name], float)[:rows]
        for name in names
        if name in trace.frame
    }


def read_cut(path: Path, data: bytes) -> Trace | None:
    path.write_bytes(data)
    try:
        return read_trace(path)
    except InsituTemError as error:
        assert path.name in error.message and error.hint
        return None


@pytest.mark.parametrize("case", list(CASES))
def test_a_file_cut_anywhere_is_its_beginning_or_says_so(tmp_path, case) -> None:
    name, write = CASES[case]
    data = write()
    path = tmp_path / name
    whole = read_cut(path, data)
    assert whole is not None and len(whole) == N + (7 if case == "Protochips" else 0)
    places = {50, 100, 300, 1000, len(data) // 2, *range(len(data) - 100, len(data))}
    for place in sorted(p for p in places if 0 < p < len(data)):
        trace = read_cut(path, data[:place])
        if trace is None:
            continue
        if len(trace) == 0:
            assert f"{name} holds no rows" in trace.warnings[0], place
            continue
        expected = columns(whole, len(trace))
        for column, values in columns(trace, len(trace)).items():
            np.testing.assert_allclose(
                values, expected[column], rtol=1e-12, err_msg=f"{column} at {place}"
            )


@pytest.mark.parametrize("case", list(CASES))
def test_a_cut_row_is_left_out_with_a_warning(tmp_path, case) -> None:
    name, write = CASES[case]
    data = write()
    if case == "PalmSens session":
        assert read_cut(tmp_path / name, data[:-9]) is None
        return
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    end = "\r\n".encode("utf-16-le") if wide else b"\n"
    row = data.rstrip(b"\x00\n\r\xff\xfe").rfind(end)
    if case == "VersaStudio":
        row = data.rfind(b"\n", 0, data.rfind(b"</Segment2>") - 2)
    trace = read_cut(tmp_path / name, data[: row + (18 if wide else 9)])
    assert trace is not None and any(
        name in note and "breaks off in its last row" in note for note in trace.warnings
    )


def test_a_first_row_that_is_cut_is_left_out_as_well(tmp_path) -> None:
    data = eclab()
    first = data.index(b"0.000000000000000E+00\t")
    trace = read_cut(tmp_path / "a.mpt", data[: first + 25])
    assert trace is not None and len(trace) == 0
    assert "a.mpt holds no rows" in trace.warnings[0]
    end = data.index(b"\r\n", first)
    whole = read_cut(tmp_path / "a.mpt", data[:end])
    assert whole is not None and len(whole) == 1


@pytest.mark.parametrize("case", list(CASES))
def test_a_whole_file_is_not_called_cut(tmp_path, case) -> None:
    name, write = CASES[case]
    for data in (write(), write().rstrip(b"\r\n")):
        if b"\x00" in data and data[-1:] != b"\n":
            data = write()
        trace = read_cut(tmp_path / name, data)
        assert trace is not None and not any("breaks" in n for n in trace.warnings)
        assert len(trace) == N + (7 if case == "Protochips" else 0)


@pytest.mark.parametrize(
    ("cell", "above", "is_cut"),
    [
        ("2.5E-0", ["2.51E-006", "2.40E-006"], True),
        ("2.5E-006", ["2.51E-006", "2.40E-006"], False),
        ("-", ["0.123", "0.124"], True),
        ("", ["0.123", "0.124"], True),
        ("0.12", ["0.123", "0.124"], True),
        ("0.12", ["0.1234", "0.125", "0.1261"], False),
        ("0.1", ["0.12341", "0.125", "0.1261"], True),
        ("1.5e-9", ["1.5e-9", "1.6e-10"], False),
        ("0", ["0.123", "0.124"], True),
        ("0", ["0.1234", "0.125"], False),
        ("7", ["8", "12"], False),
        ("OL", ["0.123", "0.124"], False),
        ("rest", ["charge", "charge"], False),
        ("3,1", ["3,14", "3,15"], True),
    ],
)
def test_the_form_of_the_numbers_above_tells_a_cut_one(cell, above, is_cut) -> None:
    assert is_cut_cell(cell, above) is is_cut
