"""Bytes to text and lines, whatever program and country they come from."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it begins with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile(r"\r\n|\n|\r")
_LINE_END_BYTES = re.compile(rb"\r\n|\n|\r")
_HIGH = re.compile(rb"[\x80-\xff]")
_GB_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_FEW_PAIRS = 6
#: What some programs leave at the end of a file.
STRAY = "\ufeff\x00"


@dataclass(frozen=True)
class Encoding:
    """How a file's bytes stand for characters.

    Attributes
    ----------
    name
        As Python calls it.
    skip
        Bytes of the byte order mark.
    """

    name: str
    skip: int = 0

    @property
    def is_wide(self) -> bool:
        """Whether a character takes two or four bytes."""
        return self.width > 1

    @property
    def width(self) -> int:
        """Bytes of a character at least."""
        if self.name.startswith("utf-32"):
            return 4
        return 2 if self.name.startswith("utf-16") else 1


def detect_encoding(head: bytes) -> Encoding:
    """Decide from the first bytes, never from the computer's language.

    A byte order mark decides; else zeros in every second byte mean UTF-16; else what is
    valid UTF-8 is UTF-8. Of the rest, text whose high bytes are all pairs of Chinese
    characters is GB 18030, and any other Windows-1252, in which every byte can be read.
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    sample = head[:4096]
    half = len(sample) // 2
    if half >= 8:
        if sample[1::2].count(0) > 0.6 * half and sample[0::2].count(0) < 0.1 * half:
            return Encoding("utf-16-le")
        if sample[0::2].count(0) > 0.6 * half and sample[1::2].count(0) < 0.1 * half:
            return Encoding("utf-16-be")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=False)
    except UnicodeDecodeError:
        return Encoding("gb18030" if _is_chinese(head) else "cp1252")
    return Encoding("utf-8")


def _is_chinese(head: bytes) -> bool:
    """Whether all high bytes, and many, come in pairs as in GB 2312.

    A Windows-1252 text has single ones: µ, °, ä.
    """
    pairs = len(_GB_PAIR.findall(head))
    high = len(_HIGH.findall(head))
    cut = 1 if head[-1:] > b"\x7f" else 0
    return pairs >= _FEW_PAIRS and high - 2 * pairs <= cut


def decode(data: bytes) -> tuple[str, Encoding]:
    """The text of a file or of its beginning; what cannot be read becomes U+FFFD."""
    encoding = detect_encoding(data)
    whole = len(data) - (len(data) - encoding.skip) % encoding.width
    text = data[encoding.skip : whole].decode(encoding.name, errors="replace")
    return text.strip(STRAY), encoding


def lines_of(text: str) -> list[str]:
    """Lines without their ends, for any of the three line ends."""
    return _LINE_END.split(text)


def offset_of_line(data: bytes, line: int) -> int:
    """Byte at which a line (from 0) begins in one-byte or UTF-8 text."""
    if line <= 0:
        return 0
    for count, match in enumerate(_LINE_END_BYTES.finditer(data), start=1):
        if count == line:
            return match.end()
    return len(data)


def looks_like_text(head: bytes) -> bool:
    """Whether the bytes read as text: next to no control characters."""
    text, _ = decode(head[:16384])
    if not text.strip():
        return False
    odd = sum(1 for c in text if (c < " " and c not in "\t\r\n\f\v") or c == "\x7f")
    return odd <= 0.005 * len(text)
