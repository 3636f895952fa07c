"""The credible edge nearest to the middle of each profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges import LOW_CONTRAST, OUT_OF_FRAME, locate_edges

FloatArray = NDArray[np.float64]

#: Scales of the smoothed derivative that finds candidates, in samples: the fine one
#: keeps close edges apart, the coarse one sees edges in strong noise.
_SCALES = (1.5, 3.0)
#: How far a candidate must stand out, in standard deviations of the noise.
_STANDS_OUT = 4.0
#: A candidate with a step below this part of the strongest one within reach is passed
#: over: a fringe beside an edge, a stain.
_LEAST_PART = 0.5
#: Samples on either side of a candidate that its fit gets at least.
_LEAST_SIDE = 4
#: An edge counts where its place is surer than it is wide, or than so many samples.
_LEAST_SURE = 0.6
#: Part of a profile that must be in the frame.
_LEAST_IN_FRAME = 0.5


@dataclass(frozen=True, eq=False)
class NearestEdges:
    """One edge for each of S profiles.

    Attributes
    ----------
    offset, u_offset
        (S,) samples from the middle of the profile, and standard uncertainty; NaN where
        there is none.
    blur
        (S,) Gaussian blur of the edge in samples.
    flag
        (S,) "" or why there is none.
    """

    offset: FloatArray
    u_offset: FloatArray
    blur: FloatArray
    flag: list[str]


def nearest_edges(
    strips: FloatArray, reach: FloatArray, noise: FloatArray
) -> NearestEdges:
    """Find the edge nearest to the middle of each strip.

    Parameters
    ----------
    strips
        (S, n, W) samples along (n, odd) and across (W) each strip, NaN out of the
        frame.
    reach
        (S,) farthest offset of an edge in samples.
    noise
        (S,) standard deviation of the mean across the strip.

    Notes
    -----
    Candidates are the extremes of the derivative of the smoothed profile that stand out
    from the noise. Each is fitted by a blurred step between the places half way to the
    next candidates. Of the fits that are not flagged, within reach, and with at least
    half the step of the strongest of these, the nearest is taken. Where there is none,
    the same is done with more smoothing. In each fit the noise is at least that of the
    residuals.
    """
    count = len(strips)
    profiles = across_means(strips)
    offset, u_offset, blur = np.full((3, count), np.nan)
    result = NearestEdges(offset, u_offset, blur, _no_edge_flags(profiles))
    for scale in _SCALES:
        left = [site for site in range(count) if result.flag[site]]
        _find(result, profiles, noise, reach, left, scale)
    return result


def _find(
    result: NearestEdges,
    profiles: FloatArray,
    noise: FloatArray,
    reach: FloatArray,
    sites: list[int],
    scale: float,
) -> None:
    """Fill in the nearest edge of some sites, with candidates found at one scale."""
    samples = profiles.shape[1]
    owners: list[int] = []
    pieces: list[FloatArray] = []
    for site in sites:
        places = _candidates(profiles[site], noise[site], scale)
        for first, stop in _windows(places, samples):
            piece = np.full(samples, np.nan)
            piece[first:stop] = profiles[site, first:stop]
            owners.append(site)
            pieces.append(piece)
    if not owners:
        return
    owner = np.array(owners)
    fits = locate_edges(np.array(pieces), least_noise=noise[owner])
    away = fits.position - (samples - 1) / 2
    step = np.abs(fits.levels[:, 1] - fits.levels[:, 0])
    usable = (fits.flag == "") & (np.abs(away) <= reach[owner])
    usable &= fits.u_position <= np.maximum(fits.blur, _LEAST_SURE)
    for site in sites:
        mine = np.flatnonzero((owner == site) & usable)
        if mine.size == 0:
            continue
        strong = mine[step[mine] >= _LEAST_PART * step[mine].max()]
        best = strong[np.abs(away[strong]).argmin()]
        result.offset[site], result.u_offset[site] = away[best], fits.u_position[best]
        result.blur[site] = fits.blur[best]
        result.flag[site] = ""


def across_means(strips: FloatArray) -> FloatArray:
    """(S, n) means across strips, NaN where half of the width is out of the frame."""
    inside = np.isfinite(strips)
    number = inside.sum(axis=2)
    total = np.where(inside, strips, 0.0).sum(axis=2)
    enough = number >= max(1.0, _LEAST_IN_FRAME * strips.shape[2])
    return np.where(enough, total / np.maximum(number, 1), np.nan)


def _no_edge_flags(profiles: FloatArray) -> list[str]:
    """What to say of a profile in which no edge is found."""
    there = np.isfinite(profiles).mean(axis=1)
    return [OUT_OF_FRAME if part < _LEAST_IN_FRAME else LOW_CONTRAST for part in there]


def _candidates(profile: FloatArray, noise: float, scale: float) -> list[int]:
    """Places where the smoothed profile is steepest, either way, in order."""
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    known = np.flatnonzero(np.isfinite(profile))
    if known.size < 2 * _LEAST_SIDE:
        return []
    first, last = int(known[0]), int(known[-1])
    filled = np.interp(np.arange(profile.size), known, profile[known])
    slope = gaussian_filter1d(filled, scale, order=1, mode="nearest")
    # White noise through the derivative of a Gaussian.
    spread = noise * np.sqrt(1.0 / (4.0 * np.sqrt(np.pi) * scale**3))
    least = max(_STANDS_OUT * spread, 1e-9 * (float(np.ptp(filled)) + 1e-300))
    places: list[int] = []
    for sign in (1.0, -1.0):
        found, _ = find_peaks(sign * slope, height=least, prominence=least)
        places.extend(int(place) for place in found if first + 1 < place < last - 1)
    return sorted(places)


def _windows(places: list[int], samples: int) -> list[tuple[int, int]]:
    """For each candidate the samples that belong to its edge alone."""
    windows = []
    for i, place in enumerate(places):
        before = (places[i - 1] + place) // 2 + 1 if i > 0 else 0
        after = (place + places[i + 1]) // 2 if i + 1 < len(places) else samples - 1
        first = max(0, min(before, place - _LEAST_SIDE))
        last = min(samples - 1, max(after, place + _LEAST_SIDE))
        windows.append((first, last + 1))
    return windows
