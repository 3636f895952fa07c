"""Steps that a file does not number are found, called inferred, and part the charge."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.io.traces.inferred_cycles import INFERRED
from napari_insitu_tem.io.traces.inferred_steps import with_steps
from napari_insitu_tem.model.trace import Trace

LEVELS = np.repeat([0.0, 1e-3, 0.0, -2e-3], 50)
TIME = np.arange(200) * 1.0
POTENTIAL = 3.0 + np.cumsum(LEVELS) + 50 * LEVELS
COLUMNS = {"time_s": TIME, "potential_V": POTENTIAL, "current_A": LEVELS}


def test_steps_are_named_inferred_and_part_the_charge() -> None:
    trace = with_steps(Trace.from_columns(COLUMNS))
    assert trace.values("step").tolist() == np.repeat([1, 2, 3, 4], 50).tolist()
    assert trace.metadata[INFERRED] == ["step"]
    assert "4 steps were inferred" in trace.warnings[0]
    # 49 intervals of each stretch: none across the beginning of a step
    charge = trace.values("charge_C")[[49, 99, 149, 199]]
    np.testing.assert_allclose(charge, np.array([0, 49, 49, -49]) * 1e-3, atol=1e-12)


def test_steps_of_the_file_go_first_and_part_the_charge_too() -> None:
    halves = np.repeat([1, 2], 100)
    trace = Trace.from_columns({**COLUMNS, "current_A": np.ones(200), "step": halves})
    assert with_steps(trace) is trace
    assert trace.values("charge_C")[-1] == pytest.approx(198)


def test_a_mean_current_and_an_instruments_charge_are_not_parted() -> None:
    mean = Trace.from_columns(COLUMNS, averaged_current=True)
    own = Trace.from_columns({**COLUMNS, "charge_C": TIME})
    for trace in (mean, own):
        found = with_steps(trace)
        assert found.values("step").max() == 4
        np.testing.assert_array_equal(
            found.values("charge_C"), trace.values("charge_C")
        )


def test_cycles_of_a_sweep_are_no_steps(tmp_path) -> None:
    """A voltammogram keeps its inferred cycles and gets no steps."""
    phase = np.arange(400) / 100
    sweep = np.abs((phase + 1) % 2 - 1)
    rows = [f"{t},{e},{1e-6 * e}" for t, e in zip(phase, sweep, strict=True)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["Time (s),E (V),I (A)", *rows]))
    trace = read_trace(path)
    assert trace.metadata[INFERRED] == ["cycle", "half_cycle"]
    assert "step" not in trace.frame


def test_real_cyclers_number_what_is_found(shared_data) -> None:
    """Beginnings of steps in files that number them, found without their numbers."""
    folder = shared_data / "potentiostat"
    for name, count in {
        "yadg/gcpl.issue_149.mpt": 11,
        "battery-data-format/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv": 3,
        "cellpy/maccor_002.txt": 4,
    }.items():
        if not (folder / name).exists():
            continue
        trace = read_trace(folder / name)
        begins = np.flatnonzero(np.diff(trace.values("step"))) + 1
        bare = Trace.from_columns(
            {c: trace.frame[c] for c in ("time_s", "potential_V", "current_A")}
        )
        found = np.flatnonzero(np.diff(with_steps(bare).values("step"))) + 1
        near = np.abs(found[:, None] - begins[None, :]).min(axis=0)
        assert begins.size == count
        assert (near <= 2).all(), name
