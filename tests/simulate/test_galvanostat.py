import numpy as np
import pytest

from napari_insitu_tem.simulate.galvanostat import (
    LithiationPlan,
    lithiation_record,
    plateau,
)


@pytest.fixture
def plan():
    return LithiationPlan(contact_s=10.0, on_s=20.0, off_s=120.0, end_s=150.0)


@pytest.fixture
def record(plan, rng):
    return lithiation_record(plan, rng)


def test_current_flows_in_the_middle_step_only(record, plan):
    steps = record.groupby("step")
    assert steps["time_s"].first().tolist() == [0.0, 20.0, 120.0]
    means = steps["current_A"].mean()
    assert means[1] == pytest.approx(plan.current_A, rel=1e-3)
    assert abs(means[0]) < 1e-12
    assert abs(means[2]) < 2e-12


def test_charge_is_current_times_time(record):
    assert record["charge_C"].iloc[-1] == pytest.approx(-2e-9 * 100.0)
    trapezoid = np.trapezoid(record["current_A"], record["time_s"])
    assert trapezoid == pytest.approx(-2e-7, rel=0.01)


def test_potential_goes_from_open_circuit_to_the_plateau_and_relaxes(record, plan):
    def at(second):
        return float(np.interp(second, record["time_s"], record["potential_V"]))

    assert at(15) == pytest.approx(2.61, abs=0.01)
    assert 0.05 < at(110) < 0.15
    assert at(148) > at(119) + 0.1
    floating = record["potential_V"][record["time_s"] < plan.contact_s]
    resting = record["potential_V"][record["time_s"].between(12, 19)]
    assert floating.std() > 20 * resting.std()


def test_the_new_phase_nucleates_below_the_plateau():
    assert plateau(0.11) < plateau(0.22)
