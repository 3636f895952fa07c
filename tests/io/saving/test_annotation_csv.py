"""Annotation tables go to CSV and come back equal, whoever wrote the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from napari_insitu_tem.io.saving.annotation_csv import (
    annotations_csv,
    read_annotations,
    sniff_annotations,
    table_csv,
    write_annotations,
)
from napari_insitu_tem.io.saving.csv_cells import cell_text, plain_text
from napari_insitu_tem.model.columns import COMMON, KINDS, empty_table, typed
from napari_insitu_tem.model.errors import ReadError, SaveError

LINE = "LINESTRING (1.5 2.25, 3.125 0.1)"
SHAPES = {"front": "POINT (1.0 2.0)", "event": "", "sei": None, "path": LINE}


def table(kind: str = "expansion", rows: int = 3, **columns: Any) -> pd.DataFrame:
    """A table with the values that a row cannot be without, and those given."""
    shape = SHAPES.get(kind, LINE)
    if kind == "sei":
        shape = "MULTILINESTRING ((0 0, 9 0), (0 5, 9 6))"
    base = {
        "id": [f"r{i}" for i in range(rows)],
        "kind": [kind] * rows,
        "object": ["wire"] * rows,
        "movie": ["film"] * rows,
        "frame": list(range(rows)),
        "geometry": [shape] * rows,
    }
    return typed(pd.DataFrame({**base, **columns}), KINDS[kind].all_columns)


def write_lines(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


HEADER = "id,kind,object,movie,frame,value,comment,geometry"


def row(**cells: str) -> str:
    filled = {
        "id": "a",
        "kind": "expansion",
        "object": "wire",
        "movie": "film",
        "frame": "3",
        "value": "1.5",
        "comment": "",
        "geometry": f'"{LINE}"',
    }
    return ",".join({**filled, **cells}.values())


def assert_round_trip(path: Path, given_table: pd.DataFrame, kind: str) -> None:
    write_annotations(path, given_table)
    found, read = read_annotations(path)
    assert found == kind
    pd.testing.assert_frame_equal(read, given_table, check_exact=True)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_column_of_every_kind_comes_back(
    tmp_path: Path, kind: str, rng: np.random.Generator
) -> None:
    columns: dict[str, Any] = {}
    for column in KINDS[kind].all_columns[5:]:
        if column.name == "geometry":
            continue
        if column.type == "number":
            columns[column.name] = [rng.normal() * 1e-9, np.nan, -rng.random() * 1e12]
        elif column.type == "integer":
            columns[column.name] = pd.array([1, None, 2**40], dtype="Int64")
        else:
            columns[column.name] = ["", "NA", "α, β"]
    assert_round_trip(tmp_path / "t.csv", table(kind, 3, **columns), kind)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_table_without_rows_keeps_its_kind_and_types(
    tmp_path: Path, kind: str
) -> None:
    assert_round_trip(tmp_path / "t.csv", empty_table(kind), kind)


def test_texts_that_look_like_something_else_stay_texts(tmp_path: Path) -> None:
    texts = ["007", "NA", "nan", "", " ", '"', 'a "b" c', "x,y;z\tq", "two\nlines"]
    texts += ["cr\rhere", "crlf\r\nhere", "'quoted'", "None", "1e5", "TRUE", "\\", "#n"]
    texts += ["\x00", "µm ± 1 σ", "🔋", " lead", "trail ", "1,5"]
    for column in ("object", "comment", "quantity"):
        given_table = table(rows=len(texts), **{column: texts})
        assert_round_trip(tmp_path / f"{column}.csv", given_table, "expansion")


NUMBERS = [0.1, 1 / 3, -1.5, 1e-300, 5e-324, 1.7976931348623157e308, -0.0, 2.0**53]


def test_numbers_come_back_to_the_last_bit(tmp_path: Path) -> None:
    numbers = [*NUMBERS, np.nan, np.inf, -np.inf]
    given_table = table(rows=len(numbers), value=numbers)
    assert_round_trip(tmp_path / "t.csv", given_table, "expansion")
    _, read = read_annotations(tmp_path / "t.csv")
    assert np.signbit(read["value"][6])


@given(st.lists(st.floats(), min_size=1), st.data())
@settings(max_examples=60, deadline=None)
def test_any_text_and_number_comes_back(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float], data: st.DataObject
) -> None:
    alphabet = st.sampled_from("'=+-@\t\r\n\",; a1.é")
    text = st.text(alphabet, max_size=6)
    texts = data.draw(st.lists(text, min_size=len(numbers), max_size=len(numbers)))
    given_table = table(rows=len(numbers), value=numbers, comment=texts)
    path = tmp_path_factory.getbasetemp() / "any.csv"
    assert_round_trip(path, given_table, "expansion")


# -- formulas -------------------------------------------------------------------------

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－x", "＠x"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_spreadsheet_sees_no_formula_and_we_read_the_text_back(
    tmp_path: Path, text: str
) -> None:
    given_table = table(rows=4, comment=[text, f"'{text}", f"''{text}", "'plain"])
    written = pd.read_csv(
        write_annotations(tmp_path / "t.csv", given_table), keep_default_na=False
    )
    assert list(written["comment"][:3]) == [f"'{text}", f"''{text}", f"'''{text}"]
    assert written["comment"][3] == "'plain"
    assert_round_trip(tmp_path / "t.csv", given_table, "expansion")


@given(st.text("'=a-＝\t", max_size=5))
@example("'")
@example("''=")
def test_neutralising_has_an_exact_inverse(text: str) -> None:
    assert plain_text(cell_text(text)) == text


def test_numbers_and_column_names_are_kept_apart(tmp_path: Path) -> None:
    given_table = table(rows=1, value=[-1.5], **{"=cmd": ["-x"], "@n": [-2.5]})
    text = annotations_csv(given_table)
    assert ",-1.5," in text
    assert text.splitlines()[0].endswith(",'=cmd,'@n")
    assert text.splitlines()[1].endswith(",'-x,-2.5")
    assert_round_trip(tmp_path / "t.csv", given_table, "expansion")


# -- unknown columns ------------------------------------------------------------------


def test_unknown_columns_come_back_after_the_known_ones(tmp_path: Path) -> None:
    given_table = table(
        rows=3,
        my_score=[0.25, np.nan, -1e-9],
        batch=["007", "", "12a"],
        good=[True, False, True],
        count=pd.array([1, None, -3], dtype="Int64"),
        note=["nan", "nan", "nan"],
        padded=["1.50", "2.50", ""],
        nothing=["", "", ""],
        huge=["12345678901234567890", "1", "2"],
    )
    assert_round_trip(tmp_path / "t.csv", given_table, "expansion")


def test_optional_columns_are_typed_and_follow_the_kind(tmp_path: Path) -> None:
    given_table = table("sei", 2, u_pick_px=[2.0, np.nan], core=["007", ""], x=[1, 2])
    assert_round_trip(tmp_path / "t.csv", given_table[[*KINDS["sei"].names]], "sei")
    write_annotations(tmp_path / "t.csv", given_table)
    _, read = read_annotations(tmp_path / "t.csv")
    assert list(read.columns[-3:]) == ["u_pick_px", "core", "x"]
    assert list(read["core"]) == ["007", ""]
    assert read["u_pick_px"].dtype == "float64"
    assert read["x"].dtype == "int64"


def test_a_file_saved_twice_is_the_same_to_the_byte(tmp_path: Path) -> None:
    first = write_lines(
        tmp_path / "a.csv",
        f"{HEADER},mine,=odd",
        row(comment="'=x") + ",01,'-2",
        row(id="b") + ",1e3,-2",
    )
    again = write_annotations(tmp_path / "b.csv", read_annotations(first)[1])
    third = write_annotations(tmp_path / "c.csv", read_annotations(again)[1])
    assert again.read_bytes() == third.read_bytes()
    read = pd.read_csv(again, dtype=str, keep_default_na=False)
    assert list(read["mine"]) == ["01", "1e3"]


# -- other programs -------------------------------------------------------------------


def test_pandas_without_options_reads_right_numbers(tmp_path: Path) -> None:
    given_table = table(rows=len(NUMBERS), value=NUMBERS, t_over_r=NUMBERS)
    read = pd.read_csv(write_annotations(tmp_path / "t.csv", given_table))
    np.testing.assert_allclose(read["value"], NUMBERS, rtol=1e-15)
    assert list(read["frame"]) == list(range(len(NUMBERS)))
    assert list(read.columns[:3]) == ["id", "kind", "object"]
    assert read["cycle"].isna().all()


def test_the_file_is_plain_for_r_and_others(tmp_path: Path) -> None:
    given_table = table(rows=2, comment=["two\nlines", ""])
    data = write_annotations(tmp_path / "t.csv", given_table).read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.endswith(b"\n")
    header = data.split(b"\n")[0].decode().split(",")
    assert header == list(KINDS["expansion"].names)
    assert all(name.isidentifier() for name in header)
    assert b"nan" not in data


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("comma", [False, True])
def test_a_table_that_a_spreadsheet_saved_again_is_read(
    tmp_path: Path, bom: str, end: str, comma: bool
) -> None:
    names = ["id", "kind", "object", "movie", "frame", "value", "geometry", "mine"]
    cells = [["a", "expansion", "w", "f", "3", "-1.5", LINE, "x;y"]]
    cells += [["b", "expansion", "w", "f", "4", "", LINE, '"'], [""] * 8]
    lines = [names, *cells]
    if comma:
        lines[1][5] = "-1,5"
    text = end.join(
        ";".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines
    )
    path = tmp_path / "t.csv"
    path.write_bytes((bom + text + end).encode())
    kind, read = read_annotations(path)
    assert sniff_annotations(path)
    assert kind == "expansion"
    np.testing.assert_array_equal(read["value"], [-1.5, np.nan])
    assert list(read["geometry"]) == [LINE, LINE]
    assert list(read["mine"]) == ["x;y", '"']
    assert list(read.columns[: len(COMMON)]) == [c.name for c in COMMON]


def test_tabs_in_utf16_are_read(tmp_path: Path) -> None:
    text = f"{HEADER}\n{row(comment='µ')}\n".replace(",", "\t").replace(
        "\t 3.1", ", 3.1"
    )
    path = tmp_path / "t.txt"
    path.write_bytes(text.encode("utf-16"))
    assert sniff_annotations(path)
    assert read_annotations(path)[1]["comment"][0] == "µ"


def test_a_table_saved_by_pandas_with_its_index_is_read(tmp_path: Path) -> None:
    given_table = table(rows=3, value=[1.5, np.nan, 2.0], comment=["a", "", "b"])
    given_table.to_csv(tmp_path / "t.csv")
    _, read = read_annotations(tmp_path / "t.csv")
    pd.testing.assert_frame_equal(read, given_table)


def test_missing_numbers_as_r_writes_them_and_whole_floats_are_read(
    tmp_path: Path,
) -> None:
    path = write_lines(tmp_path / "t.csv", HEADER, row(value="NA", frame="3.0"))
    _, read = read_annotations(path)
    assert np.isnan(read["value"][0])
    assert read["frame"][0] == 3


def test_a_shape_with_very_many_points_is_read(tmp_path: Path) -> None:
    points = ", ".join(f"{i}.123456789 {i}.987654321" for i in range(20_000))
    given_table = table(rows=1, geometry=[f"LINESTRING ({points})"])
    assert_round_trip(tmp_path / "t.csv", given_table, "expansion")


# -- what cannot be read --------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([HEADER, row(), row(value="abc", id="b")], ["row 3", "value", "'abc'"]),
        ([HEADER, row(value="1_000")], ["row 2", "value"]),
        ([HEADER, row(frame="2.5")], ["row 2", "frame", "whole number"]),
        ([HEADER, row(frame="")], ["row 2", "frame", "empty"]),
        ([HEADER, row(frame="-1")], ["row 2", "frame", "-1"]),
        ([HEADER, row(), row(), row(id="c")], ["row 3", "id", "row 2"]),
        ([HEADER, row(id="")], ["row 2", "id", "empty"]),
        ([HEADER, row(kind="length")], ["row 2", "kind", "'length'"]),
        ([HEADER, row(), row(id="b", kind="front")], ["row 3", "kind", "'front'"]),
        ([HEADER, row(geometry="CIRCLE (1 2)")], ["row 2", "geometry", "CIRCLE"]),
        ([HEADER, row(geometry='"POINT (1 x)"')], ["row 2", "geometry", "1 x"]),
        ([HEADER, row(), "b,expansion,wire"], ["row 3", "3 cells", "cut off"]),
        ([HEADER, row() + ",9"], ["row 2", "9 cells"]),
        ([HEADER, row(comment='"open')], ["quote"]),
        (["id,kind,object,movie,frame", "a,expansion,w,f,1"], ["geometry", "missing"]),
        ([HEADER + ",value", row() + ",1"], ["value", "twice"]),
    ],
)
def test_a_damaged_table_is_refused_with_its_place(
    tmp_path: Path, lines: list[str], words: list[str]
) -> None:
    path = write_lines(tmp_path / "t.csv", *lines)
    with pytest.raises(ReadError) as caught:
        read_annotations(path)
    for word in ["t.csv", *words]:
        assert word in caught.value.message
    assert caught.value.path == path


def test_blank_rows_count_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.csv", HEADER, row(), "", row(id="b", value="x"))
    with pytest.raises(ReadError, match="row 4, column value"):
        read_annotations(path)


def test_a_file_cut_off_anywhere_is_refused_or_a_shorter_whole_table(
    tmp_path: Path,
) -> None:
    given_table = table(rows=3, comment=["a,b", "two\nlines", "c"], value=[1.25] * 3)
    data = annotations_csv(given_table).encode()
    path = tmp_path / "t.csv"
    for length in range(1, len(data)):
        path.write_bytes(data[:length])
        if data[length - 1 : length] == b"\n" and data[:length].count(b'"') % 2 == 0:
            continue
        with pytest.raises(ReadError):
            read_annotations(path)


def test_other_files_are_not_taken_for_tables(tmp_path: Path) -> None:
    files = {
        "empty.csv": b"",
        "binary.csv": bytes(range(256)),
        "shapes.csv": b"index,shape-type,vertex-index,axis-0,axis-1\n0,line,0,1,2\n",
        "trace.csv": b"time_s,potential_V\n0,1\n",
        "blank.csv": b"\n\n",
        "json.csv": b'{"id": 1, "kind": 2}',
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        assert not sniff_annotations(tmp_path / name), name
        with pytest.raises(ReadError, match=name):
            read_annotations(tmp_path / name)
    assert not sniff_annotations(tmp_path)
    assert not sniff_annotations(tmp_path / "absent.csv")


def test_a_local_code_page_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(f"{HEADER}\n{row(comment='é')}\n".encode("cp1252"))
    with pytest.raises(ReadError, match="not UTF-8") as caught:
        read_annotations(path)
    assert "CSV UTF-8" in caught.value.hint


def test_the_start_of_a_long_file_is_enough_to_know_it(tmp_path: Path) -> None:
    filler = "é" * 70_000
    path = write_lines(tmp_path / "t.csv", HEADER, row(comment="x" + filler))
    assert sniff_annotations(path)


def test_rows_of_two_kinds_are_not_written(tmp_path: Path) -> None:
    both = pd.concat([table("expansion", 1), table("event", 1)], ignore_index=True)
    with pytest.raises(SaveError, match="expansion, event"):
        write_annotations(tmp_path / "t.csv", both)
    assert not (tmp_path / "t.csv").exists()


def test_any_table_can_be_written(tmp_path: Path) -> None:
    text = table_csv(pd.DataFrame({"a": [1, 2], "b_V": [0.1, np.nan]}))
    assert text == "a,b_V\n1,0.1\n2,\n"
