"""The truth of a simulated experiment as text: settings as JSON, frames as CSV."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from napari_insitu_tem.simulate.experiment import Simulated

#: Significant digits of the CSV: far below any uncertainty, and the same everywhere.
DIGITS = 9


def truth_json(made: Simulated[Any, Any]) -> str:
    """Specimen, microscope, clocks and events, as the models were given them."""
    clocks = made.clocks
    content = {
        "name": made.name,
        "title": made.title,
        "seed": made.seed,
        "license": "CC0-1.0",
        "frames": len(made.times),
        "shape": list(made.frames.shape),
        "clocks": {
            "movie_start": clocks.movie_start.isoformat(),
            "trace_start_in_file": clocks.trace_start.isoformat(),
            "trace_minus_movie_s": clocks.offset_s,
            "rate_ppm": clocks.rate_ppm,
            "stamps_error_s": clocks.error_s,
        },
        "events": [asdict(event) for event in made.events],
        "specimen": asdict(made.specimen),
        "microscope": asdict(made.microscope),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def truth_csv(made: Simulated[Any, Any]) -> str:
    """One row a frame; the columns are the fields of the truth's class."""
    table = made.truth.table()
    return str(
        table.to_csv(index=False, float_format=f"%.{DIGITS}g", lineterminator="\n")
    )
