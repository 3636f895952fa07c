"""Traces are put on one clock by their starts; what is doubtful in it is said."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.model.trace_clocks import on_one_clock

NOON = datetime(2024, 5, 13, 12)


def record(name: str, start: datetime | None, column: str = "potential_V") -> Trace:
    return Trace.from_columns(
        {"time_s": [0.0, 10.0, 20.0], column: [1.0, 2.0, 3.0]},
        name=name,
        stamp=None if start is None else StartStamp(start),
    )


def test_local_starts_are_put_together_without_a_word() -> None:
    later = datetime(2024, 5, 13, 12, 0, 5)
    placed, notes = on_one_clock([record("a", NOON), record("b", later)])
    assert placed[1].frame.time_s.tolist() == [5, 15, 25]
    assert notes == ()


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        (NOON, None, "b gives no start: the time zero of b"),
        (None, NOON, "a gives no start: the time zero of b"),
        (None, None, "Neither a nor b gives a start: the time zero of b"),
    ],
)
def test_a_missing_start_is_said(first, second, what) -> None:
    placed, notes = on_one_clock([record("a", first), record("b", second)])
    assert placed[1].frame.time_s.tolist() == [0, 10, 20]
    assert len(notes) == 1 and what in notes[0]


def test_a_zone_beside_local_time_is_said_with_the_hours_that_would_fit() -> None:
    zoned = record("log", datetime(2024, 5, 13, 10, 0, 5, tzinfo=UTC), "temperature")
    experiment = Experiment()
    experiment.add_trace(record("a", NOON))
    experiment.add_trace(zoned)
    assert experiment.record is not None
    (note,) = experiment.record_notes
    assert "start of log has a time zone, that of a is local" in note
    assert "shifted by +2 h they would" in note
    np.testing.assert_array_equal(
        np.sort(experiment.record.time_ns)[:3], np.array([-7195, -7185, -7175]) * 10**9
    )
    near = record("log", datetime(2024, 5, 13, 12, 0, 5, tzinfo=UTC), "temperature")
    (note,) = on_one_clock([record("a", NOON), near])[1]
    assert "overlap" not in note
