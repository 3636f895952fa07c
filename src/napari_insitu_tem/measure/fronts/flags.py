"""Why a followed front is to be doubted, frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.fronts.samples import FrontSamples, pattern_of
from napari_insitu_tem.measure.fronts.template import level_likelihood

if TYPE_CHECKING:
    from napari_insitu_tem.measure.fronts.learning import Learnt
    from napari_insitu_tem.measure.fronts.picks import Picks

FloatArray = NDArray[np.float64]
Booleans = NDArray[np.bool_]

LOW_CONTRAST = "low_contrast"
OUT_OF_FRAME = "out_of_frame"
AMBIGUOUS = "ambiguous"
JUMP = "jump"
UNRESOLVED = "unresolved"

#: Gain in log-likelihood over no front at all below which there may be none.
_LEAST_GAIN = 12.0
#: A step in the frame itself below this part of the learnt one, by so many of its
#: uncertainties, means that the front is not to be seen there.
_FAINT, _CLEAR = 0.5, 4.0
#: Chance of a second place from which the first is doubted, and how deep the valley
#: between them is.
_SECOND, _VALLEY = 0.05, 0.3
#: Two fronts are told apart from this many of their mean widths, halved.
_APART = 1.0
#: A jump is farther than so many times what most steps (this share) stay below, and
#: than so many uncertainties and widths.
_FAR, _MOST, _JUMP_CLEAR, _JUMP_WIDTHS = 8.0, 0.95, 5.0, 1.0


def front_flags(
    learnt: Learnt, position: FloatArray, spread: FloatArray, picks: Picks
) -> tuple[NDArray[np.str_], Booleans]:
    """(N, T) words of doubt, and (N, T) whether there is no position at all.

    Parameters
    ----------
    learnt
        The fronts as followed.
    position, spread
        (N, T) mean and standard deviation in samples.
    picks
        The user's places, which are not doubted.
    """
    blank = np.broadcast_to(_is_blank(learnt), position.shape)
    out = _is_out(learnt) & ~blank
    vanished = _has_vanished(learnt, position, out)
    picked = np.isfinite(picks.anchors)
    lost = (blank | out) & ~picked
    flag = np.select(
        [
            blank | vanished | (_is_faint(learnt, position) & ~out),
            out,
            _is_touching(learnt, position),
            _is_ambiguous(learnt, spread),
            _is_jump(learnt, np.where(lost, np.nan, position), spread),
        ],
        [LOW_CONTRAST, OUT_OF_FRAME, UNRESOLVED, AMBIGUOUS, JUMP],
        default="",
    )
    flag[picked] = ""
    return flag, lost


def _is_blank(learnt: Learnt) -> NDArray[np.bool_]:
    """(N, 1) whether a front cannot be told from noise in any frame."""
    samples, template = learnt.samples, learnt.template
    flat = float(samples.signal.sum()) / max(float(samples.weight.sum()), 1e-300)
    same = samples
    if learnt.is_patterned:
        pattern = pattern_of(samples, samples.exposure * flat)
        same = samples.exposed(samples.exposure * np.maximum(pattern, 1e-3))
    none = level_likelihood(same, flat) - template.base(samples)
    gain = np.full(template.fronts, learnt.evidence - none)
    if template.fronts > 1:
        gain = np.minimum(gain, _step_gains(learnt))
    return np.asarray(gain < _LEAST_GAIN)[:, None]


def _step_gains(learnt: Learnt) -> FloatArray:
    """(N,) gain of two levels over their mean at each front where it is found."""
    weights = _level_weights(learnt)
    before, after = weights[:-1], weights[1:]
    both = before * (after / np.maximum(before + after, 1e-300))
    return np.asarray(0.5 * learnt.template.steps**2 * both)


def _level_weights(learnt: Learnt) -> FloatArray:
    """(N + 1,) information on each level, from all samples that show it."""
    samples, grid = learnt.samples, learnt.grid
    edges = [posterior @ grid for posterior in learnt.posteriors]
    x = np.arange(samples.counts.shape[1])
    side = np.sum([x > edge[:, None] for edge in edges], axis=0)
    result = []
    for level, brightness in enumerate(learnt.template.levels):
        weight = float(samples.weight[side == level].sum()) / samples.noise
        result.append(weight / max(brightness, 1e-9) if samples.is_counted else weight)
    return np.array(result)


def _is_out(learnt: Learnt) -> Booleans:
    """(N, T) whether a front is more likely beyond the path's ends than on it."""
    last = learnt.samples.counts.shape[1] - 1
    beyond = (learnt.grid < 0) | (learnt.grid > last)
    seen = (learnt.samples.exposure > 0).any(axis=1)
    outside = [posterior[:, beyond].sum(axis=1) for posterior in learnt.posteriors]
    return np.asarray((np.array(outside) > 0.5) | ~seen)


def _has_vanished(learnt: Learnt, position: FloatArray, out: Booleans) -> Booleans:
    """(N, T) whether a front is gone without having come near an end of the path."""
    last = learnt.samples.counts.shape[1] - 1
    result = np.zeros(out.shape, dtype=bool)
    for front, gone in enumerate(out):
        if gone.all() or not gone.any():
            continue
        from_end = np.minimum(position[front], last - position[front])
        far = _far(np.where(gone, np.nan, position[front]), learnt, front)
        edges = np.flatnonzero(np.diff(gone, prepend=False, append=False))
        for first, stop in edges.reshape(-1, 2):
            beside = [t for t in (first - 1, stop) if 0 <= t < gone.size]
            result[front, first:stop] = from_end[beside].min() > far
    return result


def _is_faint(learnt: Learnt, position: FloatArray) -> Booleans:
    """(N, T) whether a frame alone shows clearly less of a step than it should."""
    samples, template = learnt.samples, learnt.template
    x = np.arange(samples.counts.shape[1])
    between = (position[1:] + position[:-1]) / 2
    owner = (x > between[:, :, None]).sum(axis=0)
    result = []
    for front, places in enumerate(position):
        if template.steps[front] == 0:  # nowhere any step, which is told elsewhere
            result.append(np.zeros(places.shape, dtype=bool))
            continue
        part = _part(x, places, template.widths[front])
        level = template.levels[front] + template.steps[front] * part
        step, spread = _step_of_each(samples, part, level, owner == front)
        share = step / template.steps[front]
        spread = spread / abs(template.steps[front])
        result.append(share + _CLEAR * spread < _FAINT)
    return np.array(result)


def _part(x: NDArray[np.intp], places: FloatArray, width: float) -> FloatArray:
    from scipy.special import ndtr

    return np.asarray(ndtr((x - places[:, None]) / width))


def _step_of_each(
    samples: FrontSamples, part: FloatArray, level: FloatArray, near: Booleans
) -> tuple[FloatArray, FloatArray]:
    """(T,) step at the front in each frame by least squares, and its uncertainty."""
    exposure = np.where(near, samples.exposure, 0.0)
    spread = samples.noise * np.ones_like(level)
    if samples.is_counted:
        spread = samples.noise * np.maximum(level * samples.exposure, 1e-9)
    weight = exposure**2 / spread
    value = samples.counts / np.where(samples.exposure > 0, samples.exposure, 1.0)
    total = np.maximum(weight.sum(axis=1), 1e-300)
    mean = (weight * part).sum(axis=1) / total
    away = part - mean[:, None]
    square = np.maximum((weight * away**2).sum(axis=1), 1e-300)
    return (weight * away * value).sum(axis=1) / square, 1.0 / np.sqrt(square)


def _is_ambiguous(learnt: Learnt, spread: FloatArray) -> Booleans:
    """(N, T) whether another place, apart from the likeliest, has its chance."""
    result = np.zeros(spread.shape, dtype=bool)
    for front, posterior in enumerate(learnt.posteriors):
        wide = spread[front] > max(2.0, float(learnt.template.widths[front]))
        for frame in np.flatnonzero(wide):
            result[front, frame] = _has_second(posterior[frame])
    return result


def _is_touching(learnt: Learnt, position: FloatArray) -> Booleans:
    """(N, T) whether a front is too close to the next for two to be told apart."""
    widths = learnt.template.widths
    close = np.diff(position, axis=0) < _APART * (widths[1:] + widths[:-1])[:, None]
    none = np.zeros((1, position.shape[1]), dtype=bool)
    return np.asarray(np.concatenate([close, none]) | np.concatenate([none, close]))


def _has_second(chance: FloatArray) -> bool:
    """Whether there is a second hump beyond a valley, on either side of the top."""
    top = int(chance.argmax())
    for side in (chance[top:], chance[top::-1]):
        lowest = np.minimum.accumulate(side)
        apart = np.flatnonzero(side * _VALLEY > lowest)
        if apart.size:
            valley = int(side[: apart[0]].argmin())
            if float(side[valley:].sum()) > _SECOND:
                return True
    return False


def _is_jump(learnt: Learnt, position: FloatArray, spread: FloatArray) -> Booleans:
    """(N, T) whether a front moved much farther than it does elsewhere."""
    result = np.zeros(position.shape, dtype=bool)
    for front, places in enumerate(position):
        step = np.abs(np.diff(places))
        sure = _JUMP_CLEAR * np.hypot(spread[front, 1:], spread[front, :-1])
        far = _far(places, learnt, front)
        result[front, 1:] = (step > far) & (step > sure)
    return result


def _far(position: FloatArray, learnt: Learnt, front: int) -> float:
    """Step in samples that is much longer than those of a front."""
    step = np.abs(np.diff(position))
    step = step[np.isfinite(step)]
    usual = float(np.quantile(step, _MOST)) if step.size else 0.0
    widths = _JUMP_WIDTHS * float(learnt.template.widths[front])
    return max(_FAR * usual, widths + 1.0)
