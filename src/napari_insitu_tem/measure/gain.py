"""The camera's counts for an electron, from the noise of a movie itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.frame_stack import FrameStack, frame_stack
from napari_insitu_tem.measure.gain_steady import Steadier
from napari_insitu_tem.measure.gain_tiles import BINS, SIDE, Tiles, tile_noise
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.progress import Progress, no_progress

FloatArray = NDArray[np.float64]

TOO_FEW = "too_few"
CONSTANT = "constant"
SATURATED = "saturated"
MOVING = "moving"
OFFSET = "offset"
UNRESOLVED = "unresolved"

#: Most runs of three frames that are read.
_MOST_RUNS = 120
#: Part of the pixels at the highest value from which a movie is saturated, and how many
#: times those at the value below it they must be. A frame of less than the last part of
#: the brightness of its neighbours is left out.
_SATURATED, _PILED, _DIM = 0.002, 1.5, 0.2
#: Groups of the data whose scatter gives the uncertainty.
_GROUPS = 8
#: Part of the correction for the point spread that is not trusted.
_DOUBT = 0.1
#: Fewest tiles of the widest bins, and largest relative uncertainty that is answered.
_LEAST_TILES, _LEAST_CERTAIN = 8, 0.3
#: An offset is seen: so many standard uncertainties, and this part of the mean.
_OFFSET_SEEN, _OFFSET_PART = 4.0, 0.1


@dataclass(frozen=True, eq=False)
class GainEstimate:
    """Counts per electron of a movie.

    Attributes
    ----------
    gain, u_gain
        Counts per detected electron and its standard uncertainty; NaN where it cannot
        be known.
    flag
        "" or a word of doubt: `too_few` (less than two different frames, or too few
        pixels), `constant` (no noise), `saturated`, `unresolved` (too uncertain),
        `moving` (most of the image changes by more than noise: an upper limit),
        `offset` (brightness and noise do not vanish together: there is a dark level;
        the number allows for it, but is less certain).
    electrons
        Mean electrons a pixel and frame.
    offset
        Counts without an electron, as given or as seen.
    bins, binned
        Sides of the bins in px, and the gain that each would give: they grow toward
        the true one.
    parameters
        What was asked for.
    """

    gain: float = np.nan
    u_gain: float = np.nan
    flag: str = ""
    electrons: float = np.nan
    offset: float = 0.0
    bins: NDArray[np.int64] = field(default_factory=lambda: np.array(BINS))
    binned: FloatArray = field(default_factory=lambda: np.full(len(BINS), np.nan))
    parameters: dict[str, Any] = field(default_factory=dict)


def estimate_gain(
    frames: Any,
    *,
    offset: float | None = None,
    read_noise: float = 0.0,
    progress: Progress | None = None,
) -> GainEstimate:
    """Estimate counts per electron from what differs between consecutive frames.

    Parameters
    ----------
    frames
        (t, y, x) frames, lazy or not, or a movie; three are held at a time, of at
        most 120 places in it.
    offset
        Counts of a pixel without electrons (dark level). None: 0, unless brightness
        and noise of the movie contradict that.
    read_noise
        Standard deviation of a pixel without electrons, in counts.
    progress
        Told how far it is; what it raises to cancel passes through.

    Returns
    -------
    GainEstimate

    Raises
    ------
    MeasurementError
        Not frames, or an impossible offset or read noise.

    Notes
    -----
    Photon transfer [1]_: counted electrons scatter with a variance equal to their mean,
    so that ``gain = var / mean`` of the counts. The variance is a sixth of that of
    ``a - 2 b + c`` of three consecutive frames (half that of ``b - a`` where there are
    two), so that neither the specimen nor what changes steadily from frame to frame
    enters; the frames are first laid onto one another, so that no drift does, and
    scaled to one mean, and the mean of every tile of 4 x 4 bins is taken away, so that
    neither an unsteady dose nor a moving beam does. Tiles that still change by more
    than noise (moving structure) are left out.

    A camera that spreads an electron over neighbouring pixels lowers their variance.
    Sums over bins of b x b px lose only what crosses their border: ``gain_b =
    gain (1 - k / b)**2``, from which b = 4, 8, 16 give the gain. Frames that were
    averaged, resampled, compressed or denoised no longer carry it.

    .. [1] J. R. Janesick, "Photon Transfer", SPIE Press (2007).
    """
    if offset is not None and not np.isfinite(offset):
        raise MeasurementError("The offset must be a number of counts.")
    if not (np.isfinite(read_noise) and read_noise >= 0):
        raise MeasurementError("The read noise must be a number of counts, 0 or more.")
    stack = frame_stack(frames)
    asked = {"offset": offset, "read_noise": read_noise}
    base = 0.0 if offset is None else float(offset)
    bins = [b for b in BINS if min(stack.shape[1:]) >= SIDE * b]
    gathered = _gather(stack, bins, base, read_noise, progress or no_progress)
    flag = gathered.flag if len(bins) > 1 else TOO_FEW
    if flag:
        return GainEstimate(flag=flag, offset=base, parameters=asked)
    tiles = [Tiles.of(noise, means) for noise, means in gathered.tiles]
    return _answer(tiles, np.array(bins), base, offset is None, asked)


def _answer(
    tiles: list[Tiles],
    bins: NDArray[np.int64],
    base: float,
    search_offset: bool,
    asked: dict[str, Any],
) -> GainEstimate:
    """The gain without point spread, its uncertainty, and doubts."""
    if tiles[-1].noise.size < _LEAST_TILES:
        return GainEstimate(flag=TOO_FEW, offset=base, parameters=asked)
    binned = np.array([part.gain() for part in tiles])
    flag = MOVING if tiles[-1].is_moving else ""
    gain, u_gain = _beyond_bins(tiles, bins)
    mean = tiles[-1].mean_counts
    seen = 0.0
    ratio, u_ratio = _excess_of_slope(tiles[0])
    if search_offset and not flag and ratio - 1 > _OFFSET_SEEN * u_ratio:
        seen = mean * (1 - 1 / ratio)
        if seen > _OFFSET_PART * mean:
            u_gain = float(np.hypot(u_gain * ratio, gain * u_ratio))
            gain, flag = gain * ratio, OFFSET
        else:
            seen = 0.0
    if not (gain > 0 and u_gain < _LEAST_CERTAIN * gain):
        return GainEstimate(flag=flag or UNRESOLVED, offset=base, parameters=asked)
    return GainEstimate(
        gain=gain,
        u_gain=u_gain,
        flag=flag,
        electrons=(mean - seen) / gain,
        offset=base + seen,
        bins=bins,
        binned=binned,
        parameters=asked,
    )


def _beyond_bins(tiles: list[Tiles], bins: NDArray[np.int64]) -> tuple[float, float]:
    """What infinitely wide bins would give, and its standard uncertainty."""
    binned = np.array([part.gain() for part in tiles])
    gain = _extrapolated(bins, binned)
    groups = []
    for group in range(_GROUPS):
        some = [part.gain(part.group(_GROUPS) == group) for part in tiles]
        groups.append(_extrapolated(bins, np.array(some)))
    # The scatter of a few groups is itself uncertain: never less than chance alone.
    scatter = max(_scatter(groups), _by_chance(tiles, bins, binned))
    return gain, float(np.hypot(scatter, _DOUBT * (gain - binned[-1])))


def _by_chance(
    tiles: list[Tiles], bins: NDArray[np.int64], binned: FloatArray
) -> float:
    """Standard uncertainty of the gain that the number of bins leaves."""
    if not np.all(binned > 0):
        return 0.0
    weights = 1.0 / bins
    design = np.column_stack([weights, np.ones(bins.size)]) * weights[:, None]
    share = np.linalg.pinv(design)[1] * weights
    roots = np.sqrt(binned)
    each = np.array([part.u_relative for part in tiles]) * roots / 2
    return float(2 * abs(share @ roots) * np.sqrt(np.sum((share * each) ** 2)))


def _excess_of_slope(tiles: Tiles) -> tuple[float, float]:
    """Growth of variance with brightness over their ratio, and its uncertainty.

    1 where both vanish together; ``mean / (mean - offset)`` where there is an offset.
    """
    groups = []
    for group in range(_GROUPS):
        chosen = tiles.group(_GROUPS) == group
        groups.append(tiles.slope(chosen) / tiles.gain(chosen))
    chance = tiles.u_slope / tiles.gain()
    return tiles.slope() / tiles.gain(), max(_scatter(groups), chance)


def _scatter(groups: list[float]) -> float:
    """Standard uncertainty of the mean of groups; infinite where too few have one."""
    known = np.array(groups)[np.isfinite(groups)]
    if known.size < _GROUPS / 2:
        return np.inf
    return float(np.std(known, ddof=1) / np.sqrt(known.size))


def _extrapolated(bins: NDArray[np.int64], binned: FloatArray) -> float:
    """Square of the intercept of the root over 1/b; wide bins weigh less."""
    if not np.all(binned > 0):
        return np.nan
    line = np.polyfit(1.0 / bins, np.sqrt(binned), 1, w=1.0 / bins)
    return float(line[1] ** 2)


@dataclass(eq=False)
class _Gathered:
    """For each bin (P, y, x) noise and mean of tiles, or why there is none."""

    tiles: list[tuple[FloatArray, FloatArray]]
    flag: str = ""


def _gather(
    stack: FrameStack,
    bins: list[int],
    base: float,
    read_noise: float,
    report: Progress,
) -> _Gathered:
    """The noise of tiles of runs of frames."""
    noise: list[list[FloatArray]] = [[] for _ in bins]
    means: list[list[FloatArray]] = [[] for _ in bins]
    saturated, different = 0.0, 0
    steadier = Steadier()
    for first, some in _runs(stack, report):
        saturated = max(saturated, _part_at_top(some[-1]))
        if any(np.array_equal(a, b) for a, b in pairwise(some)):
            continue
        different += 1
        steady = steadier(first, [frame - base for frame in some])
        for number, b in enumerate(bins):
            found, mean = tile_noise(steady, b, read_noise)
            noise[number].append(found)
            means[number].append(mean)
    if saturated > _SATURATED:
        return _Gathered([], SATURATED)
    if different == 0:
        return _Gathered([], CONSTANT if len(stack) > 1 else TOO_FEW)
    return _Gathered(
        [(np.array(n), np.array(m)) for n, m in zip(noise, means, strict=True)]
    )


def _runs(
    stack: FrameStack, report: Progress
) -> Iterator[tuple[int, list[FloatArray]]]:
    """First index and three consecutive frames (of two where there are no more)."""
    size = min(3, len(stack))
    starts = len(stack) - size + 1 if size > 1 else 0
    count = min(starts, _MOST_RUNS)
    chosen = np.unique(np.linspace(0, max(starts - 1, 0), count).astype(np.intp))
    held: dict[int, FloatArray | None] = {}
    for done, start in enumerate(chosen):
        report(done, len(chosen), "Gain")
        needed = range(int(start), int(start) + size)
        held = {i: held[i] if i in held else stack.frame(i) for i in needed}
        frames = [frame for frame in held.values() if frame is not None]
        if len(frames) == size and _can_be_compared(frames):
            yield int(start), frames
    report(len(chosen), len(chosen), "Gain")


def _part_at_top(frame: FloatArray) -> float:
    """Part of the pixels piled up at the highest value there is."""
    values = frame[np.isfinite(frame)]
    if values.size == 0:
        return 0.0
    top = values.max()
    at_top, lower = np.count_nonzero(values == top), values[values < top]
    if lower.size == 0 or at_top <= _PILED * np.count_nonzero(lower == lower.max()):
        return 0.0  # a tail that runs out
    return at_top / float(values.size)


def _can_be_compared(frames: list[FloatArray]) -> bool:
    """Whether none of some frames is blank, or lit far less than the others."""
    known = [frame[np.isfinite(frame)] for frame in frames]
    if any(part.size == 0 or np.ptp(part) == 0 for part in known):
        return False
    means = [float(part.mean()) for part in known]
    return min(means) > _DIM * max(means) or min(means) <= 0
