"""How well particles are followed from one outline, beside the bound and named peers.

Run it to print the table; `rows` gives it to others. A lobed particle grows 2.4 times
in area, drifts and changes its shape on a film with 2 % texture, a neighbour beside
it; D electrons a pixel, contrast C (the difference of both sides over D), blur 1.5 px,
shot noise from fixed seeds. The bound of the area is that of one frame with everything
but the outline known.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from scipy.ndimage import binary_fill_holes, gaussian_filter, label
from scipy.special import ndtr
from table import row

from napari_insitu_tem.measure import track_region

BLUR = 1.5
WIDTH = float(np.hypot(BLUR, 12**-0.5))
CASES = ((20, 0.3, 2.0, 0.985), (10, 0.2, 2.0, 0.975), (5, 0.2, 2.0, None))
LOWEST = (2, 0.2, 3.0, 0.94)
#: How rows start that depend on the machine and how busy it is.
RATE = "rate of following a particle"


def rows(repeats: float = 1.0) -> list[dict[str, object]]:
    """One row a bar; `repeats` scales the number of simulations."""
    return [
        *areas(max(2, round(5 * repeats))),
        *peers(),
        *speed(512, 60.0, 20),
        *speed(2048, 30.0, 12),
    ]


def outline(size: int, part: float) -> tuple[np.ndarray, float, float]:
    """(720,) radii by angle and the centre (x, y) at a part of the movie."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    return (
        radius_at(angle, size, part),
        size / 2 + 0.03 * size * part,
        size / 2 - 0.02 * size * part,
    )


def radius_at(angle: np.ndarray, size: int, part: float) -> np.ndarray:
    """Radius of the particle in a direction."""
    radius = 0.13 * size * (1 + 0.55 * part)
    lobes = 0.10 * np.cos(3 * angle + 0.5) + 0.06 * part * np.cos(5 * angle)
    return radius * (1 + lobes)


def vertices(size: int, part: float) -> np.ndarray:
    """(720, 2) the true outline (y, x)."""
    radius, x, y = outline(size, part)
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    return np.column_stack([y + radius * np.sin(angle), x + radius * np.cos(angle)])


def scene(
    size: int, frames: int, dose: float, contrast: float, rng: np.random.Generator
) -> tuple[np.ndarray, list[np.ndarray]]:
    """(T, y, x) counted electrons, and the true outlines."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    film = gaussian_filter(rng.standard_normal((size, size)), size / 40)
    film *= 0.02 * dose / film.std()
    beside = np.hypot(x - 0.84 * size, y - 0.80 * size) - 0.09 * size
    still = dose * (1 + contrast / 2) + film
    still -= 0.8 * contrast * dose * ndtr(-beside / WIDTH)
    movie, truth = np.empty((frames, size, size), np.uint16), []
    for t in range(frames):
        part = t / max(frames - 1, 1)
        _, cx, cy = outline(size, part)
        angle, away = np.arctan2(y - cy, x - cx), np.hypot(x - cx, y - cy)
        radius = radius_at(angle, size, part)
        tilt = radius_at(angle + 1e-3, size, part) - radius_at(angle - 1e-3, size, part)
        distance = (away - radius) / np.hypot(1, tilt / 2e-3 / np.maximum(radius, 1))
        mean = still - contrast * dose * ndtr(-distance / WIDTH)
        movie[t] = rng.poisson(np.maximum(mean, 0))
        truth.append(vertices(size, part))
    return movie, truth


def area_of(points: np.ndarray) -> float:
    """Area of a polygon."""
    y, x = points.T
    return 0.5 * abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)))


def bound_of(points: np.ndarray, dose: float, contrast: float) -> float:
    """Cramer-Rao bound of the area in one frame."""
    around = np.hypot(*(np.roll(points, -1, axis=0) - points).T).sum()
    return float(np.sqrt(2 * np.sqrt(np.pi) * around * WIDTH / dose) / contrast)


def mask_of(points: np.ndarray, size: int) -> np.ndarray:
    """Pixels whose centre lies inside of a polygon."""
    from skimage.draw import polygon2mask

    if len(points) < 3:
        return np.zeros((size, size), bool)
    return np.asarray(polygon2mask((size, size), points))


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two masks."""
    return float((a & b).sum() / max((a | b).sum(), 1))


def rms(values: object) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def areas(repeats: int, size: int = 512, frames: int = 20) -> Iterator[dict]:
    """Area and outline against the truth; stated against true scatter."""
    for dose, contrast, most, least in (*CASES, LOWEST):
        error, stated, shape, bounds = [], [], [], []
        for seed in range(repeats):
            rng = np.random.default_rng(100 + seed)
            movie, truth = scene(size, frames, dose, contrast, rng)
            track = track_region(movie, truth[0][::20], gain=1.0)
            bounds.append([bound_of(p, dose, contrast) for p in truth])
            error.append(track.area - [area_of(p) for p in truth])
            stated.append(track.u_area)
            shape += [
                overlap(mask_of(a, size), mask_of(b, size))
                for a, b in zip(track.outline, truth, strict=True)
            ]
        lost = ~np.isfinite(error)
        # A lost frame counts as wrong by ten bounds, so that losing pays nothing.
        off = np.where(lost, 10.0, np.array(error) / bounds)
        seen = ~lost
        honest = rms(np.array(stated)[seen]) / rms(np.array(error)[seen])
        mean, ratio = float(np.mean(shape)), rms(off)
        bar = f"<= {most:g} CRLB, stated/true 0.75-1.25"
        bar += f", IoU >= {least:g}" if least else ""
        yield row(
            "area and outline of a particle",
            f"{dose} e/px, contrast {contrast}, {size}x{size}, {frames} frames "
            f"x {repeats}",
            f"{ratio:.2f} CRLB, stated/true {honest:.2f}, IoU {mean:.4f}, "
            f"lost {100 * lost.mean():.0f} %",
            f"CRLB {np.mean(bounds):.0f} px2 of {area_of(truth[0]):.0f} to "
            f"{area_of(truth[-1]):.0f}",
            bar,
            ratio <= most
            and 0.75 <= honest <= 1.25
            and (least is None or mean >= least),
        )


def of_previous(mask: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The piece of a mask that overlaps the outline before most, filled."""
    pieces, count = label(mask)
    shares = np.bincount(pieces[before], minlength=count + 1)
    shares[0] = 0
    return before if not shares.max() else binary_fill_holes(pieces == shares.argmax())


def otsu(frame: np.ndarray, before: np.ndarray) -> np.ndarray:
    """`skimage.filters.threshold_otsu` of the smoothed frame."""
    from skimage.filters import threshold_otsu

    smooth = gaussian_filter(frame, 2.5)
    return of_previous(smooth < threshold_otsu(smooth), before)


def watershed(frame: np.ndarray, before: np.ndarray) -> np.ndarray:
    """`skimage.segmentation.watershed` between markers from the frame before."""
    from scipy.ndimage import binary_dilation, binary_erosion
    from skimage.filters import sobel
    from skimage.segmentation import watershed as flooded

    smooth, reach = sobel(gaussian_filter(frame, 2.5)), max(5, frame.shape[0] // 50)
    inner = binary_erosion(before, iterations=reach)
    outer = ~binary_dilation(before, iterations=reach)
    return flooded(smooth, inner.astype(np.int32) + 2 * outer.astype(np.int32)) == 1


def chan_vese(frame: np.ndarray, before: np.ndarray) -> np.ndarray:
    """`skimage.segmentation.morphological_chan_vese` from the frame before."""
    from skimage.segmentation import morphological_chan_vese

    smooth = gaussian_filter(frame, 2.0)
    found = morphological_chan_vese(
        smooth / smooth.max(), 15, init_level_set=before.astype(np.int8), smoothing=2
    )
    return of_previous(found > 0, before)


def peers(size: int = 512, frames: int = 20) -> Iterator[dict]:
    """Other programs on the same frames, and how long they take."""
    for dose, contrast in ((20, 0.3), (5, 0.2), (2, 0.2)):
        movie, truth = scene(size, frames, dose, contrast, np.random.default_rng(7))
        true = np.array([area_of(p) for p in truth])
        bounds = np.array([bound_of(p, dose, contrast) for p in truth])
        began = time.process_time()
        track = track_region(movie, truth[0][::20], gain=1.0)
        own_s = time.process_time() - began
        own = rms((track.area - true) / bounds)
        others, slow = {}, 1.0
        for peer in (otsu, watershed, chan_vese):
            mask, found = mask_of(truth[0], size), []
            began = time.process_time()
            for frame in movie:
                mask = peer(frame.astype(np.float64), mask)
                found.append(mask.sum())
            if peer is chan_vese:
                slow = (time.process_time() - began) / own_s
            others[peer.__name__] = rms((np.array(found) - true) / bounds)
        listed = ", ".join(f"{name} {value:.1f}" for name, value in others.items())
        yield row(
            "area beside other programs",
            f"{dose} e/px, contrast {contrast}, {size}x{size}, {frames} frames",
            f"{own:.2f} CRLB",
            f"{listed} CRLB",
            "better than Otsu and watershed",
            own < min(others["otsu"], others["watershed"]),
        )
        yield row(
            f"{RATE} beside Chan-Vese",
            f"{dose} e/px, contrast {contrast}, {size}x{size}, {frames} frames",
            f"{slow:.0f} x",
            "skimage.segmentation.morphological_chan_vese",
            ">= 50 x",
            slow >= 50,
        )


def speed(size: int, least: float, frames: int) -> Iterator[dict]:
    """Frames a second of one core's time, so that a busy machine does not matter.

    The drawing's own frame is included; the best of three runs.
    """
    movie, truth = scene(size, frames, 10, 0.2, np.random.default_rng(3))
    rates = []
    for _ in range(3):
        began = time.process_time()
        track = track_region(movie, truth[0][::20], gain=1.0)
        rates.append(frames / (time.process_time() - began))
    yield row(
        RATE,
        f"{size}x{size}, 10 e/px, {frames} frames, {track.area[-1]:.0f} px2 at last",
        f"{max(rates):.0f} frames/s",
        "seconds of one core",
        f">= {least:g} frames/s on two cores",
        max(rates) >= least,
    )


def printed(table: list[dict[str, object]]) -> None:
    """Print a table, the failed bars marked."""
    for line in table:
        mark = "ok  " if line["passed"] else "MISS"
        parts = (str(line[key]) for key in list(line)[:-1])
        print(mark, " | ".join(parts), flush=True)


if __name__ == "__main__":
    printed(rows())
