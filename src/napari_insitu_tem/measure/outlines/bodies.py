"""The bodies that an outline may be the rim of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.outlines.shapes import Shape, is_end, long_axis

FloatArray = NDArray[np.float64]

#: A plate with steep sides; one that gets thin towards its rim; a wire that lies in the
#: plane of the image, with flat ends; a ball, or any ellipsoid.
FLAT, ROUNDED, WIRE, BALL = "flat", "rounded", "wire", "ball"
BODIES = (FLAT, ROUNDED, WIRE, BALL)

#: Depth of the rim of a rounded plate, as parts of half of its width.
_ROUNDED = (0.2, 0.4, 0.65)
#: From which length over width on an outline may be that of a wire.
_LONG = 1.25
#: Weight of the law that is usual: exponential where a body is darker than what is
#: around it (transmission), linear where it is brighter (a dark field).
_USUAL = 0.75


@dataclass(frozen=True, eq=False)
class Body:
    """One body under one law of attenuation.

    Attributes
    ----------
    name
        `FLAT`, `ROUNDED`, `WIRE` or `BALL`.
    depth
        (S,) depth over which it gets thicker at each stretch, as a part of half of the
        way to the opposite side: 0 for a step, 1 for a round one.
    most
        Largest depth in px.
    is_exponential
        Whether thickness attenuates exponentially.
    """

    name: str
    depth: FloatArray
    is_exponential: bool
    most: float = np.inf

    def round_px(self, half_chord: FloatArray) -> FloatArray:
        """(S,) depth of the rim in px."""
        return np.minimum(self.depth * half_chord, self.most)

    @property
    def depends_on_size(self) -> bool:
        """Whether the depth follows from the outline."""
        return bool(np.any(self.depth > 0))

    def law_weight(self, contrast: float) -> float:
        """Logarithm of how usual the law is for a contrast."""
        if not self.depends_on_size:
            return 0.0
        return float(np.log(_USUAL if self.is_usual(contrast) else 1.0 - _USUAL))

    def is_usual(self, contrast: float) -> bool:
        """Whether the law is the usual one for a contrast, or there is none."""
        return not self.depends_on_size or self.is_exponential == (contrast < 0)


def bodies_of(shape: Shape, names: Iterable[str]) -> list[Body]:
    """The bodies of some names that an outline can have, a law each."""
    half = shape.stretches.half_chord
    count = len(half)
    tried: list[Body] = []
    for name in names:
        if name == FLAT:
            tried.append(Body(FLAT, np.zeros(count), False))
        if name == ROUNDED:
            narrow = float(np.median(half))
            tried += [
                Body(ROUNDED, np.ones(count), law, part * narrow)
                for part in _ROUNDED
                for law in (False, True)
            ]
        if name == BALL:
            tried += [Body(BALL, np.ones(count), law) for law in (False, True)]
        if name == WIRE:
            axis, times = long_axis(shape.ring)
            ends = is_end(shape, axis)
            if times > _LONG and ends.any() and not ends.all():
                depth = np.where(ends, 0.0, 1.0)
                tried += [Body(WIRE, depth, law) for law in (False, True)]
    return tried
