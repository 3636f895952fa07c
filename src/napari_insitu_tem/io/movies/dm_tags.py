"""The tag tree of DigitalMicrograph files: small values read, large arrays located."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.errors import ReadError

#: Arrays up to this size are read with the tree; longer ones stay in the file.
SMALL_BYTES = 4096
_MAX_TAGS = 100_000
_MAX_DEPTH = 64
_MAX_INFO = 4096
_GROUP, _DATA = 20, 21
_TEXT, _STRUCT, _ARRAY = 18, 15, 20
_KINDS = {
    2: "i2",
    3: "i4",
    4: "u2",
    5: "u4",
    6: "f4",
    7: "f8",
    8: "u1",
    9: "i1",
    10: "u1",
    11: "i8",
    12: "u8",
}

Group = dict[str, Any]
Way = tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """An array in the file.

    Attributes
    ----------
    offset
        Byte at which it begins.
    dtype
        Of an element, with its byte order.
    count
        Number of elements.
    raw
        Its bytes where they are few, else empty.
    """

    offset: int
    dtype: np.dtype[Any]
    count: int
    raw: bytes = b""

    @property
    def nbytes(self) -> int:
        """Bytes in the file."""
        return self.count * self.dtype.itemsize

    @property
    def values(self) -> NDArray[Any]:
        """The elements of a small array; empty for one that stays in the file."""
        return np.frombuffer(self.raw, self.dtype)

    @property
    def text(self) -> str:
        """A small array of 16-bit characters as text."""
        if self.dtype.kind != "u" or self.dtype.itemsize != 2:
            return ""
        order = "utf-16-be" if self.dtype.str[0] == ">" else "utf-16-le"
        return self.raw.decode(order, "replace").strip("\x00 ")


@dataclass
class Tags:
    """What was read of a file.

    Attributes
    ----------
    version
        3 or 4.
    root
        Groups by name; entries without a name are called "0", "1", ... in order.
    numbers
        Where each number lies, by its way through the groups.
    is_cut
        Whether the file ends inside the tree, whose end is therefore missing.
    """

    version: int
    root: Group = field(default_factory=dict)
    numbers: dict[Way, Block] = field(default_factory=dict)
    is_cut: bool = False


class _FileEnds(Exception):
    """The tree goes on behind the end of the file."""


def byte_order(head: bytes) -> str:
    """The byte order of the values, "<" or ">"; empty where it is no such file."""
    version = int.from_bytes(head[:4], "big")
    at = {3: 8, 4: 12}.get(version, 0)
    order = head[at : at + 4] if at else b""
    is_tree = all(flag < 2 for flag in head[at + 4 : at + 6]) and len(head) > at + 6
    if not is_tree or order not in (b"\x00\x00\x00\x00", b"\x00\x00\x00\x01"):
        return ""
    return "<" if order[3] else ">"


def read_tags(path: Path) -> Tags:
    """Read the tree of a file.

    Raises
    ------
    ReadError
        It is no such file, or its tree is damaged.
    """
    with path.open("rb") as file:
        head = file.read(32)
        order = byte_order(head)
        if not order:
            raise _damaged(path, "its header makes no sense")
        tags = Tags(version=head[3])
        size = path.stat().st_size
        reader = _Reader(file, path, order, size, is_long=tags.version == 4)
        reader.numbers = tags.numbers
        file.seek(16 if tags.version == 4 else 12)
        try:
            reader.group(tags.root, ())
        except _FileEnds:
            tags.is_cut = True
    return tags


def find(group: Any, *names: str) -> Any:
    """The value at the end of a way through groups; None where there is none."""
    for name in names:
        if not isinstance(group, dict) or name not in group:
            return None
        group = group[name]
    return group


def number(group: Any, *names: str) -> float:
    """A value as a number; NaN where there is none."""
    value = find(group, *names)
    return float(value) if isinstance(value, (int, float)) else float("nan")


def text(group: Any, *names: str) -> str:
    """A value as a text; empty where there is none."""
    value = find(group, *names)
    return value.text if isinstance(value, Block) else ""


def entries(group: Any, *names: str) -> list[Any]:
    """What a group holds, in the order of the file; empty where there is none."""
    value = find(group, *names)
    return list(value.values()) if isinstance(value, dict) else []


class _Reader:
    """Walks the tree; integers are big-endian, values have the order of the file."""

    def __init__(
        self, file: BinaryIO, path: Path, order: str, size: int, *, is_long: bool
    ) -> None:
        self._file, self._path, self._order, self._size = file, path, order, size
        self._is_long = is_long
        self._count = struct.Struct(">q" if is_long else ">i")
        self._left = _MAX_TAGS
        self.numbers: dict[Way, Block] = {}

    def group(self, into: Group, way: Way) -> None:
        """Read the tags of a group into a dictionary, as far as they are there."""
        if len(way) > _MAX_DEPTH:
            raise _damaged(self._path, "its groups are nested too deeply")
        self._take(2)
        unnamed = 0
        for _ in range(self._number()):
            kind, length = struct.unpack(">BH", self._take(3))
            name = self._take(length).decode("latin-1")
            if not name:
                name, unnamed = str(unnamed), unnamed + 1
            self._spend()
            stop = self._stop()
            if kind == _GROUP:
                inner: Group = {}
                into.setdefault(name, inner)
                self.group(inner, (*way, name))
            elif kind == _DATA:
                self._value(into, (*way, name))
            else:
                raise _damaged(self._path, f"{kind} is no kind of tag")
            if stop is not None:
                self._skip_to(stop)

    def _stop(self) -> int | None:
        """Where the tag ends, which only the longer form says."""
        if not self._is_long:
            return None
        length = self._number()
        return self._file.tell() + length

    def _value(self, into: Group, way: Way) -> None:
        """Read a value into a dictionary, and note where a number lies."""
        if self._take(4) != b"%%%%":
            raise _damaged(self._path, "a value does not begin with its mark")
        length = self._number()
        if not 0 < length <= _MAX_INFO:
            raise _damaged(self._path, f"a value is described by {length} numbers")
        raw = self._take(length * self._count.size)
        info = [number for (number,) in self._count.iter_unpack(raw)]
        if info[0] == _ARRAY:
            value: Any = self._array(info[1:])
        elif info[0] == _TEXT:
            value = self._block(np.dtype("u1"), info[1] if length > 1 else 0)
        else:
            dtype, _ = self._type(info)
            block = self._block(dtype, 1)
            value = block.values[0].item()
            self.numbers.setdefault(way, block)
        into.setdefault(way[-1], value)

    def _array(self, info: list[int]) -> Block:
        dtype, used = self._type(info)
        if len(info) <= used:
            raise _damaged(self._path, "an array has no length")
        return self._block(dtype, info[used])

    def _type(self, info: list[int]) -> tuple[np.dtype[Any], int]:
        """The type that a description begins with, and how much of it was used."""
        if info and info[0] in _KINDS:
            return np.dtype(self._order + _KINDS[info[0]]), 1
        if len(info) > 2 and info[0] == _STRUCT:
            stop = 3 + 2 * info[2]
            kinds = [_KINDS.get(kind) for kind in info[4:stop:2]]
            if 0 < len(kinds) == info[2] and all(kinds):
                fields = [(f"f{i}", f"{self._order}{k}") for i, k in enumerate(kinds)]
                return np.dtype(fields), stop
        raise _damaged(self._path, f"a value is of an unknown type ({info[:4]})")

    def _block(self, dtype: np.dtype[Any], count: int) -> Block:
        start, length = self._file.tell(), count * dtype.itemsize
        if count < 0:
            raise _damaged(self._path, "an array has a negative length")
        if length <= SMALL_BYTES:
            return Block(start, dtype, count, self._take(length))
        self._skip_to(start + length)
        return Block(start, dtype, count)

    def _skip_to(self, place: int) -> None:
        if place < self._file.tell():
            raise _damaged(self._path, "a tag is longer than it says")
        if place > self._size:
            raise _FileEnds
        self._file.seek(place)

    def _take(self, length: int) -> bytes:
        data = self._file.read(length)
        if len(data) < length:
            raise _FileEnds
        return data

    def _number(self) -> int:
        value: int = self._count.unpack(self._take(self._count.size))[0]
        if value < 0:
            raise _damaged(self._path, "a length is negative")
        return value

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise _damaged(self._path, f"it has more than {_MAX_TAGS} tags")


def _damaged(path: Path, why: str) -> ReadError:
    return ReadError(
        f"{path.name} begins like a DigitalMicrograph file but is damaged: {why}.",
        hint="Copy or export it again.",
        path=path,
    )
