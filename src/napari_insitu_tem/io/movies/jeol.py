"""The XML report of a JEOL microscope in a TIFF file's description."""

from __future__ import annotations

import math
from typing import Any, cast
from xml.etree import ElementTree

from napari_insitu_tem.io.movies.dates import iso_stamp
from napari_insitu_tem.io.movies.facts import Facts

_FORMING = "ImageFormingSystem"
_CAMERA = "JemBaumerCamera/Parameter"
_PER_METRE = f"{_CAMERA}/ImageDataInformation/PixelsPerMeter"
#: Image-forming modes in which the selector is a magnification.
_IMAGING = ("MAG", "LowMAG", "SAMAG")


def take_jeol(xml: str, facts: Facts) -> None:
    """Read date, magnification and camera.

    The size of a pixel is that on the camera divided by the magnification; a
    diffraction pattern or a scanned image stays without one.
    """
    facts.flavour = "JEOL"
    root = _root(xml.strip("\x00 \n"))
    if root is None:
        facts.warn("Its JEOL report cannot be parsed, so it has no scale.")
        return
    facts.stamp = iso_stamp(root.findtext("DateTime"), "JEOL report")
    facts.note(
        instrument=root.findtext("Instruments", ""),
        mode=root.findtext(f"{_FORMING}/ModeString", ""),
        high_tension_V=_number(root.findtext("ElectronGun/AccelerationVoltage")),
    )
    if root.findtext("Eos/EosMode") != "eosTEM":
        return
    if root.findtext(f"{_FORMING}/ModeString") not in _IMAGING:
        return
    magnification = _number(root.findtext(f"{_FORMING}/SelectorValue"))
    facts.note(magnification=magnification)
    x, y = (
        _number(root.findtext(f"{_PER_METRE}/{side}")) * magnification
        for side in ("Horizontal", "Vertical")
    )
    if x > 0 and y > 0:
        facts.calibrate(1 / y, 1 / x, "m", "JEOL magnification and camera pixel")


def _root(xml: str) -> ElementTree.Element | None:
    """The report as far as it goes: the description tag ends it at 64 KiB."""
    parser: Any = ElementTree.XMLPullParser(["start"])
    parser.feed(xml)
    try:
        first = next(parser.read_events(), None)
    except ElementTree.ParseError:
        return None
    return None if first is None else cast("ElementTree.Element", first[1])


def _number(text: str | None) -> float:
    try:
        return float(text) if text else math.nan
    except ValueError:
        return math.nan
