"""How the rows of each kind get their value: one module a kind, registered here.

A kind's `fill(records, source, columns)` adds to `columns` what it derives: `value`,
`unit`, `u_value` and the kind's own columns, each with one value a record. It may flag
rows with `common.set_flag`. All records are of the kind, in document order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from napari_insitu_tem.measure.kinds import event, expansion, front, path, sei
from napari_insitu_tem.measure.source import Source
from napari_insitu_tem.model.record import Record

Fill = Callable[[Sequence[Record], Source, dict[str, Any]], None]

FILLS: dict[str, Fill] = {
    "expansion": expansion.fill,
    "front": front.fill,
    "sei": sei.fill,
    "event": event.fill,
    "path": path.fill,
}
