"""Traces are put on one clock by their starts; what is doubtful in it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
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


def doubtful(name: str, taken: datetime, other: datetime) -> Trace:
    trace = record(name, taken)
    readings = [taken.isoformat(), other.isoformat()]
    return replace(trace, metadata={"start_readings": readings})


FEBRUARY, JUNE = datetime(2023, 2, 6, 9), datetime(2023, 6, 2, 9)


def test_a_certain_start_tells_how_a_doubtful_one_is_meant() -> None:
    sure = record("a", datetime(2023, 5, 31, 9))
    for traces in (
        [sure, doubtful("b", FEBRUARY, JUNE)],
        [doubtful("b", FEBRUARY, JUNE), sure],
    ):
        placed, notes = on_one_clock(traces)
        apart = placed[1].frame.time_s[0] - placed[0].frame.time_s[0]
        assert abs(apart) == 2 * 86400
        assert "b was read as 02 June 2023" in notes[0]
    assert on_one_clock([sure, doubtful("b", JUNE, FEBRUARY)])[1] == ()


def test_two_doubtful_starts_of_one_day_stay_together() -> None:
    day_first, month_first = datetime(2023, 4, 3, 9), datetime(2023, 3, 4, 9, 0, 5)
    pair = [
        doubtful("a", day_first, datetime(2023, 3, 4, 9)),
        doubtful("b", month_first, datetime(2023, 4, 3, 9, 0, 5)),
    ]
    placed, notes = on_one_clock(pair)
    assert placed[1].frame.time_s.tolist() == [5, 15, 25] and len(notes) == 1


def test_no_other_start_near_by_leaves_the_doubt() -> None:
    far = record("a", datetime(2022, 1, 1))
    placed, notes = on_one_clock([far, doubtful("b", FEBRUARY, JUNE)])
    assert notes == ()
    assert placed[1].stamp is not None
    assert (
        placed[1].frame.time_s[0] == (FEBRUARY - datetime(2022, 1, 1)).total_seconds()
    )


def test_a_movie_of_the_same_day_tells_it_as_well() -> None:
    film = replace(
        Movie.from_array(np.zeros((2, 3, 3), "u1"), name="film", times_s=[0.0, 1.0]),
        stamp=StartStamp(datetime(2023, 6, 2, 9, 0, 3)),
    )
    experiment = Experiment(film, doubtful("b", FEBRUARY, JUNE)).align()
    assert experiment.alignment().offset_s == 3
    assert "b was read as 02 June 2023" in experiment.alignment().note
