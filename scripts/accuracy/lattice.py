"""How well lattice spacings are measured, beside the Cramer-Rao bound and a named peer.

Fringes of modulation m (amplitude over mean) at D counted electrons a pixel in n x n
pixels; spacings of 6 to 9 px in random phase. The peer takes the top of a parabola
through the logarithms around the peak of a Hann-tapered Fourier transform.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import gaussian_filter
from table import row

from napari_insitu_tem.measure import lattice_spacing

#: Side, modulation, dose, gradient of the background, point spread, orientation.
CASES = (
    (128, 0.10, 10, 0.0, 0.0, 23.0),
    (256, 0.10, 10, 0.0, 0.0, 23.0),
    (256, 0.05, 5, 0.0, 0.0, 23.0),
    (256, 0.05, 20, 0.0, 0.0, 0.0),
    (512, 0.05, 2, 0.0, 0.0, 23.0),
    (256, 0.10, 10, 0.5, 0.0, 23.0),
    (128, 0.30, 50, 0.5, 0.0, 71.0),
    (256, 0.10, 10, 0.0, 0.7, 23.0),
)


def rows(repeats: float = 1.0) -> list[dict[str, object]]:
    """One row a bar; `repeats` scales the number of simulations."""
    return [
        *spacings(max(40, round(160 * repeats))),
        *two_lattices(max(30, round(60 * repeats))),
        *strain(max(20, round(50 * repeats))),
        *false_alarms(max(60, round(240 * repeats))),
        *rings(max(8, round(20 * repeats))),
    ]


def root_mean_square(values: object) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def fringes(n: int, frequency: float, degrees: float, phase: float) -> np.ndarray:
    """(n, n) a plane wave."""
    y, x = np.mgrid[:n, :n]
    a = np.deg2rad(degrees)
    along = x * np.cos(a) + y * np.sin(a)
    return np.cos(2 * np.pi * frequency * along + phase)


def bound(n: int, modulation: float, dose: float) -> float:
    """Cramer-Rao bound of a frequency in cycles a pixel; even brightness."""
    return float(np.sqrt(6 / (np.pi**2 * modulation**2 * dose * n**4)))


def hann_parabola(image: np.ndarray, near: tuple[float, float]) -> float:
    """The peer: frequency at the top of the Hann-tapered spectrum near (fy, fx)."""
    n = len(image)
    taper = np.hanning(n)
    power = np.log(np.abs(np.fft.fft2((image - image.mean()) * np.outer(taper, taper))))
    start = np.rint(np.array(near) * n).astype(int)
    grid = [start + np.array([i, j]) for i in range(-4, 5) for j in range(-4, 5)]
    top = max(grid, key=lambda k: power[k[0] % n, k[1] % n])
    found = top.astype(float)
    for axis in (0, 1):
        step = np.eye(2, dtype=int)[axis]
        low, here, high = (power[tuple((top + s * step) % n)] for s in (-1, 0, 1))
        found[axis] += 0.5 * (low - high) / (low - 2 * here + high)
    return float(np.hypot(*found) / n)


def background(n: int, gradient: float) -> np.ndarray:
    """(n, n) 1, or a slope along x and a bowl along y."""
    y, x = np.mgrid[:n, :n] / n
    return 1 + gradient * ((x - 0.5) + (y - 1 / 3) ** 2)


def spacings(repeats: int) -> Iterator[dict]:
    """One lattice at a time."""
    for n, modulation, dose, gradient, spread, degrees in CASES:
        rng = np.random.default_rng(n + dose)
        error, peer, stated, lost = [], [], [], 0
        for _ in range(repeats):
            frequency = 1 / rng.uniform(6, 9)
            wave = modulation * fringes(n, frequency, degrees, rng.uniform(0, 6.28))
            image = rng.poisson(dose * background(n, gradient) * (1 + wave))
            image = gaussian_filter(image.astype(float), spread) if spread else image
            found = lattice_spacing(image, gain=1.0)
            a = np.deg2rad(degrees)
            near = frequency * np.sin(a), frequency * np.cos(a)
            peer.append(hann_parabola(image, near) - frequency)
            lost += found.flag != ""
            error.append(1 / found.spacing - frequency)
            stated.append(found.u_spacing / found.spacing**2)
        least = bound(n, modulation, dose)
        rms, other = root_mean_square(error), root_mean_square(peer)
        covered = np.mean(np.abs(error) < 1.96 * np.array(stated))
        around = f", gradient {gradient}" if gradient else ""
        around += f", point spread {spread} px" if spread else ""
        yield row(
            "spacing of fringes",
            f"{n} x {n} px, modulation {modulation}, {dose} e/px, {degrees:.0f} deg"
            f"{around}, x {repeats}",
            f"{1e6 * rms * 7.5:.0f} ppm = {rms / least:.2f} CRLB = "
            f"{rms / other:.2f} peer; stated/true {np.mean(stated) / rms:.2f}, "
            f"95 % covers {100 * covered:.0f} %",
            f"CRLB {1e6 * least * 7.5:.0f} ppm; Hann and log-parabola "
            f"{other / least:.2f} CRLB",
            "<= 1.1 CRLB, <= 0.5 peer",
            lost == 0 and rms <= 1.1 * least and rms <= 0.5 * other,
        )


def two_lattices(repeats: int, n: int = 256) -> Iterator[dict]:
    """A weak lattice beside a strong one in the same direction; the guess picks it."""
    rng = np.random.default_rng(8)
    error, peer = [], []
    for _ in range(repeats):
        frequency = 1 / rng.uniform(6, 7)
        weak = 0.05 * fringes(n, frequency, 0.0, rng.uniform(0, 6.28))
        strong = 0.3 * fringes(n, 1 / 9, 0.0, rng.uniform(0, 6.28))
        image = rng.poisson(20 * (1 + weak + strong))
        found = lattice_spacing(image, guess=1 / frequency, gain=1.0)
        error.append(1 / found.spacing - frequency)
        peer.append(hann_parabola(image, (0.0, frequency)) - frequency)
    least = bound(n, 0.05, 20)
    rms, other = root_mean_square(error), root_mean_square(peer)
    yield row(
        "a weak lattice beside one six times as strong",
        f"{n} x {n} px, modulation 0.05, 20 e/px, x {repeats}",
        f"{rms / least:.2f} CRLB = {rms / other:.2f} peer",
        f"CRLB {1e6 * least * 6.5:.0f} ppm; Hann and log-parabola "
        f"{other / least:.2f} CRLB",
        "<= 1.1 CRLB, <= 0.5 peer",
        rms <= 1.1 * least and rms <= 0.5 * other,
    )


def strain(repeats: int, n: int = 128) -> Iterator[dict]:
    """(0002) planes that widen by 5.9 %."""
    rng = np.random.default_rng(59)
    least = bound(n, 0.1, 10) * 6.7 * np.sqrt(2) * 1.059
    error, stated = [], []
    for _ in range(repeats):
        pair = []
        for spacing in (6.7, 6.7 * 1.059):
            wave = 0.1 * fringes(n, 1 / spacing, 23.0, rng.uniform(0, 6.28))
            image = rng.poisson(10 * (1 + wave))
            pair.append(lattice_spacing(image, guess=6.7, gain=1.0))
        ratio = pair[1].spacing / pair[0].spacing
        error.append(100 * (ratio - 1.059))
        relative = [found.u_spacing / found.spacing for found in pair]
        stated.append(100 * ratio * np.hypot(*relative))
    covered = np.mean(np.abs(error) < 1.96 * np.array(stated))
    chance = 2 * np.sqrt(0.05 * 0.95 / repeats)
    yield row(
        "planes that widen by 5.9 %",
        f"{n} x {n} px, modulation 0.1, 10 e/px, x {repeats}",
        f"{5.9 + np.mean(error):.3f} % rms {root_mean_square(error):.3f} %; "
        f"95 % covers {100 * covered:.0f} %",
        f"CRLB of the change {100 * least:.3f} %",
        "mean within 0.05 %, 95 % cover",
        abs(np.mean(error)) <= 0.05 and covered >= 0.95 - chance,
    )


def false_alarms(repeats: int) -> Iterator[dict]:
    """Noise, texture, and particles with straight and curved edges; no lattice."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:160, :200]
    disc, corner = np.hypot(y - 80, x - 100) < 50, x * 0.8 + y * 0.5 > 130
    block = (abs(x - 100) < 40) & (abs(y - 80) < 30)
    alarms = 0
    for number in range(repeats):
        texture = gaussian_filter(rng.standard_normal(x.shape), 2)
        scenes = (
            rng.poisson(5, x.shape),
            gaussian_filter(rng.poisson(20, x.shape).astype(float), 0.8),
            rng.poisson(10 * (1 + 0.5 * disc)),
            rng.poisson(20 * (1 + 0.6 * corner)),
            rng.poisson(50 * (1 - 0.6 * block)),
            rng.poisson(20 * np.exp(0.7 * texture)),
        )
        alarms += lattice_spacing(scenes[number % len(scenes)]).flag == ""
    yield row(
        "no lattice where there is none",
        f"noise, texture, disc, straight edge, rectangle, x {repeats}",
        f"{100 * alarms / repeats:.1f} % answered",
        "nothing to be found",
        "<= 1 %",
        alarms <= 0.01 * repeats,
    )


def rings(repeats: int, n: int = 220) -> Iterator[dict]:
    """A ring of 0.23 1/angstrom at 0.005 1/angstrom a pixel: 4.35 angstrom."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:n, :n]
    error, stated = [], []
    for _ in range(repeats):
        centre = n / 2 + rng.uniform(-5, 5, 2)
        r = np.hypot(y - centre[0], x - centre[1])
        mean = 4 + 200 * np.exp(-r / 12) + 2000 * np.exp(-0.5 * (r / 3) ** 2)
        frame = rng.poisson(mean + 4 * np.exp(-0.5 * ((r - 46) / 2) ** 2))
        found = lattice_spacing(frame, diffraction=True, gain=1.0)
        error.append(found.radius - 46)
        stated.append(found.u_radius)
    rms = root_mean_square(error)
    spacing = 1 / (46 + np.mean(error)) / 0.005
    honest = np.mean(stated) / rms
    yield row(
        "ring of 0.23 1/angstrom, centre unknown",
        f"radius 46 px, 4 e/px over 4 e/px and the beam's halo, x {repeats}",
        f"radius rms {rms:.3f} px, mean {spacing:.3f} angstrom; "
        f"stated/true {honest:.2f}",
        "1 / 0.23 = 4.348 angstrom",
        "mean within 0.1 %, stated/true 0.7-1.4",
        abs(np.mean(error)) <= 0.046 and 0.7 <= honest <= 1.4,
    )


if __name__ == "__main__":
    for line in rows():
        print(
            "ok  " if line["passed"] else "MISS", *list(line.values())[:-1], sep=" | "
        )
