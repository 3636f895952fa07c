"""How well fronts are followed, beside the Cramer-Rao bound and a named peer.

Run it to print the table; `rows` gives it to others. Everything is simulated with shot
noise from fixed seeds: D electrons a pixel (the mean of both sides), contrast C (the
difference of both sides over D), 10 averaged rows, a blur of 2 px.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr
from scipy.stats import theilslopes
from table import row

from napari_insitu_tem.measure import (
    Kymograph,
    compare_laws,
    fit_law,
    locate_edges,
    track_front,
)

ROWS, BLUR = 10, 2.0
DOSES = (
    (50, 0.2),
    (50, 0.1),
    (10, 0.2),
    (10, 0.1),
    (5, 0.2),
    (5, 0.1),
    (2, 0.2),
    (2, 0.1),
)
KINDS = ("linear", "parabolic", "stick-slip")


def rows(repeats: float = 1.0) -> list[dict[str, object]]:
    """One row a bar; `repeats` scales the number of simulations."""
    return [
        *followed(max(2, round(4 * repeats))),
        *two_fronts(max(4, round(40 * repeats))),
        *velocity(max(4, round(80 * repeats))),
        *law_on_kymographs(max(4, round(20 * repeats))),
    ]


def pixel_front(position: object, before: float, after: float, length: int):
    """(T, L) a blurred step integrated over pixels, exactly."""

    def area(u: np.ndarray) -> np.ndarray:
        z = u / BLUR
        return u * ndtr(z) + BLUR * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)

    away = np.arange(length) - np.asarray(position, float)[..., None]
    return before + (after - before) * (area(away + 0.5) - area(away - 0.5))


def kymograph(rng: np.random.Generator, mean: np.ndarray) -> Kymograph:
    """Counted electrons, averaged over the rows."""
    path = np.array([[0.0, 0.0], [0.0, mean.shape[1] - 1.0]])
    return Kymograph(rng.poisson(ROWS * mean) / ROWS, ROWS, 1.0, path)


def single_frame_bound(dose: float, contrast: float, length: int) -> float:
    """Cramer-Rao bound of one frame's position; levels and blur free too."""
    here = np.array([length / 2, dose * (1 + contrast / 2), dose * (1 - contrast / 2)])
    slopes = []
    for k in range(3):
        step = np.zeros(3)
        step[k] = 1e-4
        ends = pixel_front(*(here + step), length) - pixel_front(*(here - step), length)
        slopes.append(ends / 2e-4)
    x = np.arange(length) - here[0]
    bell = np.exp(-0.5 * (x / BLUR) ** 2) / np.sqrt(2 * np.pi) / BLUR
    slopes.append(-(here[2] - here[1]) * bell * x / BLUR)
    jacobian = np.array(slopes)
    information = ROWS * (jacobian / pixel_front(*here, length)) @ jacobian.T
    return float(np.sqrt(np.linalg.inv(information)[0, 0]))


def path_of(kind: str, frames: int, length: int, rng: np.random.Generator):
    """(T,) positions from 20 px to 20 px before the end."""
    t, way = np.arange(frames), length - 40
    if kind == "linear":
        return 20 + way * t / frames
    if kind == "parabolic":
        return 20 + way * np.sqrt(t / frames)
    slips = rng.exponential(1.0, frames) * (rng.random(frames) < 0.3)
    return 20 + way * np.cumsum(slips) / slips.sum()


def minimal_path(data: np.ndarray) -> np.ndarray:
    """The peer: `skimage.graph.route_through_array` over the smoothed gradient."""
    from skimage.graph import route_through_array

    slope = gaussian_filter(data, (1, BLUR), order=(0, 1))
    if data[:, :10].mean() > data[:, -10:].mean():
        slope = -slope
    cost = np.exp(-slope / slope.std()) + 0.02
    free = np.full((1, cost.shape[1]), 0.02)
    cost = np.concatenate([free, cost, free])
    middle = cost.shape[1] // 2
    ends = (0, middle), (len(cost) - 1, middle)
    steps, _ = route_through_array(cost, *ends, fully_connected=True, geometric=True)
    steps = np.array(steps)
    found = [steps[steps[:, 0] == t + 1, 1].mean() for t in range(len(data))]
    return np.array(found)


def root_mean_square(values: object) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def followed(repeats: int, frames: int = 300, length: int = 200) -> Iterator[dict]:
    """24 kymographs: three kinds of motion, eight doses."""
    for kind in KINDS:
        for dose, contrast in DOSES:
            rng = np.random.default_rng(round(1000 * contrast) + dose)
            bound = single_frame_bound(dose, contrast, length)
            error, peer, spread = [], [], []
            for _ in range(repeats):
                truth = path_of(kind, frames, length, rng)
                levels = dose * (1 + contrast / 2), dose * (1 - contrast / 2)
                data = kymograph(rng, pixel_front(truth, *levels, length))
                track = track_front(data, gain=1.0)
                error.append(track.position[0] - truth)
                spread.append(track.u_position[0])
                peer.append(minimal_path(data.data * ROWS) - truth)
            lost = ~(np.abs(error) <= max(5 * bound, 3.0))
            rms, other = root_mean_square(error), root_mean_square(peer)
            covered = np.mean(np.abs(error) < 1.96 * np.array(spread))
            yield row(
                f"front, {kind}",
                f"{dose} e/px, contrast {contrast}, {frames} frames x {repeats}",
                f"{rms:.2f} px = {rms / bound:.2f} CRLB = {rms / other:.2f} peer; "
                f"outliers {100 * lost.mean():.1f} %, "
                f"95 % covers {100 * covered:.0f} %",
                f"CRLB {bound:.2f} px a frame; route_through_array {other:.2f} px",
                "<= 0.75 CRLB, <= 0.75 peer, outliers <= 0.5 %",
                rms <= 0.75 * bound and rms <= 0.75 * other and lost.mean() <= 0.005,
            )


def three_levels(values: np.ndarray, frames: int, length: int) -> np.ndarray:
    """(T, L) two fronts: start and velocity of each, three levels."""
    t = np.arange(frames)
    first, second = values[0] + values[1] * t, values[2] + values[3] * t
    mean = pixel_front(first, values[4], values[5], length)
    return mean + pixel_front(second, 0.0, values[6] - values[5], length)


def ratio_bound(values: np.ndarray, frames: int, length: int) -> float:
    """Cramer-Rao bound of the ratio of the velocities, all else free."""
    slopes = []
    for k in range(values.size):
        step = np.zeros(values.size)
        step[k] = 1e-3
        ends = [three_levels(values + s * step, frames, length) for s in (1, -1)]
        slopes.append((ends[0] - ends[1]).ravel() / 2e-3)
    jacobian = np.array(slopes)
    mean = three_levels(values, frames, length).ravel()
    covariance = np.linalg.inv(ROWS * (jacobian / mean) @ jacobian.T)
    by = np.zeros(values.size)
    by[3], by[1] = 1 / values[1], -values[3] / values[1] ** 2
    return float(np.sqrt(by @ covariance @ by))


def two_fronts(repeats: int, frames: int = 120, length: int = 160) -> Iterator[dict]:
    """Two fronts in one kymograph, one twice as fast as the other."""
    for dose, first, second in ((20, 0.3, 0.1), (5, 0.3, 0.1), (2, 0.4, 0.15)):
        levels = dose * (1 - first), dose, dose * (1 + second)
        truth = np.array([15, 0.5, 18, 1.0, *levels])
        mean = three_levels(truth, frames, length)
        bound = ratio_bound(truth, frames, length)
        rng = np.random.default_rng(17)
        ratio, u_ratio = [], []
        for _ in range(repeats):
            track = track_front(kymograph(rng, mean), gain=1.0, fronts=2)
            fits = [fit_law(track, range(frames), "linear", front=f) for f in (0, 1)]
            v = [fit.parameters["velocity"] for fit in fits]
            u = [fit.u_parameters["velocity"] for fit in fits]
            ratio.append(v[1] / v[0])
            u_ratio.append(ratio[-1] * np.hypot(u[0] / v[0], u[1] / v[1]))
        error, u = np.array(ratio) - 2, np.array(u_ratio)
        covered = np.mean(np.abs(error) < 1.96 * u)
        chance = 2 * np.sqrt(0.05 * 0.95 / repeats)
        rms, bias = root_mean_square(error), abs(error.mean()) / 2
        yield row(
            "two fronts, speed ratio 2",
            f"{dose} e/px, steps {first} and {second}, {frames} frames x {repeats}",
            f"mean {np.mean(ratio):.4f}, rms {rms:.4f} = {rms / bound:.2f} CRLB; "
            f"95 % covers {100 * covered:.0f} %",
            f"CRLB of the ratio {bound:.4f}",
            "mean within 0.5 %, <= 1.2 CRLB, 95 % cover",
            bias <= 0.005 and rms <= 1.2 * bound and covered >= 0.95 - chance,
        )


def velocity(repeats: int, frames: int = 100, length: int = 120) -> Iterator[dict]:
    """A front at 0.6 px a frame; the peer takes the median slope of single frames."""
    t = np.arange(frames)
    for dose, contrast in ((50, 0.2), (10, 0.2), (5, 0.2), (5, 0.1), (2, 0.2)):
        levels = dose * (1 + contrast / 2), dose * (1 - contrast / 2)
        mean = pixel_front(30 + 0.6 * t, *levels, length)
        single = single_frame_bound(dose, contrast, length)
        bound = single / np.sqrt(np.sum((t - t.mean()) ** 2))
        rng = np.random.default_rng(11)
        error, stated, peer = [], [], []
        for _ in range(repeats):
            data = kymograph(rng, mean)
            fit = fit_law(track_front(data, gain=1.0), t, "linear")
            error.append(fit.parameters["velocity"] - 0.6)
            stated.append(fit.u_parameters["velocity"])
            edges = locate_edges(data.data, rows=ROWS, gain=1.0)
            peer.append(theilslopes(edges.position, t)[0] - 0.6)
        rms, other = root_mean_square(error), root_mean_square(peer)
        honest = np.mean(stated) / rms
        yield row(
            "velocity",
            f"{dose} e/px, contrast {contrast}, {frames} frames x {repeats}",
            f"rms {rms:.5f} px/frame = {rms / bound:.2f} CRLB; "
            f"stated/true {honest:.2f}",
            f"CRLB {bound:.5f}; Theil-Sen of single frames {other / bound:.2f} CRLB",
            "<= 1.2 CRLB, stated/true 0.75-1.25",
            rms <= 1.2 * bound and 0.75 <= honest <= 1.25,
        )


def deal_grove(t: np.ndarray, way: float, mixed: float | None) -> np.ndarray:
    """A way gone by the last time: linear (None), parabolic (0), or between."""
    u = t / t[-1]
    if mixed is None:
        return way * u
    if mixed == 0:
        return way * np.sqrt(u)
    return way * 0.5 * (np.sqrt(mixed**2 + 4 * (1 + mixed) * u) - mixed)


def law_on_kymographs(
    repeats: int, frames: int = 80, length: int = 160
) -> Iterator[dict]:
    """The law of a front that is followed at low dose; start and onset are known."""
    t = np.arange(float(frames))
    laws = {
        "linear": (None, "linear"),
        "parabolic": (0.0, "parabolic"),
        "linear-parabolic": (1.0, "linear-parabolic"),
    }
    for dose, contrast in ((50, 0.2), (5, 0.2)):
        levels = dose * (1 + contrast / 2), dose * (1 - contrast / 2)
        single = single_frame_bound(dose, contrast, length)
        for name, (mixed, law) in laws.items():
            rng = np.random.default_rng(5)
            truth = 20 + deal_grove(t, 120.0, mixed)
            mean = pixel_front(truth, *levels, length)
            right = [
                compare_laws(
                    track_front(kymograph(rng, mean), gain=1.0),
                    t,
                    start=20.0,
                    onset=0.0,
                ).best
                == law
                for _ in range(repeats)
            ]
            yield row(
                "law on the kymograph, start known",
                f"{name}, {dose} e/px, contrast {contrast}, {frames} frames "
                f"x {repeats}",
                f"right in {100 * np.mean(right):.0f} %",
                f"CRLB {single:.2f} px a frame",
                ">= 85 %",
                np.mean(right) >= 0.85,
            )


def printed(table: list[dict[str, object]]) -> None:
    """Print a table, the failed bars marked."""
    for line in table:
        mark = "ok  " if line["passed"] else "MISS"
        parts = (str(line[key]) for key in list(line)[:-1])
        print(mark, " | ".join(parts), flush=True)


if __name__ == "__main__":
    printed(rows())
