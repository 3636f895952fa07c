"""Reaction fronts: flat in slabs, round in particles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.simulate.cases.case import CLOCKS, Blueprint, Filming
from napari_insitu_tem.simulate.cases.records import constant_current
from napari_insitu_tem.simulate.cases.shapes import circle, disc, inside, line, strip
from napari_insitu_tem.simulate.cases.wires import ON_S
from napari_insitu_tem.simulate.reaction import parabolic

FloatArray = NDArray[np.float64]


def lapse_s(time_s: FloatArray) -> FloatArray:
    """Time since the reaction began, 0 before."""
    return np.maximum(np.asarray(time_s, dtype=np.float64) - ON_S, 0.0)


def sulfur_in_tube() -> Blueprint:
    """Sulfur in a carbon tube: a flat front at a constant rate, nothing swells."""
    filming = Filming((96, 256), 1.5, frames=70, dose_e_px=12.0)
    speed, first, left, half = 4.5, 6.0, 12.0, 22.0
    middle = filming.shape[0] / 2

    def front_px(time: FloatArray) -> FloatArray:
        return first + speed * lapse_s(time) / filming.pixel_size_nm

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        across, along = np.abs(y - shift[0] - middle), x - shift[1] - left
        wall = 0.5 * strip(across, half, half + 4.0)
        filled = inside(half - across) * strip(along, 0.0, 240.0)
        reacted = inside(float(front_px(np.asarray(t))) - along)
        return np.asarray(wall + filled * (0.75 - 0.3 * reacted))

    return Blueprint(
        filming,
        depth,
        lambda time: {
            "front_nm": front_px(time) * filming.pixel_size_nm,
            "diameter_nm": np.full_like(time, 2 * half * filming.pixel_size_nm),
        },
        known={"velocity_nm_per_s": speed, "diameter_change_percent": 0.0},
        drawn={
            "path": line((middle, left), (middle, left + 236.0)),
            "across": line((middle - half, 120.0), (middle + half, 120.0)),
        },
        record=constant_current(ON_S, ON_S + 60.0, CLOCKS.offset_s + 90.0),
    )


def iron_selenide() -> Blueprint:
    """Two fronts in a sheet: intercalation runs twice as fast as conversion."""
    filming = Filming((96, 256), 1.0, frames=70, dose_e_px=15.0)
    speed, first, left = 1.6, 8.0, 12.0
    middle = filming.shape[0] / 2

    def fronts_px(time: FloatArray) -> tuple[FloatArray, FloatArray]:
        lapse = lapse_s(time) / filming.pixel_size_nm
        return first + 16.0 + 2 * speed * lapse, first + speed * lapse

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        across, along = np.abs(y - shift[0] - middle), x - shift[1] - left
        fast, slow = (float(f) for f in fronts_px(np.asarray(t)))
        sheet = inside(30.0 - across) * inside(along)
        lost = 0.22 * inside(fast - along) + 0.28 * inside(slow - along)
        return np.asarray(sheet * (0.95 - lost))

    def shown(time: FloatArray) -> dict[str, FloatArray]:
        fast, slow = fronts_px(time)
        px = filming.pixel_size_nm
        return {"intercalation_nm": fast * px, "conversion_nm": slow * px}

    return Blueprint(
        filming,
        depth,
        shown,
        known={
            "intercalation_velocity_nm_per_s": 2 * speed,
            "conversion_velocity_nm_per_s": speed,
            "velocity_ratio": 2.0,
        },
        drawn={"path": line((middle, left), (middle, left + 236.0))},
        record=constant_current(ON_S, ON_S + 60.0, CLOCKS.offset_s + 90.0),
    )


def round_particle(
    filming: Filming,
    radius_nm: float,
    depth_of_front_nm: Callable[[FloatArray], FloatArray],
    known: dict[str, float],
) -> Blueprint:
    """A flat round particle that reacts from its rim inwards, and does not swell.

    The path leads from the rim to the centre.
    """
    px = filming.pixel_size_nm
    centre = ((filming.shape[0] - 1) / 2, (filming.shape[1] - 1) / 2)
    radius = radius_nm / px

    def core_px(time: FloatArray) -> FloatArray:
        return np.maximum(radius - depth_of_front_nm(lapse_s(time)) / px, 0.0)

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        y, x = y - shift[0], x - shift[1]
        core = float(core_px(np.asarray(t)))
        return np.asarray(
            0.45 * disc(y, x, centre, radius) + 0.4 * disc(y, x, centre, core)
        )

    return Blueprint(
        filming,
        depth,
        lambda time: {
            "front_nm": depth_of_front_nm(lapse_s(time)),
            "core_radius_nm": core_px(time) * px,
        },
        known={**known, "radius_nm": radius_nm},
        drawn={
            "path": line((centre[0], centre[1] - radius), centre),
            "outline": circle(centre, radius),
        },
        record=constant_current(ON_S, ON_S + 90.0, CLOCKS.offset_s + 130.0),
    )


def silicon_particle() -> Blueprint:
    """A crystalline silicon particle: the front is fast at first and slows."""
    filming = Filming((192, 192), 2.0, frames=100, dose_e_px=30.0)
    rate = 150.0
    return round_particle(
        filming,
        165.0,
        lambda lapse: parabolic(lapse, rate),
        {"parabolic_rate_nm2_per_s": rate},
    )


def nickel_oxide() -> Blueprint:
    """A nickel oxide particle: a shrinking core, the diffusion through its shell."""
    filming = Filming((160, 160), 1.5, frames=100, dose_e_px=30.0)
    radius, full_s = 96.0, 130.0
    # A cylinder whose product takes the room of what it was made of, diffusion alone:
    # t / tau = 1 - s^2 + s^2 ln s^2 with the core at s times the radius.
    s = np.linspace(1.0, 1e-6, 4000)
    lapse_of = full_s * (1.0 - s**2 + 2 * s**2 * np.log(s))
    front_of = radius * (1.0 - s)

    def front(lapse: FloatArray) -> FloatArray:
        return np.asarray(np.interp(lapse, lapse_of, front_of))

    return round_particle(filming, radius, front, {"full_reaction_s": full_s})
