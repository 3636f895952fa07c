"""`info`: what is in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from napari_insitu_tem.io.info import describe_file
from napari_insitu_tem.io.saving.experiment_folder import is_experiment
from napari_insitu_tem.model.errors import UnsupportedFormatError

_SAID = ("time_s", "potential_V", "current_A")


def print_info(files: Sequence[Path], *, as_json: bool, dataset: str = "") -> int:
    """Describe files one after the other; `dataset` of those that hold several.

    Returns
    -------
    int
        0 if every one was read.
    """
    is_good = True
    for place, path in enumerate(files):
        found = _describe(path, dataset)
        is_good &= "error" not in found
        if as_json:
            print(json.dumps(found), flush=True)
            continue
        if place:
            print()
        print("\n".join(in_words(found)), flush=True)
    return 0 if is_good else 1


def _describe(path: Path, dataset: str) -> dict[str, Any]:
    """What `describe_file` says; a saved experiment is named as what it is."""
    if not is_experiment(path):
        return describe_file(path, dataset=dataset)
    error = {
        "type": UnsupportedFormatError.__name__,
        "message": f"{path.name} is a saved experiment, neither a movie nor a trace.",
        "hint": "Open it, or export its tables.",
    }
    return {"file": str(path), "error": error}


def in_words(found: dict[str, Any]) -> Iterator[str]:
    """Lines for people."""
    yield str(found["file"])
    if "error" in found:
        error = found["error"]
        yield f"  cannot be read: {error['message']} {error['hint']}".rstrip()
        return
    yield f"  {found['kind']}, {found['format']} (read with {found['reader']})"
    lines = _movie(found) if found["kind"] == "movie" else _trace(found)
    for line in lines:
        yield f"  {line}"
    if found["start"]:
        yield f"  starts {found['start']}"
    for warning in found["warnings"]:
        yield f"  note: {warning}"
    datasets = found["datasets"] or ()
    for one in datasets if len(datasets) > 1 else ():
        mark = "*" if one["key"] == found["dataset"] else " "
        size = " x ".join(map(str, one["shape"]))
        name = "" if one["name"] == one["key"] else f" ({one['name']})"
        yield f"  {mark} dataset {one['key']}{name}: {size}, {one['dtype']}"


def _movie(found: dict[str, Any]) -> Iterator[str]:
    height, width = found["shape"][1:3]
    frames = f"{found['frames']} frame{'s' * (found['frames'] != 1)}"
    yield f"{frames} of {width} x {height} px, {found['dtype']}"
    size = found["pixel_size_nm"]
    if size is None:
        yield "pixel size: not in the file"
    elif isinstance(size, list):
        yield f"pixel size: {size[0]:g} x {size[1]:g} nm (y, x)"
    else:
        yield f"pixel size: {size:g} nm"
    if found["frame_interval_s"] is None:
        yield "frame times: not in the file"
    else:
        yield (
            f"frame times: {found['frame_interval_s']:.6g} s apart (median), "
            f"{found['duration_s']:.6g} s in all"
        )


def _trace(found: dict[str, Any]) -> Iterator[str]:
    cycles = f", {found['cycles']} cycles" if found["cycles"] else ""
    yield f"{found['rows']} rows{cycles}"
    if found["technique"]:
        yield f"technique: {found['technique']}"
    for name, unit in (("time", "s"), ("potential", "V"), ("current", "A")):
        bounds = found[f"{name}_{unit}"]
        if bounds is None:
            yield f"{name}: not in the file"
        else:
            yield f"{name}: {bounds[0]:.6g} to {bounds[1]:.6g} {unit}"
    others = [name for name in found["columns"] if name not in _SAID]
    if others:
        yield f"further columns: {', '.join(others)}"
