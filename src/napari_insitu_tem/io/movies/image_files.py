"""Single images: what kind a file is, what its header says, how it is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.axon import take_axon
from napari_insitu_tem.io.movies.dates import tiff_stamp
from napari_insitu_tem.io.movies.facts import Facts
from napari_insitu_tem.io.movies.plain_image import PlainImage, plain_image
from napari_insitu_tem.io.movies.tiff import is_tiff, open_tiff
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.timebase import StartStamp

_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"BM": "BMP",
}
#: Pillow's modes that need no conversion, and what a pixel of them is.
_PLAIN = {
    "L": ("u1", 0),
    "RGB": ("u1", 3),
    "RGBA": ("u1", 4),
    "I": ("i4", 0),
    "I;16": ("u2", 0),
    "I;16L": ("u2", 0),
    "I;16B": ("u2", 0),
    "F": ("f4", 0),
}
#: What the others are converted to.
_CONVERTED = {"1": "L", "LA": "L", "La": "L", "PA": "RGBA", "RGBa": "RGBA"}
_EXIF_WHEN, _EXIF_FRACTION, _EXIF_BLOCK = 36867, 37521, 0x8769


@dataclass(frozen=True)
class ImageHeader:
    """What must be equal in all images of a movie, and what may differ.

    Attributes
    ----------
    shape
        (y, x) or (y, x, channel).
    dtype
        Type of a pixel.
    facts
        What else the file says.
    plain
        Where its pixels lie as they are; None where they have to be decoded.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    facts: Facts
    plain: PlainImage | None = None


def image_kind(head: bytes) -> str:
    """Name of the image format by the first bytes; empty for anything else."""
    if is_tiff(head):
        return "TIFF"
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            # "BM" is a short mark: a bitmap also has its reserved bytes at zero.
            return kind if kind != "BMP" or head[6:10] == b"\x00" * 4 else ""
    return ""


def kind_of(path: Path) -> str:
    """Name of the image format of a file; empty where it is none or unreadable."""
    try:
        with path.open("rb") as file:
            return image_kind(file.read(16))
    except OSError:
        return ""


def is_single_image(path: Path) -> bool:
    """Whether a file holds one image: no stack, nothing else."""
    kind = kind_of(path)
    if kind != "TIFF":
        return bool(kind)
    from napari_insitu_tem.io.movies.tiff_layout import claims_one_image

    try:
        with open_tiff(path) as tif:
            return claims_one_image(tif)
    except ReadError:
        return False


def read_header(path: Path) -> ImageHeader:
    """Look at a file without decoding its pixels."""
    return _tiff_header(path) if kind_of(path) == "TIFF" else _other_header(path)


def decode(path: Path) -> NDArray[Any]:
    """The pixels of a file, (y, x) or (y, x, channel)."""
    kind = kind_of(path)
    if kind == "TIFF":
        return _decode_tiff(path)
    if kind == "PNG" and _is_deep_colour_png(path):
        import imagecodecs  # Pillow would cut 16-bit colour to 8 bits

        data = np.asarray(imagecodecs.png_decode(path.read_bytes()))
        return data if data.shape[-1] > 2 else data[..., 0]
    from PIL import Image

    with Image.open(path) as image:
        mode = _target_mode(image)
        return np.asarray(image if mode == image.mode else image.convert(mode))


def _tiff_header(path: Path) -> ImageHeader:
    from napari_insitu_tem.io.movies.tiff_layout import common_kind
    from napari_insitu_tem.io.movies.tiff_metadata import tiff_facts

    with open_tiff(path) as tif:
        kind = common_kind(tif, path)
        shape, dtype = kind.frame
        plain = plain_image(tif, kind, path)
        return ImageHeader(shape, dtype, tiff_facts(tif, 1), plain)


def _decode_tiff(path: Path) -> NDArray[Any]:
    from napari_insitu_tem.io.movies.tiff_layout import common_kind
    from napari_insitu_tem.io.movies.tiff_pages import PageFrames

    with open_tiff(path) as tif:
        return PageFrames(tif, path, [0], common_kind(tif, path)).read_frame(0)


def _other_header(path: Path) -> ImageHeader:
    from PIL import Image

    with Image.open(path) as image:
        mode = _target_mode(image)
        width, height = image.size
        facts = Facts()
        if image.format == "JPEG":
            facts.stamp = _exif_stamp(image.getexif())
        elif image.format == "PNG":
            take_axon(path, facts)
    kind, channels = _PLAIN[mode]
    if kind_of(path) == "PNG" and _is_deep_colour_png(path):
        kind = "u2"
    shape = (height, width, channels) if channels else (height, width)
    return ImageHeader(shape, np.dtype(kind), facts)


def _target_mode(image: Any) -> str:
    """The mode in which an image is read; a palette of greys stays grey."""
    if image.mode == "P" and image.palette is not None:
        colours = np.frombuffer(image.palette.palette, np.uint8)
        if image.palette.mode == "RGB" and colours.size % 3 == 0:
            red, green, blue = colours.reshape(-1, 3).T
            return "L" if (red == green).all() and (red == blue).all() else "RGB"
    return image.mode if image.mode in _PLAIN else _CONVERTED.get(image.mode, "RGB")


def _is_deep_colour_png(path: Path) -> bool:
    """Whether a PNG has 16 bits and several channels (bytes 24 and 25 of its start)."""
    with path.open("rb") as file:
        head = file.read(26)
    return len(head) == 26 and head[24] == 16 and head[25] in (2, 4, 6)


def _exif_stamp(exif: Any) -> StartStamp | None:
    """When a camera took the image, with its fraction of a second."""
    block = exif.get_ifd(_EXIF_BLOCK)
    stamp = tiff_stamp(block.get(_EXIF_WHEN), "EXIF DateTimeOriginal")
    fraction = str(block.get(_EXIF_FRACTION, "")).strip("\x00 ")
    if stamp is None or not fraction.isdecimal():
        return stamp
    micro = int(fraction[:6].ljust(6, "0"))
    when: datetime = stamp.when.replace(microsecond=micro)
    return StartStamp(when, 10.0 ** -min(len(fraction), 6), stamp.source)
