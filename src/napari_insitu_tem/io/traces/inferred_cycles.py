"""Cycles of a record that does not number them, found by its turning points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.model.turning_points import half_cycles, is_swept

#: Key of a trace's metadata with the columns that were found, not read.
INFERRED = "inferred_columns"
_SIGNALS = ("time_s", "potential_V", "current_A", "charge_C")
#: A current that is held stays within this share of its level, in most samples.
_HELD_SHARE = 0.02
_MOST = 0.95
_NAMED = ("half cycle", "half_cycle", "cycle number")


def with_cycles(trace: Trace) -> Trace:
    """Add `cycle` and `half_cycle` where the file has none and the potential is swept.

    A cycle is two sweeps, from one vertex to the next of its kind; the first and the
    last may be partial. The trace says that they were inferred.
    """
    if "cycle" in trace.frame or "step" in trace.frame:
        return trace
    if any(str(name).lower() in _NAMED for name in trace.frame):
        return trace
    potential = trace.values("potential_V")
    if not trace.has("current_A") or not is_swept(potential) or _is_held(trace):
        return trace
    half = half_cycles(potential)
    table = trace.frame.copy()
    at = max(i for i, c in enumerate(table.columns) if c in _SIGNALS) + 1
    table.insert(at, "cycle", half // 2 + 1)
    table["half_cycle"] = half + 1
    note = (
        f"The file numbers no cycles; {int(half[-1]) + 1} half cycles were inferred "
        "from the turning points of the potential."
    )
    metadata = {**trace.metadata, INFERRED: ["cycle", "half_cycle"]}
    return replace(
        trace, frame=table, metadata=metadata, warnings=(*trace.warnings, note)
    )


def _is_held(trace: Trace) -> bool:
    """Whether one current flows throughout: the potential then turns by itself."""
    current = trace.values("current_A")
    known = current[np.isfinite(current)]
    level = float(np.median(known))
    return bool((np.abs(known - level) <= _HELD_SHARE * abs(level)).mean() > _MOST)
