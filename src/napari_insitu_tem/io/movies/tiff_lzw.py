"""Pages of TIFF files that are packed with LZW, decoded by libtiff.

The quicker-to-reach decoder of imagecodecs writes beyond its memory on some damaged
data, which ends the program. libtiff checks what it reads, and takes half the time; it
wants a file, so one is put together in memory: a header that can be relied on, and the
packed parts of the page.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tifffile import TiffFrame, TiffPage

LZW = 5
_KINDS = {"u": 1, "i": 2, "f": 3}
_BITS = (8, 16, 32, 64)
_MOST_PACKED = 16
_SHORT, _LONG = 3, 4
_SEPARATE = 2
_MOST_BYTES = 2**32 - 2**20

Tag = tuple[int, int, list[int]]


def is_lzw(page: TiffPage | TiffFrame) -> bool:
    """Whether a page is packed with LZW."""
    return int(_model(page).compression) == LZW


def packed_parts(page: TiffPage | TiffFrame) -> list[bytes]:
    """The packed strips or tiles of a page; the file must not be read meanwhile.

    Raises
    ------
    ValueError
        They are impossibly large.
    """
    if sum(page.databytecounts) > _MOST_BYTES:
        raise ValueError("its packed data are impossibly large")
    handle = page.parent.filehandle
    parts = []
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        handle.seek(offset)
        parts.append(handle.read(count))
    return parts


def decode_lzw(page: TiffPage | TiffFrame, parts: list[bytes]) -> NDArray[Any]:
    """The values of a page from its parts, in the shape that tifffile gives it.

    Raises
    ------
    ValueError
        Its pixels are of an unusual kind.
    RuntimeError
        Its data are damaged.
    """
    model = _model(page)
    if _is_packed(model):
        return _unpacked(model, parts)
    if model.bitspersample not in _BITS or model.dtype.kind not in _KINDS:
        raise ValueError(f"LZW of {model.bitspersample} bits a value is not read")
    planes = model.samplesperpixel if model.planarconfig == _SEPARATE else 1
    each = len(parts) // planes
    shares = [parts[i * each : (i + 1) * each] for i in range(planes)]
    decoded = [_decoded(model, share, planes) for share in shares]
    return decoded[0] if planes == 1 else np.stack(decoded).reshape(model.shape)


def _is_packed(model: Any) -> bool:
    """Whether pixels of 1, 2, 4, 12 ... bits lie in strips of one plane."""
    return (
        model.bitspersample < _MOST_PACKED
        and model.bitspersample not in _BITS
        and int(model.predictor) == 1
        and not model.is_tiled
        and model.planarconfig != _SEPARATE
    )


def _unpacked(model: Any, parts: list[bytes]) -> NDArray[Any]:
    """Pixels that do not fill bytes: rows of bytes are decoded, then taken apart."""
    import imagecodecs

    run, bits = model.imagewidth * model.samplesperpixel, int(model.bitspersample)
    packed = imagecodecs.tiff_decode(_tiny_file(model, parts, 1, -(-run * bits // 8)))
    kind = np.dtype(np.uint8 if bits < 8 else np.uint16)
    values = imagecodecs.packints_decode(
        np.ascontiguousarray(packed).tobytes(), kind, bits, runlen=run
    )
    return np.asarray(values).reshape(model.shape).astype(model.dtype, copy=False)


def _model(page: TiffPage | TiffFrame) -> Any:
    """The page whose tags hold for this one."""
    return page.keyframe


def _decoded(model: Any, parts: list[bytes], planes: int) -> NDArray[Any]:
    import imagecodecs

    samples = model.samplesperpixel // planes
    data = imagecodecs.tiff_decode(_tiny_file(model, parts, samples))
    shape = (model.imagelength, model.imagewidth, samples)
    return np.asarray(data).reshape(shape if samples > 1 else shape[:2])


def _tiny_file(
    model: Any, parts: list[bytes], samples: int, row_bytes: int = 0
) -> bytes:
    """A TIFF file of one page: header, packed parts, tags.

    With `row_bytes` its pixels are said to be bytes, so many in a row.
    """
    order = model.parent.byteorder
    offsets = list(np.cumsum([8, *map(len, parts)]))
    body = b"".join(parts)
    body += b"\0" * (len(body) % 2)
    tags = _tags(model, [int(o) for o in offsets[:-1]], list(map(len, parts)), samples)
    if row_bytes:
        as_bytes = {256: [row_bytes], 258: [8], 339: [1]}
        tags = [(code, kind, as_bytes.get(code, n)) for code, kind, n in tags]
    at = 8 + len(body)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", at) + body + _directory(tags, at, order)


def _tags(model: Any, offsets: list[int], counts: list[int], samples: int) -> list[Tag]:
    tags: list[Tag] = [
        (256, _LONG, [model.imagewidth]),
        (257, _LONG, [model.imagelength]),
        (258, _SHORT, [model.bitspersample] * samples),
        (259, _SHORT, [LZW]),
        (262, _SHORT, [2 if samples > 2 else 1]),
        (266, _SHORT, [int(model.fillorder)]),
        (277, _SHORT, [samples]),
        (284, _SHORT, [1]),
        (317, _SHORT, [int(model.predictor)]),
        (339, _SHORT, [_KINDS.get(model.dtype.kind, 1)] * samples),
    ]
    extra = samples - (3 if samples > 2 else 1)
    if extra:
        tags.append((338, _SHORT, [0] * extra))
    if model.is_tiled:
        tags += [(322, _LONG, [model.tilewidth]), (323, _LONG, [model.tilelength])]
        return [*tags, (324, _LONG, offsets), (325, _LONG, counts)]
    rows = min(int(model.rowsperstrip), int(model.imagelength))
    return [*tags, (273, _LONG, offsets), (278, _LONG, [rows]), (279, _LONG, counts)]


def _directory(tags: list[Tag], at: int, order: str) -> bytes:
    """The tags in their order; values that do not fit into theirs behind them."""
    behind = at + 2 + 12 * len(tags) + 4
    head, tail = struct.pack(f"{order}H", len(tags)), b""
    for code, kind, values in sorted(tags):
        raw = struct.pack(
            f"{order}{len(values)}{'H' if kind == _SHORT else 'I'}", *values
        )
        if len(raw) > 4:
            place = struct.pack(f"{order}I", behind + len(tail))
            tail += raw + b"\0" * (len(raw) % 2)
            raw = place
        head += struct.pack(f"{order}HHI", code, kind, len(values)) + raw.ljust(
            4, b"\0"
        )
    return head + struct.pack(f"{order}I", 0) + tail
