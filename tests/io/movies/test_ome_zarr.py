"""Zarr: both versions, every codec, axes, choice of the array, refusals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_movie
from napari_insitu_tem.model.errors import MissingExtraError, ReadError

zarr = pytest.importorskip("zarr")

AXES = [
    {"name": "t", "type": "time", "unit": "second"},
    {"name": "c", "type": "channel"},
    {"name": "z", "type": "space", "unit": "micrometer"},
    {"name": "y", "type": "space", "unit": "nanometer"},
    {"name": "x", "type": "space", "unit": "angstrom"},
]
SCALE = [0.5, 1.0, 1.0, 0.2, 2.5]


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 4000, (6, 20, 17)).astype("uint16")


def write(path: Path, data, *, form: int = 3, chunks=None, **options) -> Path:
    """An array by itself."""
    array = zarr.create_array(
        str(path),
        shape=data.shape,
        chunks=chunks or (1, *data.shape[1:]),
        dtype=data.dtype,
        zarr_format=form,
        **options,
    )
    array[...] = data
    return path


def ome(path: Path, data, *, form: int = 3, axes=AXES, scale=SCALE, **more) -> Path:
    """An OME-Zarr of two resolutions."""
    group = zarr.open_group(str(path), mode="w", zarr_format=form)
    for name, step in (("full", 1), ("half", 2)):
        part = data[..., ::step, ::step]
        array = group.create_array(
            name, shape=part.shape, chunks=(1,) * (part.ndim - 2) + part.shape[-2:],
            dtype=part.dtype,
        )  # fmt: skip
        array[...] = part
    change = [{"type": "scale", "scale": scale}]
    datasets = [
        {"path": name, "coordinateTransformations": change} for name in ("full", "half")
    ]
    told = {"multiscales": [{"axes": axes, "datasets": datasets, **more}]}
    group.attrs.update({"ome": told} if form == 3 else told)
    return path


def codecs(form: int) -> dict[str, dict]:
    import numcodecs
    from zarr.codecs import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec

    if form == 2:
        found = (numcodecs.Blosc(), numcodecs.Zstd(), numcodecs.GZip(),
                 numcodecs.Zlib(), numcodecs.LZ4())  # fmt: skip
        return {type(c).__name__: {"compressors": c} for c in found}
    return {
        "blosc": {"compressors": BloscCodec()},
        "zstd": {"compressors": ZstdCodec()},
        "gzip": {"compressors": GzipCodec()},
        "none": {"compressors": None},
        "two": {"compressors": [ZstdCodec(), Crc32cCodec()]},
    }


CASES = [(form, name) for form in (2, 3) for name in codecs(form)]


@pytest.mark.parametrize(("form", "name"), [*CASES, (2, None)])
def test_every_codec(tmp_path, data, form, name):
    options = codecs(form)[name] if name else {"compressors": None}
    path = write(tmp_path / "wire.zarr", data, form=form, **options)
    assert identify(path).name == "Zarr"
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.dtype == data.dtype
    assert movie.times is None and movie.calibration is None


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "int32", "float32", ">f8"])
@pytest.mark.parametrize("form", [2, 3])
def test_types_and_byte_orders(tmp_path, data, dtype, form):
    data = data.astype(dtype)
    movie = read_movie(write(tmp_path / "a.zarr", data, form=form))
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.dtype.isnative


@pytest.mark.parametrize("chunks", [(1, 8, 8), (4, 20, 17), (4, 7, 17), (6, 20, 17)])
@pytest.mark.parametrize("form", [2, 3])
def test_chunks_that_are_no_frames(tmp_path, data, form, chunks):
    movie = read_movie(write(tmp_path / "a.zarr", data, form=form, chunks=chunks))
    for i in (5, 0, 3):
        np.testing.assert_array_equal(movie.frames.frame(i), data[i])


def test_shards(tmp_path, data):
    path = write(tmp_path / "a.zarr", data, shards=(3, 20, 17))
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)


def test_a_chunk_that_was_never_written_is_the_fill_value(tmp_path, data):
    path = write(tmp_path / "a.zarr", data, fill_value=7)
    (path / "c" / "3" / "0" / "0").unlink()
    movie = read_movie(path)
    assert (movie.frames.frame(3) == 7).all()


@pytest.mark.parametrize("form", [2, 3])
def test_ome(tmp_path, data, form):
    path = ome(tmp_path / "wire.ome.zarr", data[:, None, None], form=form)
    movie = read_movie(path)
    assert movie.format == "Zarr (OME-Zarr)"
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.pixel_size_nm == pytest.approx((0.2, 0.25))
    np.testing.assert_allclose(movie.times_s, np.arange(6) * 0.5)
    assert movie.metadata["dataset"] == "full"


def test_scale_of_all_resolutions_counts_too(tmp_path, data):
    more = {"coordinateTransformations": [{"type": "scale", "scale": [2, 1, 1, 3, 3]}]}
    movie = read_movie(ome(tmp_path / "a.zarr", data[:, None, None], **more))
    assert movie.pixel_size_nm == pytest.approx((0.6, 0.75))
    assert movie.times_s[1] == pytest.approx(1.0)


def test_channels(tmp_path, rng):
    data = rng.integers(0, 255, (4, 3, 1, 6, 8)).astype("uint8")
    movie = read_movie(ome(tmp_path / "colour.zarr", data))
    assert movie.shape == (4, 6, 8, 3)
    expected = np.moveaxis(data[2, :, 0], 0, 2)
    np.testing.assert_array_equal(movie.frames.frame(2), expected)
    movie = read_movie(ome(tmp_path / "stains.zarr", data.astype("uint16")))
    assert movie.shape == (4, 6, 8)
    np.testing.assert_array_equal(movie.frames.frame(1), data[1, 0, 0])
    assert "3 images; full, channel 1 was taken" in movie.warnings[0]
    movie = read_movie(tmp_path / "stains.zarr", dataset="full, channel 3")
    np.testing.assert_array_equal(movie.frames.frame(1), data[1, 2, 0])
    assert "taken" not in " ".join(movie.warnings)


def test_planes_are_frames_without_times(tmp_path, data):
    movie = read_movie(ome(tmp_path / "a.zarr", data[None, None]))
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.times is None
    parts = np.arange(120, dtype="u2").reshape(2, 1, 3, 4, 5)
    volumes = ome(tmp_path / "b.zarr", parts)
    movie = read_movie(volumes, dataset="full, slice 2")
    np.testing.assert_array_equal(np.asarray(movie.frames), parts[:, 0, 1])
    assert len(read_movie(volumes).datasets) == 3
    write(tmp_path / "c.zarr", parts[:, 0])
    with pytest.raises(ReadError, match="several axes"):
        read_movie(tmp_path / "c.zarr")


def test_the_largest_array_of_a_group(tmp_path, data):
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w")
    group.create_array("position", shape=(500_000,), dtype="f8")
    group.create_array("inner/small", shape=(2, 4, 4), dtype="u2")
    group.create_array("inner/movie", shape=data.shape, dtype="u2")[...] = data
    movie = read_movie(tmp_path / "a.zarr")
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.metadata["dataset"] == "inner/movie"
    assert "2 arrays" in movie.warnings[0]
    movie = read_movie(tmp_path / "a.zarr", dataset="inner/small")
    assert movie.shape == (2, 4, 4)
    assert not movie.warnings


def test_images_of_a_converted_file(tmp_path, data):
    """Each image of the file in a group of its own, numbered."""
    zarr.open_group(str(tmp_path / "a.zarr"), mode="w")
    ome(tmp_path / "a.zarr" / "0", data[:2, None, None])
    ome(tmp_path / "a.zarr" / "1", data[:, None, None])
    movie = read_movie(tmp_path / "a.zarr")
    np.testing.assert_array_equal(np.asarray(movie.frames), data[:2])
    assert "2 images; the first" in movie.warnings[0]
    movie = read_movie(tmp_path / "a.zarr", dataset="1/full")
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.pixel_size_nm == pytest.approx((0.2, 0.25))


def test_images_come_in_the_order_of_their_numbers(tmp_path, data):
    zarr.open_group(str(tmp_path / "a.zarr"), mode="w")
    for i in (10, 2, 1):
        ome(tmp_path / "a.zarr" / str(i), data[:, None, None])
    movie = read_movie(tmp_path / "a.zarr")
    assert [one.key for one in movie.datasets] == ["1/full", "2/full", "10/full"]


def test_a_group_behind_a_link_is_not_followed(tmp_path, data):
    write(tmp_path / "secret", data)
    zarr.open_group(str(tmp_path / "a.zarr"), mode="w")
    (tmp_path / "a.zarr" / "inner").symlink_to(tmp_path / "secret")
    with pytest.raises(ReadError):
        read_movie(tmp_path / "a.zarr").frames.frame(0)


def test_nothing_to_show(tmp_path):
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w")
    group.create_array("position", shape=(50,), dtype="f8")
    with pytest.raises(ReadError, match="without an image"):
        read_movie(tmp_path / "a.zarr")


def test_ways_out_of_the_folder_are_not_followed(tmp_path, data):
    write(tmp_path / "secret", data)
    path = ome(tmp_path / "a.zarr", data[:, None, None])
    about = path / "zarr.json"
    about.write_text(about.read_text().replace('"full"', '"../secret"'))
    with pytest.raises(ReadError, match="does not lead to an image"):
        read_movie(path)


@pytest.mark.parametrize("way", ["c", "c/1", "c/1/0", "c/1/0/0"])
def test_no_part_of_the_way_to_a_chunk_may_be_a_link(tmp_path, data, way):
    write(tmp_path / "secret", data)
    path = write(tmp_path / "b.zarr", data)
    shutil.move(path / way, tmp_path / "own")
    (path / way).symlink_to(tmp_path / "secret" / way)
    frames = read_movie(path).frames
    if way != "c":
        np.testing.assert_array_equal(frames.frame(0), data[0])
    with pytest.raises(ReadError, match="link to another place"):
        frames.frame(1)


@pytest.mark.parametrize("where", ["filters", "compressor"])
def test_nothing_is_unpickled(tmp_path, data, where):
    path = write(tmp_path / "a.zarr", data, form=2)
    about = json.loads((path / ".zarray").read_text())
    pickle = {"id": "pickle", "protocol": 5}
    about[where] = [pickle] if where == "filters" else pickle
    (path / ".zarray").write_text(json.dumps(about))
    with pytest.raises(ReadError, match=r"pickle|damaged|cannot be read") as caught:
        read_movie(path)
    assert caught.value.hint


def test_frames_that_are_too_large(tmp_path, data):
    path = write(tmp_path / "a.zarr", data)
    about = path / "zarr.json"
    about.write_text(about.read_text().replace("20,", "2000000,"))
    with pytest.raises(ReadError, match="too much"):
        read_movie(path)


def test_damaged_chunks(tmp_path, data):
    path = write(tmp_path / "a.zarr", data)
    chunk = path / "c" / "2" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes()[:40])
    movie = read_movie(path)
    with pytest.raises(ReadError, match="rame 2"):
        movie.frames.frame(2)
    np.testing.assert_array_equal(movie.frames.frame(3), data[3])


@pytest.mark.parametrize("filters", [None, "delta"])
def test_a_blosc_header_that_leads_astray(tmp_path, data, filters):
    """Each of these numbers makes the library leave its memory."""
    import numcodecs

    options = {"compressors": numcodecs.Blosc()}
    if filters:
        options["filters"] = [numcodecs.Delta(dtype="<u2")]
    path = write(tmp_path / "a.zarr", data, form=2, **options)
    np.testing.assert_array_equal(np.asarray(read_movie(path).frames), data)
    chunk = path / "2.0.0"
    whole = chunk.read_bytes()
    for place in (3, 4, 6, 11, 12):
        raw = bytearray(whole)
        raw[place] = 0 if place == 3 else raw[place] ^ 0x55
        chunk.write_bytes(raw)
        with pytest.raises(ReadError, match="rame 2"):
            read_movie(path).frames.frame(2)
    for kept in (10, 17, len(whole) - 1):
        chunk.write_bytes(whole[:kept])
        with pytest.raises(ReadError, match="rame 2"):
            read_movie(path).frames.frame(2)


def test_blosc_in_shards(tmp_path, data):
    from zarr.codecs import BloscCodec

    path = write(
        tmp_path / "a.zarr", data, shards=(3, 20, 17), compressors=BloscCodec()
    )
    np.testing.assert_array_equal(np.asarray(read_movie(path).frames), data)
    shard = path / "c" / "1" / "0" / "0"
    raw = bytearray(shard.read_bytes())
    raw[8] ^= 0x40  # the block size of its first chunk
    raw[11] ^= 0x40
    shard.write_bytes(raw)
    movie = read_movie(path)
    np.testing.assert_array_equal(movie.frames.frame(2), data[2])
    with pytest.raises(ReadError, match="contradicts itself"):
        movie.frames.frame(4)
    shard.write_bytes(raw[:30])
    with pytest.raises(ReadError, match="cut off"):
        read_movie(path).frames.frame(4)


def test_shards_that_are_links_are_not_followed(tmp_path, data):
    path = write(tmp_path / "a.zarr", data, shards=(3, 20, 17))
    shard = path / "c" / "1" / "0" / "0"
    shard.rename(tmp_path / "elsewhere")
    shard.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReadError, match="link to another place"):
        read_movie(path).frames.frame(4)


def test_without_the_library(tmp_path, data, monkeypatch):
    import sys

    path = write(tmp_path / "a.zarr", data)
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(MissingExtraError, match="zarr"):
        read_movie(path)
