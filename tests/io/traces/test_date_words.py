"""Halves of the day and months in other languages than English."""

from __future__ import annotations

from datetime import datetime

import pytest

from napari_insitu_tem.io.traces.start_times import read_date

AFTERNOON = datetime(2023, 11, 16, 15, 40, 42)
MORNING = datetime(2023, 11, 16, 3, 40, 42)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("16/11/2023 下午 03:40:42", AFTERNOON),
        ("16/11/2023 上午 03:40:42", MORNING),
        ("2023/11/16 午後 3:40:42", AFTERNOON),
        ("2023. 11. 16. 오후 3:40:42", AFTERNOON),
        ("2023-11-16 오전 3:40:42", MORNING),
        ("16/11/2023 3:40:42 μμ", AFTERNOON),
        ("16/11/2023 3:40:42 π.μ.", MORNING),
        ("16/11/2023 PM 3:40:42", AFTERNOON),
        ("PM 3:40:42 16.11.2023", AFTERNOON),
        ("16/11/2023 a.m. 3:40:42", MORNING),
        ("16.11.2023 PM 3.40.42", AFTERNOON),
        ("16/11/2023 3:40:42 p. m.", AFTERNOON),
        ("16/11/2023 PM 15:40:42", AFTERNOON),
        ("16/11/2023 PM 12:40:42", datetime(2023, 11, 16, 12, 40, 42)),
        ("16/11/2023 上午 12:40:42", datetime(2023, 11, 16, 0, 40, 42)),
    ],
)
def test_the_half_of_the_day_before_or_behind_the_clock(text, when) -> None:
    """Without the word the time would be wrong by twelve hours."""
    reading = read_date(text)
    assert reading is not None and reading.when == when


@pytest.mark.parametrize("encoding", ["gb18030", "big5"])
@pytest.mark.parametrize(("word", "when"), [("下午", AFTERNOON), ("上午", MORNING)])
def test_a_word_in_an_encoding_that_nothing_else_shows(encoding, word, when) -> None:
    text = f"16/11/2023 {word} 3:40:42".encode(encoding).decode("cp1252")
    reading = read_date(text)
    assert reading is not None and reading.when == when


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("24 janv. 2023", 1), ("24. Februar 2023", 2), ("24. März 2023", 3),
        ("24 maart 2023", 3), ("24 avril 2023", 4), ("24. Mai 2023", 5),
        ("24 juin 2023", 6), ("24 juillet 2023", 7), ("24 giugno 2023", 6),
        ("24 août 2023", 8), ("24 de agosto de 2023", 8), ("24 settembre 2023", 9),
        ("24. Okt. 2023", 10), ("24 ottobre 2023", 10), ("24 ноября 2023", 11),
        ("24. Dezember 2023", 12), ("24-dic-2023", 12), ("sábado, 24 de junio de 2023",
        6), ("Dienstag, 24. Oktober 2023", 10), ("martes, 24 de octubre de 2023", 10),
        ("March 24, 2023", 3), ("24 May 2023", 5),
    ],
)  # fmt: skip
def test_months(text, month) -> None:
    reading = read_date(f"{text} 10:11:12")
    assert reading is not None and not reading.is_ambiguous
    assert reading.when == datetime(2023, month, 24, 10, 11, 12)
