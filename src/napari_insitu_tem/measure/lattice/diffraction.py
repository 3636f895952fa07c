"""Radii of the rings or spots of a diffraction frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.lattice.beam_stop import without_stop
from napari_insitu_tem.measure.lattice.centre import centre_of
from napari_insitu_tem.measure.lattice.guess import NEAR, nearness_of_radius
from napari_insitu_tem.measure.lattice.result import LatticeSpacing
from napari_insitu_tem.measure.lattice.rings import fit_rings
from napari_insitu_tem.measure.lattice.spots import Spot, fit_spots
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

LOW_CONTRAST = "low_contrast"

#: Two spots are a pair if their middle is this near to the centre: px, part of radius.
_PAIRED, _PAIRED_PART = 2.5, 0.03


def measure_radii(
    values: FloatArray,
    origin: tuple[int, int],
    guess: Any,
    gain: float | None,
    centre: ArrayLike | None,
    asked: dict[str, Any],
) -> LatticeSpacing:
    """Spots where there are, else rings; see `lattice_spacing`.

    A pair of spots on both sides of the centre has half their distance as its radius,
    which no error of the centre changes; a ring is fitted with its own centre.

    Raises
    ------
    MeasurementError
        The guess or the centre is none.
    """
    wanted = _radius_of(guess)
    values = without_stop(values)
    start = _given(centre, origin, values) if centre is not None else centre_of(values)
    spots = fit_spots(values, start, gain)
    if len(spots) >= 2:
        found = _of_spots(spots, start)
    else:
        found = _of_rings(values, start, gain)
    radii, u_radii, strength, angle, u_angle, middle, u_middle = found
    chosen = np.arange(len(radii))
    if wanted is not None:
        chosen = chosen[np.abs(radii / wanted - 1) <= NEAR]
    if chosen.size == 0:
        return LatticeSpacing(flag=LOW_CONTRAST, parameters=asked)
    weight = 1.0 if wanted is None else nearness_of_radius(radii[chosen], wanted)
    best = chosen[np.argmax(strength[chosen] * weight)]
    order = np.argsort(radii)
    return LatticeSpacing(
        orientation=float(angle[best]),
        u_orientation=float(u_angle[best]),
        radius=float(radii[best]),
        u_radius=float(u_radii[best]),
        radii=radii[order],
        u_radii=u_radii[order],
        centre=middle + np.array(origin),
        u_centre=u_middle,
        parameters=asked,
    )


def _radius_of(guess: Any) -> float | None:
    if guess is None:
        return None
    if np.ndim(guess) != 0 or not np.isfinite(guess) or not guess > 0:
        raise MeasurementError(
            "The guess of a diffraction frame is one radius in px, above 0."
        )
    return float(guess)


def _given(
    centre: ArrayLike, origin: tuple[int, int], values: FloatArray
) -> FloatArray:
    place = np.asarray(centre, dtype=np.float64)
    if place.shape != (2,) or not np.all(np.isfinite(place)):
        raise MeasurementError("The centre of a diffraction frame is one place (y, x).")
    return np.asarray(place - np.array(origin))


def _of_spots(spots: list[Spot], start: FloatArray) -> tuple[FloatArray, ...]:
    """Radii of pairs, and of single spots from the middle of the pairs."""
    pairs, singles = _paired(spots, start)
    middle, u_middle = start, np.full(2, 0.5)
    if pairs:
        places = np.array([0.5 * (a.place + b.place) for a, b in pairs])
        weight = 1 / np.array([a.u_place**2 + b.u_place**2 for a, b in pairs])
        middle = np.sum(places * weight[:, None], axis=0) / weight.sum()
        u_middle = np.full(2, 0.5 / np.sqrt(weight.sum()))
    rows = []
    for a, b in pairs:
        way = 0.5 * (a.place - b.place)
        rows.append((way, 0.5 * np.hypot(a.u_place, b.u_place), a.flux + b.flux))
    for spot in singles:
        rows.append(
            (spot.place - middle, np.hypot(spot.u_place, u_middle[0]), spot.flux)
        )
    ways = np.array([row[0] for row in rows])
    u, strength = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    radii = np.hypot(ways[:, 0], ways[:, 1])
    angle = np.rad2deg(np.arctan2(ways[:, 0], ways[:, 1])) % 180.0
    return radii, u, strength, angle, np.rad2deg(u / radii), middle, u_middle


def _paired(
    spots: list[Spot], centre: FloatArray
) -> tuple[list[tuple[Spot, Spot]], list[Spot]]:
    """Spots on opposite sides of the centre, the nearest to it first; and the rest."""
    left, pairs = list(spots), []
    tries = []
    for i, a in enumerate(spots):
        for b in spots[:i]:
            away = np.hypot(*(0.5 * (a.place + b.place) - centre))
            radius = 0.5 * np.hypot(*(a.place - b.place))
            if radius > 0 and away < _PAIRED + _PAIRED_PART * radius:
                tries.append((away, i, a, b))
    for _, _, a, b in sorted(tries, key=lambda item: item[:2]):
        if any(s is a for s in left) and any(s is b for s in left):
            left = [s for s in left if s is not a and s is not b]
            pairs.append((a, b))
    return pairs, left


def _of_rings(
    values: FloatArray, start: FloatArray, gain: float | None
) -> tuple[FloatArray, ...]:
    """Rings, and the mean of their centres."""
    rings = fit_rings(values, start, gain)
    radii = np.array([ring.radius for ring in rings])
    u = np.array([ring.u_radius for ring in rings])
    strength = np.array([ring.flux for ring in rings])
    middle, u_middle = start, np.full(2, np.nan)
    if rings:
        weight = np.array([1 / ring.u_centre**2 for ring in rings])
        places = np.array([ring.centre for ring in rings])
        middle = np.sum(places * weight, axis=0) / weight.sum(axis=0)
        u_middle = 1 / np.sqrt(weight.sum(axis=0))
    nothing = np.full(len(rings), np.nan)
    return radii, u, strength, nothing, nothing, middle, u_middle
