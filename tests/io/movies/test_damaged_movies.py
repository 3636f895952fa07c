"""Damaged files: a sentence or a right reading, never a hang or much memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mrcfile.dtypes import HEADER_DTYPE
from PIL import Image

from dm_files import camera_tags, image, thumbnail, write_dm
from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.model.errors import InsituTemError, ReadError

FRAMES = np.random.default_rng(5).integers(0, 200, (6, 12, 10)).astype("uint16")
MEMORY = 64 * 2**20


def tiff(path: Path, **options) -> None:
    options.setdefault("photometric", "minisblack")
    tifffile.imwrite(path, options.pop("data", FRAMES), **options)


def mrc(path: Path) -> None:
    with mrcfile.new(path) as file:
        file.set_data(FRAMES)
        file.voxel_size = 2.5


def dm(path: Path) -> None:
    entry = image(FRAMES, [(0.5, "nm"), (0.5, "nm"), (0.1, "s")], camera_tags())
    write_dm(path, thumbnail(8), entry, Thumbnails=[{"ImageIndex": 0}])


WRITERS = {
    "plain.tif": lambda path: tiff(path),
    "pages.tif": lambda path: tiff(path, metadata=None),
    "big.tif": lambda path: tiff(path, metadata=None, bigtiff=True),
    "zlib.tif": lambda path: tiff(path, metadata=None, compression="zlib"),
    "tiles.tif": lambda path: tiff(
        path,
        data=np.zeros((3, 32, 32), "u1"),
        metadata=None,
        tile=(16, 16),
        compression="zstd",
    ),
    "imagej.tif": lambda path: tiff(
        path, imagej=True, metadata={"axes": "TYX", "unit": "nm", "finterval": 0.5}
    ),
    "ome.ome.tif": lambda path: tiff(
        path, metadata={"axes": "TYX", "PhysicalSizeX": 0.1, "TimeIncrement": 0.1}
    ),
    "a.mrc": mrc,
    "a.dm3": dm,
    "a.dm4": dm,
    "image.png": lambda path: Image.fromarray(FRAMES[0].astype("u1")).save(path),
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    found = {}
    for name, write in WRITERS.items():
        write(folder / name)
        found[name] = (folder / name).read_bytes()
    return found


def read_all(path: Path) -> None:
    """Read a movie from end to end; only errors for users may come."""
    try:
        movie = read_movie(path)
    except ReadError as error:
        assert path.name in error.message
        return
    assert movie.frames.frame_bytes <= 2 * 2**30
    for index in {0, len(movie) // 2, len(movie) - 1}:
        try:
            frame = movie.frames.frame(index)
        except InsituTemError as error:
            assert path.name in str(error)
        else:
            assert frame.shape == movie.shape[1:]
            assert frame.dtype == movie.dtype
    assert str(movie.audit)
    movie.close()


mutations = st.lists(
    st.tuples(st.integers(0, 1500), st.sampled_from([0, 1, 2, 8, 127, 128, 255])),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("name", sorted(WRITERS))
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=mutations, kept=st.one_of(st.none(), st.floats(0.01, 0.99)))
def test_changed_and_cut_bytes(name, changes, kept, originals, tmp_path):
    raw = bytearray(originals[name])
    for place, value in changes:
        raw[place % len(raw)] = value
    path = tmp_path / name
    path.write_bytes(raw if kept is None else raw[: max(1, int(kept * len(raw)))])
    read_all(path)


def test_header_that_claims_a_billion_frames_takes_no_memory(tmp_path):
    path = tmp_path / "a.mrc"
    mrc(path)
    raw = bytearray(path.read_bytes())
    header = np.frombuffer(raw, HEADER_DTYPE, 1).copy()
    header["nz"], header["nsymbt"] = 10**9, 0
    path.write_bytes(header.tobytes() + raw[1024:])
    assert_lean(path, 6)


def test_extended_header_longer_than_the_file(tmp_path):
    path = tmp_path / "a.mrc"
    mrc(path)
    raw = bytearray(path.read_bytes())
    header = np.frombuffer(raw, HEADER_DTYPE, 1).copy()
    header["nsymbt"], header["exttyp"] = 2**31 - 1, b"FEI1"
    path.write_bytes(header.tobytes() + raw[1024:])
    assert_lean(path, None)


@pytest.mark.parametrize("images", [10**9, 10**18])
def test_imagej_description_that_claims_a_billion_images(tmp_path, images):
    path = tmp_path / "a.tif"
    text = f"ImageJ=1.54f\nimages={images}\nframes={images}\n"
    tiff(path, data=FRAMES[0], description=text, metadata=None)
    assert_lean(path, 1)


def test_tifffile_description_that_claims_a_billion_images(tmp_path):
    path = tmp_path / "a.tif"
    text = '{"shape": [1000000000, 12, 10]}'
    tiff(path, data=FRAMES[0], description=text, metadata=None)
    assert_lean(path, 1)


def test_page_that_claims_more_pixels_than_a_camera_has(tmp_path):
    path = tmp_path / "a.tif"
    tiff(path, data=FRAMES[0], metadata=None, compression="zlib")
    with tifffile.TiffFile(path, mode="r+") as tif:
        tif.pages[0].tags[256].overwrite(60000)
        tif.pages[0].tags[257].overwrite(60000)
    assert_lean(path, None)


def assert_lean(path: Path, frames: int | None) -> None:
    """Open a file within a few megabytes; None where it must be refused."""
    tracemalloc.start()
    try:
        movie = read_movie(path)
        assert len(movie) == frames
    except ReadError:
        assert frames is None
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < MEMORY
