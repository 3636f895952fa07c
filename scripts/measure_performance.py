"""Measure what has to be fast and small, and print one table.

Runs the benchmarks and starts windows of their own to see how much memory they take.
Needs a display (or `xvfb-run`) and the extra `bench`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

#: Benchmark (file, test, parameters) to words; others are printed as they are called.
WORDS = {
    "test_import_of_the_package": "Import of the package, a fresh interpreter",
    "test_open_a_movie[mrc_20_gb]": "Open a 20 GB movie, MRC",
    "test_open_a_movie[tiff_20_gb]": "Open a 20 GB movie, contiguous TIFF",
    "test_open_a_movie[tiff_10_000_pages]": "Open a movie of 10 000 TIFF pages",
    "test_read_frames_here_and_there[mrc_20_gb]": "Read a frame of 8 MB, MRC",
    "test_read_frames_here_and_there[tiff_20_gb]": "Read a frame of 8 MB, TIFF",
    "test_read_frames_here_and_there[tiff_10_000_pages]": "Read a page of 64 x 64",
    "test_open_a_record_of_a_million_rows": "Open a record of 1 000 000 rows",
    "test_step[alone-memory]": "Step to a frame, napari alone",
    "test_step[alone-tiff]": "Step to a frame, napari alone, TIFF",
    "test_step[layers-memory]": "Step to a frame, napari with the same layers",
    "test_step[layers-tiff]": "Step to a frame, napari with the same layers, TIFF",
    "test_step[plugin-memory]": "Step to a frame, whole plugin",
    "test_step[plugin-tiff]": "Step to a frame, whole plugin, TIFF",
    "test_drag_a_vertex[memory]": "Drag a vertex, whole plugin",
    "test_pan[plain]": "Pan all rows, plain curves",
    "test_pan[timeline]": "Pan all rows, timeline",
    "test_pan_zoomed[plain]": "Pan 40 s, plain curves",
    "test_pan_zoomed[timeline]": "Pan 40 s, timeline",
    "test_zoom[plain]": "Zoom, plain curves",
    "test_zoom[timeline]": "Zoom, timeline",
    "test_scrub[plain]": "Move the playhead, plain curves",
    "test_scrub[timeline]": "Move the playhead, timeline",
    "test_cyclic_view[scrub]": "Move the playhead, cyclic view",
    "test_cyclic_view[zoom]": "Zoom, cyclic view",
}

#: A window, and what is opened in it; says how much memory the program takes.
WINDOW = """
import sys
import napari, psutil
from qtpy.QtWidgets import QApplication

viewer = napari.Viewer(show_welcome_screen=False)
if sys.argv[1:]:
    from napari_insitu_tem.layers.docks import AREAS, show_dock
    from napari_insitu_tem.layers.opening import show_opened
    from napari_insitu_tem.samples import open_sample

    show_opened(viewer, open_sample(sys.argv[1]))
    for name in AREAS:
        show_dock(viewer, name)
    for frame in range(0, 40):
        viewer.dims.set_current_step(0, frame)
        QApplication.processEvents()
for _ in range(50):
    QApplication.processEvents()
print(round(psutil.Process().memory_info().rss / 2**20))
viewer.close()
"""

Row = tuple[str, str, str]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [*benchmarks(Path(folder)), *windows(Path(folder))]
    print("| what | median | of the first, or memory |")
    print("|---|---:|---:|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def benchmarks(folder: Path) -> Iterator[Row]:
    """A row a benchmark; within a group, as a multiple of its first."""
    report = folder / "benchmarks.json"
    command = ["pytest", "benchmarks", "-q", "--override-ini", "timeout=0"]
    run("-m", *command, "--benchmark-json", str(report), out=sys.stderr)
    first: dict[str, float] = {}
    for found in json.loads(report.read_text())["benchmarks"]:
        median = found["stats"]["median"]
        words = WORDS.get(found["name"], found["name"])
        group = found["group"]
        beside = ""
        if group is not None:
            beside = f"{median / first.setdefault(group, median):.2f} x"
        if "memory_MB" in found["extra_info"]:
            beside = f"{found['extra_info']['memory_MB']:+} MB"
        yield words, time_text(median), beside


def windows(folder: Path) -> Iterator[Row]:
    """Memory of an empty window, and of the samples with every dock."""
    for sample in ("", "si_nanowire", "sei_liquid_cell"):
        own = {"NAPARI_CONFIG": str(folder / "settings.yaml")}
        own |= {f"XDG_{name}_HOME": str(folder) for name in ("STATE", "CACHE")}
        arguments = ["-c", WINDOW, *([sample] if sample else [])]
        said = run(*arguments, environment=own)
        name = f"Sample {sample}, all docks" if sample else "napari without anything"
        yield f"Memory: {name}", "", f"{said.split()[-1]} MB"


def run(*arguments: str, environment: Any = None, out: Any = None) -> str:
    """Run Python in the checkout; what it printed, unless it goes elsewhere."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        check=True,
        text=True,
        stdout=subprocess.PIPE if out is None else out,
        env=os.environ | (environment or {}),
    )
    return done.stdout or ""


def time_text(seconds: float) -> str:
    """A time with three digits."""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


if __name__ == "__main__":
    main()
