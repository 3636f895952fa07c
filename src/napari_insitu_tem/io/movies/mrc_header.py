"""The fixed header of an MRC file: sizes, kind of number, cell, byte order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_insitu_tem.io.movies.raw_frames import MAX_SIDE

HEADER_BYTES = 1024
_IMOD_STAMP = 1146047817
_KINDS = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
#: Modes that are known but hold no grey image.
REFUSED = {
    3: "complex numbers of 16 bits",
    4: "complex numbers",
    16: "colour in a form of IMOD's own",
    101: "numbers of 4 bits packed in pairs",
}


@dataclass(frozen=True)
class Header:
    """The header, in the byte order that makes sense of it.

    Attributes
    ----------
    values
        Record with the field names of mrcfile.
    byteorder
        "<" or ">".
    """

    values: Any
    byteorder: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """(sections, rows, columns) as the header has them."""
        return int(self.values.nz), int(self.values.ny), int(self.values.nx)

    @property
    def mode(self) -> int:
        """What a value is, by the number of the standard."""
        return int(self.values.mode)

    @property
    def extended_bytes(self) -> int:
        """Length of the extended header."""
        return int(self.values.nsymbt)

    @property
    def data_offset(self) -> int:
        """Byte at which the first section begins."""
        return HEADER_BYTES + self.extended_bytes

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """Type of a value in the file; None where it is no grey level."""
        kind = _KINDS.get(self.mode)
        if kind is None:
            return None
        if self.mode == 0 and self._has_unsigned_bytes():
            kind = "u1"
        return np.dtype(f"{self.byteorder}{kind}")

    @property
    def pixel_size_angstrom(self) -> tuple[float, float]:
        """(y, x), whatever they are: unset ones are zero or negative."""
        values = self.values
        counts = (int(values.mx), int(values.my), int(values.mz))
        cell = [float(values.cella[axis]) for axis in "xyz"]
        sizes = [c / n if n > 0 else 0.0 for c, n in zip(cell, counts, strict=True)]
        column, row = int(values.mapc) or 1, int(values.mapr) or 2
        return sizes[row - 1], sizes[column - 1]

    @property
    def labels(self) -> str:
        """The labels in use, as one text."""
        texts = [bytes(label).decode("latin-1").strip("\x00 ") for label in self._raw]
        return "; ".join(text for text in texts if text)

    @property
    def _raw(self) -> Any:
        return self.values.label

    def _has_unsigned_bytes(self) -> bool:
        """IMOD's flag: bytes are unsigned where IMOD wrote them and did not sign."""
        stamp, flags = np.frombuffer(
            self.values.extra2.tobytes()[40:48], f"{self.byteorder}i4"
        )
        return bool(stamp == _IMOD_STAMP and not flags & 1)

    def is_plausible(self) -> bool:
        """Whether the numbers could be those of images."""
        sections, rows, columns = self.shape
        values = self.values
        axes = sorted(int(axis) for axis in (values.mapc, values.mapr, values.maps))
        return (
            0 < columns <= MAX_SIDE
            and 0 < rows <= MAX_SIDE
            and sections >= 0
            and (self.mode in _KINDS or self.mode in REFUSED)
            and self.extended_bytes >= 0
            and axes in ([1, 2, 3], [0, 0, 0])
        )


def is_marked(head: bytes) -> bool:
    """Whether the mark of the standard of 2000 is there, with a machine stamp."""
    return head[208:211] == b"MAP" and head[212:213] in (b"\x44", b"\x11")


def parse_header(head: bytes) -> Header | None:
    """The header in the byte order in which it is plausible; None where in neither."""
    from mrcfile.dtypes import HEADER_DTYPE

    if len(head) < HEADER_BYTES:
        return None
    raw = np.frombuffer(head[:HEADER_BYTES], HEADER_DTYPE)
    orders = (">", "<") if head[212:213] == b"\x11" else ("<", ">")
    for order in orders:
        values = raw.view(HEADER_DTYPE.newbyteorder(order)).view(np.recarray)[0]
        header = Header(values, order)
        if header.is_plausible():
            return header
    return None
