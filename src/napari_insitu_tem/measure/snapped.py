"""What becomes of a shape that is snapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from napari_insitu_tem.measure.flags import FLAT_OR_ROUND
from napari_insitu_tem.model.geometry import Geometry


@dataclass(frozen=True)
class Snapped:
    """A shape after snapping.

    Attributes
    ----------
    geometry
        The shape; what found no edge is where it was.
    u_pick_px
        Standard uncertainty of placing one of its points: root mean square of those of
        the edges, and of 1 px for what stayed; NaN where nothing was found.
    flag
        "" or why the shape as a whole is not snapped: `low_contrast`, `unresolved`,
        `out_of_frame`, `no_path`, `too_short`. One that is snapped may be
        `flat_or_round`: two bodies are about as likely, and their areas differ by more
        than their uncertainty; it is put on the likelier one.
    moved_px
        Farthest move of a point.
    flags
        The same word for each place where an edge was looked for.
    roundness
        Logarithm of the odds that a line crosses a round wire and no flat ribbon, with
        what was known before; that alone where the frame says nothing.
    body
        What the rim was taken for: of a line `wire` or `flat`, of an outline or an
        ellipse `flat`, `rounded`, `wire` or `ball`; "" where nothing was found and for
        other shapes.
    evidence
        For an outline or an ellipse: body to the logarithm of its odds, the likeliest
        being 0, with what was known before.
    other_area
        Area in square px by the next likely body; NaN where there is none.
    """

    geometry: Geometry
    u_pick_px: float
    flag: str
    moved_px: float
    flags: tuple[str, ...] = ()
    roundness: float = 0.0
    body: str = ""
    evidence: Mapping[str, float] = field(default_factory=dict)
    other_area: float = float("nan")

    @property
    def is_snapped(self) -> bool:
        """Whether the shape is where the edges are, if perhaps in doubt."""
        return self.flag in ("", FLAT_OR_ROUND)


def farthest(before: Geometry, after: Geometry) -> float:
    """How far the point that moved most moved, in px."""
    moves = [
        np.hypot(*(after.array(i) - before.array(i)).T).max()
        for i in range(len(before.parts))
    ]
    return float(max(moves))
