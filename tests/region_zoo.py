"""Many kinds of particles for `track_region`: shapes, neighbours, blurs, doses, signs.

Each body is a polygon; bodies of one brightness that touch or overlap become one dark
(or bright) patch, as projections of equally thick platelets do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_insitu_tem.measure import track_region
from region_scene import PIXEL, area_of, cover, ellipse, overlap, perimeter_of

SHAPE = (176, 176)
MIDDLE = np.array([80.0, 78.0])

Outline = Callable[[int], np.ndarray]


@dataclass(frozen=True)
class Scene:
    """A movie whose truth is known.

    Attributes
    ----------
    outline
        The particle's outline by frame, (n, 2) vertices (y, x).
    others
        Outlines of its neighbours by frame.
    dose, contrast
        Electrons a pixel around it, and what the particle adds in parts of them.
    blur
        Width of the edges in px, 1 s.d., without the pixel.
    tilt, texture
        Change of the background across the frame, and texture, in parts of the dose.
    frames
        How many.
    """

    outline: Outline
    others: tuple[Outline, ...] = ()
    dose: float = 10.0
    contrast: float = -0.3
    blur: float = 1.5
    tilt: float = 0.0
    texture: float = 0.0
    frames: int = 10
    gain: float | None = 1.0


def still(points: np.ndarray) -> Outline:
    """An outline that stays."""
    return lambda _: points


def disc(radius: float, y: float = 0.0, x: float = 0.0) -> np.ndarray:
    """A disc beside the middle."""
    return ellipse(radius, radius, MIDDLE + np.array([y, x]))


def bean(size: float) -> np.ndarray:
    """An outline with a dent."""
    a = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    r = size * (1 - 0.35 * np.exp(-(((a - np.pi) / 0.6) ** 2)))
    return MIDDLE + r[:, None] * np.column_stack([np.sin(a), np.cos(a)])


def box(half: float, power: float = 4.0, turn: float = 0.3) -> np.ndarray:
    """A square with round corners."""
    a = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    c, s = np.cos(a), np.sin(a)
    r = half / (np.abs(c) ** power + np.abs(s) ** power) ** (1 / power)
    y, x = r * np.sin(a + turn), r * np.cos(a + turn)
    return MIDDLE + np.column_stack([y, x])


def pair(gap: float, **options: object) -> Scene:
    """Two discs of which one is followed; a negative gap is an overlap."""
    return Scene(still(disc(30)), (still(disc(25, 0, 55 + gap)),), **options)


def growing(start: float, rate: float, drift: tuple[float, float] = (0, 0)) -> Outline:
    """An ellipse that grows (or dissolves) and drifts."""
    return lambda t: ellipse(
        start + rate * t,
        0.8 * (start + rate * t),
        MIDDLE + t * np.array(drift),
        0.4,
    )


def lobes(t: int) -> np.ndarray:
    """Four lobes that come out."""
    a = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    r = (28 + 0.8 * t) * (1 + 0.015 * t * np.cos(4 * a + 0.7))
    return MIDDLE + r[:, None] * np.column_stack([np.sin(a), np.cos(a)])


def jumping(step: float) -> Outline:
    """A disc that is elsewhere from the fifth frame on."""
    return lambda t: disc(22, 0, step if t > 4 else 0.0)


def swallowed(t: int) -> np.ndarray:
    """A neighbour that comes closer until it overlaps."""
    return disc(20, 0, 58 - 1.2 * t)


SCENES: dict[str, Scene] = {
    "bean": Scene(still(bean(30)), dose=10),
    "bean-bright": Scene(still(bean(30)), dose=10, contrast=0.3),
    "box": Scene(still(box(25)), dose=20, contrast=0.2),
    "lobes-50": Scene(lobes, dose=50, contrast=-0.2),
    "lobes-5": Scene(lobes, dose=5, contrast=-0.3),
    "lobes-2": Scene(lobes, dose=2, contrast=-0.4),
    "growing": Scene(growing(22, 1.5, (0.8, -0.5)), dose=10),
    "growing-no-gain": Scene(growing(22, 1.5, (0.8, -0.5)), dose=10, gain=None),
    "dissolving": Scene(growing(35, -2.0), dose=20, contrast=0.3, frames=12),
    "tilted": Scene(growing(25, 0.5), dose=20, tilt=0.5, contrast=0.25),
    "textured": Scene(growing(25, 0.5), dose=20, texture=0.02, contrast=-0.25),
    "blur-1": Scene(growing(30, 0.4), dose=20, blur=1.0),
    "blur-2.5": Scene(growing(30, 0.4), dose=20, blur=2.5),
    "blur-4": Scene(still(ellipse(40, 25, MIDDLE, 0.5)), dose=20, blur=4.0),
    "blur-4-bright": Scene(still(box(25)), dose=10, blur=4.0, contrast=0.4),
    "small-6": Scene(still(disc(6)), dose=20, contrast=-0.4),
    "small-9-blur-2": Scene(still(disc(9)), dose=20, contrast=0.4, blur=2.0),
    "jump-12": Scene(jumping(12), dose=20),
    "jump-25": Scene(jumping(25), dose=20),
    "gap-6": pair(6),
    "gap-3": pair(3),
    "gap-1": pair(1, dose=20),
    "gap-0": pair(0),
    "overlap-1": pair(-1),
    "overlap-1-20": pair(-1, dose=20),
    "overlap-4": pair(-4, dose=20, contrast=0.3),
    "overlap-1-blur-3": pair(-1, dose=20, blur=3.0),
    "gap-2-2e": pair(2, dose=2, contrast=-0.4),
    "three": Scene(
        growing(22, 0.3),
        (still(disc(15, 0, 42)), still(disc(15, -37, -14)), still(disc(12, 33, -6))),
        dose=20,
    ),
    "comes-closer": Scene(still(disc(26)), (swallowed,), dose=20, frames=14),
    "opposite-neighbour": Scene(
        still(disc(28)), (still(disc(20, 0, 48)),), dose=10, contrast=0.3
    ),
}


def movie(scene: Scene, seed: int) -> np.ndarray:
    """(T, y, x) counted electrons."""
    rng = np.random.default_rng(seed)
    y, _ = np.mgrid[: SHAPE[0], : SHAPE[1]] / SHAPE[0] - 0.5
    film = 1 + scene.tilt * y
    if scene.texture:
        rough = gaussian_filter(rng.standard_normal(SHAPE), 5)
        film = film + scene.texture * rough / rough.std()
    frames = []
    for t in range(scene.frames):
        part = cover(scene.outline(t), SHAPE)
        for other in scene.others:
            part = np.maximum(part, cover(other(t), SHAPE))
        part = gaussian_filter(part, scene.blur)
        mean = scene.dose * (film + scene.contrast * part)
        frames.append(rng.poisson(np.maximum(mean, 0)))
    return np.array(frames, np.uint16)


@dataclass(frozen=True)
class Score:
    """Errors of the areas that were stated without a flag.

    Attributes
    ----------
    given, wrong
        Part of the frames without a flag, and part of all frames without a flag and
        more than four stated uncertainties off.
    by_bound, by_stated
        RMS of the error in Cramer-Rao bounds and in stated uncertainties.
    iou
        Least overlap of an outline without a flag.
    flags
        The flags by frame.
    """

    given: float
    wrong: float
    by_bound: float
    by_stated: float
    iou: float
    flags: list[str] = field(default_factory=list)
    errors: np.ndarray = field(default_factory=lambda: np.zeros(0))


def score(scene: Scene, seed: int) -> Score:
    """Follow the particle of a scene and compare with the truth."""
    truth = [scene.outline(t) for t in range(scene.frames)]
    track = track_region(movie(scene, seed), truth[0][::15], gain=scene.gain)
    width = np.hypot(scene.blur, PIXEL)
    bounds = [
        1.883 * np.sqrt(perimeter_of(p) * width / scene.dose) / abs(scene.contrast)
        for p in truth
    ]
    error = track.area - [area_of(p) for p in truth]
    clear = track.flag == ""
    by_stated = error[clear] / track.u_area[clear]
    by_bound = error[clear] / np.array(bounds)[clear]
    shapes = [
        overlap(a, b, SHAPE)
        for a, b, ok in zip(track.outline, truth, clear, strict=True)
        if ok
    ]
    return Score(
        given=float(clear.mean()),
        wrong=float(np.sum(~(np.abs(by_stated) <= 4)) / scene.frames),
        by_bound=float(np.sqrt(np.mean(by_bound**2))) if clear.any() else np.nan,
        by_stated=float(np.sqrt(np.mean(by_stated**2))) if clear.any() else np.nan,
        iou=min(shapes, default=np.nan),
        flags=list(track.flag),
        errors=error / bounds,
    )
