"""Cycles that a file does not number are found, and called inferred."""

from __future__ import annotations

import numpy as np

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.io.traces.inferred_cycles import INFERRED, with_cycles
from napari_insitu_tem.model.trace import Trace

PHASE = np.arange(81) / 20
SWEEP = np.abs((PHASE + 1) % 2 - 1)
COLUMNS = {"time_s": PHASE, "potential_V": SWEEP, "current_A": SWEEP * 1e-6}


def test_two_sweeps_are_a_cycle() -> None:
    trace = with_cycles(Trace.from_columns(COLUMNS))
    assert trace.frame.cycle.tolist() == [1] * 41 + [2] * 40
    assert sorted(set(trace.frame.half_cycle)) == [1, 2, 3, 4]
    assert trace.metadata[INFERRED] == ["cycle", "half_cycle"]
    assert "4 half cycles were inferred" in trace.warnings[0]


def test_what_the_file_says_goes_first() -> None:
    for name in ("cycle", "step", "half cycle"):
        trace = Trace.from_columns({**COLUMNS, name: np.ones(81)})
        assert with_cycles(trace) is trace


def test_without_a_current_or_a_sweep_there_is_none() -> None:
    for missing in (
        {k: v for k, v in COLUMNS.items() if k != "current_A"},
        {**COLUMNS, "potential_V": PHASE},
        {**COLUMNS, "potential_V": np.full(81, 0.2)},
    ):
        trace = Trace.from_columns(missing)
        assert with_cycles(trace) is trace


def test_steps_of_the_potential_and_a_held_current_are_no_sweeps() -> None:
    """Nor is a sweep with a transient of a few samples before it."""
    steps = np.repeat([0.0, 0.5, 0.0, 0.5], [20, 20, 20, 21])
    transient = np.concatenate([[0.0, 0.2, 0.4], np.linspace(0.38, -4, 78)])
    for changed in (
        {**COLUMNS, "potential_V": steps},
        {**COLUMNS, "current_A": np.full(81, 1e-3)},
        {**COLUMNS, "potential_V": transient},
    ):
        trace = Trace.from_columns(changed)
        assert with_cycles(trace) is trace


def test_charge_and_discharge_at_one_current_are_cycles() -> None:
    current = np.where(np.gradient(SWEEP) > 0, 1e-3, -1e-3)
    trace = with_cycles(Trace.from_columns({**COLUMNS, "current_A": current}))
    assert trace.frame.half_cycle.max() == 4


def test_real_voltammograms(shared_data) -> None:
    """Half cycles of files that give segments or scans in their headers."""
    folder = shared_data / "potentiostat"
    known = {
        "nomad-chemical-energy/CV-1T.txt": 2,
        "eCAT/MeCN_Ar_0.1MTBAPF6_3mMFc_1mMFe-tpyPY2Me_-1.7_to_1V_100mVs.txt": 3,
        "palmsens-sdk/cv_1scan.pssession": 3,
    }
    for name, count in known.items():
        trace = read_trace(folder / name)
        assert trace.frame.half_cycle.max() == count, name
