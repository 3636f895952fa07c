"""How lanes share the height of the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """What one lane asks for, in pixels.

    Attributes
    ----------
    preferred, least
        Height that suits it; height that it needs.
    stretches
        Whether it takes a share of what is left over.
    chosen
        Height the user gave it, None where not.
    """

    preferred: int
    least: int
    stretches: bool = True
    chosen: int | None = None


def shared(available: int, rooms: Sequence[Room]) -> list[int]:
    """Height of each lane.

    Lanes grow into room that is left over, and shrink to what they need where there is
    too little; only then is their sum larger than `available` (and has to be scrolled).
    A height that the user chose stands.
    """
    heights = [
        room.preferred if room.chosen is None else max(room.chosen, room.least)
        for room in rooms
    ]
    left = available - sum(heights)
    if left >= 0:
        weights = [
            r.preferred if r.stretches and r.chosen is None else 0 for r in rooms
        ]
    else:
        weights = [r.preferred - r.least if r.chosen is None else 0 for r in rooms]
        left = max(left, -sum(weights))
    return [h + part for h, part in zip(heights, _split(left, weights), strict=True)]


def _split(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of an amount in proportion to weights; they sum up exactly."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    done = before = 0
    parts = []
    for weight in weights:
        done += weight
        upto = round(amount * done / total)
        parts.append(upto - before)
        before = upto
    return parts
