"""The image beside an outline, unrolled: one row a node, one column an offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.regions.contour import Contour, reaches, refined

FloatArray = NDArray[np.float64]

#: Distance of the rays along the outline in px.
_RAY_SPACING = 1.3
#: Part of the way to where normals meet up to which samples are used.
_REACH_PART = 0.85


@dataclass(frozen=True, eq=False)
class Strip:
    """Brightness along the normals of an outline.

    Attributes
    ----------
    values
        (A, H) mean brightness over each node's arc; 0 where nothing is known.
    weight
        (A, H) area in px that a sample stands for; 0 where nothing is known.
    offsets
        (H,) distance outwards from the outline in px.
    is_out
        (A,) whether the node itself lies out of the frame.
    """

    values: FloatArray
    weight: FloatArray
    offsets: FloatArray
    is_out: NDArray[np.bool_]


def unrolled(
    frame: NDArray[Any], contour: Contour, reach: float, step: float = 1.0
) -> Strip:
    """Sample a frame along the normals up to a distance on both sides.

    Notes
    -----
    A sample stands for the area ``(1 + curvature * offset) * arc * step``, so that sums
    over samples are sums over pixels. Beyond the place where normals meet, the image
    belongs to other nodes and is left out.
    """
    half = int(np.ceil(reach / step))
    offsets = np.arange(-half, half + 1) * step
    count = len(contour.nodes)
    rays = max(1, round(contour.perimeter / count / max(_RAY_SPACING, step)))
    nodes, normals = contour.nodes, contour.normals
    if rays > 1:
        # Rays lie symmetrically about their node.
        back = -(rays - 1) / (2 * rays)
        nodes, normals = _between_nodes(contour, rays, back)
    places = nodes[:, None] + offsets * normals[:, None]
    values, known = _bilinear(frame, places)
    if rays > 1:
        values = values.reshape(count, rays, -1)
        known = known.reshape(count, rays, -1)
        number = known.sum(axis=1)
        values = values.sum(axis=1) / np.maximum(number, 1)
        share = number / rays
    else:
        share = known.astype(np.float64)
    area = 1.0 + contour.curvature[:, None] * offsets
    weight = share * np.maximum(area, 0.0) * contour.arcs[:, None] * step
    inwards, outwards = reaches(contour)
    weight[offsets < -_REACH_PART * inwards[:, None]] = 0.0
    weight[offsets > _REACH_PART * outwards[:, None]] = 0.0
    return Strip(values, weight, np.asarray(offsets), _is_out(frame, contour))


def _between_nodes(
    contour: Contour, rays: int, back: float
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Places and normals of `rays` rays a node."""
    count = len(contour.nodes)
    order = np.fft.fftfreq(count) * count
    shift = np.exp(2j * np.pi * order * back / count)

    def dense(values: NDArray[np.complex128]) -> NDArray[np.complex128]:
        return refined(np.fft.ifft(np.fft.fft(values) * shift), rays * count)

    normals = dense(contour.normals)
    return dense(contour.nodes), normals / np.maximum(np.abs(normals), 1e-9)


def _is_out(frame: NDArray[Any], contour: Contour) -> NDArray[np.bool_]:
    rows, columns = frame.shape
    y, x = contour.nodes.imag, contour.nodes.real
    return np.asarray((y < 0) | (x < 0) | (y > rows - 1) | (x > columns - 1))


def _bilinear(
    frame: NDArray[Any], places: NDArray[np.complex128]
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Values at places x + i y, 0 where not known; whether they are known."""
    rows, columns = frame.shape
    x, y = np.ascontiguousarray(places.real), np.ascontiguousarray(places.imag)
    is_within = x.min() >= 0 and y.min() >= 0
    is_within &= x.max() < columns - 1 and y.max() < rows - 1
    left, above = x.astype(np.int64), y.astype(np.int64)
    if not is_within:
        np.clip(left, 0, max(columns - 2, 0), out=left)
        np.clip(above, 0, max(rows - 2, 0), out=above)
    right, below = min(1, columns - 1), columns * min(1, rows - 1)
    fx, fy = x - left, y - above
    at = above * columns + left
    flat = frame.reshape(-1)
    one, other = flat.take(at).astype(np.float64), flat.take(at + right)
    one += (other - one) * fx
    at += below
    two, other = flat.take(at).astype(np.float64), flat.take(at + right)
    two += (other - two) * fx
    two -= one
    two *= fy
    one += two
    known = np.isfinite(one)
    if not is_within:
        known &= (x >= 0) & (y >= 0) & (x <= columns - 1) & (y <= rows - 1)
    one[~known] = 0.0
    return one, known
