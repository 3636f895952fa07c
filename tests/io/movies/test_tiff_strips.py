"""Packed strips: as tifffile reads them, and a sentence for those that are short."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile

from napari_insitu_tem.io.movies.tiff_lzw import packed_parts
from napari_insitu_tem.io.movies.tiff_strips import decode_strips, strip_decoder


def packed(data: np.ndarray, codec: str, **options) -> tifffile.TiffFile:
    buffer = io.BytesIO()
    photometric = "rgb" if data.shape[-1] in (3, 4) else "minisblack"
    tifffile.imwrite(
        buffer, data, compression=codec, photometric=photometric, metadata=None,
        **options,
    )  # fmt: skip
    buffer.seek(0)
    return tifffile.TiffFile(buffer)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("codec", ["zlib", "zstd"])
@pytest.mark.parametrize("rows", [1, 7, 50])
def test_as_tifffile_reads_it(rng, dtype, order, codec, rows):
    for shape in ((50, 71), (50, 71, 3)):
        data = rng.integers(0, 100, shape).astype(dtype)
        with packed(data, codec, byteorder=order, rowsperstrip=rows) as tif:
            page = tif.pages[0]
            decode = strip_decoder(page)
            assert decode is not None
            read = decode_strips(page, packed_parts(page), decode)
        np.testing.assert_array_equal(read, data)
        assert read.dtype.isnative


@pytest.mark.parametrize(
    "options", [{"predictor": True}, {"tile": (16, 16)}, {"compression": "packbits"}]
)
def test_what_is_left_to_tifffile(rng, options):
    data = rng.integers(0, 100, (50, 71)).astype("u2")
    with packed(data, options.pop("compression", "zlib"), **options) as tif:
        assert strip_decoder(tif.pages[0]) is None


def test_short_and_missing_strips(rng):
    data = rng.integers(0, 100, (50, 71)).astype("u2")
    with packed(data, "zlib", rowsperstrip=10) as tif:
        page = tif.pages[0]
        parts, decode = packed_parts(page), strip_decoder(page)
        with packed(data[:3], "zlib", rowsperstrip=10) as other:
            short = packed_parts(other.pages[0])
        with pytest.raises(ValueError, match="a strip has 426 of 1420 bytes"):
            decode_strips(page, [*parts[:4], *short], decode)
        with pytest.raises(ValueError, match="4 strips"):
            decode_strips(page, parts[:4], decode)
