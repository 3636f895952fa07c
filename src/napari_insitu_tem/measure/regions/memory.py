"""What is known of a followed particle, and what each frame adds to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.noise import averaging_noise
from napari_insitu_tem.measure.regions.contour import Contour, reaches, wave_basis
from napari_insitu_tem.measure.regions.fit import Displacement
from napari_insitu_tem.measure.regions.levels import Levels, at_nodes
from napari_insitu_tem.measure.regions.noise import Noise
from napari_insitu_tem.measure.regions.strips import unrolled

FloatArray = NDArray[np.float64]

#: Part of the news that the memory takes over in a frame.
_LEARN = 0.4
#: Bounds of the width of the edge in px, the upper one also as part of the radius.
_LEAST_WIDTH, _MOST_WIDTH, _WIDTH_PART = 0.55, 8.0, 0.3
#: How much of the information on the width is kept from frame to frame.
_KEPT = 0.9
#: Wave from which on the shape is expected to change little, the power by which it does
#: less for finer waves, and the last wave from which that is learnt.
_FIRST_RIPPLE, _FALL, _LAST_LEARNT = 3, 4, 12
#: The same power for what a hand draws, whose corners are anywhere.
_FALL_DRAWN = 3
#: Width of an edge that is usual, in px, and by which factor others are from it.
USUAL_WIDTH, _WIDTH_FACTOR = 1.7, 0.35
#: How much less the width is learnt where the outline is not sure.
_BLUNT = 2.5
#: Change of brightness around a particle from frame to frame, in parts of its contrast,
#: up to which it is the particle's own.
_LEAST_FLICKER = 0.15
#: Pixels whose mean tells how bright a part of a frame is.
_ENOUGH = 20_000
#: Distance in px of two pixels whose noise is taken as independent.
_FAR = 3
#: Largest factor by which the noise of a mean may exceed that of pixels.
_MOST_SPREAD = 40.0


@dataclass(frozen=True)
class Around:
    """Mean brightness of a part of a frame.

    Attributes
    ----------
    rows, columns
        First and last but one of each.
    mean
        In counts.
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    mean: float

    def mean_of(self, frame: NDArray[Any]) -> float:
        """Mean of the same part of another frame; NaN where that does not have it."""
        size = (self.rows[1] - self.rows[0]) * (self.columns[1] - self.columns[0])
        thin = max(1, int(np.sqrt(size / _ENOUGH)))
        part = frame[slice(*self.rows, thin), slice(*self.columns, thin)]
        if part.size == 0:
            return float("nan")
        mean = float(part.mean(dtype=np.float64))
        if not np.isfinite(mean):
            part = part[np.isfinite(part)]
            mean = float(part.mean(dtype=np.float64)) if part.size else mean
        return mean


def around(frame: NDArray[Any], contour: Contour) -> Around:
    """The part of a frame around an outline, three times as wide."""
    sides = []
    for z, size in zip(
        (contour.nodes.imag, contour.nodes.real), frame.shape, strict=True
    ):
        wide = float(np.ptp(z))
        low, high = np.clip([z.min() - wide, z.max() + wide + 1], 0, size)
        sides.append((int(low), int(high)))
    part = Around(sides[0], sides[1], 0.0)
    return replace(part, mean=part.mean_of(frame))


@dataclass(frozen=True, eq=False)
class Memory:
    """A particle as it was in the last frame in which it was seen.

    Attributes
    ----------
    contour
        Its outline.
    levels
        Brightness on both sides of it.
    width
        Width of its edge in px, 1 s.d.
    shift, growth
        Its usual motion a frame: of the centre, and of its size in parts of it.
    usual
        How far the outline moves beyond that, in px.
    ripple
        How much the outline changes its shape a frame, in px, at the third wave.
    excess
        Variance of the noise over what counting gives.
    width_information
        How well the width is known.
    filled
        (A,) how far another body fills a window next to each node; None at first.
    missed
        Frames since it was seen.
    seen
        Frames in which it was.
    around
        How bright the part of the frame around it was.
    spread
        Variance of a mean of pixels over what single pixels say.
    is_round
        Whether its edge is the rim of a body that is round in depth too.
    roundness
        By how much that fitted better than a step in all frames so far: twice the
        logarithm of the ratio of likelihoods.
    """

    contour: Contour
    levels: Levels
    width: float
    shift: complex = 0j
    growth: float = 0.0
    usual: float = 0.0
    ripple: float = 0.0
    excess: float = np.nan
    width_information: float = 0.0
    filled: FloatArray | None = None
    missed: int = 0
    seen: int = 0
    around: Around | None = None
    spread: float = 1.0
    is_round: bool = False
    roundness: float = 0.0

    @property
    def expected(self) -> Contour:
        """The outline where it is expected in the next frame."""
        since = self.missed + 1
        return self.contour.moved(self.shift * since, 1.0 + self.growth)

    def prior(self, contour: Contour) -> FloatArray:
        """(2 K + 1,) variances of the displacement in waves.

        Blur flattens waves along the outline as it does across: finer ones than the
        edge is wide cannot be seen and are not looked for.
        """
        _, order = wave_basis(len(contour.nodes), contour.waves)
        radius = contour.radius
        wide = (0.1 * radius + min(2.0, 0.2 * radius)) ** 2
        long = (0.1 * radius + min(2.0, 0.1 * radius)) ** 2
        waves = np.maximum(order, _FIRST_RIPPLE) / _FIRST_RIPPLE
        ripples = self.ripple**2 / waves ** (_FALL if self.seen else _FALL_DRAWN)
        ripples *= np.exp(-((2 * np.pi * order * self.width / contour.perimeter) ** 2))
        low = np.where(order < _FIRST_RIPPLE - 1, wide, long)
        return np.where(order < _FIRST_RIPPLE, low, np.maximum(ripples, 1e-6))

    def after_miss(self) -> Memory:
        """The memory when the particle was not seen in a frame."""
        return replace(self, missed=self.missed + 1, growth=0.0, shift=self.shift / 2)

    def after(self, contour: Contour, fit: Displacement, total: FloatArray) -> Memory:
        """The memory after a frame.

        Parameters
        ----------
        contour
            The outline found.
        fit
            The fit that led to it.
        total
            (2 K + 1,) displacement in waves from what was expected.
        """
        learn = _LEARN if self.seen > 1 else 1.0
        moved = (contour.centroid - self.contour.centroid) / (self.missed + 1)
        grown = contour.radius / max(self.contour.radius, 1e-9) - 1.0
        news = float(np.abs(contour.centroid - self.expected.centroid))
        news += abs(contour.radius - self.expected.radius)
        levels = fit.levels.on(len(contour.nodes))
        width, information = self.width_after(fit)
        follows = self.seen > 0
        return Memory(
            contour=contour,
            levels=levels,
            width=width,
            shift=self.shift + learn * (moved - self.shift) if follows else 0j,
            growth=self.growth + learn * (grown - self.growth) if follows else 0.0,
            usual=max(1.5, 0.7 * self.usual + 0.6 * news),
            ripple=self._ripple(contour, fit, total),
            excess=_mean(self.excess, fit.excess, self.seen),
            width_information=information,
            filled=at_nodes(fit.filled, len(contour.nodes)),
            seen=self.seen + 1,
            around=self.around,
            spread=self.spread,
            is_round=self.is_round,
            roundness=self.roundness,
        )

    def lit(self, frame: NDArray[Any]) -> Memory:
        """The memory with levels as bright as a frame is.

        The beam may flicker by more than the contrast of the particle. What a part of
        the frame around it shows more or less than before is taken as a factor, or as
        an offset where brightness is not positive.
        """
        before = self.around
        mean = np.nan if before is None else before.mean_of(frame)
        known = replace(self, around=around(frame, self.contour))
        if before is None or not np.isfinite(mean - before.mean):
            return known
        least = _LEAST_FLICKER * abs(self.levels.contrast)
        if not abs(mean - before.mean) > least:
            return known
        levels = self.levels
        sides = np.stack([levels.inside, levels.outside])
        if min(mean, before.mean, float(sides.min())) > 0:
            sides = sides * (mean / before.mean)
        else:
            sides = sides + (mean - before.mean)
        return replace(known, levels=Levels(*sides))

    def width_after(self, fit: Displacement) -> tuple[float, float]:
        """Width of the edge, and how well it is known, after a fit."""
        own = 1.0 / _WIDTH_FACTOR**2
        # An outline that follows the noise makes the edge look sharper than it is.
        trust = max(0.0, 1.0 - _BLUNT * float(np.mean(fit.local)) / fit.width**2)
        if fit.log_width_score > 2.0 * np.sqrt(fit.log_width_information):
            trust = 1.0  # clearly wider, however the outline follows the noise
        share = 1.0 - _KEPT if self.seen else 1.0
        score = trust * fit.log_width_score
        score += share * own * np.log(USUAL_WIDTH / self.width)
        information = _KEPT * self.width_information
        information += trust * fit.log_width_information
        step = np.clip(score / (information + own), -0.3, 0.3)
        radius = self.contour.radius
        widest = min(_MOST_WIDTH, max(_WIDTH_PART * radius, 1.0))
        width = float(np.clip(self.width * np.exp(step), _LEAST_WIDTH, widest))
        return width, information

    def _ripple(self, contour: Contour, fit: Displacement, c: FloatArray) -> float:
        """How much the shape changes: one step of expectation-maximisation."""
        if self.seen == 0:
            return 0.02 * contour.radius + 0.6
        _, order = wave_basis((len(c) - 1) // 2 * 5, (len(c) - 1) // 2)
        used = (order >= _FIRST_RIPPLE) & (order <= _LAST_LEARNT)
        if not used.any():
            return self.ripple
        unit = (order[used] / _FIRST_RIPPLE) ** _FALL
        square = float(np.mean((c[used] ** 2 + fit.variances[used]) * unit))
        mean = 0.7 * self.ripple**2 + 0.3 * square
        most = 0.1 * contour.radius + 2.0
        return float(np.clip(np.sqrt(mean), 0.05, most))


def _mean(before: float, news: float, seen: int) -> float:
    """Running mean, of all frames at first."""
    if not np.isfinite(news):
        return before
    if not np.isfinite(before):
        return news
    return before + (news - before) / min(seen + 1, 20)


def first_memory(
    frame: NDArray[Any], contour: Contour, gain: float | None = None
) -> Memory | None:
    """Levels from what lies well inside and outside of a drawn outline.

    None where one side cannot be seen.
    """
    reach = search_reach(contour)
    strip = unrolled(frame, contour, reach)
    inwards, _ = reaches(contour)
    deep = np.minimum(0.45 * reach, 0.45 * inwards)[:, None]
    inside = strip.values[(strip.weight > 0) & (strip.offsets < -deep)]
    outside = strip.values[(strip.weight > 0) & (strip.offsets > 0.45 * reach)]
    if inside.size < 4 or outside.size < 4:
        return None
    sides = (_middle(inside), _middle(outside))
    levels = Levels(*(np.full(len(contour.nodes), side) for side in sides))
    width = float(np.clip(0.02 * contour.radius, 1.5, 3.0))
    radius = contour.radius
    return Memory(
        contour,
        levels,
        width,
        usual=0.5 * reach,
        ripple=0.04 * radius + 2.5,
        around=around(frame, contour),
        spread=_spread(frame, contour) if gain is None else 1.0,
    )


def _spread(frame: NDArray[Any], contour: Contour) -> float:
    """Variance of a mean of pixels over what their differences say, at least 1."""
    part = _part(frame, contour)
    alone = _half_variance(part)
    if not alone > 0:
        return 1.0
    return float(np.clip(averaging_noise(part) ** 2 / alone, 1.0, _MOST_SPREAD))


def _middle(values: FloatArray) -> float:
    """Mean of the middle half, for counts too few for a median."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(values[(values >= low) & (values <= high)].mean())


def search_reach(contour: Contour) -> float:
    """How far around an outline it is looked for, in px."""
    return max(8.0, 0.25 * contour.radius)


def noise_of(
    frame: NDArray[Any], contour: Contour, gain: float | None, spread: float = 1.0
) -> Noise:
    """Noise of a pixel: by counting, or from differences around the outline.

    Notes
    -----
    Half the mean square of differences of pixels 3 px apart, times the factor `spread`
    by which a mean over many is noisier, as behind a camera that spreads electrons over
    several pixels. What is left is found by the fit (`fit.Displacement.excess`).
    """
    if gain is not None:
        return Noise(0.0, gain)
    variance = spread * _half_variance(_part(frame, contour))
    return Noise(max(variance, 1e-12), 0.0)


def _part(frame: NDArray[Any], contour: Contour) -> NDArray[Any]:
    """The part of a frame that an outline is looked for in, not all its rows."""
    reach = search_reach(contour)
    x, y = contour.nodes.real, contour.nodes.imag
    rows, columns = frame.shape
    left, right = np.clip([x.min() - reach, x.max() + reach + 1], 0, columns)
    top, bottom = np.clip([y.min() - reach, y.max() + reach + 1], 0, rows)
    thin = max(1, int((bottom - top) // 128))
    return frame[int(top) : int(bottom) : thin, int(left) : int(right)]


def _half_variance(part: NDArray[Any]) -> float:
    """Half the mean square of differences along rows; 0 where there are none."""
    steps = part[:, _FAR:].astype(np.float64) - part[:, :-_FAR]
    square = steps[np.isfinite(steps)] ** 2
    return 0.5 * float(square.mean()) if square.size else 0.0
