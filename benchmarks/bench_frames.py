"""Reading frames here and there: each format against a plain read of the same bytes.

The bar is 1.2 times a plain read where the pixels lie as they are, and 1.2 times what
the codec itself takes where they are packed. Every frame is read once by the plugin and
once plainly, by turns, so that both meet the same processor; the ratio is that of the
medians. All is in the system's cache: a disk would hide the difference.
"""

from __future__ import annotations

import importlib.util
import operator
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_insitu_tem import read_movie

FRAMES, SIDE = 80, 1024
TESTS = Path(__file__).resolve().parents[1] / "tests"
Plain = Callable[[int], Any]
SWAP = operator.methodcaller("byteswap", inplace=True)
OPEN: list[Any] = []


@pytest.fixture(autouse=True)
def _close_files() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def helper(way: str) -> Any:
    """A module of the tests that writes files."""
    path = TESTS / f"{way}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data() -> np.ndarray:
    """Particles that move on a noisy ground: packs to about two thirds."""
    rng = np.random.default_rng(0)
    grid = np.hypot(*np.mgrid[-1:1:1024j, -1:1:1024j])
    ground = (900 * np.exp(-5 * grid)).astype("u2")
    noise = rng.poisson(30, (4, SIDE, SIDE)).astype("u2")
    return np.stack([np.roll(ground, i, 1) + noise[i % 4] for i in range(FRAMES)])


def plainly(path: Path, data: np.ndarray, dtype: str) -> Plain:
    """A read of the same bytes at the same place: position, fill an array.

    In a copy of the file: what one of the two has just read, the other would find in
    the processor. The file itself is written once more as well, for the system keeps
    one written in small pieces in small pieces, which are read more slowly.
    """
    content = path.read_bytes()
    copy = path.with_name("plain.copy")
    for place in (path, copy):
        place.unlink(missing_ok=True)
        place.write_bytes(content)
    swapped = SWAP if dtype == ">u2" else lambda frame: frame
    last = slice(-1, None) if path.suffix == ".ser" else slice(0, 1)
    at = [content.find(frame[last].astype(dtype).tobytes()) for frame in data]
    file = copy.open("rb", buffering=0)
    OPEN.append(file)

    def read(index: int) -> np.ndarray:
        frame = np.empty((SIDE, SIDE), "u2")
        file.seek(at[index])
        file.readinto(frame.reshape(-1).view("u1").data)
        return swapped(frame)

    return read


def from_file_each(folder: Path, data: np.ndarray) -> Plain:
    """The same where every frame is a file, which has to be opened as well."""
    places = []
    for file in sorted(p for p in folder.rglob("*") if p.stat().st_size > SIDE * SIDE):
        content = file.read_bytes()
        places += [
            (file, at, i)
            for i, frame in enumerate(data)
            if (at := content.find(frame[0].tobytes())) >= 0
        ]
    where = {i: (file, at) for file, at, i in places}

    def read(index: int) -> np.ndarray:
        frame = np.empty((SIDE, SIDE), "u2")
        path, offset = where[index]
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            file.readinto(frame.reshape(-1).view("u1").data)
        return frame

    return read


# -- pixels as they are --------------------------------------------------------------


def tiff(path: Path, data: np.ndarray) -> None:
    tifffile.imwrite(path, data, photometric="minisblack", metadata=None)


def big_endian(path: Path, data: np.ndarray) -> None:
    tifffile.imwrite(path, data, photometric="minisblack", byteorder=">")


def mrc(path: Path, data: np.ndarray) -> None:
    import mrcfile

    with mrcfile.new(path) as file:
        file.set_data(data)


def dm4(path: Path, data: np.ndarray) -> None:
    files = helper("dm_files")
    files.write_dm(path, files.image(data, [(0.5, "nm")] * 2))


def dm_tree(path: Path, data: np.ndarray) -> None:
    files = helper("dm_files")
    for i, frame in enumerate(data):
        second = path / "Hour_00" / "Minute_00" / f"Second_{i // 10:02d}"
        second.mkdir(parents=True, exist_ok=True)
        name = f"a_Hour_00_Minute_00_Second_{i // 10:02d}_Frame_{i % 10:04d}.dm4"
        entry = files.image(frame, [(0.5, "nm")] * 2, files.camera_tags())
        files.write_dm(second / name, files.thumbnail(), entry)


def ser(path: Path, data: np.ndarray) -> None:
    helper("io/movies/test_ser").write_ser(path, data)


def tvips(path: Path, data: np.ndarray) -> None:
    helper("io/movies/test_tvips").write(path.with_name("a"), data, parts=(FRAMES,))


def seq(path: Path, data: np.ndarray) -> None:
    helper("io/movies/test_seq").write(path, data)


def ndata(path: Path, data: np.ndarray) -> None:
    module = helper("io/movies/test_ndata")
    module.write(path, data, module.properties())


def hdf5(path: Path, data: np.ndarray) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("a/b", data=data, chunks=(1, SIDE, SIDE))


def velox(path: Path, data: np.ndarray) -> None:
    module = helper("io/movies/test_velox")
    texts = [module.text(module.FIRST_US + 40_000 * i) for i in range(FRAMES)]
    module.write(path, (data, texts))


def zarr_plain(path: Path, data: np.ndarray) -> None:
    helper("io/movies/test_ome_zarr").write(path, data, compressors=None)


def tiff_series(path: Path, data: np.ndarray) -> None:
    path.mkdir()
    for i, frame in enumerate(data):
        tifffile.imwrite(path / f"w{i:03d}.tif", frame, photometric="minisblack")


PLAIN: dict[str, tuple[str, Callable[[Path, np.ndarray], None], bool]] = {
    "TIFF": ("a.tif", tiff, False),
    "TIFF, big-endian": ("a.tif", big_endian, False),
    "MRC": ("a.mrc", mrc, False),
    "DM4": ("a.dm4", dm4, False),
    "DM4 tree": ("tree", dm_tree, True),
    "SER": ("a.ser", ser, False),
    "TVIPS": ("a_000.tvips", tvips, False),
    "SEQ": ("a.seq", seq, False),
    "ndata": ("a.ndata", ndata, False),
    "HDF5": ("a.h5", hdf5, False),
    "Velox": ("a.emd", velox, False),
    "Zarr": ("a.zarr", zarr_plain, True),
    "TIFF series": ("images", tiff_series, True),
}


@pytest.mark.parametrize("name", PLAIN)
def test_frames_as_they_are(benchmark, capsys, tmp_path, data, name) -> None:
    file, write, is_file_each = PLAIN[name]
    write(tmp_path / file, data)
    if is_file_each:
        plain = from_file_each(tmp_path / file, data)
    else:  # other bytes have to be swapped by anyone
        plain = plainly(tmp_path / file, data, ">u2" if "big" in name else "<u2")
    compare(benchmark, capsys, tmp_path / file, plain, data)


# -- packed pixels -------------------------------------------------------------------


def packed_tiff(codec: str) -> Callable[[Path, np.ndarray], Plain]:
    def write(path: Path, data: np.ndarray) -> Plain:
        import imagecodecs

        tifffile.imwrite(
            path, data, photometric="minisblack", metadata=None, compression=codec
        )
        with tifffile.TiffFile(path) as tif:
            pages = [
                list(zip(p.dataoffsets, p.databytecounts, strict=True))
                for p in tif.pages
            ]
        decode = {
            "zlib": imagecodecs.zlib_decode,
            "lzw": imagecodecs.lzw_decode,
            "zstd": imagecodecs.zstd_decode,
        }[codec]
        return by_codec(path, pages, decode)

    return write


def by_codec(path: Path, places: Any, decode: Callable[[bytes], Any]) -> Plain:
    """The codec alone on the parts of each frame."""
    file = path.open("rb", buffering=0)
    OPEN.append(file)

    def read(index: int) -> list[Any]:
        parts = []
        for offset, count in places[index]:
            file.seek(offset)
            parts.append(decode(file.read(count)))
        return parts

    return read


def packed_hdf5(path: Path, data: np.ndarray) -> Plain:
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=data, chunks=(1, SIDE, SIDE), compression="gzip")
        chunks = [file["a"].id.get_chunk_info(i) for i in range(FRAMES)]
    places = [[(c.byte_offset, c.size)] for c in chunks]
    return by_codec(path, places, zlib.decompress)


def packed_zarr(path: Path, data: np.ndarray) -> Plain:
    import numcodecs

    helper("io/movies/test_ome_zarr").write(path, data)
    codec = numcodecs.Zstd()

    def read(index: int) -> Any:
        chunk = (path / "c" / str(index) / "0" / "0").read_bytes()
        return codec.decode(chunk)

    return read


def png_series(path: Path, data: np.ndarray) -> Plain:
    from PIL import Image

    path.mkdir()
    for i, frame in enumerate(data):
        Image.fromarray(frame).save(path / f"w{i:03d}.png", compress_level=1)

    def read(index: int) -> np.ndarray:
        with Image.open(path / f"w{index:03d}.png") as image:
            return np.asarray(image)

    return read


PACKED: dict[str, tuple[str, Callable[[Path, np.ndarray], Plain]]] = {
    "TIFF zlib": ("a.tif", packed_tiff("zlib")),
    "TIFF lzw": ("a.tif", packed_tiff("lzw")),
    "TIFF zstd": ("a.tif", packed_tiff("zstd")),
    "HDF5 gzip": ("a.h5", packed_hdf5),
    "Zarr zstd": ("a.zarr", packed_zarr),
    "PNG series": ("images", png_series),
}


@pytest.mark.parametrize("name", PACKED)
def test_packed_frames(benchmark, capsys, tmp_path, data, name) -> None:
    file, write = PACKED[name]
    plain = write(tmp_path / file, data)
    compare(benchmark, capsys, tmp_path / file, plain, data)


def compare(benchmark, capsys, path: Path, plain: Plain, data: np.ndarray) -> None:
    """Read in a random order, each frame both ways, and say how much longer ours is."""
    movie = read_movie(path)
    assert len(movie) == FRAMES
    order = np.random.default_rng(1).permutation(FRAMES)
    np.testing.assert_array_equal(movie.frames.frame(int(order[0])), data[order[0]])
    plain(int(order[0]))
    read_ours = movie.frames._source.read_frame  # past the cache
    ours, other = [], []
    # Not the same frame at once: the second to read it would find it in the processor.
    for mine, theirs in zip(order[1:], np.roll(order[1:], 31), strict=True):
        for read, index, spent in ((read_ours, mine, ours), (plain, theirs, other)):
            began = time.perf_counter()
            read(int(index))
            spent.append(time.perf_counter() - began)
    ratio = float(np.median(ours) / np.median(other))
    movie.close()
    again = read_movie(path)
    rest = iter(order)
    benchmark.extra_info["ratio"] = round(ratio, 2)
    benchmark.pedantic(
        again.frames.frame, setup=lambda: ((int(next(rest)),), {}), rounds=FRAMES // 2
    )
    again.close()
    with capsys.disabled():
        print(f" ({1e3 * np.median(ours):.2f} ms, {ratio:.2f} x plain)", end="")
