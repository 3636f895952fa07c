"""Learning levels and widths from profiles moved to where their fronts may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.fronts.offsets import Offsets
from napari_insitu_tem.measure.fronts.samples import FrontSamples
from napari_insitu_tem.measure.fronts.template import FrontTemplate, passed, positive
from napari_insitu_tem.measure.step_posterior import LEAST_WIDTH

FloatArray = NDArray[np.float64]

#: Largest width of a front, as a part of the path.
_LARGEST_WIDTH = 0.25
#: Widths are expected within a factor of about two of this one, in samples.
_USUAL_WIDTH, _SPREAD = 1.5, 0.7
#: Largest change of the logarithm of a width at once.
_WIDEST = 0.4
#: Distance of two fronts below which they overlap, in the sum of their widths.
_OVERLAP = 2.5
#: Weight of a distance, as a part of the largest, below which it is left out.
_SEEN = 1e-9
#: Rounds of reweighting in one lesson.
_ROUNDS = 2


def learnt(
    template: FrontTemplate,
    samples: FrontSamples,
    posteriors: list[FloatArray],
    offsets: Offsets,
) -> FrontTemplate:
    """Levels and widths from all frames, each moved to where its front may be.

    The maximisation step of expectation-maximisation, by weighted least squares of the
    profiles around each front.
    """
    profiles = _aligned(samples, posteriors, offsets, template.widths)
    for _ in range(_ROUNDS):
        template = _improved(template, profiles, samples)
    return template


@dataclass(frozen=True, eq=False)
class _Profile:
    """Sums over all frames by distance from a front."""

    offset: FloatArray
    signal: FloatArray
    weight: FloatArray


def _aligned(
    samples: FrontSamples,
    posteriors: list[FloatArray],
    offsets: Offsets,
    widths: FloatArray,
) -> list[_Profile]:
    """The profile around each front, of the samples that are nearest to it."""
    nearest = _nearest(posteriors, offsets.grid, offsets.length, widths)
    profiles = []
    for near, posterior in zip(nearest, posteriors, strict=True):
        weights = samples.common_weight if len(near) == 1 else samples.weight * near
        signal = offsets.aligned(samples.signal * near, posterior)
        weight = offsets.aligned(weights, posterior)
        seen = weight > _SEEN * weight.max()
        place = offsets.distances[seen]
        profiles.append(_Profile(place, signal[seen], weight[seen]))
    return profiles


def _nearest(
    posteriors: list[FloatArray], grid: FloatArray, length: int, widths: FloatArray
) -> list[FloatArray]:
    """For each front, (T, L) or (1, 1), 1 where a sample tells of it alone.

    That is nearest to it, in frames where no other front is close.
    """
    if len(posteriors) == 1:
        return [np.ones((1, 1))]
    means = np.array([posterior @ grid for posterior in posteriors])
    between = (means[1:] + means[:-1]) / 2
    owner = (np.arange(length) > between[:, :, None]).sum(axis=0)
    close = are_close(means, widths)
    result = []
    for front, hidden in enumerate(close):
        alone = np.ones(hidden.size) if hidden.all() else ~hidden
        result.append((owner == front) * np.asarray(alone, dtype=np.float64)[:, None])
    return result


def are_close(means: FloatArray, widths: FloatArray) -> NDArray[np.bool_]:
    """(N, T) whether the transition of a front overlaps that of a neighbour."""
    close = np.diff(means, axis=0) < _OVERLAP * (widths[1:] + widths[:-1])[:, None]
    none = np.zeros((1, means.shape[1]), dtype=bool)
    return np.asarray(np.concatenate([close, none]) | np.concatenate([none, close]))


def _improved(
    template: FrontTemplate, profiles: list[_Profile], samples: FrontSamples
) -> FrontTemplate:
    """One Gauss-Newton step of all levels and widths together."""
    count = template.fronts
    size = 2 * count + 1
    normal, slope = np.zeros((size, size)), np.zeros(size)
    for front, profile in enumerate(profiles):
        z = profile.offset / template.widths[front]
        part = passed(profile.offset, np.zeros(1), template.widths[front])[0]
        before, step = template.levels[front], template.steps[front]
        level = before + step * part
        jacobian = np.zeros((size, z.size))
        jacobian[front], jacobian[front + 1] = 1.0 - part, part
        bell = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
        jacobian[count + 1 + front] = -step * bell * z
        spread = samples.noise * (positive(level) if samples.is_counted else 1.0)
        normal += (jacobian * profile.weight / spread) @ jacobian.T
        slope += (jacobian / spread) @ (profile.signal - profile.weight * level)
    widths = np.arange(count + 1, size)
    normal[widths, widths] += 1.0 / _SPREAD**2
    slope[widths] += np.log(_USUAL_WIDTH / template.widths) / _SPREAD**2
    diagonal = np.einsum("ii->i", normal)
    diagonal += 1e-9 * diagonal
    diagonal[diagonal == 0] = 1.0  # a level that no sample shows stays as it is
    change = np.asarray(np.linalg.solve(normal, slope), dtype=np.float64)
    return _changed(template, change, samples.counts.shape[1])


def _changed(template: FrontTemplate, change: FloatArray, length: int) -> FrontTemplate:
    count = template.fronts
    levels = template.levels + change[: count + 1]
    wider = np.exp(np.clip(change[count + 1 :], -_WIDEST, _WIDEST))
    largest = max(_LARGEST_WIDTH * length, 1.0)
    return FrontTemplate(levels, np.clip(template.widths * wider, LEAST_WIDTH, largest))
