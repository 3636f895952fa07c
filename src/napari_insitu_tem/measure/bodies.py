"""What a drawn shape says of a quantity, and of a volume under a declared model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_insitu_tem.measure import flags, sizes
from napari_insitu_tem.measure.ratios import EXPONENTS
from napari_insitu_tem.measure.sizes import Scale, Size
from napari_insitu_tem.model.geometry import Geometry

_NAN = float("nan")
_NOTHING = Size(_NAN, _NAN)

#: (model, measured size) to c in: volume = c * size ** p * length ** q, with p and q of
#: `ratios.EXPONENTS`.
FACTORS: dict[tuple[str, str], float] = {
    ("sphere", "diameter"): np.pi / 6,
    ("sphere", "area"): 4 / (3 * np.sqrt(np.pi)),
    ("cylinder", "diameter"): np.pi / 4,
    ("cylinder_length", "diameter"): np.pi / 4,
    ("cylinder_length", "area"): np.pi / 4,
    ("ellipsoid", "diameter"): np.pi / 6,
    ("ellipsoid", "area"): 8 / (3 * np.pi),
}

#: What can be taken from each shape.
_GIVES = {
    "line": ("length", "diameter"),
    "path": ("length", "diameter"),
    "polygon": ("area", "diameter"),
    "ellipse": ("area", "diameter"),
}


@dataclass(frozen=True)
class Body:
    """The size of a shape and how the volume follows from it.

    Attributes
    ----------
    size
        What was measured: a length, a diameter or an area.
    what
        Which of them it is.
    base
        What the volume is a power of: `size`, or the volume itself where the shape
        gives it (an ellipse under the model `ellipsoid`).
    p, q, factor
        volume = factor * base ** p * length ** q, `length` being that of the same
        object in the same frame; NaN where the model says nothing.
    flag
        Why there is no size, or "".
    """

    size: Size
    what: str
    base: Size = _NOTHING
    p: float = _NAN
    q: float = 0.0
    factor: float = _NAN
    flag: str = ""


def body_of(geometry: Geometry, quantity: str, model: str, scale: Scale) -> Body:
    """Measure a shape.

    Parameters
    ----------
    geometry
        line, path, polygon or ellipse.
    quantity
        "length" (line, path), "diameter" (line, path; of a polygon or an ellipse that
        of the circle of equal area), "area" (polygon, ellipse) or "volume" (any of
        them that the model can use).
    model
        "" or one of `ratios.VOLUME_MODELS`.
    scale
        (y, x) size of a pixel.

    Notes
    -----
    Volumes: sphere ``pi/6 d**3``, from an area that of the circle of equal area
    ``4/(3 sqrt(pi)) A**1.5``; cylinder ``pi/4 d**2 L``, from its projected area
    ``A = d L`` and its length ``pi/4 A**2 / L``; prolate ellipsoid of revolution
    ``4/3 pi a b**2`` from the half axes of a drawn ellipse, ``pi/6 d**2 L`` from its
    width and length, ``8 A**2 / (3 pi L)`` from its projected area ``A = pi/4 d L`` and
    its length.
    """
    outline = geometry.shape in ("polygon", "ellipse")
    what = quantity
    if quantity == "volume":
        what = "area" if outline else "diameter"
    if what not in _GIVES.get(geometry.shape, ()):
        return Body(_NOTHING, quantity, flag=flags.WRONG_SHAPE)
    if geometry.shape == "polygon" and sizes.crosses_itself(geometry.parts[0]):
        return Body(_NOTHING, quantity, flag=flags.SELF_CROSSING)
    size = _size(geometry, scale)
    if what == "diameter" and outline:
        size = size.power(0.5, 2 / np.sqrt(np.pi))
    return _with_volume(geometry, size, what, model, scale)


def _size(geometry: Geometry, scale: Scale) -> Size:
    """Length of an open shape, area of a closed one."""
    if geometry.shape == "polygon":
        return sizes.polygon_area(geometry.parts[0], scale)
    if geometry.shape == "ellipse":
        return sizes.ellipse_area(geometry.parts[0], geometry.parts[1], scale)
    return sizes.path_length(geometry.parts[0], scale)


def _with_volume(
    geometry: Geometry, size: Size, what: str, model: str, scale: Scale
) -> Body:
    if model == "ellipsoid" and what == "area" and geometry.shape == "ellipse":
        volume = sizes.ellipsoid_volume(geometry.parts[0], geometry.parts[1], scale)
        return Body(size, what, volume, 1.0, 0.0, 1.0)
    if (model, what) not in EXPONENTS:
        return Body(size, what, size)
    p, q = EXPONENTS[model, what]
    return Body(size, what, size, p, q, FACTORS[model, what])
