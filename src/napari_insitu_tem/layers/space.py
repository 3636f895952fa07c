"""How large the pixels of a movie are on the screen, and the camera above it."""

from __future__ import annotations

from typing import Any

import numpy as np

Scale = tuple[float, float] | None

#: As napari, through pint, calls them.
_LONG_NAMES = {"nm": "nanometer", "pixel": "pixel"}


def unit_of(scale_nm: Scale) -> str:
    """Nanometres where a movie is calibrated, else pixels."""
    return "nm" if scale_nm else "pixel"


def layer_space(scale_nm: Scale, ndim: int = 3, unit: str = "") -> dict[str, Any]:
    """`scale`, `units` and `axis_labels` of a layer.

    The first axis is the frame index (scale 1), the others are nm where the movie is
    calibrated, else pixels. All layers share one unit, that of the movie which is
    shown (`unit`): napari drops the units of the whole viewer, scale bar included,
    when one layer has another.
    """
    y, x = scale_nm or (1.0, 1.0)
    unit = unit or unit_of(scale_nm)
    space: dict[str, Any] = {
        "scale": (1.0, y, x),
        "units": ("pixel", unit, unit),
        "axis_labels": ("frame", "y", "x"),
    }
    return {key: value[-ndim:] for key, value in space.items()}


def set_space(layer: Any, scale_nm: Scale, unit: str) -> None:
    """Give a layer a pixel size and a unit; nothing is told where they are the same."""
    space = layer_space(scale_nm, layer.ndim, unit)
    if tuple(layer.scale) != space["scale"]:
        layer.scale = space["scale"]
    if tuple(map(str, layer.units)) != tuple(_LONG_NAMES[u] for u in space["units"]):
        layer.units = space["units"]


def extent_of(shape: tuple[int, ...], scale_nm: Scale) -> tuple[float, float]:
    """Height and width of a movie of shape (t, y, x) on the screen."""
    y, x = scale_nm or (1.0, 1.0)
    return shape[1] * y, shape[2] * x


def keep_in_sight(
    viewer: Any, before: tuple[float, float], after: tuple[float, float]
) -> None:
    """Let the camera go on showing the same part when a frame has another extent.

    Its pixels got another size, or another movie came up.
    """
    if before == after:
        return
    camera = viewer.scene.camera
    y, x = after[0] / before[0], after[1] / before[1]
    depth, middle_y, middle_x = camera.center
    camera.center = (depth, middle_y * y, middle_x * x)
    camera.zoom /= float(np.sqrt(x * y))
