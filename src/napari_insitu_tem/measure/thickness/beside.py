"""The pixels beside a layer, each with its place along it and across it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.thickness.straighten import Lines

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]

#: Rounds of finding the line through a pixel, and how near to it is near enough, in px.
_ROUNDS, _NEAR = 4, 0.05


@dataclass(frozen=True, eq=False)
class Pixels:
    """M pixels near K lines across a layer.

    Attributes
    ----------
    values, weights
        (M,) brightness, and inverse variances.
    line
        (M,) number of the line before a pixel, 0 to K - 2.
    part
        (M,) how far it is on the way to the next one, 0 to 1.
    offset
        (M,) distance from the middle line along lines across.
    lines
        K.
    """

    values: FloatArray
    weights: FloatArray
    line: NDArray[np.int64]
    part: FloatArray
    offset: FloatArray
    lines: int

    def at(self, by_line: FloatArray) -> FloatArray:
        """(M,) what is known at (K,) lines, in between by straight lines."""
        before = by_line[self.line]
        return np.asarray(before + (by_line[self.line + 1] - before) * self.part)

    def sums(self) -> tuple[csr_array[Any], csr_array[Any], csr_array[Any]]:
        """Matrices that gather pixels on lines.

        (K, M) by the share a line has in a pixel; (K, M) by its square; (K - 1, M) by
        the product of the shares of a line and the next one.
        """
        from scipy.sparse import csr_array

        f, count = self.part, len(self.part)
        pixel = np.arange(count)
        lines = np.concatenate([self.line, self.line + 1])
        both = np.concatenate([pixel, pixel])
        size = (self.lines, count)
        once = csr_array((np.concatenate([1 - f, f]), (lines, both)), shape=size)
        twice = csr_array(
            (np.concatenate([(1 - f) ** 2, f**2]), (lines, both)), shape=size
        )
        beside = csr_array(
            (f * (1 - f), (self.line, pixel)), shape=(self.lines - 1, count)
        )
        return once, twice, beside


def pixels_beside(image: NDArray[Any], lines: Lines) -> Pixels:
    """The pixels whose lines across end within the offsets, of weight 1.

    Notes
    -----
    A pixel p lies on the line, of those between two neighbours, for which
    ``(p - middle) x across`` is 0; it is found by steps from the nearest middle. Unlike
    samples between pixels, pixels have noise of their own each.
    """
    from scipy.spatial import cKDTree

    far = float(lines.offsets[-1])
    last = np.array(image.shape) - 1
    low = np.clip(np.floor(lines.middle.min(axis=0) - far), 0, last).astype(np.int64)
    high = np.clip(np.ceil(lines.middle.max(axis=0) + far), 0, last).astype(np.int64)
    size = tuple((high - low + 1).tolist())
    places: NDArray[np.int64] = np.indices(size).reshape(2, -1).T + low
    away, start = cKDTree(lines.middle).query(places, distance_upper_bound=far)
    here = np.isfinite(np.asarray(away))
    here[here] &= np.isfinite(image[places[here, 0], places[here, 1]])
    places, start = places[here], np.asarray(start)[here].astype(np.float64)
    line, part, offset, is_on = _on_lines(places.astype(np.float64), start, lines)
    keep = is_on & (np.abs(offset) <= far)
    order = np.argsort(line[keep], kind="stable")
    rows, columns = places[keep][order, 0], places[keep][order, 1]
    return Pixels(
        values=image[rows, columns].astype(np.float64),
        weights=np.ones(len(rows)),
        line=line[keep][order],
        part=part[keep][order],
        offset=offset[keep][order],
        lines=len(lines.middle),
    )


def _on_lines(
    places: FloatArray, start: FloatArray, lines: Lines
) -> tuple[NDArray[np.int64], FloatArray, FloatArray, NDArray[np.bool_]]:
    """Line, part, offset of places, and whether there is such a line."""
    middle, across = lines.middle, lines.across
    if lines.is_closed:
        # The last line is beside the first: a pixel between them belongs to the last.
        middle = np.concatenate([middle, middle[:1]])
        across = np.concatenate([across, across[:1]])
    where, end = start, len(middle) - 1.0
    for _ in range(_ROUNDS):
        line = np.minimum(where.astype(np.int64), len(middle) - 2)
        part = where - line
        origin = middle[line] + part[:, None] * (middle[line + 1] - middle[line])
        way = across[line] + part[:, None] * (across[line + 1] - across[line])
        to = places - origin
        along = middle[line + 1] - middle[line]
        miss = to[:, 0] * way[:, 1] - to[:, 1] * way[:, 0]
        turn = across[line + 1] - across[line]
        slope = to[:, 0] * turn[:, 1] - to[:, 1] * turn[:, 0]
        slope -= along[:, 0] * way[:, 1] - along[:, 1] * way[:, 0]
        flat = np.abs(slope) < 1e-6
        step = np.where(flat, 0.0, -miss / np.where(flat, 1.0, slope))
        where = np.clip(where + np.clip(step, -3.0, 3.0), 0.0, end)
    offset = np.sum(to * way, axis=1)
    is_on = np.abs(miss) < _NEAR * np.hypot(*way.T) + _NEAR
    if lines.is_closed:
        wrapped = line == len(lines.middle) - 1
        part = np.where(wrapped, np.where(part < 0.5, 1.0, 0.0), part)
        line = np.where(wrapped, np.where(part == 1.0, line - 1, 0), line)
    return line, np.clip(part, 0.0, 1.0), offset, is_on
