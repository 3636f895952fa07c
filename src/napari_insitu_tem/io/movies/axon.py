"""The text that Protochips AXON puts into the PNG images that it exports.

Names of key and fields as in the reader of `pynxtools-em`, which knows files of AXON
10.4: values of the holder are pairs of a `Name` and a `Value`.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from napari_insitu_tem.io.movies.dates import iso_stamp
from napari_insitu_tem.io.movies.facts import Facts

_KEY = b"MicroscopeControlImage"
_MAX_TEXT = 2**20
_MAX_CHUNKS = 100_000
_NUMBERS = {
    "MagnificationValue": "magnification",
    "AcceleratingVoltage": "high_tension_V",
    "HolderTemperature": "holder_temperature",
    "HolderPressure": "holder_pressure",
    "HeatingPower": "heating_power",
    "HeatingVoltage": "heating_voltage",
    "HeatingCurrent": "heating_current",
}


def take_axon(path: Path, facts: Facts) -> None:
    """Read when an image was taken and what the holder did, where the PNG says so."""
    text = _control_text(path)
    if text is None:
        return
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        facts.warn("Its AXON text is of a suspicious kind and was not read.")
        return
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        facts.warn("Its AXON text is damaged and was not read.")
        return
    facts.flavour = "AXON"
    values = dict(_values(root))
    facts.stamp = iso_stamp(values.get("MicroscopeDateTime"), "AXON MicroscopeDateTime")
    for name, key in _NUMBERS.items():
        number = _number(values.get(name, ""))
        if math.isfinite(number):
            facts.note(**{key: number})
    _note_size(root, facts)


def _note_size(root: ElementTree.Element, facts: Facts) -> None:
    """Keep the size that the text gives, of which nobody has said in what unit it is.

    Nor whether it is that of the image or of a pixel.
    """
    for element in root.iter():
        if _local(element.tag) == "ImagePhysicalSize":
            sides = {_local(part.tag).lower(): part.text or "" for part in element}
            x, y = (_number(sides.get(side, "")) for side in "xy")
            if x > 0 and y > 0:
                facts.note(image_physical_size_x=x, image_physical_size_y=y)
                facts.warn(
                    f"Its AXON text gives an image size of {x:g} x {y:g} without a "
                    "unit, so lengths stay in pixels."
                )
            return


def _values(root: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """Leaves by their names, and values that lie beside a name of their own."""
    for element in root.iter():
        parts = {_local(part.tag): (part.text or "").strip() for part in element}
        for name, value in parts.items():
            if value:
                yield name, value
        named = next((v for k, v in parts.items() if k.endswith("Name") and v), "")
        value = next((v for k, v in parts.items() if k.endswith("Value") and v), "")
        if named and value:
            yield named.replace(" ", ""), value


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _control_text(path: Path) -> str | None:
    """The chunk of AXON's key; None where there is none."""
    with path.open("rb") as file:
        if file.read(8) != b"\x89PNG\r\n\x1a\n":
            return None
        for _ in range(_MAX_CHUNKS):
            head = file.read(8)
            if len(head) < 8 or head[4:] == b"IEND":
                return None
            length = int.from_bytes(head[:4], "big")
            if head[4:] == b"iTXt" and length <= _MAX_TEXT:
                data = file.read(length)
                if data.startswith(_KEY + b"\0"):
                    return _unpacked(data[len(_KEY) + 1 :])
                length = 0
            file.seek(length + 4, 1)
    return None


def _unpacked(data: bytes) -> str | None:
    """The text behind the flags, the language and the translated key."""
    is_packed = data[:1] == b"\x01"
    raw = data[2:].split(b"\0", 2)[-1]
    if is_packed:
        try:
            raw = zlib.decompressobj().decompress(raw, _MAX_TEXT)
        except zlib.error:
            return None
    return raw.decode("utf-8", "replace").strip("\ufeff \r\n\t")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
