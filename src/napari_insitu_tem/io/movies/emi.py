"""The EMI file that TIA writes beside its series: microscope and date as XML."""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from napari_insitu_tem.io.movies.facts import Facts

_LARGEST = 2 * 2**30
_XML_BYTES = 2**20
_BEGIN, _END = b"<ObjectInfo>", b"</ObjectInfo>"


@dataclass(frozen=True)
class Emi:
    """What is said of one series.

    Attributes
    ----------
    text
        The XML; it is searched for a few fields, not parsed.
    """

    text: str

    @property
    def acquired(self) -> datetime | None:
        """When the series was taken, local time."""
        try:
            return datetime.strptime(self._tag("AcquireDate"), "%a %b %d %H:%M:%S %Y")
        except ValueError:
            return None

    @property
    def is_diffraction(self) -> bool:
        """Whether a camera took diffraction patterns."""
        mode = self._value("Mode")[0]
        return mode.endswith("Diffraction") and "STEM" not in mode

    def describe(self, facts: Facts) -> None:
        """Keep exposure and microscope."""
        is_camera = bool(self._tag("CameraNamePath"))
        for name in ("FrameTime", "IntegrationTime", "ExposureTime", "DwellTimePath"):
            if name != "DwellTimePath" or is_camera:
                seconds = _number(self._tag(name))
                if seconds is not None:
                    facts.expose(seconds)
                    break
        tension, unit = self._value("High tension")
        volts = _number(tension)
        if volts is not None:
            facts.note(high_tension_V=volts * (1000 if unit == "kV" else 1))
        magnification = _number(self._value("Magnification")[0])
        if magnification is not None:
            facts.note(magnification=magnification)
        facts.note(
            microscope=self._value("Microscope")[0],
            mode=self._value("Mode")[0],
            camera=self._tag("CameraNamePath"),
        )

    def _tag(self, name: str) -> str:
        match = re.search(rf"<{name}>([^<]*)</{name}>", self.text)
        return match[1].strip() if match else ""

    def _value(self, label: str) -> tuple[str, str]:
        match = re.search(
            rf"<Label>{re.escape(label)}</Label><Value>([^<]*)</Value>"
            r"<Unit>([^<]*)</Unit>",
            self.text,
        )
        return (match[1].strip(), match[2].strip()) if match else ("", "")


def emi_beside(ser: Path) -> Path | None:
    """The EMI file of `NAME_1.ser`; None where it is not there, or too large."""
    match = re.fullmatch(r"(.+)_\d+", ser.stem)
    for suffix in (".emi", ".EMI") if match else ():
        path = ser.with_name(ser.stem.rpartition("_")[0] + suffix)
        if path.is_file() and 0 < path.stat().st_size < _LARGEST:
            return path
    return None


def find_emi(ser: Path) -> Emi | None:
    """What the EMI file beside `NAME_1.ser` says of it; None where there is none."""
    path = emi_beside(ser)
    if path is None:
        return None
    number = int(ser.stem.rpartition("_")[2])
    texts = _descriptions(path, number)
    return Emi(texts[-1]) if texts and len(texts) == number else None


def _descriptions(path: Path, wanted: int) -> list[str]:
    """The XML of the first objects of a file, up to the one that is wanted."""
    texts: list[str] = []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=1) as data:
        at = 0
        while len(texts) < wanted:
            begin = data.find(_BEGIN, at)
            end = data.find(_END, begin + 1) if begin >= 0 else -1
            if end < 0:
                break
            texts.append(
                data[begin : min(end, begin + _XML_BYTES)].decode("utf-8", "replace")
            )
            at = end
    return texts


def _number(text: str) -> float | None:
    match = re.match(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", text)
    return float(match[0]) if match else None
