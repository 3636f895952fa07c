"""What the user says of fronts in a kymograph: places that are right, or roughly so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.kymograph import Kymograph
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: How far an anchor may be wrong at least, in samples (1 s.d.), and the most of that.
_PICK, _REACH = 1.0, 4.0
#: How far the rough place in the first frame may be wrong, in samples (1 s.d.).
_ROUGH = 5.0
#: Log-likelihood of a place that contradicts an anchor.
_NEVER = -1e4


@dataclass(frozen=True, eq=False)
class Picks:
    """Picked places of N fronts in T frames, in samples.

    Attributes
    ----------
    anchors
        (N, T) places that are right, NaN elsewhere.
    start
        (N,) places in the first frame, roughly; NaN where not given.
    spread
        (N, T) how far an anchor may be wrong (1 s.d.).
    """

    anchors: FloatArray
    start: FloatArray
    spread: FloatArray

    @property
    def are_given(self) -> bool:
        """Whether there are any."""
        return bool(np.isfinite(self.anchors).any() or np.isfinite(self.start).any())

    def beside(self, place: int) -> Picks:
        """The same picks where another front is followed too, in this place."""
        return Picks(
            np.insert(self.anchors, place, np.nan, axis=0),
            np.insert(self.start, place, np.nan),
            np.insert(self.spread, place, _PICK, axis=0),
        )

    def only(self, fronts: slice) -> Picks:
        """The picks of some of the fronts."""
        return Picks(self.anchors[fronts], self.start[fronts], self.spread[fronts])

    def all_places(self) -> FloatArray:
        """(N, T) all places, right or roughly so."""
        given = self.anchors.copy()
        given[:, 0] = np.where(np.isfinite(given[:, 0]), given[:, 0], self.start)
        return given

    def applied(self, term: FloatArray, grid: FloatArray, front: int) -> FloatArray:
        """(T, G) log-likelihoods that hold to the picks of a front."""
        for frame in np.flatnonzero(np.isfinite(self.anchors[front])):
            spread = self.spread[front, frame]
            away = (grid - self.anchors[front, frame]) / spread
            near = np.abs(away) <= _REACH
            # What the frame says stays in, so that the evidence of two ways of looking
            # at a kymograph can be compared.
            never = term[frame, near].max() + _NEVER
            term[frame] = np.where(near, term[frame], never) - 0.5 * away**2
        if np.isfinite(self.start[front]):
            term[0] -= 0.5 * ((grid - self.start[front]) / _ROUGH) ** 2
        return term


def picks_on(
    kymograph: Kymograph,
    fronts: int,
    anchors: Mapping[int, float | Sequence[float]] | None,
    start: float | Sequence[float] | None,
    u_anchors: Mapping[int, float | Sequence[float]] | None = None,
) -> Picks:
    """Picks in samples from those in px along the path.

    Raises
    ------
    MeasurementError
        A pick that is not on the path, out of order, or in a frame that is not there.
    """
    frames = len(kymograph.data)
    places = np.full((fronts, frames), np.nan)
    for frame, position in (anchors or {}).items():
        if not 0 <= frame < frames:
            raise MeasurementError(
                f"There is no frame {frame} to pick a front in.",
                hint=f"The kymograph has frames 0 to {frames - 1}.",
            )
        places[:, frame] = _one_each(position, fronts, kymograph)
    first = np.full(fronts, np.nan)
    if start is not None:
        first = _one_each(start, fronts, kymograph)
    spread = np.full((fronts, frames), _PICK)
    for frame, u in (u_anchors or {}).items():
        if 0 <= frame < frames:
            told = np.broadcast_to(np.asarray(u, dtype=np.float64), fronts)
            spread[:, frame] = np.fmax(told / kymograph.step, _PICK)
    return Picks(places, first, spread)


def _one_each(
    position: float | Sequence[float], fronts: int, kymograph: Kymograph
) -> FloatArray:
    """(N,) samples of positions that are on the path and in order."""
    places = np.asarray(position, dtype=np.float64).ravel() / kymograph.step
    if places.size != fronts:
        raise MeasurementError(
            f"A pick has {places.size} positions, but {fronts} fronts are followed.",
            hint="Give one position a front, NaN where it is not known.",
        )
    known = places[np.isfinite(places)]
    last = kymograph.data.shape[1] - 1
    if np.any((known < -0.5) | (known > last + 0.5)) or np.any(np.diff(known) < 0):
        raise MeasurementError(
            "The picked positions are not on the path in their order.",
            hint=f"Pick between 0 and {last * kymograph.step:g} px.",
        )
    return places
