"""Records read through optional libraries: Excel, TDMS, Neware, Zahner."""

from __future__ import annotations

import io
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import records
from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.model.errors import (
    MissingExtraError,
    NeedsMappingError,
    ReadError,
)

TIME = np.arange(8) * 1.0
HEADER = ["Date_Time", "Test_Time(s)", "Cycle_Index", "Voltage(V)", "Current(A)"]
AT = datetime(2020, 10, 19, 11, 31, 46, 500000)


def put(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 50)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "library", "extra", "data"),
    [
        ("a.parquet", "pyarrow", "parquet", b"PAR1" + bytes(40)),
        ("a.xlsx", "openpyxl", "excel", zipped("xl/workbook.xml")),
        ("a.tdms", "nptdms", "tdms", b"TDSm" + b"\x00" * 60),
        ("a.nda", "NewareNDA", "neware", b"NEWARE" + b"\x00" * 60),
        ("a.ndax", "NewareNDA", "neware", zipped("data.ndc")),
        ("a.isw", "zahner_analysis", "zahner", records.zahner_curve(*[[1.0] * 9] * 3)),
    ],
)
def test_without_the_library_the_extra_is_named(
    tmp_path, monkeypatch, name, library, extra, data
) -> None:
    for module in [n for n in sys.modules if n.split(".")[0] == library]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=name) as caught:
        read_trace(put(tmp_path, name, data))
    assert f"napari-insitu-tem[{extra}]" in caught.value.hint


# -- Excel ----------------------------------------------------------------------------


def arbin_rows(first: float) -> list[list[object]]:
    return [[AT + pd.Timedelta(seconds=t), first + t, 1, 3.0 + t, -1e-3] for t in TIME]


def test_a_workbook_with_a_record_on_two_sheets(tmp_path) -> None:
    pytest.importorskip("openpyxl")
    sheets = {
        "Global_Info": [["TEST REPORT", "Serial"], ["x", 206951], [1, 2]],
        "Channel_1": [HEADER, *arbin_rows(1.0)],
        "Channel_2": [HEADER, *arbin_rows(9.0)],
    }
    path = put(tmp_path, "a.xlsx", records.workbook(sheets))
    assert identify(path).name == "Excel workbook"
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == [*range(1, 17)]
    assert trace.values("potential_V").tolist() == [*range(3, 11)] * 2
    assert set(trace.values("current_A")) == {-1e-3}
    assert trace.start == datetime(2020, 10, 19, 11, 31, 45, 500000)
    assert trace.metadata["sheets"] == ["Channel_1", "Channel_2"]


def test_a_workbook_is_asked_about(tmp_path) -> None:
    pytest.importorskip("openpyxl")
    rows = [["time (s)", "left", "right"], *([t, t, -t] for t in TIME)]
    path = put(tmp_path, "a.xlsx", records.workbook({"a": rows}))
    with pytest.raises((NeedsMappingError, ReadError)):
        read_trace(path)


def test_a_workbook_without_a_record_is_refused(tmp_path) -> None:
    pytest.importorskip("openpyxl")
    rows = [["Name", "Capacity", "Start"], ["Cell1", 5, AT], ["Cell2", 3, AT]]
    path = put(tmp_path, "a.xlsx", records.workbook({"a": rows}))
    with pytest.raises(ReadError, match=r"a\.xlsx is a workbook in which no sheet"):
        read_trace(path)


def test_a_bomb_and_entities_are_refused(tmp_path) -> None:
    pytest.importorskip("openpyxl")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<?xml?><!DOCTYPE a []><a/>")
    with pytest.raises(ReadError, match="declarations of its own"):
        read_trace(put(tmp_path, "a.xlsx", file.getvalue()))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/big.bin", bytes(301_000_000))
    with pytest.raises(ReadError, match="MB unpacked"):
        read_trace(put(tmp_path, "b.xlsx", file.getvalue()))


# -- TDMS -----------------------------------------------------------------------------


def test_a_tdms_record(tmp_path) -> None:
    pytest.importorskip("nptdms")
    data = records.tdms(
        {
            "Setup": {"Item": ("", [1, 2])},
            "EC": {
                "Time": ("s", TIME),
                "E": ("V", TIME / 10),
                "i": ("A", TIME * 1e-6),
                "short": ("V", [1.0]),
            },
        },
        **{
            "dateTime": "2024-06-19T12:47:00.335690",
            "dateTime(local time)": "2024-06-19 14:47:00.335 (GMT2)",
        },
    )
    path = put(tmp_path, "a.tdms", data)
    assert identify(path).name == "LabVIEW TDMS"
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == TIME.tolist()
    np.testing.assert_allclose(trace.values("current_A"), TIME * 1e-6)
    assert trace.start == datetime(2024, 6, 19, 12, 47, 0, 335690, tzinfo=UTC)


def test_a_tdms_file_cut_off_says_so(tmp_path, capfd) -> None:
    pytest.importorskip("nptdms")
    channels = {"Time": ("s", TIME), "E": ("V", TIME), "i": ("A", TIME)}
    whole = records.tdms({"EC": channels})
    trace = read_trace(put(tmp_path, "a.tdms", whole[:-8]))
    np.testing.assert_allclose(trace.values("potential_V"), TIME)
    assert "cut off or damaged" in trace.warnings[0]
    assert capfd.readouterr().err == ""


def test_a_tdms_file_without_a_record_is_refused(tmp_path) -> None:
    pytest.importorskip("nptdms")
    data = records.tdms({"Measurements": {"Time": ("s", TIME)}})
    with pytest.raises(ReadError, match=r"a\.tdms is a TDMS file in which no group"):
        read_trace(put(tmp_path, "a.tdms", data))


# -- Neware ---------------------------------------------------------------------------


@pytest.fixture
def neware(tmp_path, monkeypatch):
    """A file whose content the library gives as a table."""

    def build(**columns):
        table = pd.DataFrame(columns)
        fake = SimpleNamespace(read=lambda path, log_level: table)
        monkeypatch.setitem(sys.modules, "NewareNDA", fake)
        return read_trace(put(tmp_path, "a.nda", b"NEWARE" + b"\x00" * 60))

    return build


def steps(pause_s: float) -> dict[str, object]:
    stamps = [0, 1, 2, 2 + pause_s, 3 + pause_s]
    return {
        "Cycle": [1] * 5,
        "Step": [1, 1, 1, 2, 2],
        "Status": pd.Categorical(["CC_Chg"] * 3 + ["Rest"] * 2),
        "Time": np.array([0, 1.2, 2.4, 0, 1.2], "f4"),
        "Voltage": np.array([3, 3.5, 4, 4, 4], "f4"),
        "Current(mA)": np.array([10, 10, 10, 0, 0], "f4"),
        "Timestamp": pd.Timestamp("2024-02-01 20:24:23") + pd.to_timedelta(stamps, "s"),
    }


def test_steps_of_a_tester_run_on(neware) -> None:
    trace = neware(**steps(0))
    np.testing.assert_allclose(trace.frame.time_s, [0, 1.2, 2.4, 2.4, 3.6])
    assert trace.frame.step.tolist() == [1, 1, 1, 2, 2]
    np.testing.assert_allclose(trace.values("current_A")[:3], 0.01)
    assert trace.frame["Status"].tolist()[0] == "CC_Chg"
    assert trace.start == datetime(2024, 2, 1, 20, 24, 23)


def test_a_pause_between_steps_is_kept(neware) -> None:
    time_s = neware(**steps(600)).frame.time_s
    np.testing.assert_allclose(time_s, [0, 1.2, 2.4, 602, 603.2])


# -- Zahner ---------------------------------------------------------------------------


def test_a_zahner_curve_and_the_notes_beside_it(tmp_path) -> None:
    pytest.importorskip("zahner_analysis")
    data = records.zahner_curve(TIME, TIME / 10, TIME * 2)
    path = put(tmp_path, "a.isw", data)
    trace = read_trace(path)
    assert trace.start is None and "_c.txt" in trace.warnings[0]
    (tmp_path / "a_c.txt").write_text(
        "ZAHNER polarization file\nSystem : MEA6\nTime : JUL,02.2025\n"
        "12:56:56 - 13:01:57\na\n"
    )
    trace = read_trace(path)
    np.testing.assert_allclose(trace.frame.time_s, TIME)
    np.testing.assert_allclose(trace.values("potential_V"), TIME / 10)
    np.testing.assert_allclose(trace.values("current_A"), TIME * 2)
    assert trace.start == datetime(2025, 7, 2, 12, 56, 56)


def test_a_zahner_curve_cut_off_is_refused(tmp_path) -> None:
    pytest.importorskip("zahner_analysis")
    data = records.zahner_curve(np.arange(20), np.arange(20), np.arange(20))
    with pytest.raises(ReadError):
        read_trace(put(tmp_path, "a.isw", data[:300]))


# -- real files -----------------------------------------------------------------------


@pytest.mark.parametrize("library", ["openpyxl", "nptdms", "NewareNDA"])
def test_damaged_real_files(shared_data, tmp_path, rng, library) -> None:
    """What a library throws at damage is a sentence."""
    pytest.importorskip(library)
    names = {
        "openpyxl": "PyProBE/Experiment_Record.xlsx",
        "nptdms": "EC4py/Steps_102346.tdms",
        "NewareNDA": "navani/test.nda",
    }
    source = shared_data / "potentiostat" / names[library]
    whole = source.read_bytes()
    path = tmp_path / source.name
    for _ in range(40):
        path.write_bytes(records.damage(whole, rng)[:60_000])
        try:
            read_trace(path)
        except ReadError as error:
            assert error.__cause__ is None, repr(error.__cause__)
