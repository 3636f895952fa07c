"""Columns of moments in one pattern are read at once, the same as one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem.io.tables import time_columns
from napari_insitu_tem.io.tables.time_columns import read_stamps, seconds_of_clock

MOMENTS = pd.Timestamp("2024-03-14 09:30:00.25") + pd.to_timedelta(
    np.arange(40) * 0.5, "s"
)


@pytest.mark.parametrize(
    ("form", "fine"),
    [
        ("%Y-%m-%d %H:%M:%S.%f", True),
        ("%Y-%m-%dT%H:%M:%S.%f", True),
        ("%Y/%m/%d %H:%M:%S.%f", True),
        ("%m/%d/%Y %I:%M:%S.%f %p", True),
        ("%d.%m.%Y %H:%M:%S,%f", True),
        ("%d-%b-%y %I:%M:%S %p", False),
        ("%Y%m%d %H:%M:%S.%f", True),
        ("%Y%m%dT%H%M%S", False),
        ("%Y-%m-%d_%H-%M-%S", False),
        ("%a %b %d %H:%M:%S %Y", False),
        ("%b %d, %Y %H:%M:%S", False),
        ("%m/%d/%y %H:%M:%S", False),
    ],
)
def test_patterns_are_found(monkeypatch, form, fine) -> None:
    """Without falling back on each cell, which would take a hundred times as long."""
    text = pd.Series(MOMENTS.strftime(form), dtype="str")
    readings = []
    one_by_one = time_columns.read_date
    monkeypatch.setattr(
        time_columns, "read_date", lambda cell: readings.append(1) or one_by_one(cell)
    )
    stamps = read_stamps(text)
    assert stamps.first is not None
    expected = (MOMENTS - MOMENTS[0]).total_seconds().to_numpy()
    whole = np.floor(0.25 + expected)
    np.testing.assert_allclose(stamps.seconds, expected if fine else whole)
    assert len(readings) < 39 + 25


def test_nine_digits_of_a_second() -> None:
    cells = [f"02/15/2021 06:42:36.{k:09d}" for k in (977511260, 989995860)]
    stamps = read_stamps(pd.Series(cells, dtype="str"))
    np.testing.assert_allclose(stamps.seconds[1], 0.0124846, atol=1e-9)


def test_no_clock_has_hundreds_of_digits():
    cells = pd.Series(["1:00:00", f"{'9' * 400}:00:00"])
    assert seconds_of_clock(cells).tolist()[:1] == [3600.0]
    assert np.isnan(seconds_of_clock(cells)[1])
