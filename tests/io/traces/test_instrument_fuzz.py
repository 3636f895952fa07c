"""Damaged files of every maker: a right reading or a ReadError, within two seconds."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import records
from limits import FEW, MANY, Patience, limits
from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.formats import MODULES
from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import InsituTemError, ReadError


def chi() -> bytes:
    rows = [
        [f"{e / 100:.3f}", f"{e * 1e-6:.3e}"] for e in [*range(30), *range(30, 0, -1)]
    ]
    settings = ["Init E (V) = 0", "Scan Rate (V/s) = 0.05", "Segment = 2"]
    return records.chi_text(
        "Cyclic Voltammetry", "Potential/V|Current/A", rows, settings
    ).encode()


def session() -> bytes:
    time = [i / 2 for i in range(20)]
    arrays = [records.palmsens_array(0, "time", "Time", time)]
    for n in (1, 2):
        arrays.append(records.palmsens_array(1, f"scan{n}", "Volt", time))
        arrays.append(records.palmsens_array(2, f"scan{n}", "MicroAmpere", time))
        arrays.append(records.palmsens_array(3, f"scan{n}", "MicroCoulomb", time))
    more = records.palmsens_measurement("CA", *arrays[:4], after_s=99)
    return records.palmsens_session(records.palmsens_measurement("CV", *arrays), more)


def side_by_side() -> bytes:
    rows = [[i / 2, i * 1.5] for i in range(40)]
    return records.palmsens_csv(
        ("CA [1]: a", "2025-03-29 13:32:13", "s,µA", rows),
        ("CA [1]: b", "2025-03-29 13:32:13", "s,V", rows),
        ("CA [2]: a", "2025-03-29 14:32:13", "s,µA", rows),
    )


def binary() -> bytes:
    time = [i / 2 for i in range(40)]
    columns = {"time/s": time, "Ewe/V": time, "dq/mA.h": time, "(Q-Qo)/mA.h": time}
    return records.mpr(columns, loops=[10, 20], flags=[1] * 40)


def heater() -> bytes:
    rows = [(f"12:55:{i:02d}.50", 20.0 + i, 20.5 + i) for i in range(40)]
    return records.digiheater(rows)


def biasing() -> bytes:
    rows = [(i * 50, i * 1e-3, 0.5, 25) for i in range(40)]
    header = "Channel A Current, Channel A Voltage, Channel A Temperature"
    return records.protochips(header, rows)


def impulse() -> bytes:
    return records.impulse([(f"13:40:{i:02d}.811", i, 20.0 + i) for i in range(40)])


def curve() -> bytes:
    time = [i / 2 for i in range(60)]
    return records.zahner_curve(time, time, time)


def labview() -> bytes:
    pytest.importorskip("nptdms")
    time = np.arange(60) / 2
    channels = {"Time": ("s", time), "E": ("V", time), "i": ("A", time)}
    return records.tdms({"EC": channels}, dateTime="2024-06-19T12:47:00.335690")


def sheet() -> bytes:
    pytest.importorskip("openpyxl")
    rows = [[i / 2, i * 1.5, i * 1e-3] for i in range(40)]
    return records.workbook({"a": [["time (s)", "E (V)", "I (A)"], *rows]})


def par() -> bytes:
    rows = [(i / 2, i / 10, i * 1e-6, 0) for i in range(30)]
    return records.versastudio(rows, [(t + 20, e, c, f) for t, e, c, f in rows])


def cycler() -> bytes:
    states = ["R"] * 5 + ["C"] * 20 + ["D"] * 20
    return records.maccor([(i, s, 3.5, 1e-4) for i, s in enumerate(states)])


def battery() -> bytes:
    rows = "".join(f"{i},{3 + i / 100},{0.1},{i // 9}\n" for i in range(40))
    return f"Test Time / s,Voltage / V,Current / A,Cycle Count / 1\n{rows}".encode()


def buffer() -> bytes:
    return records.keithley([(i / 4, i * 1e-6, 0.5) for i in range(40)])


def parquet() -> bytes:
    file = io.BytesIO()
    time = np.arange(40) / 2
    columns = {"time (s)": time, "E (V)": 3 + time / 100, "I (A)": time * 1e-3}
    pd.DataFrame(columns).to_parquet(file)
    return file.getvalue()


def segments() -> bytes:
    time = [i / 2 for i in range(20)]
    columns = {"Potential": time, "Current": time}
    return records.lvm(
        records.lvm_segment(columns, x=time, units="V,mA"),
        records.lvm_segment(columns, units="V,mA", clock="10:21:30,5"),
    )


#: extra to what it imports
LIBRARIES = {
    "biologic": "galvani",
    "zahner": "zahner_analysis",
    "tdms": "nptdms",
    "excel": "openpyxl",
    "parquet": "pyarrow",
}
#: module of `io`, file name, writer of a whole file
SAMPLES: list[tuple[str, str, Callable[[], bytes]]] = [
    ("eclab_mpr", "a.mpr", binary),
    ("chi", "a.txt", chi),
    ("palmsens", "a.pssession", session),
    ("palmsens_csv", "a.csv", side_by_side),
    ("versastudio", "a.par", par),
    ("maccor", "a.txt", cycler),
    ("keithley", "a.csv", buffer),
    ("bdf", "a.bdf.csv", battery),
    ("digiheater", "a.txt", heater),
    ("protochips", "a.csv", biasing),
    ("impulse", "a.csv", impulse),
    ("zahner", "a.isw", curve),
    ("tdms", "a.tdms", labview),
    ("lvm", "a.lvm", segments),
    ("excel", "a.xlsx", sheet),
    ("parquet", "a.parquet", parquet),
]


#: Fuzzed in `test_trace_fuzz.py`, and below with real files, which cannot be written.
ELSEWHERE = {"eclab", "gamry", "delimited", "neware"}


def check(path: Path, module: str, patience: Patience) -> list[str]:
    """Read by the registry and by the format that it was; what went wrong."""
    own = import_module(f"napari_insitu_tem.io.traces.{module}").read

    def directly(path: Path):
        with reading(path):
            return own(path)

    wrong = []
    for read in (read_trace, directly):
        with patience.reading():
            try:
                trace = read(path)
            except ReadError as error:
                assert error.message
                if not isinstance(error.__cause__, InsituTemError | None):
                    wrong.append(repr(error.__cause__))
            else:
                assert len(trace.frame) == len(trace.time_ns) == len(trace.breaks)
                assert (np.diff(trace.time_ns) >= 0).all()
                assert not np.isinf(trace.values("potential_V")).any()
    return wrong


def fuzz(path: Path, module: str, whole: bytes, rounds: int, seed: int) -> None:
    form = import_module(f"napari_insitu_tem.io.traces.{module}").FORMAT
    path.write_bytes(whole)
    assert len(read_trace(path)) > 1
    assert read_trace(path).format == form.name
    wrong, rng = [], np.random.default_rng(seed)
    with limits() as patience:
        for _ in range(rounds):
            path.write_bytes(records.damage(whole, rng))
            wrong += check(path, module, patience)
    assert not wrong


def sample(module: str, write: Callable[[], bytes]) -> bytes:
    form = import_module(f"napari_insitu_tem.io.traces.{module}").FORMAT
    if form.extra:
        pytest.importorskip(LIBRARIES[form.extra])
    return write()


@pytest.mark.parametrize(("module", "name", "write"), SAMPLES)
def test_some_damage(tmp_path, module, name, write) -> None:
    fuzz(tmp_path / name, module, sample(module, write), FEW, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("module", "name", "write"), SAMPLES)
def test_much_damage(tmp_path, module, name, write) -> None:
    fuzz(tmp_path / name, module, sample(module, write), MANY, seed=2)


@pytest.mark.parametrize("name", ["test.nda", "test.ndax"])
def test_damaged_files_of_battery_testers(tmp_path, shared_data, name) -> None:
    pytest.importorskip("NewareNDA")
    whole = (shared_data / "potentiostat" / "navani" / name).read_bytes()
    fuzz(tmp_path / name, "neware", whole, FEW, seed=1)


def test_every_format_is_damaged() -> None:
    """A format without a sample here would never meet a damaged file."""
    known = {name.partition(".")[2] for name in MODULES if name.startswith("traces")}
    assert known - {module for module, *_ in SAMPLES} - ELSEWHERE == set()
