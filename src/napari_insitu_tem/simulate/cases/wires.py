"""Wires that swell, seen from the side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.simulate.bodies import (
    axis_direction,
    axis_normal,
    chord,
    distance_to_axis,
    shell_chord,
)
from napari_insitu_tem.simulate.cases.case import CLOCKS, Blueprint, Filming
from napari_insitu_tem.simulate.cases.records import constant_current
from napari_insitu_tem.simulate.cases.shapes import inside, line, strip

FloatArray = NDArray[np.float64]
OfTime = Callable[[FloatArray], FloatArray]

#: The current flows from here on, on the trace's clock.
ON_S = CLOCKS.offset_s + 5.0


def charged_part(time_s: FloatArray, lasting_s: float) -> FloatArray:
    """Part of the charge that has passed, 0 to 1."""
    return np.clip((np.asarray(time_s, dtype=np.float64) - ON_S) / lasting_s, 0.0, 1.0)


def swelling_wire(
    filming: Filming,
    diameter_nm: tuple[float, float],
    length_nm: tuple[float, float],
    *,
    angle_deg: float,
    attenuation: float = 0.7,
) -> Blueprint:
    """A wire whose volume grows with the charge, from one size to another.

    Its left end is held. `attenuation` is the optical depth through the middle of the
    pristine wire.
    """
    px = filming.pixel_size_nm
    lasting = filming.duration_s - 12.0
    start = (filming.shape[0] / 2 - 2.0, 14.0)

    def size(of: tuple[float, float], time: FloatArray, power: float) -> FloatArray:
        part = charged_part(time, lasting)
        ratio = (of[1] / of[0]) ** (1.0 / power)
        return np.asarray(of[0] * (1.0 + (ratio - 1.0) * part) ** power)

    def diameter(time: FloatArray) -> FloatArray:
        return size(diameter_nm, time, 0.5)

    def length(time: FloatArray) -> FloatArray:
        return size(length_nm, time, 1.0)

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        along, across = distance_to_axis(y - shift[0], x - shift[1], start, angle_deg)
        now = np.asarray(t)
        path = chord(across, float(diameter(now)) / 2 / px) * px / diameter_nm[0]
        return np.asarray(attenuation * path * strip(along, 0.0, length(now) / px))

    def shown(time: FloatArray) -> dict[str, FloatArray]:
        d, long = diameter(time), length(time)
        return {
            "diameter_nm": d,
            "length_nm": long,
            "volume_nm3": np.pi / 4 * d**2 * long,
        }

    unit = np.asarray(axis_direction(angle_deg))
    normal = np.asarray(axis_normal(angle_deg))
    seen_px = min(length_nm[0] / px, filming.shape[1] - start[1])
    middle = start + unit * 0.45 * seen_px
    half = normal * diameter_nm[0] / 2 / px
    drawn = {"across": line(tuple(middle - half), tuple(middle + half))}
    end = start + unit * length_nm[0] / px
    if end[1] < filming.shape[1]:
        drawn["along"] = line(start, tuple(end))
    volume = (diameter_nm[1] / diameter_nm[0]) ** 2 * length_nm[1] / length_nm[0]
    return Blueprint(
        filming,
        depth,
        shown,
        known={
            "diameter_change_percent": 100 * (diameter_nm[1] / diameter_nm[0] - 1),
            "length_change_percent": 100 * (length_nm[1] / length_nm[0] - 1),
            "volume_change_percent": 100 * (volume - 1),
        },
        drawn=drawn,
        record=constant_current(ON_S, ON_S + lasting, CLOCKS.offset_s + 80.0),
    )


def silicon_in_liquid() -> Blueprint:
    """A coated silicon wire of constant length thickens in a liquid cell."""
    filming = Filming((128, 224), 2.0, dose_e_px=12.0, blur_px=2.0)
    return swelling_wire(
        filming, (100.0, 158.0), (600.0, 600.0), angle_deg=4.0, attenuation=0.5
    )


def tin_oxide() -> Blueprint:
    """A tin oxide wire: +45 % across, +60 % along."""
    filming = Filming((96, 224), 8.0)
    return swelling_wire(filming, (188.0, 272.6), (960.0, 1536.0), angle_deg=-2.0)


def cobalt_sulfide() -> Blueprint:
    """A cobalt sulfide wire: +32.4 % across at constant length."""
    filming = Filming((128, 192), 1.0)
    return swelling_wire(filming, (60.0, 79.44), (400.0, 400.0), angle_deg=3.0)


def whiskers() -> Blueprint:
    """Two coated whiskers, one on each side of a shell over radius of 0.21."""
    filming = Filming((264, 192), 1.0, frames=20, dose_e_px=30.0, blur_px=1.2)
    radius, ratios, rows = 42.0, (0.15, 0.28), (68.0, 194.0)
    shells = [ratio * radius for ratio in ratios]

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        total = np.zeros(np.broadcast_shapes(y.shape, x.shape))
        for row, shell in zip(rows, shells, strict=True):
            away = y - shift[0] - row
            total = total + chord(away, radius) / 110.0
            total = total + shell_chord(away, radius, radius + shell) / 55.0
        return total

    def shown(time: FloatArray) -> dict[str, FloatArray]:
        same = np.ones_like(time)
        return {
            f"{name}_{what}_nm": same * value
            for name, shell in zip(("thin", "thick"), shells, strict=True)
            for what, value in (("radius", radius), ("shell", shell))
        }

    return Blueprint(
        filming,
        depth,
        shown,
        known={
            "thin_t_over_r": ratios[0],
            "thick_t_over_r": ratios[1],
            "radius_nm": radius,
            "threshold_t_over_r": 0.21,
        },
        drawn={
            name: line((row - radius - shell, 96.0), (row + radius + shell, 96.0))
            for name, row, shell in zip(
                ("across_thin", "across_thick"), rows, shells, strict=True
            )
        },
        record=constant_current(ON_S, ON_S + 10.0, CLOCKS.offset_s + 40.0),
    )


def bent_germanium() -> Blueprint:
    """A bent wire in which the front is faster on the side under tension."""
    filming = Filming((160, 224), 2.0, frames=70, dose_e_px=25.0)
    bend, half, fast, slow = 260.0, 26.0, 5.0, 3.0
    centre = (filming.shape[0] / 2 + bend, filming.shape[1] / 2)
    first = np.deg2rad(-22.0)

    def arc(radius: float, angle: FloatArray) -> FloatArray:
        """Points at an angle from the vertical, to the right."""
        y, x = centre[0] - radius * np.cos(angle), centre[1] + radius * np.sin(angle)
        return np.stack([y, x], axis=1)

    def fronts_px(t: FloatArray) -> tuple[FloatArray, FloatArray]:
        lapse = np.maximum(t - ON_S, 0.0) / filming.pixel_size_nm
        return 4.0 + fast * lapse, 4.0 + slow * lapse

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        dy, dx = centre[0] - (y - shift[0]), x - shift[1] - centre[1]
        across = np.hypot(dy, dx) - bend
        tension, pressed = fronts_px(np.asarray(t))
        # Each side's own length, so that its speed holds along the line drawn on it.
        side = np.where(across > 0, bend + half / 2, bend - half / 2)
        along = (np.arctan2(dx, dy) - first) * side
        reached = np.where(across > 0, tension, pressed)
        wire = 0.8 * chord(across, half) / (2 * half)
        return np.asarray(wire * (1.0 - 0.45 * inside(reached - along)))

    def shown(time: FloatArray) -> dict[str, FloatArray]:
        tension, pressed = fronts_px(time)
        px = filming.pixel_size_nm
        return {"tension_front_nm": tension * px, "pressed_front_nm": pressed * px}

    angles = first + np.linspace(0.0, np.deg2rad(44.0), 23)
    return Blueprint(
        filming,
        depth,
        shown,
        known={
            "tension_velocity_nm_per_s": fast,
            "pressed_velocity_nm_per_s": slow,
            "velocity_ratio": fast / slow,
        },
        drawn={
            "path_tension": arc(bend + half / 2, angles),
            "path_pressed": arc(bend - half / 2, angles),
        },
        record=constant_current(ON_S, ON_S + 60.0, CLOCKS.offset_s + 90.0),
    )
