"""Columns of moments that are known by their cells, not by their names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import ReadError

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
