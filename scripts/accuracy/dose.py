"""How well gain, dose and the moment of a change follow from a movie alone.

Counted electrons times a gain, spread over neighbouring pixels by a Gaussian, with a
dose that drifts by 10 %, on a specimen with texture. The peer is the usual photon
transfer: variance over mean of single pixels, between consecutive frames.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter, shift
from table import row

from napari_insitu_tem.measure import (
    cumulative_dose,
    dose_rate,
    estimate_gain,
    frame_change,
    stem_frame_dose,
)

GAIN = 37.0
#: Dose, point spread, offset that is given, motion.
CASES = (
    (20, 0.0, 0.0, "still"),
    (20, 0.7, 0.0, "still"),
    (5, 0.7, 0.0, "still"),
    (2, 0.7, 100.0, "still"),
    (20, 1.2, 0.0, "still"),
    (20, 0.7, 0.0, "a disc crosses"),
    (20, 0.7, 0.0, "drift of 0.6 px a frame"),
    (20, 0.7, 0.0, "jitter of 2 px"),
)


def rows(repeats: float = 1.0) -> list[dict[str, object]]:
    """One row a bar; `repeats` scales the number of simulations."""
    return [
        *gains(max(3, round(8 * repeats))),
        *identities(),
        *moments(max(2, round(6 * repeats))),
        *speed(),
    ]


def movie(
    rng: np.random.Generator,
    dose: float,
    spread: float,
    motion: str,
    n: int = 256,
    frames: int = 40,
) -> Iterator[np.ndarray]:
    """Frames in electrons, spread over pixels."""
    pattern = dose * (1 + 2.4 * gaussian_filter(rng.standard_normal((n, n)), 8))
    y, x = np.mgrid[:n, :n]
    for t in range(frames):
        mean = pattern
        if motion.startswith("drift"):
            mean = shift(pattern, (0.3 * t, 0.5 * t), order=1, mode="nearest")
        if motion.startswith("jitter"):
            by = rng.normal(0, 2.0, 2)
            mean = shift(pattern, by, order=3, mode="nearest")
        if motion.startswith("a disc"):
            disc = (np.hypot(y - n / 2, x - 60 - 2 * t) < 40).astype(float)
            mean = pattern * (1 - 0.4 * gaussian_filter(disc, 1.5))
        mean = np.maximum(mean * (1 + 0.1 * np.sin(t / 6)), 0)
        electrons = rng.poisson(mean).astype(float)
        yield gaussian_filter(electrons, spread) if spread else electrons


def single_pixels(frames: np.ndarray) -> float:
    """The peer: variance of differences of frames over twice the mean."""
    return float(np.diff(frames, axis=0).var() / 2 / frames.mean())


def gains(repeats: int) -> Iterator[dict]:
    """Counts per electron."""
    for dose, spread, offset, motion in CASES:
        rng = np.random.default_rng(round(10 * spread) + dose)
        error, peer, stated, flags = [], [], [], 0
        for _ in range(repeats):
            frames = GAIN * np.array(list(movie(rng, dose, spread, motion)))
            found = estimate_gain(offset + frames, offset=offset)
            error.append(100 * (found.gain / GAIN - 1))
            stated.append(100 * found.u_gain / GAIN)
            peer.append(100 * (single_pixels(frames) / GAIN - 1))
            flags += found.flag != ""
        rms = float(np.sqrt(np.mean(np.square(error))))
        yield row(
            "gain from the movie",
            f"{dose} e/px, point spread {spread} px, {motion}, 40 frames of 256 x 256, "
            f"x {repeats}",
            f"mean {np.mean(error):+.1f} %, rms {rms:.1f} %, stated "
            f"{np.mean(stated):.1f} %, {flags} flagged",
            f"single pixels {np.mean(peer):+.0f} %",
            "mean and rms within 5 %",
            abs(np.mean(error)) <= 5 and rms <= 5 and flags == 0,
        )


def identities() -> Iterator[dict]:
    """Doses that follow from their definitions."""
    e = 1.602176634e-19
    pairs = (
        (dose_rate(850, 42.5, 0.12, 0.05), 20 / 1.44 / 0.05),
        (
            dose_rate(current_A=1e-10, diameter_nm=1000),
            1e-10 / e / (np.pi * 5000.0**2),
        ),
        (stem_frame_dose(20e-12, 1e-6, 0.2), 20e-18 / e / 4),
        (float(cumulative_dose(0.1, 5.0, 5.0 * np.arange(600)).dose[-1]), 300.0),
        (
            float(cumulative_dose(0.1, 1.0, [0, 5, 30], between="on").dose[-1]),
            3.1,
        ),
    )
    worst = max(abs(ours / truth - 1) for ours, truth in pairs)
    yield row(
        "dose rate and cumulative dose",
        "counts, beam current, scanning probe; 0.1 e/A2/s x 5 s = 0.5 e/A2 a frame, "
        "600 frames; irregular frames, beam on between",
        f"worst relative difference {worst:.0e}",
        "definitions",
        "<= 1e-9",
        worst <= 1e-9,
    )


def raw_similarity(frames: np.ndarray) -> np.ndarray:
    """The peer: `structural_similarity` of raw frames, from one to the next."""
    from skimage.metrics import structural_similarity

    span = float(frames.max())
    return np.array(
        [
            (1 - structural_similarity(a, b, data_range=span)) / 2
            for a, b in pairwise(frames)
        ]
    )


def moments(repeats: int, n: int = 512, frames: int = 24) -> Iterator[dict]:
    """A disc that is gone from frame 12 on, in a beam that flickers by 10 %."""
    y, x = np.mgrid[:n, :n]
    disc = np.hypot(y - 240, x - 260) < 60
    for dose in (2, 20):
        rng = np.random.default_rng(dose)
        ours, other = [], []
        for _ in range(repeats):
            lit = 1 + 0.1 * np.sin(np.arange(frames))
            mean = [dose * f * (1 - 0.4 * disc * (t < 12)) for t, f in enumerate(lit)]
            movie_ = rng.poisson(mean).astype(float)
            for found, raw in (
                (ours, frame_change(movie_).dissimilarity[1:]),
                (other, raw_similarity(movie_)),
            ):
                usual = np.delete(raw, 11)
                found.append((raw[11] - usual.mean()) / usual.std())
        yield row(
            "the moment of a change",
            f"a disc of 120 px and contrast 0.4 vanishes, {dose} e/px, {frames} frames "
            f"of {n} x {n}, x {repeats}",
            f"{np.mean(ours):.0f} s.d. above the other frames, at least "
            f"{np.min(ours):.1f}",
            f"skimage structural_similarity of raw frames {np.mean(other):.1f} s.d.",
            ">= 4 s.d. in every movie",
            np.min(ours) >= 4,
        )


def speed(n: int = 1024, frames: int = 40) -> Iterator[dict]:
    """Frames a second of the overview."""
    rng = np.random.default_rng(1)
    movie_ = rng.poisson(20, (frames, n, n)).astype(np.uint8)
    began = time.process_time()
    frame_change(movie_)
    rate = frames / (time.process_time() - began)
    yield row(
        "speed of the change of frames",
        f"{n} x {n} px, one core",
        f"{rate:.0f} frames/s",
        "-",
        ">= 30 frames/s",
        rate >= 30,
    )


if __name__ == "__main__":
    for line in rows():
        print(
            "ok  " if line["passed"] else "MISS", *list(line.values())[:-1], sep=" | "
        )
