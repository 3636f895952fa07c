"""Layers on a flat electrode, lattice planes, and a movie for its dose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.simulate.cases.case import CLOCKS, Blueprint, Filming
from napari_insitu_tem.simulate.cases.records import constant_current, potential_steps
from napari_insitu_tem.simulate.cases.shapes import disc, inside, strip
from napari_insitu_tem.simulate.cases.wires import ON_S, charged_part
from napari_insitu_tem.simulate.raster import smooth_noise

FloatArray = NDArray[np.float64]


def layer(
    filming: Filming,
    thickness_nm: Callable[[FloatArray], FloatArray],
    *,
    known: dict[str, float],
    record: pd.DataFrame,
    roughness: float = 0.06,
    technique: str = "Chronopotentiometry",
) -> Blueprint:
    """A layer of uneven thickness on a flat electrode at the bottom of the image.

    `roughness` is the relative standard deviation of the thickness along the layer.
    """
    px, (height, width) = filming.pixel_size_nm, filming.shape
    surface = 0.72 * height
    margin = 12
    places = np.arange(-margin, width + margin, dtype=np.float64)
    noise = smooth_noise(places.size, 40.0, np.random.default_rng(3))
    columns = np.arange(4.0, width - 4.0, 6.0)
    on_drawn = np.interp(np.arange(columns[0], columns[-1] + 1), places, noise)
    noise = noise - on_drawn.mean()

    def outer(x: FloatArray, now_nm: float) -> FloatArray:
        uneven = 1.0 + roughness * np.interp(x, places, noise)
        return np.asarray(surface - now_nm / px * uneven)

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        y, x = y - shift[0], x - shift[1]
        top = outer(x, float(thickness_nm(np.asarray(t))))
        return np.asarray(1.1 * inside(y - surface) + 0.4 * strip(y, top, surface))

    first = float(thickness_nm(np.asarray(CLOCKS.offset_s)))
    rows = np.full_like(columns, surface)
    return Blueprint(
        filming,
        depth,
        lambda time: {"thickness_nm": thickness_nm(time)},
        known=known,
        drawn={
            "inner": np.stack([rows, columns], axis=1),
            "outer": np.stack([outer(columns, first), columns], axis=1),
        },
        record=record,
        technique=technique,
    )


def thickening_sei() -> Blueprint:
    """An SEI that grows as the square root of time, from 6 to 28 nm."""
    filming = Filming((128, 192), 0.5, dose_e_px=15.0, blur_px=2.0)
    first, last, lasting = 6.0, 28.0, filming.duration_s - 10.0

    def thickness(time: FloatArray) -> FloatArray:
        part = charged_part(time, lasting)
        return np.asarray(np.sqrt(first**2 + (last**2 - first**2) * part))

    return layer(
        filming,
        thickness,
        known={"first_nm": first, "last_nm": last},
        record=constant_current(ON_S, ON_S + lasting, CLOCKS.offset_s + 80.0),
    )


def thinning_sei() -> Blueprint:
    """An SEI that thins to 12 nm."""
    filming = Filming((128, 192), 0.5, dose_e_px=15.0, blur_px=2.0)
    first, last = 30.0, 12.0

    def thickness(time: FloatArray) -> FloatArray:
        since = np.maximum(np.asarray(time, dtype=np.float64) - ON_S, 0.0)
        return np.asarray(last + (first - last) * np.exp(-since / 11.0))

    return layer(
        filming,
        thickness,
        known={"first_nm": first, "last_nm": last},
        record=constant_current(ON_S, ON_S + 50.0, CLOCKS.offset_s + 80.0),
    )


def interphase() -> Blueprint:
    """An interphase that grows for 40 s and stops at 60 nm."""
    filming = Filming((160, 160), 0.8, frames=80, dose_e_px=15.0)
    first, speed, growing = 3.0, 1.425, 40.0

    def thickness(time: FloatArray) -> FloatArray:
        since = np.clip(np.asarray(time, dtype=np.float64) - ON_S, 0.0, growing)
        return np.asarray(first + speed * since)

    return layer(
        filming,
        thickness,
        known={
            "last_nm": first + speed * growing,
            "growth_nm_per_s": speed,
            "stop_s": ON_S + growing,
        },
        record=constant_current(ON_S, ON_S + 70.0, CLOCKS.offset_s + 100.0),
        roughness=0.012,
    )


def stepped_sei() -> Blueprint:
    """An SEI that becomes thicker at steps of the potential of 0.25 V every 5 min."""
    hold, levels = 300.0, np.arange(3.0, 1.25, -0.25)
    filming = Filming(
        (128, 160), 0.5, frames=70, period_s=30.0, exposure_s=2.0, dose_e_px=15.0
    )
    steps = np.array([8.0, 8.0, 8.0, 8.0, 8.0, 13.0, 19.0])

    def thickness(time: FloatArray) -> FloatArray:
        step = np.floor((np.asarray(time, dtype=np.float64) - ON_S) / hold)
        return steps[np.clip(step, 0, steps.size - 1).astype(np.intp)]

    return layer(
        filming,
        thickness,
        known={
            "first_step_s": ON_S + 5 * hold,
            "second_step_s": ON_S + 6 * hold,
            "first_step_V": float(levels[5]),
            "before_nm": 8.0,
            "between_nm": 13.0,
            "after_nm": 19.0,
        },
        record=potential_steps(levels, hold, ON_S, ON_S + 7 * hold + 60.0),
        technique="Chronoamperometry",
    )


def widening_planes() -> Blueprint:
    """The (0002) planes of graphite widen from 0.335 nm by 5.9 %."""
    filming = Filming((160, 160), 0.03, frames=40, dose_e_px=25.0, blur_px=1.0)
    first, change, lasting = 0.335, 0.059, filming.duration_s - 12.0
    turn = np.deg2rad(17.0)

    def spacing(time: FloatArray) -> FloatArray:
        return np.asarray(first * (1.0 + change * charged_part(time, lasting)))

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        across = (y - shift[0] - 80) * np.cos(turn) + (x - shift[1] - 80) * np.sin(turn)
        phase = 2 * np.pi * across * filming.pixel_size_nm / spacing(np.asarray(t))
        return np.asarray(0.3 + 0.16 * np.cos(phase))

    return Blueprint(
        filming,
        depth,
        lambda time: {"d_spacing_nm": spacing(time)},
        known={
            "first_nm": first,
            "last_nm": first * (1 + change),
            "d_spacing_change_percent": 100 * change,
            "angle_deg": float(np.rad2deg(turn)),
        },
        drawn={"window": np.array([[8.0, 8.0], [151.0, 151.0]])},
        record=constant_current(ON_S, ON_S + lasting, CLOCKS.offset_s + 60.0),
    )


def gentle_beam() -> Blueprint:
    """A liquid cell scanned at 0.1 e/A2/s, 0.5 e/A2 and so 5 s a frame."""
    size_nm, per_frame = 0.8, 0.5
    filming = Filming(
        (128, 128),
        size_nm,
        frames=40,
        period_s=5.0,
        exposure_s=5.0,
        dose_e_px=per_frame * (10 * size_nm) ** 2,
    )

    def depth(y: FloatArray, x: FloatArray, t: float, shift: FloatArray) -> FloatArray:
        return np.asarray(0.5 * disc(y - shift[0], x - shift[1], (90.0, 90.0), 24.0))

    return Blueprint(
        filming,
        depth,
        lambda time: {},
        known={
            "dose_rate_e_A2_s": per_frame / filming.exposure_s,
            "frame_dose_e_A2": per_frame,
            "total_dose_e_A2": per_frame * filming.frames,
            "gain": filming.gain,
        },
        drawn={},
        record=constant_current(ON_S, ON_S + 180.0, CLOCKS.offset_s + 210.0),
    )
