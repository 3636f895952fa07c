"""Colours and sizes of the plugin's layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Okabe and Ito's colour-blind-safe palette, without black; readable on dark and light.
OBJECT_COLOURS = (
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#D55E00",
    "#CC79A7",
    "#0072B2",
)

#: Rows the program doubts.
FLAG_COLOUR = "#FF3B30"

SHAPES_STYLE: dict[str, Any] = {
    "edge_width": 1.2,
    "face_color": "#00000000",
    "edge_color": OBJECT_COLOURS[0],
    "opacity": 0.9,
}

POINTS_STYLE: dict[str, Any] = {
    "size": 6,
    "symbol": "cross",
    "border_width": 0.0,
    "face_color": OBJECT_COLOURS[0],
    "opacity": 0.9,
}

#: Paths are drawn in one colour, since they belong to no object.
PATH_COLOUR = "#B0BEC5"


def colour_of(name: str, names: Iterable[str]) -> str:
    """The colour of an object: by its place among all of them."""
    order = list(names)
    place = order.index(name) if name in order else 0
    return OBJECT_COLOURS[place % len(OBJECT_COLOURS)]


def rgba(colour: str, alpha: float = 1.0) -> NDArray[np.float32]:
    """(4,) floats from '#rrggbb'."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return np.array([*parts, alpha], dtype=np.float32)


#: The frame's longer side for which the widths and sizes above are made, in px.
_SIDE_PX = 250.0


def magnified(style: dict[str, Any], side_px: float) -> dict[str, Any]:
    """A style for a movie of another size: napari takes widths in pixels of the image.

    Parameters
    ----------
    style
        `SHAPES_STYLE` or `POINTS_STYLE`.
    side_px
        The frame's longer side.
    """
    factor = max(side_px / _SIDE_PX, 0.2)
    sizes = {name: style[name] * factor for name in _SIZES if name in style}
    return {**style, **sizes}


_SIZES = ("edge_width", "size")


def text_style(ndim: int, side_px: float = _SIDE_PX) -> dict[str, Any]:
    """How a row's value is written: above its shape, clear of it.

    Parameters
    ----------
    ndim
        Dimensions of the layer.
    side_px
        The frame's longer side.
    """
    return {
        "size": 10,
        "anchor": "upper_left",
        "translation": np.array([0.0] * (ndim - 2) + [-6.0 * side_px / _SIDE_PX, 0.0]),
    }
