"""What a file holds, as plain values: the content of `info --json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.registry import identify, read_movie, read_trace
from napari_insitu_tem.model.dataset import Dataset
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace

#: Every key of a description, in order; those that do not apply are None.
KEYS = (
    "file",
    "kind",
    "format",
    "reader",
    "shape",
    "dtype",
    "pixel_size_nm",
    "frames",
    "frame_interval_s",
    "duration_s",
    "start",
    "rows",
    "time_s",
    "potential_V",
    "current_A",
    "technique",
    "cycles",
    "columns",
    "warnings",
    "dataset",
    "datasets",
)


def describe_file(path: str | Path, *, dataset: str = "") -> dict[str, Any]:
    """Open a file by its content and say what it is.

    Parameters
    ----------
    path
        The file.
    dataset
        Which image or stack of it, see `read_movie`.

    Returns
    -------
    dict
        The keys of `KEYS` with values that JSON can hold; for a file that cannot be
        read only `file` and `error`, with `type`, `message` and `hint`.
    """
    try:
        if identify(path).kind == "trace":
            found = _of_trace(read_trace(path))
        else:
            movie = read_movie(path, dataset=dataset)
            found = _of_movie(movie)
            movie.close()
    except InsituTemError as error:
        return {
            "file": str(path),
            "error": {
                "type": type(error).__name__,
                "message": error.message,
                "hint": error.hint,
            },
        }
    found["file"] = str(path)
    return {key: found.get(key) for key in KEYS}


def _of_movie(movie: Movie) -> dict[str, Any]:
    size = movie.pixel_size_nm
    times = movie.times_s
    span = None if movie.times is None else movie.times.span_ns
    return {
        "kind": "movie",
        "format": movie.format,
        "reader": movie.reader,
        "shape": list(movie.shape),
        "dtype": str(movie.dtype),
        "pixel_size_nm": list(size) if isinstance(size, tuple) else size,
        "frames": len(movie),
        "frame_interval_s": _finite(movie.audit.interval_s),
        "duration_s": None if span is None else (span[1] - span[0]) / 1e9,
        "start": None if movie.start is None else movie.start.isoformat(),
        "time_s": None if times is None else [float(times[0]), float(times[-1])],
        "warnings": list(movie.warnings),
        "dataset": movie.dataset or None,
        "datasets": [_of_dataset(one) for one in movie.datasets] or None,
    }


def _of_dataset(one: Dataset) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "shape": list(one.shape),
        "dtype": one.dtype,
    }


def _of_trace(trace: Trace) -> dict[str, Any]:
    first, last = (t / 1e9 for t in trace.span_ns)
    cycles = trace.values("cycle")
    known = np.unique(cycles[np.isfinite(cycles)]).size
    return {
        "kind": "trace",
        "format": trace.format,
        "reader": trace.reader,
        "rows": len(trace),
        "duration_s": last - first,
        "start": None if trace.start is None else trace.start.isoformat(),
        "time_s": [first, last] if len(trace) else None,
        "potential_V": _range(trace.values("potential_V")),
        "current_A": _range(trace.values("current_A")),
        "technique": trace.technique or None,
        "cycles": int(known) or None,
        "columns": [str(name) for name in trace.frame],
        "warnings": list(trace.warnings),
    }


def _range(values: NDArray[np.float64]) -> list[float] | None:
    """Smallest and largest finite value."""
    known = values[np.isfinite(values)]
    return [float(known.min()), float(known.max())] if known.size else None


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
