"""LZW pages: every layout that tifffile writes, and damage that must not crash."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile

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
        page.bitspersample = 12
        with pytest.raises(ValueError, match="12 bits"):
            decode_lzw(page, packed_parts(page))
