"""Every record of the collection of real instrument files, against what is known of it.

The collection's manifest gives rows, first and last time, and the ranges of potential
and current of each file.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.io.traces.start_times import read_date
from napari_insitu_tem.model.errors import NeedsMappingError, ReadError
from napari_insitu_tem.model.trace import Trace

Row = dict[str, str]

#: Two channels of the same time: the manifest adds their rows up, a trace does not.
TWO_CHANNELS = ("3stepCACA", "CVCA", "LSVCA")


@pytest.fixture(scope="session")
def records(shared_data) -> Path:
    folder = shared_data / "potentiostat"
    if not (folder / "MANIFEST.tsv").is_file():
        pytest.skip("the collection has no records")
    return folder


def rows_of(folder: Path, *formats: str) -> list[Row]:
    with (folder / "MANIFEST.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        if "maccor" in row["file"]:  # the manifest has minutes, and no sign
            row["t_last_s"], row["I_min_A"] = str(float(row["t_last_s"]) * 60), ""
            row["I_max_A"] = ""
    return [row for row in rows if row["format"].startswith(formats)]


def limits(trace: Trace, column: str) -> list[float]:
    values = trace.values(column)
    values = values[np.isfinite(values)]
    return [values.min(), values.max()] if values.size else [np.nan, np.nan]


def differences(row: Row, trace: Trace) -> list[str]:
    """What the trace and the manifest do not agree on."""
    found: dict[str, Any] = {"rows": len(trace)}
    if len(trace):
        found["t_first_s"], found["t_last_s"] = np.array(trace.span_ns) / 1e9
    found["E_min_V"], found["E_max_V"] = limits(trace, "potential_V")
    found["I_min_A"], found["I_max_A"] = limits(trace, "current_A")
    two = any(name in row["file"] for name in TWO_CHANNELS)
    skipped = {"rows", "t_first_s", "t_last_s", "E_max_V"} if two else set()
    wrong = []
    for key, value in found.items():
        if row[key] and key not in skipped:
            expected = float(row[key])
            if not np.isclose(value, expected, rtol=1e-5, atol=1e-15):
                wrong.append(f"{row['file']}: {key} is {value}, not {expected}")
    return wrong + wrong_start(row, trace)


def wrong_start(row: Row, trace: Trace) -> list[str]:
    """The start must be the manifest's, or one of two readings that are both told."""
    reading = read_date(row["start"])
    if reading is None:
        return []
    readings = [reading.when, reading.exchanged().when]
    told = [datetime.fromisoformat(t) for t in trace.metadata.get("start_readings", [])]
    if trace.start is None:
        return [f"{row['file']}: no start, although it is {row['start']}"]
    clock = trace.start.replace(tzinfo=None)  # the manifest has local time
    apart = [abs((clock - when).total_seconds()) for when in readings]
    if reading.is_ambiguous and "start_readings" in trace.metadata:
        return [] if set(told) == set(readings) else [f"{row['file']}: {told}"]
    return [] if min(apart) < 1e-3 else [f"{row['file']}: start {trace.start}"]


def read_all(folder: Path, *formats: str) -> tuple[list[str], dict[str, ReadError]]:
    """Differences, and what was refused."""
    wrong: list[str] = []
    refused: dict[str, ReadError] = {}
    for row in rows_of(folder, *formats):
        path = folder / row["file"]
        try:
            wrong += differences(row, read_trace(path))
        except ReadError as error:
            assert path.name in error.message
            assert error.__cause__ is None or error.hint, error
            refused[row["file"]] = error
    return wrong, refused


def test_every_eclab_text(records) -> None:
    wrong, refused = read_all(records, "BioLogic .mpt")
    assert not wrong and not refused


def test_every_gamry_file(records) -> None:
    wrong, refused = read_all(records, "Gamry")
    assert not wrong
    assert all("impedance spectrum" in e.message for e in refused.values())
    spectra = {r["file"] for r in rows_of(records, "Gamry") if "EIS" in r["technique"]}
    assert set(refused) == spectra


@pytest.mark.parametrize(
    ("form", "library", "refused"),
    [
        ("LabVIEW TDMS", "nptdms", {"labview_metadata_nesd.tdms"}),
        ("nda", "NewareNDA", set()),
        ("xlsx", "openpyxl", {"Experiment_Record.xlsx"}),
        ("Zahner .isw", "zahner_analysis", set()),
        ("Zahner .isc", "zahner_analysis", set()),
    ],
)
def test_every_record_through_a_library(records, form, library, refused) -> None:
    pytest.importorskip(library)
    wrong, found = read_all(records, form)
    # the manifest gives the stamp of the first row, a second after time zero
    wrong = [text for text in wrong if "xlsx: start" not in text]
    assert not wrong
    assert {Path(name).name for name in found} == refused


def test_every_eclab_binary(records) -> None:
    pytest.importorskip("galvani")
    wrong, refused = read_all(records, "BioLogic .mpr")
    assert not wrong and not refused


def test_every_palmsens_session(records) -> None:
    wrong, refused = read_all(records, "PalmSens .pssession")
    assert not wrong
    assert all("spectra" in error.message for error in refused.values())
    assert len(refused) == 1


def test_every_other_text_is_right_asked_about_or_refused(records) -> None:
    formats = (
        "delimited", "CH Instruments", "PalmSens CSV", "Protochips", "DENS", "Zilien",
        "eisonly", "VersaStudio",
    )  # fmt: skip
    wrong, refused = read_all(records, *formats)
    assert not wrong
    read = {row["file"] for row in rows_of(records, *formats)} - set(refused)
    for name in (
        "Landt",
        "bdf.csv",
        "novonix",
        "basytec",
        "CP-100",
        "CV-1T",
        "MeCN_Ar",
    ):
        assert any(name in file for file in read), name
    for file, error in refused.items():
        asked = isinstance(error, NeedsMappingError)
        assert not asked or error.preview.doubts, file
    asked = {f for f, e in refused.items() if isinstance(e, NeedsMappingError)}
    for name in ("custom_data",):
        assert any(name in file for file in asked), name


def test_a_suggestion_confirmed_gives_the_manifests_numbers(records) -> None:
    """The preview's own guess, with nothing but units to correct."""
    wrong: list[str] = []
    for row in rows_of(records, "delimited"):
        try:
            read_trace(records / row["file"])
        except NeedsMappingError as error:
            if {"time_s", "potential_V"} <= set(error.preview.suggested.columns):
                mapping = error.preview.suggested
                trace = read_trace(records / row["file"], mapping=mapping)
                if "custom_data" in row["file"]:  # two lines of nothing but ";"
                    row["rows"] = ""
                wrong += differences(row, trace)
        except ReadError:
            pass
    assert not wrong


def test_what_belongs_to_other_readers_is_refused_in_a_sentence(records) -> None:
    others = [
        row
        for row in rows_of(records, "")
        if not row["format"].startswith(
            (
                "BioLogic",
                "Gamry",
                "delimited",
                "CH",
                "PalmSens",
                "Protochips",
                "DENS",
                "LabVIEW",
                "nda",
                "xlsx",
                "Zahner",
            )
        )
    ]
    assert others
    for row in others:
        with pytest.raises(ReadError) as caught:
            read_trace(records / row["file"])
        assert Path(row["file"]).name in caught.value.message
        assert caught.value.__cause__ is None, caught.value


def test_one_looped_sequence_interleaves(records) -> None:
    """Techniques of one sequence share a clock and alternate."""
    from napari_insitu_tem.model.trace import merge_traces

    names = ("ocv", "cp", "ca", "gcpl")
    traces = [read_trace(records / "yadg" / f"{n}.issue_149.mpt") for n in names]
    assert len({trace.start for trace in traces}) == 1
    record = merge_traces(traces)
    assert (np.diff(record.time_ns) >= 0).all()
    assert len(record) == sum(len(trace) for trace in traces)
    assert int(record.breaks.sum()) >= 15  # four loops of four techniques
    charge = sum(t.values("charge_C")[-1] - t.values("charge_C")[0] for t in traces[1:])
    own = record.values("charge_C")
    assert own[-1] - own[0] == pytest.approx(charge, rel=1e-9)
