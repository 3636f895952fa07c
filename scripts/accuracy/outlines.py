"""Outlines and ellipses drawn around bodies, snapped to their rims.

Contrast 45 % (optical depth 0.6), blur 1.5 px, drawn with an error of 1.2 px a point.
"""

from __future__ import annotations

import numpy as np
from outline_scenes import Scene
from table import row

from napari_insitu_tem.measure import snap
from napari_insitu_tem.measure.sizes import ellipse_area, polygon_area

#: Name, body, length over width, drawn as.
BODIES = (
    ("wire, outline", "wire", 4.0, "polygon"),
    ("sphere, outline", "ball", 1.0, "polygon"),
    ("ellipsoid, ellipse", "ball", 1.5, "ellipse"),
    ("plate, outline", "plate", 1.4, "polygon"),
    ("disc, ellipse", "disc", 1.0, "ellipse"),
)
SIZES, DOSES, REPEATS = (30, 60), (5.0, 20.0, 50.0), 24


def rows(repeats: float = 1.0) -> list[dict[str, object]]:
    """Bias of the areas, and their uncertainty as stated over that observed."""
    count = max(8, round(REPEATS * repeats))
    found: list[dict[str, object]] = []
    ratios: dict[str, list[float]] = {}
    for name, kind, ratio, shape in BODIES:
        for size in SIZES:
            scene = Scene(kind, size, ratio=ratio)
            for dose in DOSES:
                rng = np.random.default_rng([size, int(dose), len(name)])
                drawn = [_measured(scene, shape, rng, dose) for _ in range(count)]
                found.append(_bias(name, size, dose, np.array(drawn)))
                ratios.setdefault(name, []).extend(_away(np.array(drawn)))
    return found + [_honest(name, away) for name, away in ratios.items()]


def _measured(
    scene: Scene, shape: str, rng: np.random.Generator, dose: float
) -> tuple[float, float, float]:
    """Relative error of an area, as it is stated, and whether it is in doubt."""
    frame = scene.frame(rng, dose)
    drawn = scene.polygon(rng) if shape == "polygon" else scene.ellipse(rng)
    result = snap(frame, drawn)
    if not result.is_snapped:
        return np.nan, np.nan, 1.0
    parts = result.geometry.parts
    area = polygon_area(parts[0]) if shape == "polygon" else ellipse_area(*parts)
    u_area = area.sensitivity * result.u_pick_px / scene.area
    return area.value / scene.area - 1, u_area, float(bool(result.flag))


def _bias(name: str, size: int, dose: float, drawn: np.ndarray) -> dict[str, object]:
    sure = drawn[drawn[:, 2] == 0]
    doubted = int(np.sum(drawn[:, 2] > 0))
    condition = f"width {size} px, {dose:g} e/px, {len(drawn)} frames"
    if len(sure) < len(drawn) / 4:
        return row(
            f"{name}: bias of the area",
            condition,
            f"{doubted} of {len(drawn)} flagged",
            "-",
            "below 1 %",
            False,
        )
    mean = float(100 * sure[:, 0].mean())
    error = float(100 * sure[:, 0].std() / np.sqrt(len(sure)))
    return row(
        f"{name}: bias of the area",
        condition,
        f"{mean:+.2f} % ± {error:.2f} %, {doubted} flagged",
        f"scatter {100 * sure[:, 0].std():.2f} %",
        "below 1 % + 2 standard errors",
        abs(mean) <= 1.0 + 2 * error,
    )


def _away(drawn: np.ndarray) -> list[float]:
    sure = drawn[drawn[:, 2] == 0]
    return (sure[:, 0] / sure[:, 1]).tolist()


def _honest(name: str, away: list[float]) -> dict[str, object]:
    ratio = 1 / float(np.sqrt(np.mean(np.square(away))))
    return row(
        f"{name}: uncertainty of the area, stated over observed",
        f"all of the above, {len(away)} areas",
        f"{ratio:.2f}",
        "-",
        "0.75 to 1.25",
        0.75 <= ratio <= 1.25,
    )
