"""How well rate laws are told apart and their constants found.

Run it to print the table; `rows` gives it to others. Positions are simulated with
normal noise from fixed seeds; the bound is the Cramer-Rao bound, the peer another
formula or the choice by the lowest criterion of `scipy.optimize.least_squares`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.integrate import quad
from table import row

from napari_insitu_tem.measure import (
    compare_coarsening,
    compare_laws,
    compare_nucleation,
    fit_law,
)
from napari_insitu_tem.measure.laws.shrinking_core import (
    core_radius,
    diffusion_integral,
    resistance,
)

MIXED = "linear-parabolic"


def rows(repeats: float = 1.0) -> list[dict[str, object]]:
    """One row a bar; `repeats` scales the number of simulations."""
    number = max(6, round(60 * repeats))
    return [
        *planar_choice(number),
        *refusal(number),
        *closed_forms(),
        *core_choice(max(6, round(30 * repeats))),
        *core_constants(number),
        *coarsening(number),
        *nucleation(number),
    ]


def deal_grove(t: np.ndarray, onset: float, mixed: float | None) -> np.ndarray:
    """120 px by the last time: linear (None), parabolic (0), or between."""
    u = (t - onset) / (t[-1] - onset)
    if mixed is None:
        return 120 * u
    return 60 * (np.sqrt(mixed**2 + 4 * (1 + mixed) * u) - mixed)


def lowest_criterion(t: np.ndarray, x: np.ndarray, start: float | None, free: bool):
    """The peer: AICc of least squares, the lowest wins."""
    from scipy.optimize import least_squares

    way = max(float(np.ptp(x)), 1.0)
    shapes = {"linear": (), "parabolic": (), MIXED: (0.0,)}
    found = {}
    for law, extra in shapes.items():

        def predicted(p: np.ndarray, law: str = law) -> np.ndarray:
            p = list(p)
            begin = p.pop(0) if start is None else start
            onset = p.pop(0) if free else 0.0
            u = np.maximum(t - onset, 0.0) / (t[-1] - onset)
            a = np.exp(np.clip(p[-1], -9, 9))
            shape = {
                "linear": u,
                "parabolic": np.sqrt(u),
                MIXED: 0.5 * (np.sqrt(a**2 + 4 * (1 + a) * u) - a),
            }[law]
            return begin + p[0] * shape

        first = [*([x[0]] if start is None else []), *([-0.5] if free else []), way]
        fit = least_squares(lambda p: predicted(p) - x, [*first, *extra])
        k, n = fit.x.size + 1, t.size
        found[law] = (
            n * np.log(2 * fit.cost / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
        )
    return min(found, key=found.get)


def percent(hits: dict[str, list[bool]]) -> str:
    """How often each was right."""
    return ", ".join(f"{name} {100 * np.mean(h):.0f} %" for name, h in hits.items())


def worst(hits: dict[str, list[bool]]) -> float:
    """The smallest share."""
    return min(float(np.mean(h)) for h in hits.values())


def planar_choice(repeats: int) -> Iterator[dict]:
    """Linear, parabolic or both, the start known, the onset known or free."""
    cases = {
        "linear": (None, "linear"),
        "parabolic": (0.0, "parabolic"),
        "mixed (A = range/5)": (0.2, MIXED),
        "mixed (A = range)": (1.0, MIXED),
        "mixed (A = 5 ranges)": (5.0, MIXED),
    }
    for free in (False, True):
        for noise in (0.2, 1.0):
            right: dict[str, list[bool]] = {name: [] for name in cases}
            other: dict[str, list[bool]] = {name: [] for name in cases}
            rng = np.random.default_rng(4)
            for frames in (30, 100, 300):
                t = np.arange(float(frames))
                for name, (mixed, law) in cases.items():
                    for _ in range(repeats // 3):
                        onset = -rng.uniform(0, 0.02) * frames if free else 0.0
                        way = deal_grove(t, onset, mixed)
                        seen = 10 + way + noise * rng.standard_normal(frames)
                        known = None if free else 0.0
                        found = compare_laws(seen, t, start=10.0, onset=known)
                        right[name].append(found.best == law)
                        peer = lowest_criterion(t, seen, 10.0, free)
                        other[name].append(peer == law)
            yield row(
                f"law, start known, onset {'free' if free else 'known'}",
                f"noise {noise} px, 30-300 frames, {repeats // 3 * 3} each",
                f"right: {percent(right)}",
                f"lowest AICc of least squares: {percent(other)}",
                ">= 85 % each",
                worst(right) >= 0.85,
            )


def refusal(repeats: int) -> Iterator[dict]:
    """With start and onset both free, linear-parabolic is a shifted parabola."""
    rng, t = np.random.default_rng(4), np.arange(100.0)
    way = 10 + deal_grove(t, -3.0, 1.0)
    seen = [way + rng.normal(0, 0.5, t.size) for _ in range(repeats)]
    flags = [compare_laws(positions, t).flag for positions in seen]
    refused = np.mean([flag == "not_identifiable" for flag in flags])
    peer = [lowest_criterion(t, positions, None, True) for positions in seen]
    wrong = np.mean([law != MIXED for law in peer])
    yield row(
        "law, start and onset free",
        f"mixed, noise 0.5 px, 100 frames x {repeats}",
        f"not_identifiable in {100 * refused:.0f} %",
        f"lowest AICc of least squares: wrong law in {100 * wrong:.0f} %",
        "100 %",
        refused == 1,
    )


def closed_forms() -> Iterator[dict]:
    """The shrinking core's times against quadrature."""
    worst, start = 0.0, 50.0
    for geometry in ("planar", "cylinder", "sphere"):
        for ratio in (0.8, 1.0, 1.00001, 2.5, 4.0):
            for r in (49.9, 45.0, 30.0, 10.0, 1.0):
                whole, _ = quad(
                    lambda u, z=ratio, g=geometry: float(resistance(u, start, z, g)),
                    r,
                    start,
                    epsabs=1e-13,
                    epsrel=1e-13,
                )
                form = float(diffusion_integral(r, start, ratio, geometry))
                worst = max(worst, abs(form / whole - 1))
    yield row(
        "shrinking core, closed form",
        "planar, cylinder, sphere; volume ratio 0.8 to 4",
        f"largest relative difference {worst:.0e}",
        "scipy.integrate.quad",
        "<= 1e-10",
        worst <= 1e-10,
    )


def core_truth(geometry: str, ratio: float, diffusing: float, t: np.ndarray):
    """Radius from 60 px; diffusion takes a share of the whole time; the constants."""
    start, whole = 60.0, 1.25 * len(t)
    through = float(diffusion_integral(0.0, start, ratio, geometry))
    reaction = start / (whole * (1 - diffusing)) if diffusing < 1 else np.inf
    diffusion = through / (whole * diffusing) if diffusing > 0 else np.inf
    radius = core_radius(t, start, reaction, diffusion, ratio, geometry)
    return radius, reaction, diffusion


def core_choice(repeats: int) -> Iterator[dict]:
    """Reaction, diffusion or both, in a cylinder or sphere that swells."""
    t = np.arange(80.0)
    cases = {
        "reaction": (0.0, "linear"),
        "mixed": (0.5, MIXED),
        "diffusion": (1.0, "parabolic"),
    }
    for geometry in ("cylinder", "sphere"):
        for ratio in (1.0, 4.0):
            rng = np.random.default_rng(3)
            right: dict[str, list[bool]] = {name: [] for name in cases}
            other: dict[str, list[bool]] = {name: [] for name in cases}
            for name, (share, law) in cases.items():
                radius, *_ = core_truth(geometry, ratio, share, t)
                for _ in range(repeats):
                    seen = radius + rng.normal(0, 0.3, t.size)
                    known = {"start": 60.0, "onset": 0.0, "volume_ratio": ratio}
                    found = compare_laws(seen, t, geometry=geometry, **known)
                    right[name].append(found.best == law)
                    other[name].append(min(found.aicc, key=found.aicc.get) == law)
            yield row(
                f"shrinking core, {geometry}",
                f"volume ratio {ratio:g}, noise 0.3 px, 80 frames, {repeats} each",
                f"right: {percent(right)}",
                f"lowest AICc alone: {percent(other)}",
                ">= 85 % each",
                worst(right) >= 0.85,
            )


def bound_of(law: Callable[[np.ndarray], np.ndarray], truth: np.ndarray, noise: float):
    """Cramer-Rao bounds of a law's values, relative to them."""
    slopes = []
    for k, value in enumerate(truth):
        step = np.zeros(truth.size)
        step[k] = 1e-5 * value
        slopes.append((law(truth + step) - law(truth - step)) / 2e-5)
    jacobian = np.array(slopes) / noise
    return np.sqrt(np.diag(np.linalg.inv(jacobian @ jacobian.T)))


def core_constants(repeats: int, noise: float = 0.3) -> Iterator[dict]:
    """Reaction speed and diffusion constant, and what ignoring the swelling costs."""
    t = np.arange(80.0)
    for geometry in ("cylinder", "sphere"):
        ratio = 4.0
        radius, *truth = core_truth(geometry, ratio, 0.5, t)
        bound = bound_of(
            lambda v, z=ratio, g=geometry: core_radius(t, 60.0, *v, z, g),
            np.array(truth),
            noise,
        )
        rng, error, stated, blind = np.random.default_rng(8), [], [], []
        for _ in range(repeats):
            seen = radius + rng.normal(0, noise, t.size)
            known = {"geometry": geometry, "start": 60.0, "onset": 0.0}
            fit = fit_law(seen, t, "shrinking-core", volume_ratio=ratio, **known)
            names = ("velocity", "diffusion_constant")
            values = np.abs([fit.parameters[n] for n in names])
            error.append(values / truth - 1)
            stated.append([fit.u_parameters[n] for n in names] / values)
            flat = fit_law(seen, t, "shrinking-core", volume_ratio=1.0, **known)
            blind.append(flat.parameters["diffusion_constant"] / truth[1])
        rms = np.sqrt(np.mean(np.square(error), axis=0))
        honest = np.mean(stated, axis=0) / rms
        yield row(
            f"shrinking core, {geometry}, constants",
            f"mixed, volume ratio 4, noise {noise} px x {repeats}",
            f"speed {rms[0] / bound[0]:.2f}, diffusion {rms[1] / bound[1]:.2f} CRLB; "
            f"stated/true {honest[0]:.2f}, {honest[1]:.2f}",
            f"CRLB {100 * bound[0]:.1f} %, {100 * bound[1]:.1f} %; without the volume "
            f"ratio the diffusion constant is wrong by x {np.nanmedian(blind):.2f}",
            "<= 1.2 CRLB, stated/true 0.75-1.25",
            np.all(rms <= 1.2 * bound) and np.all((honest >= 0.75) & (honest <= 1.25)),
        )


def coarsening(repeats: int) -> Iterator[dict]:
    """Grains from 20 to 60 px as t**(1/2) or t**(1/3)."""
    for frames, noise in ((30, 0.5), (30, 2.0), (100, 2.0)):
        rng, t = np.random.default_rng(6), np.linspace(0, 1, frames)
        right: dict[str, list[bool]] = {"n = 2": [], "n = 3": []}
        other: dict[str, list[bool]] = {"n = 2": [], "n = 3": []}
        for name, n in (("n = 2", 2.0), ("n = 3", 3.0)):
            radius = (20**n + (60**n - 20**n) * t) ** (1 / n)
            for _ in range(repeats // 2):
                seen = radius + rng.normal(0, noise, frames)
                right[name].append(compare_coarsening(t, seen).exponent == n)
                bend = np.corrcoef(seen**2, t)[0, 1] - np.corrcoef(seen**3, t)[0, 1]
                other[name].append((bend > 0) == (n == 2.0))
        yield row(
            "coarsening, exponent 2 or 3",
            f"20 to 60 px, noise {noise} px, {frames} frames, {repeats // 2} each",
            f"right: {percent(right)}",
            f"the straighter of r**2 and r**3: {percent(other)}",
            ">= 95 % each",
            worst(right) >= 0.95,
        )


def nucleation(repeats: int) -> Iterator[dict]:
    """Sixty sites used up within the record, or a constant rate."""
    rng, t = np.random.default_rng(9), np.arange(100.0)
    hits, constant = [], []
    for _ in range(repeats):
        born = np.sort(rng.exponential(1 / 0.05, 60))
        hits.append(compare_nucleation(t, np.searchsorted(born, t)).best)
        steady = np.cumsum(rng.poisson(0.6, t.size))
        constant.append(compare_nucleation(t, steady).best)
    right = np.mean([best == "instantaneous" for best in hits])
    also = np.mean([best == "progressive" for best in constant])
    yield row(
        "nucleation, instantaneous or progressive",
        f"60 nuclei, rate 0.05 a frame or constant, 100 frames x {repeats}",
        f"right in {100 * right:.0f} % and {100 * also:.0f} %",
        "Poisson likelihood of the increments",
        ">= 85 %",
        min(right, also) >= 0.85,
    )


def printed(table: list[dict[str, object]]) -> None:
    """Print a table, the failed bars marked."""
    for line in table:
        mark = "ok  " if line["passed"] else "MISS"
        parts = (str(line[key]) for key in list(line)[:-1])
        print(mark, " | ".join(parts), flush=True)


if __name__ == "__main__":
    printed(rows())
