"""Particles that grow, shrink, dissolve and exchange matter, seen from above."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.simulate.bodies import chord
from napari_insitu_tem.simulate.cases.case import CLOCKS, Blueprint, Filming
from napari_insitu_tem.simulate.cases.records import (
    constant_current,
    cycled_current,
    inserted_part,
)
from napari_insitu_tem.simulate.cases.shapes import circle, disc, inside, line
from napari_insitu_tem.simulate.cases.wires import ON_S, charged_part
from napari_insitu_tem.simulate.truth import TrueEvent

FloatArray = NDArray[np.float64]
Radius = Callable[[FloatArray], FloatArray]


def discs(
    filming: Filming,
    centres: Sequence[tuple[float, float]],
    radii_nm: Sequence[Radius],
    *,
    known: dict[str, float],
    record: pd.DataFrame,
    thickness: float = 0.5,
    around: float = 0.0,
) -> Blueprint:
    """Flat round particles, each with a radius that depends on time.

    `thickness` is the optical depth of the particles, `around` that of a film in which
    they are holes when `thickness` is negative.
    """
    px = filming.pixel_size_nm

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        y, x = y - shift[0], x - shift[1]
        total = np.full(np.broadcast_shapes(y.shape, x.shape), around)
        for centre, radius in zip(centres, radii_nm, strict=True):
            now = float(radius(np.asarray(t))) / px
            total = total + thickness * disc(y, x, centre, now)
        return np.asarray(total)

    def shown(time: FloatArray) -> dict[str, FloatArray]:
        columns = {}
        for number, radius in enumerate(radii_nm, start=1):
            columns[f"radius_{number}_nm"] = radius(time)
            columns[f"area_{number}_nm2"] = np.pi * radius(time) ** 2
        return columns

    start = np.asarray(CLOCKS.offset_s)
    return Blueprint(
        filming,
        depth,
        shown,
        known=known,
        drawn={
            f"outline_{number}": circle(centre, float(radius(start)) / px)
            for number, (centre, radius) in enumerate(
                zip(centres, radii_nm, strict=True), start=1
            )
        },
        record=record,
    )


def porous_silicon() -> Blueprint:
    """A porous silicon sphere swells from 1.52 to 2.05 um across."""
    filming = Filming((192, 192), 16.0, dose_e_px=15.0)
    first, last, lasting = 1520.0, 2050.0, filming.duration_s - 12.0
    centre = (95.5, 95.5)

    def diameter(time: FloatArray) -> FloatArray:
        part = charged_part(time, lasting)
        return np.asarray(first * (1 + ((last / first) ** 3 - 1) * part) ** (1 / 3))

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        away = np.hypot(y - shift[0] - centre[0], x - shift[1] - centre[1])
        radius = float(diameter(np.asarray(t))) / 2 / filming.pixel_size_nm
        return chord(away, radius) * (0.9 / (first / filming.pixel_size_nm))

    half = first / 2 / filming.pixel_size_nm
    return Blueprint(
        filming,
        depth,
        lambda time: {
            "diameter_nm": diameter(time),
            "area_nm2": np.pi / 4 * diameter(time) ** 2,
        },
        known={
            "diameter_change_percent": 100 * (last / first - 1),
            "area_change_percent": 100 * ((last / first) ** 2 - 1),
            "volume_change_percent": 100 * ((last / first) ** 3 - 1),
        },
        drawn={
            "across": line((95.5, 95.5 - half), (95.5, 95.5 + half)),
            "outline": circle(centre, half),
        },
        record=constant_current(ON_S, ON_S + lasting, CLOCKS.offset_s + 80.0),
    )


def iron_phosphate() -> Blueprint:
    """A particle dissolves slowly, and faster after a third of the time."""
    filming = Filming((128, 128), 2.0, frames=90, dose_e_px=12.0)
    first, slow, fast = 80.0, 30.0, 170.0
    change = CLOCKS.offset_s + filming.duration_s / 3

    def radius(time: FloatArray) -> FloatArray:
        since = np.asarray(time, dtype=np.float64) - CLOCKS.offset_s
        turn = change - CLOCKS.offset_s
        lost = slow * np.minimum(since, turn) + fast * np.maximum(since - turn, 0.0)
        return np.asarray(np.sqrt(first**2 - np.maximum(lost, 0.0) / np.pi))

    return discs(
        filming,
        [(63.5, 63.5)],
        [radius],
        known={
            "slow_area_rate_nm2_per_s": -slow,
            "fast_area_rate_nm2_per_s": -fast,
            "change_s": change,
        },
        record=constant_current(ON_S, ON_S + 80.0, CLOCKS.offset_s + 110.0),
    )


def coarsening_grains(exponent: int) -> Blueprint:
    """Four grains that coarsen: r^n = r0^n + K t."""
    filming = Filming((192, 192), 1.0, frames=80, dose_e_px=20.0)
    first, last = 16.0, 36.0
    rate = (last**exponent - first**exponent) / filming.duration_s
    centres = [(48.0, 48.0), (48.0, 143.0), (143.0, 48.0), (143.0, 143.0)]
    scales = (0.92, 0.97, 1.03, 1.08)

    def of(scale: float) -> Radius:
        def radius(time: FloatArray) -> FloatArray:
            since = np.asarray(time, dtype=np.float64) - CLOCKS.offset_s
            return np.asarray(
                scale * (first**exponent + rate * since) ** (1 / exponent)
            )

        return radius

    return discs(
        filming,
        centres,
        [of(scale) for scale in scales],
        known={"exponent": float(exponent), "mean_rate": rate},
        record=constant_current(ON_S, ON_S + 70.0, CLOCKS.offset_s + 100.0),
    )


def ostwald_pair() -> Blueprint:
    """Two particles: the larger grows by what the smaller loses."""
    filming = Filming((128, 192), 1.5, frames=70, dose_e_px=15.0)
    areas, rate = (4200.0, 1900.0), 22.0

    def radius(area: float, sign: float) -> Radius:
        def of(time: FloatArray) -> FloatArray:
            since = np.asarray(time, dtype=np.float64) - CLOCKS.offset_s
            return np.asarray(np.sqrt((area + sign * rate * since) / np.pi))

        return of

    return discs(
        filming,
        [(64.0, 60.0), (64.0, 136.0)],
        [radius(areas[0], 1.0), radius(areas[1], -1.0)],
        known={
            "growth_nm2_per_s": rate,
            "loss_nm2_per_s": -rate,
            "total_area_nm2": sum(areas),
        },
        record=constant_current(ON_S, ON_S + 60.0, CLOCKS.offset_s + 90.0),
    )


def cycled_void() -> Blueprint:
    """A void in a film fills and empties as the cell is cycled."""
    filming = Filming((128, 128), 1.0, frames=96, dose_e_px=15.0)
    largest, half_s, cycles, filled = 34.0, 22.0, 2, 0.7

    def radius(time: FloatArray) -> FloatArray:
        part = inserted_part(time, ON_S, half_s, cycles)
        return np.asarray(largest * np.sqrt(1.0 - filled * part))

    return discs(
        filming,
        [(63.5, 63.5)],
        [radius],
        known={
            "largest_area_nm2": np.pi * largest**2,
            "smallest_area_nm2": np.pi * largest**2 * (1 - filled),
            "period_s": 2 * half_s,
        },
        record=cycled_current(ON_S, half_s, cycles, CLOCKS.offset_s + 120.0),
        thickness=-0.45,
        around=0.8,
    )


def fracture() -> Blueprint:
    """A particle cracks: a gap opens, and the current jumps at that moment."""
    filming = Filming((128, 128), 2.0, frames=60, period_s=0.5, exposure_s=0.45)
    centre, radius, crack_s = (63.5, 63.5), 40.0, CLOCKS.offset_s + 17.3
    record = constant_current(ON_S, ON_S + 30.0, CLOCKS.offset_s + 50.0)
    since = record["time_s"].to_numpy() - crack_s
    spike = np.where(since >= 0, -6e-9 * np.exp(-since / 0.8), 0.0)
    record = record.assign(current_A=record["current_A"] + spike)

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        y, x = y - shift[0], x - shift[1]
        body = 0.7 * disc(y, x, centre, radius)
        gap = 2.5 * float(t >= crack_s) + 0.12 * max(t - crack_s, 0.0)
        bent = x - centre[1] - 0.15 * (y - centre[0])
        return np.asarray(body * (1.0 - inside(gap - np.abs(bent)) * (t >= crack_s)))

    return Blueprint(
        filming,
        depth,
        lambda time: {"cracked": (time >= crack_s).astype(np.float64)},
        known={"crack_s": crack_s, "spike_A": -6e-9},
        drawn={"outline": circle(centre, radius)},
        record=record,
        events=(TrueEvent("crack", float(CLOCKS.to_movie_s(crack_s)), crack_s),),
    )
