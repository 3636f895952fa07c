"""Every movie format under random damage: read rightly, or refused in a sentence.

Never a crash, a hang, or much memory. Some hundred damaged files of each kind are read
on every run, thousands with `-m slow`.
"""

from __future__ import annotations

import importlib.util
import logging
import struct
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import tifffile
from PIL import Image

from dm_files import camera_tags, image, thumbnail, write_dm
from limits import FEW, MANY, limits
from napari_insitu_tem.io.formats import formats
from napari_insitu_tem.io.registry import identify, read_movie
from napari_insitu_tem.model.errors import InsituTemError, ReadError

DATA = np.random.default_rng(5).integers(0, 200, (6, 12, 10)).astype("uint16")
NASTY = (0, 1, 2, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1)


def sibling(name: str) -> ModuleType:
    """Another test's module, for the files that it writes."""
    path = Path(__file__).with_name(f"test_{name}.py")
    spec = importlib.util.spec_from_file_location(f"fuzzed_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tiff(path: Path, **options) -> None:
    options = {"photometric": "minisblack", "metadata": None, **options}
    tifffile.imwrite(path, options.pop("data", DATA), **options)


def series(path: Path) -> None:
    """Two series of an OME file, and pages of another size."""
    with tifffile.TiffWriter(path, ome=True) as file:
        for part in (DATA, DATA[:2, ::2]):
            file.write(part, photometric="minisblack", metadata={"axes": "TYX"})


def nexus(path: Path) -> None:
    """A chain of defaults, links, and arrays of other conventions beside."""
    import h5py

    axes = sibling("hdf5_axes")
    with h5py.File(path, "w") as file:
        group = axes.plot(file, None)
        file.create_dataset("raw/data", data=DATA, chunks=True, compression="gzip")
        group["data"] = h5py.SoftLink("/raw/data")
        file.create_dataset("colour", data=np.zeros((3, 8, 8, 3), "u1"))
        movie = file.create_group("Experiments/movie")
        movie["data"] = DATA[:, None]
        for i, scale in enumerate((0.5, 1.0, 0.2, 0.2)):
            about = {"scale": scale, "units": "nm" if i > 1 else "s", "offset": 0.0}
            movie.create_group(f"axis-{i}").attrs.update(about)


def mrc(path: Path) -> None:
    import mrcfile

    with mrcfile.new(path) as file:
        file.set_data(DATA)
        file.voxel_size = 2.5


def dm(path: Path) -> None:
    entry = image(DATA, [(0.5, "nm"), (0.5, "nm"), (0.1, "s")], camera_tags())
    write_dm(path, thumbnail(8), entry, Thumbnails=[{"ImageIndex": 0}])


def dm_folder(path: Path) -> None:
    path.mkdir()
    for i, frame in enumerate(DATA):
        entry = image(frame, [(0.5, "nm")] * 2, camera_tags())
        write_dm(path / f"{i}.dm4", entry)


def director(path: Path) -> None:
    sibling("insitu_tree").director(path, DATA[0], len(DATA))
    path.with_suffix(".raw").write_bytes(DATA.tobytes())


def tree(path: Path) -> None:
    module = sibling("insitu_tree")
    module.tree(path, np.concatenate([DATA] * 3), ".tif", tifffile.imwrite)


def fei(path: Path) -> None:
    module = sibling("mrc")
    module.fei(path, [module.OLE + i / 86400 for i in range(6)])


def velox(path: Path) -> None:
    module = sibling("velox")
    texts = [module.text(module.FIRST_US + 40_000 * i) for i in range(len(DATA))]
    module.write(path, (DATA, texts))


def images(path: Path, **options) -> None:
    Image.fromarray(DATA[0].astype("u1")).save(path, **options)


def image_folder(path: Path) -> None:
    path.mkdir()
    for i, frame in enumerate(DATA):
        tifffile.imwrite(path / f"w_{i}s.tif", frame, compression="zlib")


def axon(path: Path) -> None:
    module = sibling("axon")
    module.write(path, 7, module.text_of(0.5), packed=True)


def video(codec: str, pix: str, **options: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        module = sibling("video")
        module.write(path, module.numbered(8), codec, pix, **options)

    return write


def gif(path: Path) -> None:
    frames = [Image.fromarray(frame.astype("u1")) for frame in DATA]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40)


def zarr(form: int, **options) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        sibling("ome_zarr").ome(path, DATA[:, None, None], form=form, **options)

    return write


def channels(path: Path) -> None:
    sibling("ome_zarr").ome(path, np.stack([DATA, DATA], 1)[:, :, None])


def blosc(path: Path) -> None:
    module = sibling("ome_zarr")
    module.write(path, DATA, form=2, **module.codecs(2)["Blosc"])


def shards(path: Path) -> None:
    from zarr.codecs import BloscCodec

    options = {"shards": (3, 12, 10), "compressors": BloscCodec()}
    sibling("ome_zarr").write(path, DATA, **options)


def hdf5(path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("a/b", data=DATA, chunks=(1, 12, 10), compression="gzip")


#: Name of the file, what it needs, what writes it.
SAMPLES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "plain.tif": ("", tiff),
    "big.tif": ("", lambda path: tiff(path, bigtiff=True)),
    "zlib.tif": ("", lambda path: tiff(path, compression="zlib")),
    "lzw.tif": ("", lambda path: tiff(path, compression="lzw", predictor=True)),
    "zstd.tif": ("", lambda path: tiff(path, compression="zstd")),
    "packbits.tif": ("", lambda path: tiff(path, compression="packbits")),
    "jpeg.tif": (
        "",
        lambda path: tiff(path, data=DATA.astype("u1"), compression="jpeg"),
    ),
    "tiles.tif": (
        "",
        lambda path: tiff(path, data=DATA[:, :12], tile=(16, 16), compression="lzw"),
    ),
    "imagej.tif": (
        "",
        lambda path: tiff(path, imagej=True, metadata={"axes": "TYX", "unit": "nm"}),
    ),
    "ome.ome.tif": (
        "",
        lambda path: tiff(path, metadata={"axes": "TYX", "PhysicalSizeX": 0.1}),
    ),
    "hyper.tif": (
        "",
        lambda path: tiff(
            path, data=np.stack([DATA] * 2, 1), imagej=True, metadata={"axes": "TCYX"}
        ),
    ),
    "series.ome.tif": ("", series),
    "bits.tif": ("", lambda path: tiff(path, data=DATA > 100, compression="lzw")),
    "a.mrc": ("", mrc),
    "a.dm3": ("", dm),
    "a.dm4": ("", dm),
    "dm": ("", dm_folder),
    "a.dm5": ("h5py", lambda path: sibling("dm5").write(path, DATA)),
    "a.ser": ("", lambda path: sibling("ser").write_ser(path, DATA)),
    "a_000.tvips": (
        "",
        lambda path: sibling("tvips").write(path.with_name("a"), DATA, parts=(6,)),
    ),
    "a.seq": ("", lambda path: sibling("seq").write(path, DATA)),
    "a.ndata": (
        "",
        lambda path: sibling("ndata").write(path, DATA, sibling("ndata").properties()),
    ),
    "a.nhdf": (
        "h5py",
        lambda path: sibling("ndata").write(path, DATA, sibling("ndata").properties()),
    ),
    "a.emd": ("h5py", velox),
    "a.h5": ("h5py", hdf5),
    "nexus.h5": ("h5py", nexus),
    "a.npy": ("", lambda path: np.save(path, DATA)),
    "fortran.npy": ("", lambda path: np.save(path, np.asfortranarray(DATA))),
    "v3.zarr": ("zarr", zarr(3)),
    "v2.zarr": ("zarr", zarr(2)),
    "channels.zarr": ("zarr", channels),
    "blosc.zarr": ("zarr", blosc),
    "shards.zarr": ("zarr", shards),
    "a.png": ("", images),
    "a.jpg": ("", images),
    "a.bmp": ("", images),
    "axon.png": ("", axon),
    "images": ("", image_folder),
    "a.gif": ("av", gif),
    "a.mp4": ("av", video("mpeg4", "yuv420p", g="4")),
    "a.avi": ("av", video("mjpeg", "yuvj420p")),
    "a.mkv": ("av", video("ffv1", "bgr0")),
    "a.ts": ("av", video("mpeg4", "yuv420p", g="4")),
    "a.wmv": ("av", video("wmv2", "yuv420p")),
    "apng.png": ("av", gif),
    "director.dm4": ("", director),
    "tree": ("", tree),
    "fei.mrc": ("", fei),
}


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """One to four cuts, gaps, repeats, flipped bits, and numbers that are not true."""
    raw = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        if not raw:
            break
        # The beginning decides most: every other time it is hit.
        reach = min(len(raw), 1200) if rng.random() < 0.5 else len(raw)
        at, kind = int(rng.integers(reach)), int(rng.integers(7))
        if kind == 0:
            del raw[at:]
        elif kind == 1:
            del raw[at : at + int(rng.integers(1, 60))]
        elif kind == 2:
            raw[at:at] = raw[at : at + int(rng.integers(1, 300))]
        elif kind == 3:
            for place in rng.integers(0, reach, 8):
                raw[int(place)] ^= 1 << int(rng.integers(8))
        elif kind == 4:
            raw[at] = int(rng.integers(256))
        else:
            number = NASTY[int(rng.integers(len(NASTY)))]
            size = int(rng.choice([2, 4, 8]))
            order = "<>"[int(rng.integers(2))]
            number %= 2 ** (8 * size)
            packed = struct.pack(f"{order}{ {2: 'H', 4: 'I', 8: 'Q'}[size] }", number)
            raw[at : at + size] = packed
    return bytes(raw) or b"\n"


def read_through(path: Path) -> bool:
    """Read a movie from end to end; whether it could be opened."""
    try:
        movie = read_movie(path)
    except ReadError as error:
        assert error.message.endswith((".", "?")), error.message
        return False
    try:
        assert len(movie) == movie.shape[0] > 0
        assert movie.times is None or len(movie.times) == len(movie)
        for index in {0, len(movie) // 2, len(movie) - 1}:
            try:
                frame = movie.frames.frame(index)
            except InsituTemError as error:
                assert str(error)
            else:
                assert frame.shape == movie.shape[1:]
                assert frame.dtype == movie.dtype
        assert str(movie.audit)
        for one in movie.datasets[-2:]:
            read_another(path, one.key)
    finally:
        movie.close()
    return True


def read_another(path: Path, key: str) -> None:
    """Read the last frame of another dataset of a file."""
    try:
        movie = read_movie(path, dataset=key)
    except ReadError:
        return
    try:
        assert movie.dataset == key
        assert movie.frames.frame(len(movie) - 1).shape == movie.shape[1:]
    except InsituTemError as error:
        assert str(error)
    finally:
        movie.close()


def fuzz(name: str, folder: Path, rounds: int, seed: int) -> tuple[int, int]:
    """How many of the damaged files opened, and how many were refused."""
    needs, write = SAMPLES[name]
    if needs:
        pytest.importorskip(needs)
    rng = np.random.default_rng(seed)
    path = folder / name
    write(path)
    assert read_through(path)
    files = (
        sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    )
    whole = {file: file.read_bytes() for file in files}
    opened = 0
    with limits() as patience:
        for _ in range(rounds):
            file = files[int(rng.integers(len(files)))]
            file.write_bytes(damaged(whole[file], rng))
            with patience.reading():
                opened += read_through(path)
            file.write_bytes(whole[file])
    return opened, rounds - opened


@pytest.mark.parametrize("name", SAMPLES)
def test_some_damage(tmp_path, name) -> None:
    fuzz(name, tmp_path, FEW, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SAMPLES)
def test_much_damage(tmp_path, name) -> None:
    """The counts are shown by `--log-cli-level INFO`."""
    opened, refused = fuzz(name, tmp_path, MANY, seed=2)
    logging.getLogger(__name__).info("%s: %d read, %d refused", name, opened, refused)


def test_every_format_is_damaged(tmp_path) -> None:
    """A format without a sample here would never meet a damaged file."""
    seen = set()
    for name, (needs, write) in SAMPLES.items():
        if needs:
            pytest.importorskip(needs)
        write(tmp_path / name)
        seen.add(identify(tmp_path / name).name)
    assert {one.name for one in formats() if one.kind == "movie"} - seen == set()
