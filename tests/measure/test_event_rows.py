"""Event tables: duration, means and charge, and what a gap does to them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.intervals import average_over_intervals
from napari_insitu_tem.measure.kinds import event as event_kind
from napari_insitu_tem.measure.tables import TableBuilder, kind_table
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.trace import Trace

S = 1_000_000_000


def event(build, frame, end=None, **fields):
    attributes = {"label": "crack"}
    if end is not None:
        attributes["end_frame"] = end
    return build.row("event", "none", frame=frame, attributes=attributes, **fields)


def ramp(breaks=None, keep=slice(None), **columns):
    """10 s of a ramp in potential at 2 A."""
    time = np.arange(0, 10.001, 0.1)
    data = {"potential_V": time, "current_A": np.full(time.size, 2.0), **columns}
    picked = {name: np.asarray(values)[keep] for name, values in data.items()}
    marks = None if breaks is None else np.isin(np.arange(time.size), breaks)
    return Trace.from_columns({"time_s": time[keep], **picked}, breaks=marks)


def test_an_event_with_a_duration(build):
    row = kind_table(build.add(build.experiment(), event(build, 2, 6)), "event").iloc[0]
    assert row["label"] == "crack"
    assert row["time_s"] == 102.0
    assert (row["end_frame"], row["end_time_s"]) == (6, 106.5)
    assert (row["duration_s"], row["value"], row["unit"]) == (4.5, 4.5, "s")
    assert row["u_value"] == pytest.approx(np.sqrt(2 / 12))
    assert row["potential_mean_V"] == pytest.approx(3.0 - 1.0425)
    assert row["current_mean_A"] == pytest.approx(-1e-6)
    assert row["charge_passed_C"] == pytest.approx(-4.5e-6)
    assert row["flag"] == ""


def test_an_instant_has_no_duration(build):
    row = kind_table(build.add(build.experiment(), event(build, 2)), "event").iloc[0]
    assert np.isnan(row["duration_s"])
    assert np.isnan(row["charge_passed_C"])
    assert (row["unit"], row["flag"]) == ("", "")
    assert row["potential_V"] == pytest.approx(3.0 - 1.0225)


def test_the_record_must_cover_the_event(build):
    experiment = build.experiment().align(offset_s=-3.0)
    build.add(experiment, event(build, 2, 6), event(build, 4, 6))
    rows = kind_table(experiment, "event")
    assert list(rows["flag"]) == ["gap", ""]
    assert np.isnan(rows["charge_passed_C"][0])
    assert list(rows["duration_s"]) == [4.5, 2.5]


def test_without_a_trace_an_event_still_lasts(build):
    experiment = Experiment(build.experiment().movie())
    row = kind_table(build.add(experiment, event(build, 2, 6)), "event").iloc[0]
    assert (row["duration_s"], row["flag"]) == (4.5, "")
    assert np.isnan(row["potential_mean_V"])


def test_means_and_charge_are_those_of_the_ramp():
    means = average_over_intervals(ramp(), [0, 2 * S], [10 * S, 3 * S])
    assert means.potential_V == pytest.approx([5.0, 2.5])
    assert means.current_A == pytest.approx([2.0, 2.0])
    assert means.charge_C == pytest.approx([20.0, 2.0])
    assert means.is_covered.all()


def test_a_gap_inside_empties_the_cells():
    without_middle = np.r_[0:30, 60:101]
    means = average_over_intervals(
        ramp(keep=without_middle), [S, 7 * S], [5 * S, 9 * S]
    )
    assert means.is_covered.tolist() == [False, True]
    assert np.isnan([means.potential_V[0], means.charge_C[0]]).all()
    assert means.charge_C[1] == pytest.approx(4.0)


def test_a_new_technique_that_counts_anew_is_no_gap():
    charge = np.r_[np.arange(50) * 0.2, np.arange(51) * 0.2]
    means = average_over_intervals(ramp(breaks=[50], charge_C=charge), [0], [10 * S])
    assert means.is_covered.all()
    assert means.charge_C[0] == pytest.approx(19.8)


def test_a_record_without_current_or_rows():
    trace = Trace.from_columns({"time_s": [0.0, 9.0], "potential_V": [1.0, 2.0]})
    means = average_over_intervals(trace, [0], [9 * S])
    assert means.potential_V[0] == pytest.approx(1.5)
    assert np.isnan(means.charge_C[0])
    empty = Trace.from_columns({"time_s": [], "potential_V": []})
    assert not average_over_intervals(empty, [0], [S]).is_covered.any()


def test_only_a_new_event_looks_at_the_record(build, monkeypatch):
    experiment = build.add(build.experiment(), event(build, 0, 2), event(build, 3, 4))
    builder = TableBuilder(experiment)
    before = builder.kind("event")
    asked = []

    def count(trace, start, stop):
        asked.append(len(start))
        return average_over_intervals(trace, start, stop)

    monkeypatch.setattr(event_kind, "average_over_intervals", count)
    build.add(experiment, event(build, 5, 8))
    after = builder.kind("event")
    assert asked == [1]
    assert list(after["charge_passed_C"][:2]) == list(before["charge_passed_C"])
