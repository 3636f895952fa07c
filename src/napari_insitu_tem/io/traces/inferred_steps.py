"""Steps of a record that does not number them, found where its control changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_insitu_tem.io.traces.inferred_cycles import INFERRED
from napari_insitu_tem.model.charge import integrate_charge
from napari_insitu_tem.model.control_steps import control_steps
from napari_insitu_tem.model.trace import Trace

_BEFORE = ("time_s", "potential_V", "current_A", "charge_C", "cycle")
_NAMED = ("step", "ns", "step number", "step_number", "step index", "step_index")


def with_steps(trace: Trace) -> Trace:
    """Add `step`, from 1, where the file numbers none and what is controlled changes.

    A charge that was integrated is integrated anew, not across the beginnings of the
    steps. The trace says that they were inferred.
    """
    if any(str(name).lower() in _NAMED for name in trace.frame):
        return trace
    starts = control_steps(trace.values("potential_V"), trace.values("current_A"))
    if starts.size == 0:
        return trace
    begins = np.zeros(len(trace), bool)
    begins[starts] = True
    table = trace.frame.copy()
    at = max(i for i, c in enumerate(table.columns) if c in _BEFORE) + 1
    table.insert(at, "step", np.cumsum(begins) + 1)
    if trace.charge_source == "integrated" and not trace.averaged_current:
        table["charge_C"] = integrate_charge(
            trace.time_ns, trace.values("current_A"), breaks=trace.breaks | begins
        )
    note = (
        f"The file numbers no steps; {starts.size + 1} steps were inferred from the "
        "changes of the current and the potential."
    )
    known = list(trace.metadata.get(INFERRED, ()))
    return replace(
        trace,
        frame=table,
        metadata={**trace.metadata, INFERRED: [*known, "step"]},
        warnings=(*trace.warnings, note),
    )
