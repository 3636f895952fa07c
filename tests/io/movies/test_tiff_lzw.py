"""LZW pages: every layout that tifffile writes, and damage that must not crash."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile

from napari_insitu_tem import read_movie
from napari_insitu_tem.io.movies.tiff_lzw import decode_lzw, is_lzw, packed_parts

LAYOUTS = ({}, {"tile": (16, 32)}, {"rowsperstrip": 7})
COLOURS = ((50, 70), (50, 70, 3), (50, 70, 4), (3, 50, 70))


def packed(data: np.ndarray, **options) -> tifffile.TiffFile:
    buffer = io.BytesIO()
    is_grey = data.ndim == 2
    options["photometric"] = "minisblack" if is_grey else "rgb"
    if not is_grey:
        options["planarconfig"] = "separate" if data.shape[0] == 3 else "contig"
    tifffile.imwrite(buffer, data, compression="lzw", metadata=None, **options)
    buffer.seek(0)
    return tifffile.TiffFile(buffer)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "u4", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("predictor", [False, True])
def test_as_tifffile_reads_it(rng, dtype, order, predictor):
    for layout in LAYOUTS:
        for shape in COLOURS:
            data = rng.integers(0, 100, shape).astype(dtype)
            with packed(data, byteorder=order, predictor=predictor, **layout) as tif:
                page = tif.pages[0]
                assert is_lzw(page)
                read = decode_lzw(page, packed_parts(page))
            np.testing.assert_array_equal(read, data)


def test_damaged_parts_raise(rng):
    data = rng.integers(0, 9, (64, 64)).astype("u2")
    with packed(data, rowsperstrip=16) as tif:
        page = tif.pages[0]
        whole = packed_parts(page)
        failed = 0
        for _ in range(2000):
            parts = [bytearray(part) for part in whole]
            for place in rng.integers(0, min(map(len, parts)), 4):
                parts[int(rng.integers(4))][place] = rng.integers(256)
            try:
                assert decode_lzw(page, list(map(bytes, parts))).shape == data.shape
            except RuntimeError:
                failed += 1
    assert failed > 1000


def test_unusual_pixels_are_refused():
    with packed(np.zeros((8, 8), "u2"), rowsperstrip=8) as tif:
        page = tif.pages[0]
        page.bitspersample = 24
        with pytest.raises(ValueError, match="24 bits"):
            decode_lzw(page, packed_parts(page))


@pytest.mark.parametrize("bits", [2, 4, 10, 12, 14])
def test_pixels_that_do_not_fill_bytes(tmp_path, rng, bits):
    data = rng.integers(0, 2**bits, (3, 20, 37)).astype("u1" if bits < 8 else "u2")
    digits = (data[..., None] >> np.arange(bits)[::-1]) & 1
    packed = np.packbits(digits.reshape(3, 20, -1).astype(bool), axis=-1)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for page in packed:
            file.write(
                page,
                photometric="minisblack",
                compression="lzw",
                metadata=None,
                rowsperstrip=7,
            )
    with tifffile.TiffFile(path, mode="r+") as file:
        for page in file.pages:
            page.tags[256].overwrite(37)
            page.tags[258].overwrite(bits)
    movie = read_movie(path)
    assert movie.dtype == data.dtype
    np.testing.assert_array_equal(np.asarray(movie.frames), data)


def test_black_and_white(tmp_path, rng):
    data = rng.integers(0, 2, (3, 20, 37)).astype(bool)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, data, photometric="minisblack", compression="lzw")
    movie = read_movie(path)
    assert movie.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
