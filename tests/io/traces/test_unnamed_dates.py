"""Columns of moments that are known by their cells, not by their names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import NeedsMappingError, ReadError

ROWS = [f"2024-03-14 09:30:{k:02d},{0.1 * k},{1e-6 * k}" for k in range(8)]


def write(tmp_path, name: str, rows: list[str]):
    path = tmp_path / "a.csv"
    path.write_text("\n".join([f"{name},E (V),I (A)", *rows]) + "\n")
    return path


def test_the_only_moments_are_the_time(tmp_path) -> None:
    trace = read_trace(write(tmp_path, "recorded", ROWS))
    assert trace.frame.time_s.tolist() == list(range(8))
    assert trace.start == datetime(2024, 3, 14, 9, 30)


def test_a_name_that_says_utc_gives_the_zone(tmp_path) -> None:
    trace = read_trace(write(tmp_path, "datetime_utc", ROWS))
    assert trace.start == datetime(2024, 3, 14, 9, 30, tzinfo=UTC)
    zoned = [row.replace(",", "+00:00,", 1) for row in ROWS]
    trace = read_trace(write(tmp_path, "datetime_utc", zoned))
    assert trace.start == datetime(2024, 3, 14, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["2024-03-14", "2024-03-14 09:30:00"])
def test_days_and_one_moment_for_all_are_no_time(tmp_path, cell) -> None:
    rows = [f"{cell}{row[19:]}" for row in ROWS]
    with pytest.raises(ReadError, match="it has no times"):
        read_trace(write(tmp_path, "made on", rows))


def test_days_named_as_a_date_are_asked_about(tmp_path) -> None:
    """Before, midnight after midnight was taken for the times."""
    rows = [f"2024-03-{14 + k // 4},{row[20:]}" for k, row in enumerate(ROWS)]
    with pytest.raises(NeedsMappingError) as raised:
        read_trace(write(tmp_path, "Date", rows))
    assert "have no time of day" in raised.value.preview.doubts[0]


def test_minutes_and_seconds_of_a_spreadsheet(tmp_path) -> None:
    rows = [f"{k // 2:02d}:{30 * (k % 2):02d}.5,0.1,1e-6" for k in range(8)]
    trace = read_trace(write(tmp_path, "Time", rows))
    assert trace.frame.time_s.tolist() == [30.0 * k + 0.5 for k in range(8)]


def test_a_month_before_the_day_is_one_cell(tmp_path) -> None:
    """The spaces in it separate nothing."""
    path = tmp_path / "a.txt"
    rows = [f"Mar 14, 2024 23:59:{50 + k}\t0.1\t1e-6" for k in range(8)]
    path.write_text("\n".join(["Date\tE/V\tI/A", *rows]) + "\n")
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == list(range(8))
    assert trace.start == datetime(2024, 3, 14, 23, 59, 50)
