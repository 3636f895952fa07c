"""Lengths along the axis of an object, for volumes that need them beside a width."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.ratios import Relative, relative_to_reference

FloatArray = NDArray[np.float64]

_NONE = (float("nan"), float("nan"))


class AxialLengths:
    """The measured lengths of each row's object, in its frame and in its reference.

    Parameters
    ----------
    objects
        (N,) what tells the object of a row from others.
    frames
        (N,) frame of each row.
    values, u_values
        (N,) length and its uncertainty by placing, NaN for rows that are no length.
    group
        (N,) number of the group that shares reference frames.
    references
        Reference frames of each group.
    varies
        (N,) rows whose volume goes with the length in their frame.
    is_constant
        (N,) rows whose volume takes the length as constant.

    Attributes
    ----------
    here
        (N,) mean length in the frame of each row, and its uncertainty.
    constant
        (N,) mean length of the object in all frames, and its uncertainty.
    is_constant
        (N,) as given.
    relative
        The length in each row's frame against the mean over its reference frames.

    All are NaN for rows that do not need them.
    """

    def __init__(
        self,
        *,
        objects: Sequence[tuple[str, str]],
        frames: NDArray[np.int_],
        values: FloatArray,
        u_values: FloatArray,
        group: NDArray[np.intp],
        references: Sequence[tuple[int, ...]],
        varies: NDArray[np.bool_],
        is_constant: NDArray[np.bool_],
    ) -> None:
        self.is_constant = is_constant
        by_frame = _means_by_frame(objects, frames, values, u_values)
        empty = np.full(len(objects), np.nan)
        self.here = empty.copy(), empty.copy()
        self.constant = empty.copy(), empty.copy()
        self.relative = Relative(empty.copy(), empty.copy(), empty.copy(), empty.copy())
        for row in np.flatnonzero(is_constant).tolist():
            lengths = list(by_frame.get(objects[row], {}).values())
            self.constant[0][row], self.constant[1][row] = _mean(lengths)
        rows: list[int] = np.flatnonzero(varies).tolist()
        for row in rows:
            here = by_frame.get(objects[row], {}).get(int(frames[row]), _NONE)
            self.here[0][row], self.here[1][row] = here
        if rows:
            self._relate(rows, objects, frames, group, references, by_frame)

    def _relate(
        self,
        rows: list[int],
        objects: Sequence[tuple[str, str]],
        frames: NDArray[np.int_],
        group: NDArray[np.intp],
        references: Sequence[tuple[int, ...]],
        by_frame: dict[tuple[str, str], dict[int, tuple[float, float]]],
    ) -> None:
        """Ratios of lengths; every pair of group and frame takes part once."""
        pairs: dict[tuple[int, int], int] = {}
        lengths: list[tuple[float, float]] = []
        for row in rows:
            g = int(group[row])
            for frame in (int(frames[row]), *references[g]):
                if (g, frame) not in pairs:
                    pairs[g, frame] = len(pairs)
                    lengths.append(by_frame.get(objects[row], {}).get(frame, _NONE))
        value, u_value = np.array(lengths).T
        numbers = np.array([g for g, _ in pairs], dtype=np.intp)
        in_reference = np.array([f in references[g] for g, f in pairs], dtype=bool)
        made = relative_to_reference(value, u_value, numbers, in_reference)
        at = [pairs[int(group[row]), int(frames[row])] for row in rows]
        self.relative.reference[rows] = made.reference[at]
        self.relative.u_reference[rows] = made.u_reference[at]
        self.relative.ratio[rows] = made.ratio[at]
        self.relative.u_ratio[rows] = made.u_ratio[at]


def _means_by_frame(
    objects: Sequence[tuple[str, str]],
    frames: NDArray[np.int_],
    values: FloatArray,
    u_values: FloatArray,
) -> dict[tuple[str, str], dict[int, tuple[float, float]]]:
    """Object to frame to mean length and its uncertainty."""
    found: dict[tuple[str, str], dict[int, list[tuple[float, float]]]] = {}
    for row in np.flatnonzero(np.isfinite(values)).tolist():
        frame = found.setdefault(objects[row], {}).setdefault(int(frames[row]), [])
        frame.append((float(values[row]), float(u_values[row])))
    return {
        name: {frame: _mean(lengths) for frame, lengths in by_frame.items()}
        for name, by_frame in found.items()
    }


def _mean(values: list[tuple[float, float]]) -> tuple[float, float]:
    """Mean of independent values and its uncertainty."""
    if not values:
        return _NONE
    count = len(values)
    square = sum(u * u for _, u in values)
    return sum(value for value, _ in values) / count, square**0.5 / count
