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
#: Signs of the headers and states of records, by the encoding that such texts have.
_EAST_ASIAN = {
    "gb18030": frozenset(
        "时间电压流位循环工步序号容量温度日期总数据测试状态记录充放恒"
    ),
    "cp932": frozenset(
        "時間電圧流位経過測定日付秒容量温度回数試料電極サイクルステップ"
    ),
    "cp949": frozenset("시간전압류위온도측정일자경과충방량사이클단계번호"),
    "big5": frozenset("時間電壓流位循環步驟序號容量溫度日期總數據測試狀態記錄充放"),
}
_FEW_SIGNS = 4
_MOST_LINES = 100
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
    valid UTF-8 is UTF-8. Of the rest, text that reads as the words of a record in an
    encoding of Chinese, Japanese or Korean is in that, text whose high bytes are all
    pairs of Chinese characters is GB 18030, and any other Windows-1252, in which every
    byte can be read.
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
        name = _east_asian(head) or ("gb18030" if _is_chinese(head) else "cp1252")
        return Encoding(name)
    return Encoding("utf-8")


def _east_asian(head: bytes) -> str:
    """The encoding in which most words of a record are found; empty for none."""
    lines = [line for line in head.split(b"\n")[:-1] or [head] if _HIGH.search(line)]
    found = {name: _signs(lines[:_MOST_LINES], name) for name in _EAST_ASIAN}
    best = max(found, key=lambda name: found[name])
    return best if found[best] >= _FEW_SIGNS else ""


def _signs(lines: list[bytes], name: str) -> int:
    """Different signs of records in the lines; none where they are no such text."""
    try:
        text = "".join(line.decode(name) for line in lines)
    except UnicodeDecodeError:
        return 0
    foreign = [sign for sign in text if sign > "\u2e80"]
    known = _EAST_ASIAN[name].intersection(foreign)
    return len(known) if sum(s in known for s in foreign) > 0.3 * len(foreign) else 0


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
