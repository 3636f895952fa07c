"""Path rows: their length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from napari_insitu_tem.measure.common import pick_uncertainties, scales
from napari_insitu_tem.measure.sizes import Size, path_length
from napari_insitu_tem.measure.source import Source
from napari_insitu_tem.model.record import Record


def fill(records: Sequence[Record], source: Source, columns: dict[str, Any]) -> None:
    """Add the length of each path; see `kinds`."""
    known = scales(records, source)
    lengths = [
        Size(float("nan"), float("nan"))
        if scale is None
        else path_length(record.geometry.parts[0], scale)
        for record, (scale, _, _) in zip(records, known, strict=True)
    ]
    value = np.array([length.value for length in lengths])
    pick, _ = pick_uncertainties(records, source)
    placing = np.array([length.sensitivity for length in lengths]) * pick
    share = np.array([u_relative for _, u_relative, _ in known])
    columns |= {
        "value": value,
        "u_value": np.hypot(placing, share * value),
        "unit": [unit for _, _, unit in known],
    }
