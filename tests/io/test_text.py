"""Bytes to lines."""

from __future__ import annotations

import pytest

from napari_insitu_tem.io.text import (
    decode,
    detect_encoding,
    lines_of,
    looks_like_text,
    offset_of_line,
)

TEXT = "Temp\u00e9rature/\u00b0C\tI/\u00b5A\r\n" * 20


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
    ],
)
def test_encodings_are_found_from_the_bytes(encoding, found) -> None:
    data = TEXT.encode(encoding)
    text, detected = decode(data)
    assert detected.name == found and text == TEXT


@pytest.mark.parametrize(
    ("encoding", "header"),
    [
        ("cp932", "経過時間[s],電圧[V],電流[mA]"),
        ("shift_jis", "日時\t電位 (V)\t温度"),
        ("gb18030", "时间(s),电压(V),电流(A)"),
        ("gb18030", "序号,工步类型,总时间\n1,恒流充电,0"),
        ("cp949", "시간(s),전압(V),전류(A)"),
        ("big5", "時間(s),電壓(V),電流(A)"),
    ],
)
def test_words_of_a_record_tell_the_encoding(encoding, header) -> None:
    text = f"{header}\n" + "1.5,2.5,3.5\n" * 5
    found, detected = decode(text.encode(encoding))
    assert found == text
    assert detected.name == {"shift_jis": "cp932"}.get(encoding, encoding)


@pytest.mark.parametrize(
    "text", ["Größe für µA, 25 °C, Spannung äöüß ÄÖÜ", "durée (s);intensité (µA);é è à"]
)
def test_european_letters_stay_what_they_are(text) -> None:
    assert decode(text.encode("cp1252"))[0] == text


def test_a_head_that_ends_inside_a_character_is_still_utf_8() -> None:
    assert detect_encoding("aµ".encode()[:-1]).name == "utf-8"


def test_bytes_that_no_code_page_has_do_no_harm() -> None:
    assert decode(b"a\x81\x8d\xffb")[0] == "a\ufffd\ufffd\xffb"


def test_lines_and_where_they_begin() -> None:
    data = b"a\r\nbb\nccc\rd"
    assert lines_of(data.decode()) == ["a", "bb", "ccc", "d"]
    assert [offset_of_line(data, i) for i in range(5)] == [0, 3, 6, 10, 11]


def test_binary_is_no_text() -> None:
    assert looks_like_text(TEXT.encode("utf-16"))
    assert not looks_like_text(bytes(range(256)) * 8)
    assert not looks_like_text(b"\x00" * 100) and not looks_like_text(b"   \n")
