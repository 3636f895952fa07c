"""The maxima of a law's likelihood, over its values and the front's roughness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.laws.base import RateLaw
from napari_insitu_tem.measure.laws.likelihood import FrameLikelihood
from napari_insitu_tem.measure.laws.scoring import Fitted, climb

FloatArray = NDArray[np.float64]

#: Guesses that are tried, and followed up after a first look.
_TRIED, _FOLLOWED = 12, 4
#: Roughness below this part of a frame's own uncertainty does not show.
_LEAST_ROUGH = 0.03
#: Maxima this much lower than the highest are as good as impossible.
_FAR_BELOW = 6.0
#: Two maxima are the same if their positions differ by less, in a frame's uncertainty.
_SAME = 0.02


@dataclass(frozen=True, eq=False)
class Maxima:
    """What fits a front.

    Attributes
    ----------
    highest
        The likeliest values.
    others
        Other maxima that are not much lower.
    roughness
        How far the front strays from the law in px (1 s.d.).
    """

    highest: Fitted
    others: list[Fitted]
    roughness: float


def maxima(frames: FrameLikelihood, law: RateLaw) -> Maxima:
    """Search for the maxima of the likelihood, from coarse to fine.

    The front is first allowed to stray far from the law, so that the likelihood is
    broad; then the roughness itself is fitted.
    """
    search = _Search(frames, law)
    search.look()
    roughness = search.roughness()
    return search.at(roughness)


class _Search:
    """Climbs from several guesses."""

    def __init__(self, frames: FrameLikelihood, law: RateLaw) -> None:
        self._frames, self._law = frames, law
        self._bounds = law.bounds()
        self._begins: list[FloatArray] = []
        self._wide = frames.spread
        self._found: dict[float, Fitted] = {}

    def _positions(self, values: FloatArray) -> FloatArray:
        return self._law.positions(values, self._frames.times)

    def _climb(self, roughness: float, values: FloatArray) -> Fitted:
        frames, bounds = self._frames, self._bounds
        return climb(frames, self._positions, roughness, values, bounds)

    def _left(self, values: FloatArray) -> float:
        """Distance in px from the rough positions."""
        away = self._positions(np.clip(values, *self._bounds)) - self._frames.rough
        return float(np.sqrt(np.mean(away**2)))

    def look(self) -> None:
        """Climb from the nearest guesses while the front may be anywhere."""
        guesses = self._law.guesses(self._frames.times, self._frames.rough)
        guesses = sorted(guesses, key=self._left)[:_TRIED]
        self._wide = max(2 * self._left(guesses[0]), self._frames.spread)
        fits = [self._climb(self._wide, values) for values in guesses]
        self._begins = [fit.values for fit in self._distinct(fits)[:_FOLLOWED]]

    def roughness(self) -> float:
        """The likeliest roughness; 0 where none shows."""
        from scipy.optimize import minimize_scalar

        least = np.log(_LEAST_ROUGH * self._frames.spread)
        minimize_scalar(
            self._cost,
            bounds=(least, np.log(2 * self._wide)),
            method="bounded",
            options={"xatol": 0.05, "maxiter": 25},
        )
        roughness, best = max(self._found.items(), key=lambda pair: pair[1].likelihood)
        self._begins.insert(0, best.values)
        none = max(self._climb(0.0, v).likelihood for v in self._begins[:2])
        return 0.0 if none > best.likelihood - 1e-3 else roughness

    def _cost(self, log_roughness: float) -> float:
        roughness = float(np.exp(log_roughness))
        begins = self._begins[:2]
        if self._found:
            nearest = min(self._found, key=lambda r: abs(np.log(r / roughness)))
            begins = [self._found[nearest].values, begins[0]]
        tries = [self._climb(roughness, values) for values in begins]
        self._found[roughness] = max(tries, key=_height)
        return -self._found[roughness].likelihood

    def at(self, roughness: float) -> Maxima:
        """All maxima at a roughness."""
        fits = self._distinct([self._climb(roughness, v) for v in self._begins])
        highest = fits[0]
        least = highest.likelihood - _FAR_BELOW
        return Maxima(highest, [f for f in fits[1:] if f.likelihood > least], roughness)

    def _distinct(self, fits: list[Fitted]) -> list[Fitted]:
        """The fits from high to low, without repeats."""
        kept: list[Fitted] = []
        for fit in sorted(fits, key=_height, reverse=True):
            here = self._positions(fit.values)
            if all(
                np.abs(here - self._positions(other.values)).max()
                > _SAME * self._frames.spread
                for other in kept
            ):
                kept.append(fit)
        return kept


def _height(fit: Fitted) -> float:
    return fit.likelihood
