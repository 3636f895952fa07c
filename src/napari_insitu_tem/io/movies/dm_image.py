"""Which array of a DigitalMicrograph file is the movie, and how its frames lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.dm_tags import (
    Block,
    Group,
    Tags,
    entries,
    find,
    number,
    text,
)
from napari_insitu_tem.io.movies.facts import Facts
from napari_insitu_tem.io.movies.raw_frames import MAX_FRAME_BYTES, MAX_SIDE
from napari_insitu_tem.model.dataset import Dataset
from napari_insitu_tem.model.errors import ReadError

#: DigitalMicrograph's numbers for types of pixels, and what they are here.
_PIXELS = {
    1: "i2",
    2: "f4",
    6: "u1",
    7: "i4",
    9: "i1",
    10: "u2",
    11: "u4",
    12: "f8",
    14: "u1",
    39: "i8",
    40: "u8",
}
_RGB = 23
_REFUSED = {
    3: "complex numbers",
    5: "complex numbers (a Fourier transform)",
    13: "complex numbers",
    27: "complex numbers (a Fourier transform)",
    28: "numbers of 128 bits",
}
_ENERGIES = ("ev", "kev")
_MAX_CHOICE = 200

Finish = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class DmImage:
    """An image or stack of a file.

    Attributes
    ----------
    tags
        Its entry in the list of images.
    offset
        Byte at which the first frame begins.
    shape
        (t, y, x).
    stored_shape, dtype
        Of a frame as it lies in the file.
    finish
        What turns such a frame into the one that is shown; None where it is that.
    warnings
        Sentences for the user.
    """

    tags: Group
    offset: int
    shape: tuple[int, int, int]
    stored_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    finish: Finish | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame in the file."""
        return math.prod(self.stored_shape) * self.dtype.itemsize

    @property
    def offsets(self) -> range:
        """Byte offset of each frame."""
        stop = self.offset + self.shape[0] * self.frame_bytes
        return range(self.offset, stop, self.frame_bytes)


def choose_image(
    tags: Tags, path: Path, wanted: str = "", facts: Facts | None = None
) -> DmImage:
    """The largest array that can be frames, or the wanted one; no thumbnail.

    Parameters
    ----------
    tags
        Of the file.
    path
        The file.
    wanted
        Its number in the list of images, or its name; "" for the largest.
    facts
        Told which images there are.

    Raises
    ------
    ReadError
        There is no array, none that is an image or a stack of images, or not the wanted
        one.
    """
    arrays = _arrays(tags.root)
    if not arrays:
        what = "is cut off before its image" if tags.is_cut else "holds no image"
        raise ReadError(
            f"{path.name} {what}.", hint="Copy or save it again.", path=path
        )
    images, datasets = _images(arrays, path)
    why = f"The file holds {len(images)} images; the largest was taken."
    facts = Facts() if facts is None else facts
    image = images[facts.choose(datasets, wanted, path, best=0, why=why)]
    if tags.is_cut:
        image.warnings.append(
            "The file is cut off behind its image; times and other tags may lack."
        )
    return image


def _images(
    arrays: Sequence[tuple[int, Group]], path: Path
) -> tuple[list[DmImage], list[Dataset]]:
    """The arrays that can be frames, the largest first."""
    by_size = sorted(arrays, key=lambda a: -find(a[1], "ImageData", "Data").nbytes)
    images, datasets, failures = [], [], []
    for place, array in by_size[:_MAX_CHOICE]:
        try:
            image = _as_image(array, path)
        except ReadError as error:
            failures.append(error)
            continue
        name = text(array, "Name") or f"image {place}"
        images.append(image)
        datasets.append(Dataset(str(place), name, image.shape, str(image.dtype)))
    if not images:
        raise failures[0]
    return images, datasets


def _arrays(root: Group) -> list[tuple[int, Group]]:
    """Place and entry of the images that have data, without the thumbnails."""
    thumbnails = {number(t, "ImageIndex") for t in entries(root, "Thumbnails")}
    found = [
        (place, entry)
        for place, entry in enumerate(entries(root, "ImageList"))
        if isinstance(find(entry, "ImageData", "Data"), Block)
    ]
    return [array for array in found if array[0] not in thumbnails] or found


def _as_image(array: Group, path: Path) -> DmImage:
    data: Block = array["ImageData"]["Data"]
    code = number(array, "ImageData", "DataType")
    _refuse_spectra(array, path)
    shape = _frame_shape(array, path)
    order = "<" if data.dtype.isnative == (np.little_endian) else ">"
    if data.dtype.itemsize == 1:
        order = "="
    stored, dtype, finish = _pixels(code, shape, order, data, path)
    image = DmImage(array, data.offset, shape, stored, dtype, finish)
    if image.frame_bytes > MAX_FRAME_BYTES or max(shape[1:]) > MAX_SIDE:
        raise _impossible(path, f"a frame of {shape[1]} x {shape[2]} pixels")
    if shape[0] * image.frame_bytes > data.nbytes:
        raise _impossible(
            path, f"{' x '.join(map(str, shape))} pixels in {data.nbytes} bytes"
        )
    return image


def _pixels(
    code: float, shape: tuple[int, int, int], order: str, data: Block, path: Path
) -> tuple[tuple[int, ...], np.dtype[Any], Finish | None]:
    if code == _RGB:
        is_big = data.dtype.itemsize > 1 and order == ">"
        return (*shape[1:], 4), np.dtype("u1"), _from_argb if is_big else _from_bgra
    if code in _PIXELS:
        return shape[1:], np.dtype(order + _PIXELS[int(code)]), None
    what = _REFUSED.get(int(code) if math.isfinite(code) else -1)
    raise ReadError(
        f"{path.name} holds {what or f'pixels of an unknown type ({code:g})'}, which "
        "are no grey levels.",
        hint="Convert it to real numbers or integers in DigitalMicrograph first.",
        path=path,
    )


def _frame_shape(array: Group, path: Path) -> tuple[int, int, int]:
    """(t, y, x) from the lengths of the axes, which the file gives from x on."""
    lengths = entries(array, "ImageData", "Dimensions")
    if not lengths or not all(isinstance(n, int) and n > 0 for n in lengths):
        raise _impossible(path, f"axes of lengths {lengths}")
    while len(lengths) > 3 and lengths[-1] == 1:
        lengths.pop()
    if len(lengths) > 3:
        raise ReadError(
            f"{path.name} has {len(lengths)} axes "
            f"({' x '.join(str(n) for n in lengths)}), which is no movie: scanned "
            "diffraction, for example.",
            hint="Sum or cut it to images over time in DigitalMicrograph first.",
            path=path,
        )
    if len(lengths) < 2 or 1 in lengths[:2]:
        raise ReadError(
            f"{path.name} holds a line of numbers (a spectrum or a profile), not "
            "images.",
            hint="Open the file of the images.",
            path=path,
        )
    x, y, *t = lengths
    return (t[0] if t else 1), y, x


def _refuse_spectra(array: Group, path: Path) -> None:
    form = text(array, "ImageTags", "Meta Data", "Format")
    units = [
        text(axis, "Units").lower()
        for axis in entries(array, "ImageData", "Calibrations", "Dimension")
    ]
    if form.lower().startswith("spectrum") or any(u in _ENERGIES for u in units):
        raise ReadError(
            f"{path.name} holds spectra ({form or 'an axis in ' + units[0]}), not "
            "images.",
            hint="Open the file of the images.",
            path=path,
        )


def _from_bgra(frame: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(frame[..., 2::-1])


def _from_argb(frame: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(frame[..., 1:])


def _impossible(path: Path, what: str) -> ReadError:
    return ReadError(
        f"{path.name} is damaged: its tags promise {what}.",
        hint="Copy or export it again.",
        path=path,
    )
