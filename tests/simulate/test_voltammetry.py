import numpy as np
import pytest

from napari_insitu_tem.simulate.voltammetry import SweepPlan, sweep_record


@pytest.fixture
def plan():
    return SweepPlan(spike_s=170.0)


@pytest.fixture
def record(plan, rng):
    return sweep_record(plan, rng)


def test_sweeps_run_down_and_up_at_the_scan_rate(record, plan):
    assert record["signal_V"].min() == pytest.approx(plan.lower_V, abs=1e-9)
    assert record["signal_V"].max() == pytest.approx(plan.upper_V, abs=1e-9)
    inner = np.abs(np.diff(record["signal_V"]) / np.diff(record["time_s"]))
    assert np.median(inner) == pytest.approx(plan.rate_V_s)
    assert record["cycle"].value_counts().tolist() == [596, 596, 596]


def test_the_reduction_peak_fades_from_cycle_to_cycle(record):
    peaks = [
        table["current_A"][table["potential_V"].between(0.65, 0.85)].min()
        for _, table in record.groupby("cycle")
    ]
    assert peaks[0] < peaks[1] < peaks[2] < 0
    assert peaks[0] == pytest.approx(-12.8e-9, rel=0.05)


def test_the_layers_charge_is_the_integral_of_its_current(plan):
    time = np.linspace(0, plan.duration_s, 300_001)
    exact = np.trapezoid(plan.reduction_current(time), time)
    assert plan.reduction_charge(plan.duration_s) == pytest.approx(exact, rel=1e-4)
    assert plan.reduction_charge(-5.0) == 0.0
    after = plan.reduction_charge([plan.duration_s, plan.duration_s + 99])
    assert after[0] == after[1]
    assert np.all(np.diff(plan.reduction_charge(time)) <= 0)


def test_the_spike_starts_at_its_moment(record, plan):
    step = np.diff(record["current_A"])
    late = record["time_s"].to_numpy()[1:]
    steepest = late[np.argmin(np.where(np.abs(late - 170) < 5, step, 0))]
    assert steepest == pytest.approx(plan.spike_s, abs=0.21)
