"""Tables in which white space separates the cells, and stands inside them as well."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import NeedsMappingError
from napari_insitu_tem.model.trace import Trace

TIME = np.arange(12) * 5.0
POTENTIAL = 0.4 + TIME / 200
CURRENT = 2e-6 * (TIME + 1)


def read(tmp_path: Path, lines: list[str], row: str) -> Trace:
    """{t} s, {e} V, {i} A, {n} row, {m} second of the minute."""
    body = [
        row.format(t=t, e=e, i=c, n=n + 1, m=f"{int(t):02d}")
        for n, (t, e, c) in enumerate(zip(TIME, POTENTIAL, CURRENT, strict=True))
    ]
    path = tmp_path / "a.txt"
    path.write_text("\n".join([*lines, *body]) + "\n")
    return read_trace(path)


def check(trace: Trace) -> None:
    np.testing.assert_allclose(trace.frame.time_s, TIME)
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT)


@pytest.mark.parametrize(
    "header",
    [
        "# t[s] E[V] I[A]",
        "# t (s)  E (V)  I (A)",
        "time / s   Ewe / V   I / A",
        "% Time[s]\tEwe[V]\tI[A]",
        "Elapsed Time (s) Cell Voltage (V) Current (A)",
    ],
)
def test_names_and_units_are_told_apart(tmp_path, header) -> None:
    lines = ["# written by a script", header]
    check(read(tmp_path, lines, "  {t:10.3f} {e:9.5f}   {i:12.5e}"))


@pytest.mark.parametrize(
    ("day", "header"),
    [
        ("14.03.2024 09:30:{m}", "~Time[s] DataSet DateTime U[V] I[A]"),
        ("14.03.2024 09:30:{m}", "~Time[s] DataSet Date Time U[V] I[A]"),
        ("3/14/2024 9:30:{m} AM", "~Time[s] DataSet DateTime U[V] I[A]"),
    ],
)
def test_a_date_and_its_time_are_one_cell_where_the_header_says_so(
    tmp_path, day, header
) -> None:
    """Else every column behind would have the name of the one before."""
    trace = read(tmp_path, [header], "{t} {n} " + day + " {e} {i}")
    check(trace)
    assert trace.start == datetime(2024, 3, 14, 9, 30)


def test_rows_of_other_width_than_the_header_are_asked_about(tmp_path) -> None:
    with pytest.raises(NeedsMappingError) as raised:
        read(tmp_path, ["t[s] E[V] I[A]"], "{t} {n} {n} {e} {i}")
    assert "3 words and most rows have 5 cells" in raised.value.preview.doubts[0]


def test_rows_in_quotation_marks_as_a_whole(tmp_path) -> None:
    """What a spreadsheet makes of lines that it took for single cells."""
    row = '"{t},{e},{i},a ""b"""'
    check(read(tmp_path, ["[Data]", '"Time (s),Ewe (V),I (A),Remark"'], row))
