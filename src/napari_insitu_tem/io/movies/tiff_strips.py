"""Packed strips of a TIFF page, each decoded to its place in the frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tifffile import TiffFrame, TiffPage

#: TIFF's numbers of compression to the decoder of imagecodecs.
_DECODERS = {
    8: "zlib_decode",
    32946: "zlib_decode",
    34926: "zstd_decode",
    50000: "zstd_decode",
}
_BITS = (8, 16, 32, 64)
_SEPARATE = 2

Decode = Callable[..., Any]


def strip_decoder(page: TiffPage | TiffFrame) -> Decode | None:
    """What unpacks the strips of a page; None where tifffile has to do more."""
    model: Any = page.keyframe
    name = _DECODERS.get(int(model.compression))
    is_simple = (
        not model.is_tiled
        and int(model.predictor) == 1
        and int(model.fillorder) == 1
        and (model.samplesperpixel == 1 or int(model.planarconfig) != _SEPARATE)
        and model.bitspersample in _BITS
        and model.dtype.kind in "uif"
    )
    if name is None or not is_simple:
        return None
    import imagecodecs

    decode: Decode = getattr(imagecodecs, name)
    return decode


def decode_strips(
    page: TiffPage | TiffFrame, parts: list[bytes], decode: Decode
) -> NDArray[Any]:
    """The values of a page from its strips, without a copy between.

    Raises
    ------
    ValueError
        A strip is shorter than its rows.
    """
    model: Any = page.keyframe
    frame = np.empty(model.shape, model.dtype.newbyteorder(model.parent.byteorder))
    flat = frame.reshape(-1).view(np.uint8)
    rows = min(int(model.rowsperstrip), model.imagelength)
    size = frame.nbytes // model.imagelength * rows
    if math.ceil(flat.size / size) != len(parts):
        raise ValueError(f"it has {len(parts)} strips, which do not make up its rows")
    for number, part in enumerate(parts):
        strip = flat[number * size : (number + 1) * size]
        got = decode(part, out=strip)
        if len(got) != len(strip):
            raise ValueError(f"a strip has {len(got)} of {len(strip)} bytes")
    if frame.dtype.isnative:
        return frame
    return frame.byteswap(inplace=True).view(frame.dtype.newbyteorder("="))
