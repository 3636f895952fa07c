"""Dates as instruments write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from napari_insitu_tem.io.traces.start_times import order_from, read_date, settle

NOW = datetime(2026, 1, 1)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("05/13/2024 11:19:51.602", datetime(2024, 5, 13, 11, 19, 51, 602000)),
        ("09/19/2022 11.28.15", datetime(2022, 9, 19, 11, 28, 15)),
        ("13.6.2024 16:05:55", datetime(2024, 6, 13, 16, 5, 55)),
        ("31/5/2023 9:05", datetime(2023, 5, 31, 9, 5)),
        ("16/04/'15 13:53", datetime(2015, 4, 16, 13, 53)),
        ("2026-03-23T09:48:33", datetime(2026, 3, 23, 9, 48, 33)),
        ("2014.10.08 16:26:51,738", datetime(2014, 10, 8, 16, 26, 51, 738000)),
        ("May 7, 2026   14:43:41", datetime(2026, 5, 7, 14, 43, 41)),
        ("Oct. 4, 2024   08:00:00", datetime(2024, 10, 4, 8)),
        ("7 May 2026 3:04 pm", datetime(2026, 5, 7, 15, 4)),
        ("19-Jul-2018 09:40:30", datetime(2018, 7, 19, 9, 40, 30)),
        ("Thursday, July 19, 2018 9:40:30 AM", datetime(2018, 7, 19, 9, 40, 30)),
        ("5/25/2021 12:00:01 AM", datetime(2021, 5, 25, 0, 0, 1)),
        ("5/25/2021 12:00:01 p.m.", datetime(2021, 5, 25, 12, 0, 1)),
        ("2024-01-01T10:00:00Z", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        (
            "2024-01-01 10:00:00.5-05:30",
            datetime(2024, 1, 1, 10, 0, 0, 500000,
                     timezone(-timedelta(hours=5, minutes=30))),
        ),
        ("JUL,02.2025", datetime(2025, 7, 2)),
    ],
)  # fmt: skip
def test_a_date_with_one_meaning(text, when) -> None:
    reading = read_date(text)
    assert reading is not None
    assert reading.when == when and not reading.is_ambiguous


@pytest.mark.parametrize(
    "text",
    ["", "3.525", "v11.50 (firmware)", "192.168.1.20", "99/99/2020", "32.1.2020",
     "2020-13-01", "1/2/3/4", "12:30:00", "0/0/0000"],
)  # fmt: skip
def test_what_is_no_date(text) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("2024-05-13", 86400.0),
        ("2024-05-13 10:00", 60.0),
        ("2024-05-13 10:00:00", 1.0),
        ("2024-05-13 10:00:00.25", 0.01),
        ("2024-05-13 10:00:00.123456789", 1e-6),
        ("2024-05-13 77:00:00", 86400.0),
    ],
)
def test_the_step_in_which_a_date_is_written(text, step) -> None:
    reading = read_date(text)
    assert reading is not None and reading.resolution_s == pytest.approx(step)


def test_day_and_month_can_be_exchanged() -> None:
    slash, dot = read_date("3/6/2019 16:35:22"), read_date("3.6.2019 16:35:22")
    assert slash is not None and dot is not None
    assert slash.when == dot.exchanged().when == datetime(2019, 3, 6, 16, 35, 22)
    assert dot.when == slash.in_order("dmy").when == datetime(2019, 6, 3, 16, 35, 22)
    assert slash.in_order("mdy") == slash


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["13/6/2024", "1/2/2024"], "dmy"),
        (["6/13/2024"], "mdy"),
        (["6/13/2024", "13/6/2024"], ""),
        (["1/2/2024", "2/2/2024", "2024-05-13", "May 30, 2024", "no date"], ""),
    ],
)
def test_other_dates_of_a_file_show_the_order(texts, order) -> None:
    assert order_from(texts) == order


def test_evidence_decides_else_what_is_possible_else_both_are_told() -> None:
    reading = read_date("3/6/2019 10:00:00")
    assert reading is not None
    taken, doubt = settle(reading, evidence="dmy", now=NOW)
    assert taken.when.month == 6 and not doubt and taken.other is None
    taken, doubt = settle(reading, not_before=datetime(2019, 4, 1), now=NOW)
    assert taken.when.month == 6 and not doubt
    taken, doubt = settle(reading, usual="dmy", now=datetime(2019, 4, 1))
    assert taken.when.month == 3 and not doubt  # June has not come yet
    taken, doubt = settle(reading, usual="dmy", now=NOW)
    assert taken.when.month == 6
    assert "03 June 2019" in doubt and "06 March 2019" in doubt
    assert taken.other is not None and taken.other.month == 3


@pytest.mark.parametrize(
    "text",
    [
        "20240314 23:59:50",
        "20240314T235950",
        "2024-03-14_23-59-50",
        "Thu Mar 14 23:59:50 2024",
        "2024\u5e743\u670814\u65e5 23:59:50",
        "14-Mar-24 11:59:50 PM",
    ],
)
def test_other_ways_to_write_a_moment(text) -> None:
    reading = read_date(text)
    assert reading is not None
    assert reading.when == datetime(2024, 3, 14, 23, 59, 50)
    assert reading.resolution_s == 1.0
    assert not reading.is_ambiguous


@pytest.mark.parametrize(
    "text", ["2024-03-14 123456", "serial 20240314", "20241399T01"]
)
def test_numbers_are_no_times_of_day(text) -> None:
    reading = read_date(text)
    assert reading is None or reading.resolution_s == 86400.0
