"""Opening: a fresh import, movies that do not fit into memory, a long record."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import tifffile

from napari_insitu_tem import read_movie, read_trace

FRAMES, SIDE = 2500, 2048  # 20 GB of 16-bit pixels; on disk they are holes


@pytest.fixture
def mrc_20_gb(tmp_path: Path) -> Path:
    path = tmp_path / "movie.mrc"
    shape = (FRAMES, SIDE, SIDE)
    with mrcfile.new_mmap(path, shape=shape, mrc_mode=6) as file:
        file.voxel_size = 2.0
    return path


@pytest.fixture
def tiff_20_gb(tmp_path: Path) -> Path:
    path = tmp_path / "movie.tif"
    tifffile.memmap(path, shape=(FRAMES, SIDE, SIDE), dtype="uint16", bigtiff=True)
    return path


@pytest.fixture
def tiff_10_000_pages(tmp_path: Path, rng: np.random.Generator) -> Path:
    path = tmp_path / "pages.tif"
    frame = rng.integers(0, 4000, (64, 64), dtype=np.uint16)
    with tifffile.TiffWriter(path) as file:
        for _ in range(10_000):
            file.write(frame, contiguous=False)
    return path


@pytest.fixture
def eclab_million_rows(tmp_path: Path, rng: np.random.Generator) -> Path:
    path = tmp_path / "record.txt"
    rows = np.column_stack(
        [
            np.arange(1_000_000) * 0.01,
            3 + 0.1 * rng.standard_normal(1_000_000),
            1e-3 * rng.standard_normal(1_000_000),
        ]
    )
    header = "time/s\tEwe/V\t<I>/mA"
    np.savetxt(path, rows, fmt="%.9g", delimiter="\t", header=header, comments="")
    return path


def test_import_of_the_package(benchmark) -> None:
    command = [sys.executable, "-c", "import napari_insitu_tem"]
    benchmark(subprocess.run, command, check=True)


@pytest.mark.parametrize("movie", ["mrc_20_gb", "tiff_20_gb", "tiff_10_000_pages"])
@pytest.mark.usefixtures("report_memory")
def test_open_a_movie(benchmark, request, movie) -> None:
    path = request.getfixturevalue(movie)
    opened = benchmark.pedantic(read_movie, [path], rounds=3)
    assert len(opened) in (FRAMES, 10_000)
    opened.close()


@pytest.mark.parametrize("movie", ["mrc_20_gb", "tiff_20_gb", "tiff_10_000_pages"])
def test_read_frames_here_and_there(benchmark, request, movie) -> None:
    opened = read_movie(request.getfixturevalue(movie))
    order = iter(np.random.default_rng(0).permutation(len(opened)))
    benchmark.pedantic(
        opened.frame, setup=lambda: ((int(next(order)),), {}), rounds=100
    )
    opened.close()


@pytest.mark.usefixtures("report_memory")
def test_open_a_record_of_a_million_rows(benchmark, eclab_million_rows) -> None:
    trace = benchmark.pedantic(read_trace, [eclab_million_rows], rounds=3)
    assert len(trace.frame) == 1_000_000
