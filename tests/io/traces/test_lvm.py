"""LabVIEW measurement files: whose time is whose, in every way LabVIEW writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.model.column_mapping import ColumnChoice, ColumnMapping
from napari_insitu_tem.model.errors import NeedsMappingError, ReadError
from napari_insitu_tem.model.trace import Trace
from records import lvm, lvm_segment

T = [0.0, 0.5, 1.0, 1.5]
EI = {"Potential": [0.1, 0.2, 0.3, 0.4], "Current": [1.5, -2.5, 3.5, -4.5]}
UNITS = "Volts,mA"
START = datetime(2024, 5, 6, 10, 20, 30, 123457)


def opened(tmp_path: Path, data: bytes, **options) -> Trace:
    path = tmp_path / "a.lvm"
    path.write_bytes(data)
    assert identify(path).name == "LabVIEW measurement"
    return read_trace(path, **options)


def check(trace: Trace, time_s=T) -> None:
    np.testing.assert_allclose(trace.frame.time_s, time_s, atol=1e-9)
    np.testing.assert_allclose(trace.values("potential_V"), EI["Potential"])
    np.testing.assert_allclose(trace.values("current_A") * 1e3, EI["Current"])
    assert trace.start == START
    assert trace.warnings == ()


def test_one_x_column(tmp_path) -> None:
    trace = opened(tmp_path, lvm(lvm_segment(EI, x=T, units=UNITS)))
    check(trace)
    assert trace.stamp.resolution_s == 1e-6
    assert trace.metadata["Operator"] == "me"


def test_x_values_go_before_the_interval(tmp_path) -> None:
    times = [0.0, 0.328878, 1.208397, 7.961557]
    segment = lvm_segment(EI, x=times, units=UNITS, delta="1.000000", samples=1)
    check(opened(tmp_path, lvm(segment, Multi_Headings="No")), times)


def test_no_x_column(tmp_path) -> None:
    check(opened(tmp_path, lvm(lvm_segment(EI, units=UNITS), X_Columns="No")))


@pytest.mark.parametrize("named", [",", "."])
def test_decimal_comma(tmp_path, named) -> None:
    """The rows tell it: LabVIEW's header does not always."""
    data = lvm(lvm_segment(EI, x=T, units=UNITS)).replace(b".", b",")
    check(opened(tmp_path, data.replace(b"rator\t,", b"rator\t" + named.encode())))


def test_commas_between_the_cells_and_in_comments(tmp_path) -> None:
    notes = ["a\tb", "", "", ""]
    segment = lvm_segment(EI, x=T, units=UNITS, comments=notes)
    data = lvm(segment, Separator="Comma").replace(b"\t", b",")
    check(opened(tmp_path, data))


def test_an_x_column_for_each_channel(tmp_path) -> None:
    text = lvm_segment(EI, x=T, units=UNITS)
    lines = []
    for line in text.split("\r\n"):
        tag, *cells = line.split("\t")
        if tag in ("Samples", "Date", "Time", "Y_Unit_Label", "X0", "Delta_X"):
            line = "\t".join([tag, cells[0], "", *cells[1:]])
        elif len(cells) > 1 and tag != "Channels" and not tag.startswith("*"):
            line = "\t".join([tag, cells[0], tag, *cells[1:]])
        lines.append(line)
    check(opened(tmp_path, lvm("\r\n".join(lines), X_Columns="Multi")))


def test_segments_follow_by_their_clocks(tmp_path) -> None:
    """The second began 61.25 s after the first; nothing is integrated in between."""
    later = lvm_segment(EI, x=T, units=UNITS, clock="10:21:31.3734567890123456789")
    first = lvm_segment(EI, x=T, units=UNITS)
    trace = opened(tmp_path, lvm(first, later))
    np.testing.assert_allclose(
        trace.frame.time_s, [*T, *(61.25 + t for t in T)], atol=1e-9
    )
    assert np.flatnonzero(trace.breaks).tolist() == [4]
    charge = trace.values("charge_C")
    assert charge[4] == charge[3]
    assert trace.start == START


def test_a_session_that_was_added_to_the_file(tmp_path) -> None:
    first = lvm(lvm_segment(EI, x=T, units=UNITS)).decode()
    other = lvm_segment({"Current": [9.0, 8.0]}, x=T[:2], units="mA", day="2024/05/07")
    trace = opened(tmp_path, (first + lvm(other).decode()).encode())
    np.testing.assert_allclose(trace.frame.time_s[4:], [86400, 86400.5], atol=1e-9)
    np.testing.assert_allclose(trace.values("current_A")[4:], [9e-3, 8e-3])
    assert np.isnan(trace.values("potential_V")[4:]).all()


def test_x_values_that_run_on_through_the_segments(tmp_path) -> None:
    late = [t + 61.25 for t in T]
    trace = opened(
        tmp_path,
        lvm(
            lvm_segment(EI, x=T, units=UNITS),
            lvm_segment(EI, x=late, units=UNITS, clock="10:21:31.3734567890"),
        ),
    )
    np.testing.assert_allclose(trace.frame.time_s, [*T, *late], atol=1e-6)


def test_one_value_in_each_segment(tmp_path) -> None:
    segments = [
        lvm_segment(
            {name: values[i : i + 1] for name, values in EI.items()},
            units=UNITS,
            clock=f"10:20:{30 + t}0",
            delta="1.000000",
        )
        for i, t in enumerate(T)
    ]
    trace = opened(tmp_path, lvm(*segments, X_Columns="No"))
    np.testing.assert_allclose(trace.frame.time_s, T, atol=1e-9)
    assert trace.start == datetime(2024, 5, 6, 10, 20, 30)


def test_absolute_times_are_seconds_since_1904_in_utc(tmp_path) -> None:
    zero = 3_797_830_800.0  # 2024-05-06 09:00:00 UTC
    segment = lvm_segment(EI, x=[zero + t for t in T], units=UNITS)
    trace = opened(tmp_path, lvm(segment, Time_Pref="Absolute"))
    np.testing.assert_allclose(trace.frame.time_s, T, atol=1e-6)
    assert trace.start == datetime(2024, 5, 6, 9, tzinfo=UTC)
    assert "since 1904" in trace.warnings[0]


def test_special_blocks_and_comments(tmp_path) -> None:
    block = "***Start_Special***\r\nChannels\t7\r\n1\t2\t3\r\n***End_Special***\r\n"
    notes = ["tab\\09here", "", "c:\\\\new", ""]
    trace = opened(
        tmp_path, lvm(block, lvm_segment(EI, x=T, units=UNITS, comments=notes), block)
    )
    check(trace)
    assert trace.frame["Comment"].dropna().tolist() == ["tab\there", "c:\\new"]


def test_a_holder_log_opens_without_a_question(tmp_path) -> None:
    heat = {"Heater": [20.0, 30.0], "Stage": [19.0, 21.0]}
    trace = opened(tmp_path, lvm(lvm_segment(heat, x=[0, 1.5], units="Deg C,Deg C")))
    assert trace.others == ("Heater", "Stage")


def test_the_unit_in_a_name_goes_before_volts(tmp_path) -> None:
    columns = {"Potential (V)": EI["Potential"], "Current (mA)": EI["Current"]}
    trace = opened(tmp_path, lvm(lvm_segment(columns, x=T, units="Volts,Volts")))
    np.testing.assert_allclose(trace.values("current_A") * 1e3, EI["Current"])
    assert trace.warnings == (
        "'Current (mA)' is labelled 'Volts'; the unit in its name was taken.",
    )


def test_segments_by_the_computer_s_clock_are_moved_a_little(tmp_path) -> None:
    """Two seconds each, the second by its header 0.1 s before the first has ended."""
    first = lvm_segment(EI, x=T, units=UNITS)
    early = lvm_segment(EI, x=T, units=UNITS, clock="10:20:31.5234567890123456789")
    trace = opened(tmp_path, lvm(first, early))
    np.testing.assert_allclose(trace.frame.time_s, [*T, *(2 + t for t in T)], atol=1e-9)
    assert "were moved by up to 0.6 s" in trace.warnings[0]


def test_channels_without_names_are_asked_about(tmp_path) -> None:
    data = lvm(lvm_segment({"Untitled": [1, 2], "Untitled 1": [3, 5]}, x=[0, 2]))
    with pytest.raises(NeedsMappingError, match="not certain") as caught:
        opened(tmp_path, data)
    time = caught.value.preview.suggested.columns["time_s"]
    mapping = ColumnMapping(
        {"time_s": time, "current_A": ColumnChoice("Untitled 1", "mA")}
    )
    trace = opened(tmp_path, data, mapping=mapping)
    np.testing.assert_allclose(trace.values("current_A"), [3e-3, 5e-3])
    assert trace.frame.time_s.tolist() == [0, 2]
    assert trace.start == START


def test_a_channel_of_times_goes_before_counted_rows(tmp_path) -> None:
    """The first row was written at the time of the header."""
    columns = {"Time (s)": [5.0, 5.25, 5.75, 6.0], **EI}
    segment = lvm_segment(columns, units="s,V,mA", delta="1.000000", samples=1)
    trace = opened(tmp_path, lvm(segment, X_Columns="No"))
    assert trace.frame.time_s.tolist() == [5.0, 5.25, 5.75, 6.0]
    assert trace.start == datetime(2024, 5, 6, 10, 20, 25, 123457)


def test_a_table_right_under_the_first_header(tmp_path) -> None:
    """As other programs write it."""
    trace = opened(tmp_path, lvm("Time (s)\tE (V)\r\n0.0\t1.5\r\n0.25\t2.5\r\n"))
    assert trace.frame.time_s.tolist() == [0.0, 0.25]
    assert trace.values("potential_V").tolist() == [1.5, 2.5]
    assert trace.start == datetime(2024, 5, 6, 10, 20, 29, 500000)


def test_labview_s_zero_is_no_start(tmp_path) -> None:
    segment = lvm_segment(EI, x=T, units=UNITS, day="1903/12/31", clock="19:00:00")
    trace = opened(tmp_path, lvm(segment))
    assert trace.start == datetime(2024, 5, 6, 10, 20, 29, 500000)
    assert trace.stamp.source == "file header"


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ({"delta": "0.000488", "samples": 4000}, "3996 rows that its headers promise"),
        ({"samples": 2}, "the other 2 were taken to follow without a pause"),
        ({"delta": "1.000000"}, "gives no interval; check it"),
        ({"delta": "1.0E-6"}, ""),
    ],
)
def test_what_counted_times_rest_on_is_said(tmp_path, options, note) -> None:
    trace = opened(tmp_path, lvm(lvm_segment(EI, units=UNITS, **options)))
    assert note in " ".join(trace.warnings)
    assert len(trace.warnings) == bool(note)


def test_a_rounded_interval_is_said(tmp_path) -> None:
    many = {name: values * 1000 for name, values in EI.items()}
    trace = opened(tmp_path, lvm(lvm_segment(many, units=UNITS, delta="0.000488")))
    assert "may be wrong by 0.002 s" in trace.warnings[0]


def test_a_channel_of_another_rate_is_left_out(tmp_path) -> None:
    text = lvm_segment({**EI, "Fast": [1, 2, 3, 4]}, x=T, units="V,mA,V")
    text = text.replace("Delta_X\t0.500000\t0.500000\t0.5", "Delta_X\t0.5\t0.5\t0.1")
    trace = opened(tmp_path, lvm(text))
    assert "Fast" not in trace.frame
    assert "left out: Fast" in trace.warnings[0]


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        ([lvm_segment(EI, units=UNITS, delta="1.000000", samples=1)], "no interval"),
        ([lvm_segment(EI, x=[0, 0.5, 0, 0.5], units=UNITS)], "begin again"),
        ([lvm_segment(EI, x=[0, 0, 0, 0], units=UNITS)], "stand still"),
        ([lvm_segment(EI, x=T, units=UNITS, axis="Frequency")], "X axis is Frequency"),
        ([lvm_segment(EI, x=T, units=UNITS)] * 2, "before the one above it has ended"),
        ([], "without channels"),
        (["Channels\t2\t\r\nSamples\t4\t4\r\n"], "without channels"),
    ],
)
def test_what_has_no_times_is_refused(tmp_path, segments, why) -> None:
    with pytest.raises(ReadError, match=rf"a\.lvm .*{why}") as caught:
        opened(tmp_path, lvm(*segments))
    assert caught.value.hint


def test_units_of_the_x_axis(tmp_path) -> None:
    text = lvm_segment(EI, x=[t * 1e3 for t in T], units=UNITS)
    labelled = text.replace("X0\t", "X_Unit_Label\tms\tms\t\r\nX0\t")
    check(opened(tmp_path, lvm(labelled)))
    with pytest.raises(ReadError, match="its X axis is in Hz"):
        opened(tmp_path, lvm(labelled.replace("ms\tms", "Hz\tHz")))


def test_a_header_without_rows_is_an_empty_record(tmp_path) -> None:
    empty = {name: [] for name in EI}
    trace = opened(tmp_path, lvm(lvm_segment(empty, x=[], units=UNITS, samples=9)))
    assert len(trace) == 0
    assert "a.lvm holds no rows" in trace.warnings[0]


def test_rows_of_other_channels_under_one_header_are_refused(tmp_path) -> None:
    data = lvm(lvm_segment(EI, x=T, units=UNITS)).rstrip()
    with pytest.raises(ReadError, match="other channels were written under it"):
        opened(tmp_path, data + b"\r\n2.0\t1\t2\t3\t4\t5" * 9 + b"\r\n")
