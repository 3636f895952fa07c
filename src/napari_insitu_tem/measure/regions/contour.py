"""A closed outline as a smooth curve: normals, curvature, and how far they reach.

Inside this package a place is the complex number x + i y, which turns rotations into
products and lets the Fourier transform smooth and differentiate an outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.regions.loops import without_loops

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: Arc in px for one wave of the finest ripple that is followed, and bounds on the
#: number of such waves around an outline.
_FINEST_WAVE, _FEWEST_WAVES, _MOST_WAVES = 16.0, 6, 40
#: Nodes for each of those waves, and the fewest nodes.
_NODES_A_WAVE, _FEWEST_NODES = 5, 96
#: Distance in px of the vertices of an outline that is handed out.
_VERTEX_SPACING = 1.25


@dataclass(frozen=True, eq=False)
class Contour:
    """A smooth closed curve through nodes at equal arcs.

    Attributes
    ----------
    nodes
        (A,) places x + i y; the interior is to the left of the way y over x.
    waves
        Ripples around the curve that are kept.
    """

    nodes: ComplexArray
    waves: int

    @cached_property
    def _slopes(self) -> tuple[ComplexArray, ComplexArray, FloatArray]:
        """First and second derivative by the angle around the curve, and the speed."""
        count = len(self.nodes)
        turn = 1j * np.fft.fftfreq(count) * count
        spectrum = np.fft.fft(self.nodes)
        first = np.fft.ifft(spectrum * turn)
        second = np.fft.ifft(spectrum * turn**2)
        return first, second, np.maximum(np.abs(first), 1e-9)

    @cached_property
    def normals(self) -> ComplexArray:
        """(A,) outward unit normals."""
        first, _, speed = self._slopes
        return np.asarray(-1j * first / speed)

    @cached_property
    def curvature(self) -> FloatArray:
        """(A,) curvature in 1/px, positive where the outline is convex."""
        first, second, speed = self._slopes
        return np.asarray((first.conj() * second).imag / speed**3)

    @cached_property
    def arcs(self) -> FloatArray:
        """(A,) arc in px that each node stands for."""
        return np.asarray(self._slopes[2] * 2 * np.pi / len(self.nodes))

    @cached_property
    def perimeter(self) -> float:
        """Length of the curve."""
        return float(self.arcs.sum())

    @cached_property
    def area(self) -> float:
        """Enclosed area, by Green's theorem on the spectrum of the nodes."""
        count = len(self.nodes)
        power = np.abs(np.fft.fft(self.nodes) / count) ** 2
        return float(np.pi * np.sum(np.fft.fftfreq(count) * count * power))

    @cached_property
    def radius(self) -> float:
        """Radius of the circle of the same area."""
        return float(np.sqrt(max(self.area, 0.0) / np.pi))

    @cached_property
    def centroid(self) -> complex:
        """Centre of the enclosed area."""
        z = self.nodes - self.nodes.mean()
        after = np.roll(z, -1)
        cross = (z.conj() * after).imag
        total = cross.sum()
        if abs(total) < 1e-9:
            return complex(self.nodes.mean())
        return complex(self.nodes.mean() + np.sum((z + after) * cross) / (3 * total))

    def moved(self, shift: complex, growth: float) -> Contour:
        """The same shape elsewhere, larger by a factor about its centre."""
        centre = self.centroid
        return Contour(
            centre + shift + (self.nodes - centre) * growth,
            self.waves,
        )

    def displaced(self, outward: FloatArray) -> Contour:
        """The curve after every node moved along its normal, resampled."""
        return smooth_contour(self.nodes + outward * self.normals)

    def vertices(self) -> FloatArray:
        """(n, 2) places (y, x), the first point the last."""
        count = max(len(self.nodes), int(np.ceil(self.perimeter / _VERTEX_SPACING)))
        dense = refined(self.nodes, count)
        closed = np.append(dense, dense[0])
        return np.column_stack([closed.imag, closed.real])


def drawn_contour(outline: ArrayLike) -> Contour | None:
    """A drawn outline of (n, 2) corners (y, x); None where it encloses nothing."""
    p = np.asarray(outline, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] != 2 or not np.isfinite(p).all():
        return None
    z = p[:, 1] + 1j * p[:, 0]
    z = z[np.abs(z - np.roll(z, 1)) > 0]
    if len(z) < 3:
        return None
    area = 0.5 * float(np.sum((z.conj() * np.roll(z, -1)).imag))
    if abs(area) < 1.0:
        return None
    return smooth_contour(z if area > 0 else z[::-1])


def smooth_contour(places: ComplexArray) -> Contour:
    """A smooth curve at even arcs through places in their order, without loops."""
    places = without_loops(places)
    length = float(np.abs(np.roll(places, -1) - places).sum())
    waves, nodes = _resolution(length)
    even = _evenly(places, 4 * nodes)
    spectrum = np.fft.fft(even)
    order = np.fft.fftfreq(len(even)) * len(even)
    spectrum *= 1.0 / (1.0 + (order / (waves + 2)) ** 12)
    kept = np.zeros(nodes, np.complex128)
    half = nodes // 2
    kept[:half], kept[-half + 1 :] = spectrum[:half], spectrum[-half + 1 :]
    return Contour(np.fft.ifft(kept) * nodes / len(even), waves)


def _resolution(length: float) -> tuple[int, int]:
    """Waves and nodes for an outline; in steps, so that tables can be kept."""
    waves = int(np.clip(length / _FINEST_WAVE, _FEWEST_WAVES, _MOST_WAVES))
    waves -= waves % 2
    return waves, max(_FEWEST_NODES, _NODES_A_WAVE * waves)


def _evenly(places: ComplexArray, count: int) -> ComplexArray:
    """(count,) places at equal arcs along a closed polygon."""
    closed = np.append(places, places[0])
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(closed)))])
    where = np.arange(count) * along[-1] / count
    x = np.interp(where, along, closed.real)
    return np.asarray(x + 1j * np.interp(where, along, closed.imag))


def refined(values: ComplexArray, count: int) -> ComplexArray:
    """Periodic values at more places, by their Fourier series."""
    old = len(values)
    if count <= old:
        return values
    spectrum = np.fft.fft(values)
    half = (old + 1) // 2
    wide = np.zeros(count, np.complex128)
    wide[:half], wide[-(old - half) :] = spectrum[:half], spectrum[half:]
    return np.asarray(np.fft.ifft(wide) * count / old)


def reaches(contour: Contour) -> tuple[FloatArray, FloatArray]:
    """(A,) how far normals reach inwards and outwards before they meet others.

    Notes
    -----
    The radius of the largest circle that touches the outline at a node and holds no
    other node: ``|p_j - p_i|**2 / (2 |n_i . (p_j - p_i)|)``, smallest over j.
    """
    z = contour.nodes
    apart = z[None, :] - z[:, None]
    ahead = (contour.normals.conj()[:, None] * apart).real
    square = np.abs(apart) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        circle = square / (2 * np.abs(ahead))
    np.fill_diagonal(circle, np.inf)
    inwards = np.where(ahead < 0, circle, np.inf).min(axis=1)
    outwards = np.where(ahead > 0, circle, np.inf).min(axis=1)
    return inwards, outwards


@lru_cache(maxsize=64)
def wave_basis(nodes: int, waves: int) -> tuple[FloatArray, NDArray[np.int64]]:
    """(A, 2 K + 1) constant, cosines and sines at the nodes; (2 K + 1,) their order."""
    angle = 2 * np.pi * np.arange(nodes) / nodes
    order = np.arange(1, waves + 1)
    turns = np.outer(angle, order)
    columns = [np.ones((nodes, 1)), np.cos(turns), np.sin(turns)]
    return np.concatenate(columns, axis=1), np.concatenate([[0], order, order])


def wave_products(weight: FloatArray, waves: int) -> FloatArray:
    """(2 K + 1, 2 K + 1) sums over nodes of a weight times two columns of the basis.

    Notes
    -----
    Products of cosines and sines are sums of those of the sum and the difference of
    their angles, so all entries are read from one Fourier transform of the weight.
    """
    spectrum = np.fft.rfft(weight)
    cosine, sine = spectrum.real, -spectrum.imag
    order = np.arange(waves + 1)
    total, apart = order[:, None] + order, order[:, None] - order
    even, odd = cosine[np.abs(apart)], np.sign(-apart) * sine[np.abs(apart)]
    result = np.empty((2 * waves + 1, 2 * waves + 1))
    cut = waves + 1
    result[:cut, :cut] = 0.5 * (even + cosine[total])
    result[cut:, cut:] = 0.5 * (even - cosine[total])[1:, 1:]
    result[:cut, cut:] = 0.5 * (sine[total] + odd)[:, 1:]
    result[cut:, :cut] = result[:cut, cut:].T
    return result
