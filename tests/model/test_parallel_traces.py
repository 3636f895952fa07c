"""Two potentiostats at once: both are kept whole, and the first gives the rows."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.parallel_traces import runs_beside, set_apart
from napari_insitu_tem.model.trace import Trace, merge_traces


def measured(name: str, start: float, level: float, **more) -> Trace:
    """A hundred seconds, a sample each, at one potential and one current."""
    time = start + np.arange(100.0)
    columns = {
        "time_s": time,
        "potential_V": np.full(100, level),
        "current_A": np.full(100, level * 1e-6),
        "Ece/V": -time,
    }
    return Trace.from_columns({**columns, **more}, name=name)


def together(*traces: Trace) -> tuple[Trace, tuple[str, ...]]:
    placed, notes = set_apart(traces)
    return merge_traces(placed), notes


def test_both_are_whole_and_the_first_gives_the_rows() -> None:
    record, notes = together(measured("a", 10.25, 1.0), measured("b", 0.0, 2.0))
    mine = record.part("potential_V")
    assert len(mine) == 100 and not mine.breaks.any()
    assert set(mine.values("potential_V")) == {1.0}
    assert mine.values("charge_C")[-1] == pytest.approx(99e-6)
    other = record.part("b: potential (V)")
    assert len(other) == 100 and not other.breaks.any()
    assert set(other.values("b: potential (V)")) == {2.0}
    assert other.values("b: charge (C)")[-1] == pytest.approx(198e-6)
    assert {"b: current (A)", "b: Ece/V", "Ece/V"} <= set(record.others)
    assert notes[0].startswith("b covers the same time as a: rows take")


def test_records_one_after_the_other_are_one_line() -> None:
    """A sample or two of overlap, as clocks that count whole seconds make, is none."""
    for start in (100.0, 98.0, 300.0):
        record, notes = together(measured("a", 0.0, 1.0), measured("b", start, 2.0))
        assert np.isfinite(record.values("potential_V")).all()
        assert notes == ()


def test_a_record_in_the_gaps_of_another_is_no_rival() -> None:
    looped = measured("a", 0.0, 1.0)
    between = Trace.from_columns(
        {"time_s": [50.2, 50.4, 50.6, 50.8], "potential_V": np.ones(4)}, name="b"
    )
    assert runs_beside(between, looped)
    breaks = np.arange(100) == 51
    parted = Trace.from_columns(
        {name: looped.frame[name] for name in ("time_s", "potential_V")}, breaks=breaks
    )
    assert not runs_beside(between, parted)
    assert not runs_beside(parted, between)


def test_without_a_signal_in_common_there_is_no_rival() -> None:
    cell = measured("a", 0.0, 1.0)
    log = Trace.from_columns({"time_s": np.arange(100.0), "T": np.ones(100)})
    assert not runs_beside(cell, log)
    assert together(cell, log)[1] == ()


def test_the_experiment_says_so() -> None:
    experiment = Experiment()
    experiment.add_trace(measured("a", 0.0, 1.0))
    assert experiment.record_notes == ()
    experiment.add_trace(measured("b", 3.5, 2.0))
    assert sum("further lanes" in note for note in experiment.record_notes) == 1
