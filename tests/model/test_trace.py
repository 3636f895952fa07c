from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace, merge_traces


def stamped(second: int) -> StartStamp:
    return StartStamp(datetime(2024, 5, 1, 12, 0, second), 1.0, "header")


def test_the_roles_come_first_and_the_rest_is_kept() -> None:
    trace = Trace.from_columns(
        {
            "note": ["a", "b"],
            "current_A": [1e-6, 2e-6],
            "time_s": [0, 1],
            "Ece/V": [1, 2],
        }
    )
    assert trace.frame.columns.tolist() == [
        "time_s", "current_A", "charge_C", "note", "Ece/V",
    ]  # fmt: skip
    assert trace.charge_source == "integrated"
    assert trace.values("charge_C").tolist() == [0.0, 1.5e-6]
    assert np.isnan(trace.values("note")).all() and not trace.has("note")
    assert np.isnan(trace.values("potential_V")).all() and not trace.has("potential_V")


def test_the_instruments_own_charge_goes_before_the_integral() -> None:
    trace = Trace.from_columns(
        {"time_s": [0.0, 1.0], "current_A": [1.0, 1.0], "charge_C": [0.0, 7.0]}
    )
    assert trace.charge_source == "instrument"
    assert trace.values("charge_C").tolist() == [0.0, 7.0]


def test_rows_without_a_time_are_left_out_and_breaks_survive() -> None:
    trace = Trace.from_columns(
        {"time_s": [0.0, np.nan, 2.0, 3.0], "potential_V": [1.0, 2, 3, 4]},
        breaks=[False, True, False, False],
    )
    assert trace.values("potential_V").tolist() == [1.0, 3.0, 4.0]
    assert trace.breaks.tolist() == [False, True, False]
    assert "1 rows without a time" in trace.warnings[0]


def test_times_are_exact_nanoseconds() -> None:
    trace = Trace.from_columns({"time_s": [-0.49, 0.1, 281672.3801174285],
                                "potential_V": [0, 0, 0]})  # fmt: skip
    assert trace.time_ns.tolist() == [-490_000_000, 100_000_000, 281_672_380_117_428]
    assert trace.span_ns == (-490_000_000, 281_672_380_117_428)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"potential_V": [1.0]}, "no time column"),
        ({"time_s": [0.0, 1.0], "potential_V": [1.0]}, "differ in length"),
        ({"time_s": [np.nan], "potential_V": [1.0]}, "no time in it is a number"),
        ({"time_s": [0.0, 1.0], "note": ["a", "b"]}, "neither a potential nor"),
        ({"time_s": [0.0, 5.0, 4.0], "potential_V": [1, 1, 1]}, "backwards at row 3"),
        ({"time_s": [0.0, 1e12], "potential_V": [1, 1]}, "too large to be seconds"),
    ],
)
def test_what_is_no_record_is_refused_in_a_sentence(columns, words: str) -> None:
    with pytest.raises(ReadError, match=words) as caught:
        Trace.from_columns(columns, path=Path("folder/cell.mpt"))
    assert "cell.mpt" in str(caught.value)


def test_flipping_says_so() -> None:
    trace = Trace.from_columns({"time_s": [0, 1], "current_A": [1.0, 2.0]})
    flipped = trace.flipped()
    assert flipped.values("current_A").tolist() == [-1.0, -2.0]
    assert flipped.values("charge_C").tolist() == [0.0, -1.5]
    assert "sign" in flipped.warnings[-1] and not trace.warnings


def test_moving_a_trace_keeps_when_it_happened() -> None:
    trace = Trace.from_columns(
        {"time_s": [0.0, 1.0], "potential_V": [1, 2]}, stamp=stamped(30)
    )
    moved = trace.shifted(10 * 10**9)
    assert moved.frame.time_s.tolist() == [10.0, 11.0]
    assert moved.stamp == stamped(20)
    assert trace.shifted(0) is trace


def looped(offset: float, current: float, **about) -> Trace:
    """Ten seconds, ninety of nothing, ten seconds again."""
    time = np.concatenate([np.arange(11.0), 100 + np.arange(11.0)]) + offset
    return Trace.from_columns(
        {"time_s": time, "current_A": np.full(22, current)}, **about
    )


def test_interleaved_loops_become_one_record_in_time_order() -> None:
    rest = Trace.from_columns(
        {"time_s": [11.0, 12.0, 111.0, 112.0], "potential_V": [3.0, 3.1, 3.2, 3.3]},
        breaks=[False, False, True, False],
        technique="OCV",
        stamp=stamped(0),
    )
    pulse = looped(0.0, 2e-6, technique="CP", stamp=stamped(0))
    record = merge_traces([rest, pulse], name="cell")
    assert (np.diff(record.time_ns) >= 0).all() and len(record) == 26
    assert record.technique == "CP, OCV" and record.stamp == stamped(0)
    # 0..10 pulse, 11..12 rest, 100..110 pulse, 111..112 rest
    assert np.flatnonzero(record.breaks).tolist() == [11, 13, 24]
    assert record.segment.max() == 3
    assert record.values("charge_C")[-1] == pytest.approx(2 * 10 * 2e-6)
    assert np.isnan(record.values("potential_V")[:11]).all()


def test_charge_of_merged_traces_is_that_of_each_on_its_own() -> None:
    one, two = looped(0.0, 1e-6), looped(50.0, -3e-6)
    charge = merge_traces([one, two]).values("charge_C")
    assert charge[0] == 0.0
    assert charge[10] == pytest.approx(10e-6)
    assert charge[21] == pytest.approx(10e-6 - 30e-6)
    assert charge[-1] == pytest.approx(20e-6 - 60e-6)


def test_a_mean_current_stays_one_beside_a_trace_without_current() -> None:
    mean = looped(0.0, 1e-6, averaged_current=True)
    rest = Trace.from_columns({"time_s": [20.0, 21.0], "potential_V": [1, 1]})
    assert merge_traces([mean, rest]).averaged_current
    assert not merge_traces([mean, looped(20.0, 1.0)]).averaged_current


def test_one_trace_is_itself_and_none_is_an_error() -> None:
    trace = looped(0.0, 1.0)
    assert merge_traces([trace]) is trace
    with pytest.raises(ReadError):
        merge_traces([])


def test_an_empty_record_is_possible() -> None:
    trace = Trace.from_columns({"time_s": [], "potential_V": [], "current_A": []})
    assert len(trace) == 0 and trace.span_ns == (0, 0)
    assert not trace.has("potential_V")


def holder_and_cell() -> Trace:
    """A holder's log between the samples of a potentiostat, which pauses for 100 s."""
    cell_s = np.concatenate([np.arange(0.0, 50.0), np.arange(150.0, 200.0)])
    cell = Trace.from_columns({"time_s": cell_s, "potential_V": cell_s / 100})
    holder_s = np.arange(0.5, 200.0)
    temperature = {"time_s": holder_s, "temperature_degC": 20 + holder_s}
    return merge_traces([cell, Trace.from_columns(temperature)])


def test_another_file_does_not_interrupt_a_signal() -> None:
    record = holder_and_cell()
    assert record.others == ("temperature_degC",)
    cell = record.part("potential_V")
    assert len(cell) == 100
    assert list(np.flatnonzero(cell.breaks)) == [50]
    holder = record.part("temperature_degC")
    assert len(holder) == 200 and not holder.breaks.any()
    alone = Trace.from_columns({"time_s": [0.0, 1.0], "potential_V": [0.0, 1.0]})
    assert alone.part("potential_V") is alone
