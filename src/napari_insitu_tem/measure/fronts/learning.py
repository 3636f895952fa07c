"""Learning a kymograph's levels, blur, steps and noise while following its fronts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.fronts.chain import smooth
from napari_insitu_tem.measure.fronts.lesson import are_close, learnt
from napari_insitu_tem.measure.fronts.offsets import Offsets
from napari_insitu_tem.measure.fronts.picks import Picks
from napari_insitu_tem.measure.fronts.samples import (
    Flicker,
    FrontSamples,
    flicker_of,
    is_unexplained,
    noise_of,
    pattern_of,
)
from napari_insitu_tem.measure.fronts.start import first_idea
from napari_insitu_tem.measure.fronts.steps import StepPrior, any_steps
from napari_insitu_tem.measure.fronts.template import FrontTemplate

FloatArray = NDArray[np.float64]

#: Expected width of a front before it is learnt, in samples.
_FIRST_WIDTH = 2.0
#: Most rounds of learning, and the gain in log-likelihood a frame that ends them.
_ROUNDS, _ENOUGH = 12, 1e-3
#: Rounds on the finer grid.
_FINE_ROUNDS = 2
#: Distances of places on the grid in samples, from fine to coarse; those of learning.
_SPACINGS = (0.125, 0.25, 0.5, 1.0)
_LEARNING_SPACING, _COARSE_SPACING = 0.5, 1.0
#: Most places times frames, and the samples from which learning is coarser.
_CELLS, _MANY = 16_000_000, 500_000
#: Log-likelihood of a place where a front cannot be, and the chance taken for none.
_NEVER, _NO_CHANCE = -1e4, 1e-4
#: Least and most of a pattern's factors.
_DARKEST, _BRIGHTEST = 0.02, 50.0

#: Rounds that are reported at most for one way of looking at a kymograph.
ROUNDS = _ROUNDS + _FINE_ROUNDS


@dataclass(frozen=True, eq=False)
class Learnt:
    """Fronts followed through all frames.

    Attributes
    ----------
    samples
        The kymograph, with the flicker, pattern and noise found in it.
    template
        Levels and widths.
    priors
        (N) steps of each front.
    grid
        (G,) places in samples.
    log_likelihood
        (N, T, G) of each frame alone, with the user's picks.
    posteriors
        (N) of (T, G) chances given all frames.
    evidence
        Log-likelihood of all frames, over that of the first level everywhere.
    flicker
        Brightness of whole frames.
    is_patterned
        Whether places of the path differ from each other in all frames.
    asked
        Which of the fronts were asked for; others only explain the rest.
    """

    samples: FrontSamples
    template: FrontTemplate
    priors: list[StepPrior]
    grid: FloatArray
    log_likelihood: FloatArray
    posteriors: list[FloatArray]
    evidence: float
    flicker: Flicker
    is_patterned: bool
    asked: slice = field(default_factory=lambda: slice(None))

    @property
    def model(self) -> FloatArray:
        """(T, L) counts that are expected."""
        offsets = Offsets(self.samples.counts.shape[1], self.grid)
        return self.template.model(self.samples, self.posteriors, offsets)

    @property
    def merit(self) -> float:
        """Log-likelihood, less what the freedom of flicker and pattern costs."""
        frames, places = self.samples.counts.shape
        pattern = 0.5 * places * np.log(frames) if self.is_patterned else 0.0
        base = self.template.base(self.samples)
        return float(self.evidence + base - pattern - self.flicker.cost)


def learn_fronts(
    samples: FrontSamples,
    fronts: int,
    picks: Picks,
    report: Callable[[int], None],
) -> Learnt:
    """Follow fronts; with flicker of the frames and a pattern of the path if needed.

    Parameters
    ----------
    samples
        The kymograph.
    fronts
        Number of fronts.
    picks
        Places that the user gave.
    report
        Called with the number of rounds that are done; may raise to cancel.
    """
    ask = _Question(samples, fronts, picks, report)
    best = _Learning(ask).run()
    if flicker_of(best.samples, best.model).is_clear:
        best = max(best, _Learning(ask, flickers=True).run(), key=_merit)
    if is_unexplained(best.samples, best.model):
        best = _with_pattern(ask, best)
    if is_unexplained(best.samples, best.model) and not best.flicker.is_clear:
        # A front that lost its sharp sides can hide that all frames fade.
        faded = _Learning(ask, flickers=True).run()
        if is_unexplained(faded.samples, faded.model):
            faded = _with_pattern(ask, faded)
        best = max(best, faded, key=_merit)
    if fronts == 1 and picks.are_given and is_unexplained(best.samples, best.model):
        best = _with_another(ask, best)
    return best


def _with_pattern(ask: _Question, found: Learnt) -> Learnt:
    """A pattern of the path, if that explains more."""
    level = ask.samples.exposure * float(found.template.levels.mean())
    plain = found.samples, found.model
    firsts = [pattern_of(*plain), pattern_of(ask.samples, level)]
    flickers = found.flicker.is_clear
    tries = [_Learning(ask, flickers=flickers, pattern=first).run() for first in firsts]
    return max(found, *tries, key=_merit)


def _with_another(ask: _Question, found: Learnt) -> Learnt:
    """Another front before or behind the one that was picked, if that explains more."""
    tries = []
    for place in (0, 1):
        both = replace(ask, fronts=2, picks=ask.picks.beside(1 - place))
        other = _Learning(both, flickers=found.flicker.is_clear).run()
        tries.append(replace(other, asked=slice(place, place + 1)))
    return max(found, *tries, key=_merit)


def _merit(found: Learnt) -> float:
    return found.merit


@dataclass(frozen=True, eq=False)
class _Question:
    """What is asked: the arguments of `learn_fronts`."""

    samples: FrontSamples
    fronts: int
    picks: Picks
    report: Callable[[int], None]


class _Learning:
    """Expectation-maximisation: where fronts are, then levels, steps and noise."""

    def __init__(
        self,
        ask: _Question,
        *,
        flickers: bool = False,
        pattern: FloatArray | None = None,
    ) -> None:
        self._ask, self._bare, self._samples = ask, ask.samples, ask.samples
        self._flickers, self._pattern = flickers, pattern
        self._flicker = Flicker(np.ones(len(self._bare.counts)), 0.0)
        self._expose(self._bare.noise)
        start = first_idea(
            self._samples, ask.fronts, ask.picks, _FIRST_WIDTH, flickers=flickers
        )
        self._near = start.near(4 * _FIRST_WIDTH) if ask.fronts > 1 else None
        widths = np.full(ask.fronts, _FIRST_WIDTH)
        self._template = FrontTemplate(start.levels, widths)
        is_large = self._bare.counts.size > _MANY
        first = _COARSE_SPACING if is_large else _LEARNING_SPACING
        self._go_to(self._places(first), start.places, start.posteriors)
        self._learn_exposure()
        prior = any_steps(len(self._grid), self._spacing)
        self._priors = [prior] * ask.fronts
        self._terms: list[FloatArray] = []
        self._evidence = -np.inf

    @property
    def _grid(self) -> FloatArray:
        return self._offsets.grid

    @property
    def _spacing(self) -> float:
        return float(self._grid[1] - self._grid[0])

    @property
    def _total(self) -> float:
        return self._evidence + self._template.base(self._samples)

    def run(self) -> Learnt:
        """Learn on a coarse grid, then follow the fronts on a fine one."""
        for done in range(_ROUNDS):
            self._ask.report(done)
            before = self._total
            self._follow(learn=True)
            self._learn()
            if abs(self._total - before) < _ENOUGH * len(self._bare.counts):
                break
        self._refine()
        for done in range(_FINE_ROUNDS):
            self._ask.report(_ROUNDS + done)
            self._follow(learn=True)
            self._learn()
        self._follow(learn=False)
        return Learnt(
            self._samples,
            self._template,
            self._priors,
            self._grid,
            np.array(self._terms),
            self._posteriors,
            self._evidence,
            self._flicker,
            self._pattern is not None,
        )

    def _places(self, spacing: float) -> FloatArray:
        """Places on the path and a little beyond its ends, as fine as they may be."""
        frames, length = self._bare.counts.shape
        margin = int(np.ceil(3 * max(1.0, float(self._template.widths.max()))))
        count = length
        for finer in (s for s in _SPACINGS if s >= spacing):
            count = round((length - 1 + 2 * margin) / finer) + 1
            if frames * count * self._ask.fronts <= _CELLS:
                break
        return np.arange(count, dtype=np.float64) * finer - margin

    def _refine(self) -> None:
        """Go to a grid that is as fine as the fronts are sure."""
        information = self._template.information(self._samples).max()
        sure = 0.2 / np.sqrt(max(float(information), 1e-9))
        smooth_over = 0.6 * float(self._template.widths.min())
        finest = max(min(sure, smooth_over), _SPACINGS[0])
        usable = [s for s in _SPACINGS if s <= finest]
        self._go_to(self._places(usable[-1]), self._grid, self._posteriors)
        self._priors = [
            prior.on_grid(len(self._grid), self._spacing) for prior in self._priors
        ]

    def _go_to(
        self, grid: FloatArray, old: FloatArray, posteriors: list[FloatArray]
    ) -> None:
        """Take what is known of the places to another grid."""
        self._offsets = Offsets(self._bare.counts.shape[1], grid)
        moved = [_resampled(chance, old, grid) for chance in posteriors]
        self._posteriors = [
            chance / chance.sum(axis=1, keepdims=True) for chance in moved
        ]

    def _follow(self, *, learn: bool) -> None:
        """Where each front may be, given all frames; and how it moves."""
        self._terms = [self._term(front) for front in range(self._ask.fronts)]
        chains = [
            smooth(term + self._order(front), prior.chances, learn=learn)
            for front, (term, prior) in enumerate(
                zip(self._terms, self._priors, strict=True)
            )
        ]
        self._evidence = float(sum(chain.evidence for chain in chains))
        self._posteriors = [chain.posterior for chain in chains]
        if learn:
            self._priors = [
                prior.learnt(chain.paired)
                for prior, chain in zip(self._priors, chains, strict=True)
            ]

    def _term(self, front: int) -> FloatArray:
        """(T, G) log-likelihood of a front, with picks and the order of the fronts."""
        term = self._template.log_likelihood(self._samples, front, self._offsets)
        if self._near is not None:
            self._correct(term, front)
            first, last = self._near[front].T[:, :, None]
            outside = (self._grid < first) | (self._grid > last)
            term[outside] = _NEVER
        return self._ask.picks.applied(term, self._grid, front)

    def _correct(self, term: FloatArray, front: int) -> None:
        """Where fronts overlap, take what the others do into account."""
        means = np.array([chance @ self._grid for chance in self._posteriors])
        frames = np.flatnonzero(are_close(means, self._template.widths)[front])
        if frames.size == 0:
            return
        assert self._near is not None
        length = self._bare.counts.shape[1]
        some = [chance[frames] for chance in self._posteriors]
        parts = self._template.passed_by(some, self._grid, length)
        for index, frame in enumerate(frames):
            first, last = self._near[front, frame]
            near = (self._grid >= first) & (self._grid <= last)
            term[frame, near] = self._template.beside_others(
                self._samples.frame(int(frame)),
                front,
                self._grid[near],
                parts[:, index],
            )

    def _order(self, front: int) -> FloatArray | float:
        """(T, G) log of the chance that the neighbours are on their sides."""
        if self._ask.fronts == 1:
            return 0.0
        total = np.zeros((len(self._bare.counts), len(self._grid)))
        for other in (front - 1, front + 1):
            if not 0 <= other < self._ask.fronts:
                continue
            chance = self._posteriors[other]
            below = np.cumsum(chance, axis=1) - 0.5 * chance
            chance = np.maximum(1.0 - below, 0.0) if other > front else below
            none = chance < _NO_CHANCE
            total += np.where(none, _NEVER, np.log(np.where(none, 1.0, chance)))
        return total

    def _learn(self) -> None:
        """Levels and widths from where the fronts may be; then what the light does."""
        self._template = learnt(
            self._template, self._samples, self._posteriors, self._offsets
        )
        self._learn_exposure()

    def _learn_exposure(self) -> None:
        """Pattern, flicker and noise."""
        model = self._template.model(self._bare, self._posteriors, self._offsets)
        if self._pattern is not None:
            pattern = pattern_of(self._bare, model * self._flicker.factor[:, None])
            self._pattern = pattern / max(float(pattern.mean()), 1e-300)
            model = model * self._pattern
        steady = replace(self._bare, noise=self._samples.noise)
        if self._flickers:
            self._flicker = flicker_of(steady, model)
        self._expose(noise_of(steady, model * self._flicker.factor[:, None]))

    def _expose(self, noise: float) -> None:
        exposure = self._bare.exposure * self._flicker.factor[:, None]
        if self._pattern is not None:
            exposure = exposure * np.clip(self._pattern, _DARKEST, _BRIGHTEST)
        self._samples = replace(self._bare.exposed(exposure), noise=noise)


def _resampled(values: FloatArray, old: FloatArray, new: FloatArray) -> FloatArray:
    """(T, G) values between the places of another grid, 0 beyond."""
    at = (new - old[0]) / (old[1] - old[0])
    low = np.clip(at.astype(int), 0, len(old) - 2)
    part = at - low
    inside = (part >= 0) & (part <= 1)
    moved = values[:, low] * (1 - part) + values[:, low + 1] * part
    return np.where(inside, moved, 0.0)
