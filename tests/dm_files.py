"""DigitalMicrograph files written for the tests: a tree of tags, DM3 or DM4."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

KINDS = {
    "i2": 2, "i4": 3, "u2": 4, "u4": 5, "f4": 6, "f8": 7, "i1": 9, "u1": 10,
    "i8": 11, "u8": 12,
}  # fmt: skip
CODES = {
    "int16": 1, "float32": 2, "uint8": 6, "int32": 7, "int8": 9, "uint16": 10,
    "uint32": 11, "float64": 12, "int64": 39, "uint64": 40,
}  # fmt: skip


class Writer:
    """Turns dictionaries, lists and values into the bytes of a tree."""

    def __init__(self, version: int = 4, order: str = "<") -> None:
        self.version, self.order = version, order

    def file(self, root: Mapping[str, Any]) -> bytes:
        body = self.group(root)
        order = struct.pack(">i", self.order == "<")
        start = struct.pack(">i", self.version)
        return start + self.count(len(body)) + order + body + b"\0" * 8

    def count(self, *values: int) -> bytes:
        kind = "q" if self.version == 4 else "i"
        return struct.pack(f">{len(values)}{kind}", *values)

    def group(self, content: Mapping[str, Any] | Sequence[Any]) -> bytes:
        pairs = (
            list(content.items())
            if isinstance(content, Mapping)
            else [("", value) for value in content]
        )
        body = b"".join(self.tag(name, value) for name, value in pairs)
        return b"\x01\x00" + self.count(len(pairs)) + body

    def tag(self, name: str, value: Any) -> bytes:
        raw = name.encode("latin-1")
        is_group = isinstance(value, Mapping | list)
        body = self.group(value) if is_group else self.value(value)
        head = struct.pack(">BH", 20 if is_group else 21, len(raw)) + raw
        return head + (self.count(len(body)) if self.version == 4 else b"") + body

    def value(self, value: Any) -> bytes:
        info, data = self.described(value)
        return b"%%%%" + self.count(len(info), *info) + data

    def described(self, value: Any) -> tuple[list[int], bytes]:
        if isinstance(value, str):
            raw = value.encode("utf-16-le" if self.order == "<" else "utf-16-be")
            return [20, 4, len(raw) // 2], raw
        if isinstance(value, bool):
            return [8], bytes([value])
        if isinstance(value, tuple):
            numbers = np.array(value, self.order + "f8")
            return [15, 0, len(value), *[0, 7] * len(value)], numbers.tobytes()
        if isinstance(value, np.ndarray) and value.dtype.kind == "c":
            half = f"f{value.dtype.itemsize // 2}"
            kind = [15, 0, 2, 0, KINDS[half], 0, KINDS[half]]
            return [20, *kind, value.size], value.tobytes()
        kind = "i4" if isinstance(value, int) else "f8"
        array = np.asarray(value, None if hasattr(value, "dtype") else kind)
        raw = array.astype(array.dtype.newbyteorder(self.order)).tobytes()
        code = KINDS[array.dtype.str[1:]]
        return ([20, code, array.size] if array.ndim else [code]), raw


def image(
    data: np.ndarray,
    axes: Sequence[tuple[float, str]] = (),
    tags: Mapping[str, Any] | None = None,
    *,
    code: int | None = None,
    dimensions: Sequence[int] | None = None,
) -> dict[str, Any]:
    """An entry of the image list; `axes` are scale and unit, x first."""
    lengths = list(data.shape[::-1] if dimensions is None else dimensions)
    axes = list(axes) + [(1.0, "")] * (len(lengths) - len(axes))
    return {
        "ImageData": {
            "Calibrations": {
                "Brightness": {"Origin": 0.0, "Scale": 0.25, "Units": "e-"},
                "Dimension": [
                    {"Origin": 0.0, "Scale": scale, "Units": unit}
                    for scale, unit in axes
                ],
            },
            "Data": data,
            "DataType": np.uint32(CODES[str(data.dtype)] if code is None else code),
            "Dimensions": [np.uint32(n) for n in lengths],
            "PixelDepth": np.uint32(data.dtype.itemsize),
        },
        "ImageTags": dict(tags or {}),
        "Name": "wire",
    }


def thumbnail(side: int = 40) -> dict[str, Any]:
    """An RGB image, as large as DigitalMicrograph's own."""
    return image(np.zeros((side, side), "i4"), code=23)


def write_dm(
    path: Path,
    *images: Mapping[str, Any],
    version: int | None = None,
    order: str = "<",
    **more: Any,
) -> Path:
    """A file whose first image is a thumbnail where `Thumbnails` says so."""
    version = version or int(path.suffix[-1])
    root = {"DocumentObjectList": [{"Range": (0.0, 1.0)}], "ImageList": list(images)}
    path.write_bytes(Writer(version, order).file({**root, **more}))
    return path


SEQUENCE = {
    "Acquisition Start Time (epoch)": 1.3140161884138896e17,
    "Frame Exposure (s)": 0.04,
    "Frame Index": 3,
    "Frame Start (ns)": 0.5e9,
}


def camera_tags(**sequence: Any) -> dict[str, Any]:
    """The tags of a camera in the middle of a recording."""
    return {
        "Acquisition": {"Frame": {"Sequence": {**SEQUENCE, **sequence}}},
        "DataBar": {
            "Acquisition Date": "5/25/2017",
            "Acquisition Time": "12:58:14 AM",
            "Acquisition Time (OS)": 1.3140161894481715e17,
            "Device Name": "OneView",
            "Exposure Time (s)": 0.8,
        },
        "Microscope Info": {"Indicated Magnification": 410000.0, "Voltage": 300000.0},
    }
