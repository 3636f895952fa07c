"""Closed forms of the shrinking core whose product takes more room than its core.

A front at radius r moves inward at ``-dr/dt = a / (1 + (a / b) h(r))``: a is its speed
where only the reaction counts, b the product of concentration and diffusivity through
the product that counts where only diffusion does. With the volume ratio z of product to
reactant the outer radius ``Ro**n = r**n + z (R**n - r**n)`` follows (n = 2 for a
cylinder of constant length, 3 for a sphere), and ``h = r**(n-1)`` times the integral of
``u**(1-n)`` from r to Ro. The time is ``t = (R - r) / a + G(r) / b``, G being the
integral of h from r to R. For z = 1 these are the formulas of Ginstling and Brounshtein
(sphere) and of Valensi (cylinder).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
Geometry = Literal["planar", "cylinder", "sphere"]

GEOMETRIES: tuple[Geometry, ...] = ("planar", "cylinder", "sphere")

#: Power of the radius that a volume goes with.
_POWER = {"cylinder": 2, "sphere": 3}
#: Where a series replaces a difference, and its highest power.
_SMALL, _TERMS = 0.05, 14
#: Radii of the table that is inverted.
_TABLE = 400
#: Newton steps after the table.
_NEWTON = 3


def outer_radius(
    r: ArrayLike, start: float, volume_ratio: float, geometry: Geometry
) -> FloatArray:
    """Outer radius when the core of a cylinder or sphere has the radius r."""
    r = np.asarray(r, dtype=np.float64)
    if geometry == "cylinder":
        return np.sqrt(r**2 + volume_ratio * (start**2 - r**2))
    if geometry == "sphere":
        return np.cbrt(r**3 + volume_ratio * (start**3 - r**3))
    return r + volume_ratio * (start - r)


def resistance(
    r: ArrayLike, start: float, volume_ratio: float, geometry: Geometry
) -> FloatArray:
    """h(r) in px: how much the product delays the front at r, for b = 1."""
    r = np.asarray(r, dtype=np.float64)
    outer = outer_radius(r, start, volume_ratio, geometry)
    if geometry == "cylinder":
        return np.where(r > 0, r * np.log(outer / np.where(r > 0, r, 1.0)), 0.0)
    if geometry == "sphere":
        return np.asarray(r - r**2 / outer)
    return np.asarray(volume_ratio * (start - r))


def diffusion_integral(
    r: ArrayLike, start: float, volume_ratio: float, geometry: Geometry
) -> FloatArray:
    """G(r) in px**2: time that diffusion takes from the start to r, for b = 1."""
    r = np.asarray(r, dtype=np.float64)
    if geometry == "planar":
        return np.asarray(volume_ratio * (start - r) ** 2 / 2)
    # In units of the start; the product's growth enters by w = 1 + swelling.
    part = r / start
    left = 1 - part ** _POWER[geometry]
    swelling = (volume_ratio - 1) * left
    if geometry == "cylinder":
        swollen = left * _over(_entropy(swelling), swelling, 0.0)
        return np.asarray(start**2 / 4 * (swollen + _entropy(part**2 - 1)))
    rate = _over(np.expm1(np.log1p(swelling) * 2 / 3), swelling, 2 / 3)
    return np.asarray(start**2 / 2 * ((1 - part**2) - left * rate))


def _over(above: FloatArray, below: FloatArray, limit: float) -> FloatArray:
    """A quotient with its limit where both vanish."""
    tiny = below == 0
    return np.where(tiny, limit, above / np.where(tiny, 1.0, below))


def _entropy(e: FloatArray) -> FloatArray:
    """``(1 + e) ln(1 + e) - e``, without loss where e is small."""
    whole = np.maximum(1 + e, 0.0)
    direct = np.where(whole > 0, whole * np.log(np.where(whole > 0, whole, 1)), 0) - e
    series = np.zeros_like(e)
    for k in range(_TERMS, 1, -1):
        series = (1 / (k * (k - 1)) - series) * e
    return np.where(np.abs(e) < _SMALL, series * e, direct)


def core_radius(
    elapsed: ArrayLike,
    start: float,
    reaction: float,
    diffusion: float,
    volume_ratio: float,
    geometry: Geometry,
) -> FloatArray:
    """Radius of the core some time after the onset; 0 once all has reacted.

    Parameters
    ----------
    elapsed
        Times since the onset; before it the core is whole.
    start
        Radius R at the onset in px.
    reaction, diffusion
        Speed a in px and constant b in px**2 a unit of time; infinite where that step
        does not limit.
    volume_ratio
        Volume of the product over that of the reactant it came from.
    geometry
        "planar", "cylinder" or "sphere"; planar: the thickness that is left.
    """
    s = np.maximum(np.asarray(elapsed, dtype=np.float64), 0.0)
    # Dense at both ends, where the radius changes fast with time.
    table = start * 0.5 * (1 + np.cos(np.linspace(0, np.pi, _TABLE)))
    table[-1] = 0.0

    def time(r: FloatArray) -> FloatArray:
        through = diffusion_integral(r, start, volume_ratio, geometry) / diffusion
        return np.asarray((start - r) / reaction + through)

    at = time(table)
    r = np.interp(s, at, table)
    inside = (s > 0) & (s < at[-1])
    for _ in range(_NEWTON):
        delay = resistance(r, start, volume_ratio, geometry) / diffusion + 1 / reaction
        step = np.where(inside & (delay > 0), time(r) - s, 0.0)
        r = np.clip(r + step / np.where(delay > 0, delay, 1.0), 0.0, start)
    return np.where(s >= at[-1], 0.0, r)
