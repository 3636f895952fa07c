"""A first idea of ordered fronts: their levels, and roughly where they are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.fronts.joint import joined, smooth_together
from napari_insitu_tem.measure.fronts.picks import Picks
from napari_insitu_tem.measure.fronts.samples import FrontSamples
from napari_insitu_tem.measure.fronts.template import FrontTemplate

FloatArray = NDArray[np.float64]

#: Most blocks of frames, and most places of all fronts together.
_BLOCKS, _STATES = 96, 16384
#: Most places of one front.
_PLACES = 200
#: Numbers of blocks of frames whose mean profiles are cut into levels.
_CUTS = (8, 3)
#: Rounds of learning the levels from the places.
_ROUNDS = 4
#: Share of steps that may go anywhere.
_ANYWHERE = 0.02
#: Relative chance of a place below which it is not looked at again.
_UNLIKELY = 1e-4
#: Relative flicker of frames that is allowed for where there is some; rounds in which
#: it and the levels are found from each other.
_FLICKER, _SHARING = 0.2, 50
#: Least relative change of a frame's brightness.
_DARKEST = -0.95


@dataclass(frozen=True, eq=False)
class FrontStart:
    """Fronts as far as blocks of frames and of samples show them.

    Attributes
    ----------
    levels
        (N + 1,) brightness between the fronts.
    places
        (G,) coarse grid in samples.
    posteriors
        (N) of (T, G) chances of the places.
    evidence
        Log-likelihood of the levels, for comparing starts.
    """

    levels: FloatArray
    places: FloatArray
    posteriors: list[FloatArray]
    evidence: float

    def near(self, margin: float) -> FloatArray:
        """(N, T, 2) first and last sample between which each front is in each frame."""
        ranges = []
        for chance in self.posteriors:
            likely = chance > _UNLIKELY * chance.max(axis=1, keepdims=True)
            first = self.places[likely.argmax(axis=1)]
            last = self.places[::-1][likely[:, ::-1].argmax(axis=1)]
            ranges.append(np.stack([first - margin, last + margin], axis=1))
        return np.array(ranges)


def first_idea(
    samples: FrontSamples,
    fronts: int,
    picks: Picks,
    width: float,
    *,
    flickers: bool = False,
) -> FrontStart:
    """Find ordered fronts on a coarse grid, all of them together.

    Parameters
    ----------
    samples
        The kymograph.
    fronts
        Number of fronts N.
    picks
        Places that the user gave.
    width
        Width that a front is expected to have, in samples.
    flickers
        Whether the brightness of whole frames differs.

    Notes
    -----
    Several guesses of the levels (from the best cuts of mean profiles into N + 1
    pieces, from both sides of the picks) are improved in turn with the chance of all
    ordered combinations of places, followed through time; the likeliest is returned.
    """
    coarse = _Coarse(samples, fronts, picks.all_places(), width, flickers)
    guesses = coarse.guesses()
    return max((coarse.improved(g) for g in guesses), key=lambda s: s.evidence)


class _Coarse:
    """Blocks of frames and samples, and every ordered combination of places."""

    def __init__(
        self,
        samples: FrontSamples,
        fronts: int,
        given: FloatArray,
        width: float,
        flickers: bool,
    ) -> None:
        frames, length = samples.counts.shape
        self.fronts, self.samples, self.flickers = fronts, samples, flickers
        places = min(int(_STATES ** (1.0 / fronts)), _PLACES)
        self.across = -(-length // places)
        self.along = -(-frames // _BLOCKS)
        self.blocks = np.arange(frames) // self.along
        self.signal = self._binned(samples.signal)
        self.weight = self._binned(samples.weight)
        self.places = (np.arange(self.signal.shape[1]) + 0.5) * self.across - 0.5
        self.width = max(width, 0.5 * self.across)
        self.given = self._given(given)
        grids = np.indices((self.places.size,) * fronts)
        wrong = np.zeros(grids.shape[1:], dtype=bool)
        for before, after in pairwise(grids):
            wrong |= before > after
        self.disorder = np.where(wrong, -np.inf, 0.0)
        self.step = self._steps()

    def _binned(self, values: FloatArray) -> FloatArray:
        rows = np.add.reduceat(values, np.arange(0, values.shape[0], self.along), 0)
        columns = np.arange(0, values.shape[1], self.across)
        return np.asarray(np.add.reduceat(rows, columns, 1))

    def _given(self, given: FloatArray) -> FloatArray:
        """(N, blocks, G) log of the chance that picks leave to each place."""
        chance = np.zeros((self.fronts, len(self.signal), self.places.size))
        for front, frame in zip(*np.nonzero(np.isfinite(given)), strict=True):
            away = (self.places - given[front, frame]) / (2 * self.width + self.across)
            chance[front, self.blocks[frame]] -= 8.0 * away**2
        return chance

    def _steps(self) -> FloatArray:
        """(G, G) chance of each step from block to block."""
        away = np.abs(self.places[:, None] - self.places)
        length = max(self.across, self.places.size * self.across / len(self.signal))
        chance = np.exp(-away / length)
        chance /= chance.sum(axis=1, keepdims=True)
        return np.asarray((1 - _ANYWHERE) * chance + _ANYWHERE / self.places.size)

    def guesses(self) -> list[FloatArray]:
        """Levels to begin with."""
        found = [self._cut(number) for number in _CUTS if number <= len(self.signal)]
        found.append(self._cut(1))
        if np.isfinite(self.samples.counts).all() and self.fronts == 1:
            tenth = max(1, self.places.size // 10)
            ends = [self._mean(slice(tenth)), self._mean(slice(-tenth, None))]
            found.append(np.array(ends))
        found.extend(self._beside_picks())
        return [levels for levels in found if np.all(np.isfinite(levels))]

    def _mean(self, columns: slice) -> float:
        weight = float(self.weight[:, columns].sum())
        return float(self.signal[:, columns].sum()) / weight if weight > 0 else np.nan

    def _beside_picks(self) -> list[FloatArray]:
        """Levels on both sides of the picked places, within some widths."""
        if not np.any(self.given < 0):
            return []
        best = self.given.argmax(axis=2)
        picked = np.any(self.given < 0, axis=2).all(axis=0)
        reach = max(3, int(np.ceil(6 * self.width / self.across)))
        levels = []
        for side in range(self.fronts + 1):
            signal = weight = 0.0
            for block in np.flatnonzero(picked):
                low = best[side - 1, block] + 1 if side else 0
                high = best[side, block] if side < self.fronts else self.places.size
                if side == 0:
                    low = max(low, high - reach)
                elif side == self.fronts:
                    high = min(high, low + reach)
                signal += float(self.signal[block, low:high].sum())
                weight += float(self.weight[block, low:high].sum())
            levels.append(signal / weight if weight > 0 else np.nan)
        return [np.array(levels)]

    def _cut(self, number: int) -> FloatArray:
        """Levels of the best cuts of the mean profiles of some blocks of frames."""
        parts = np.array_split(np.arange(len(self.signal)), number)
        signal = np.array([self.signal[part].sum(axis=0) for part in parts])
        weight = np.array([self.weight[part].sum(axis=0) for part in parts])
        pieces = _best_cuts(signal, weight, self.fronts)
        return _shared_levels(pieces[..., 0], pieces[..., 1], self.flickers)

    def improved(self, levels: FloatArray) -> FrontStart:
        """Levels and places that agree with each other."""
        marginals, evidence = self._places(levels)
        for _ in range(_ROUNDS):
            changed = self._levels(marginals, levels)
            if np.allclose(changed, levels, rtol=1e-3, atol=0):
                break
            levels = changed
            marginals, evidence = self._places(levels)
        every = [chance[self.blocks] for chance in marginals]
        return FrontStart(levels, self.places, every, evidence)

    def _places(self, levels: FloatArray) -> tuple[list[FloatArray], float]:
        """(N) of (blocks, G) chances of the places, and the evidence."""
        template = FrontTemplate(levels, np.full(self.fronts, self.width))
        terms = [
            template.terms(front, self.places, self.places, self.samples.is_counted)
            for front in range(self.fronts)
        ]
        by_a = [self.signal @ a.T for a, _ in terms]
        by_b = [self.weight @ b.T for _, b in terms]
        chance = joined(
            [
                (a - b) / self.samples.noise + g
                for a, b, g in zip(by_a, by_b, self.given, strict=True)
            ]
        )
        if self.flickers:
            chance += self._flicker(levels[0], by_a, by_b)
        posteriors, evidence = smooth_together(chance + self.disorder, self.step)
        return posteriors, evidence + template.base(self.samples)

    def _flicker(
        self, level: float, by_a: list[FloatArray], by_b: list[FloatArray]
    ) -> FloatArray:
        """(blocks, G, ...) gain by a free brightness of each block."""
        signal, weight = self.signal.sum(axis=1), self.weight.sum(axis=1)
        noise, variance = self.samples.noise, _FLICKER**2
        if self.samples.is_counted:
            information = joined(by_b, level * weight)
            seen = joined([], signal, information.ndim)
            score = seen - information
        else:
            information = joined([2 * b for b in by_b], level**2 * weight)
            score = joined(by_a, level * signal) - information
        information = np.maximum(information, 0.0) / noise
        change = score / noise / (information + 1 / variance)
        gain = 0.5 * change * score / noise
        if self.samples.is_counted:
            # Not to second order: of many electrons a tenth more is far away.
            change = np.maximum(change, _DARKEST)
            gain = seen * np.log1p(change) / noise - change * information
            gain -= 0.5 * change**2 / variance
        return np.asarray(gain - 0.5 * np.log1p(information * variance))

    def _levels(self, marginals: list[FloatArray], old: FloatArray) -> FloatArray:
        """Mean brightness between the fronts, away from their widths."""
        means = np.array([chance @ self.places for chance in marginals])
        keep = 1.5 * self.width
        signal, weight = [], []
        for side in range(self.fronts + 1):
            inside = np.ones(self.signal.shape, dtype=bool)
            if side:
                inside &= self.places > means[side - 1][:, None] + keep
            if side < self.fronts:
                inside &= self.places < means[side][:, None] - keep
            signal.append(np.where(inside, self.signal, 0.0).sum(axis=1))
            weight.append(np.where(inside, self.weight, 0.0).sum(axis=1))
        levels = _shared_levels(np.array(signal).T, np.array(weight).T, self.flickers)
        return np.where(np.isfinite(levels), levels, old)


def _shared_levels(
    signal: FloatArray, weight: FloatArray, flickers: bool
) -> FloatArray:
    """Levels from (R, N + 1) sums of frames; NaN where there is nothing.

    Where the frames flicker or fade, each has a brightness of its own, their mean being
    one: a front that moves meanwhile would else be mistaken for a part of its step.
    """
    factor = np.ones(len(signal))
    levels = np.zeros(signal.shape[1])
    for _ in range(_SHARING if flickers else 1):
        total = factor @ weight
        seen = total > 0
        levels = signal.sum(axis=0) / np.where(seen, total, np.nan)
        model = weight @ np.where(seen, levels, 0.0)
        some = model > 0
        factor = np.where(some, signal.sum(axis=1) / np.where(some, model, 1.0), 1.0)
        factor /= factor.mean()
    return levels


def _best_cuts(signal: FloatArray, weight: FloatArray, cuts: int) -> FloatArray:
    """Cut each of R profiles so that the pieces differ most from each other.

    Returns
    -------
    (R, cuts + 1, 2) sums of signal and of weight in each piece.
    """
    sums = [np.pad(np.cumsum(v, axis=1), ((0, 0), (1, 0))) for v in (signal, weight)]
    piece, mass = (s[:, None, :] - s[:, :, None] for s in sums)
    seen = mass > 0
    gain = np.where(seen, piece**2 / np.where(seen, mass, 1.0), -np.inf)
    best, origin = gain[:, 0], []
    for _ in range(cuts):
        total = best[:, :, None] + gain
        origin.append(total.argmax(axis=1))
        best = total.max(axis=1)
    rows = np.arange(len(signal))
    ends = [np.full(len(signal), signal.shape[1])]
    for chosen in reversed(origin):
        ends.append(chosen[rows, ends[-1]])
    ends.append(np.zeros(len(signal), dtype=np.intp))
    pairs = [[s[rows, b] - s[rows, a] for s in sums] for b, a in pairwise(ends)]
    return np.array(pairs[::-1]).transpose(2, 0, 1)
