"""Simulated movies of particles whose outline is known."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr

#: Blur of the edges by pixels, in px (1 s.d.).
PIXEL = 12**-0.5


def lobed(radius, centre, *, lobes=0.1, order=3, turn=0.5, points=720):
    """(n, 2) a star-shaped outline (y, x)."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    r = radius * (1 + lobes * np.cos(order * angle + turn))
    return np.column_stack(
        [centre[0] + r * np.sin(angle), centre[1] + r * np.cos(angle)]
    )


def ellipse(a, b, centre, turn=0.0, points=720):
    """(n, 2) an ellipse of half axes a along x and b, turned."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    x, y = a * np.cos(angle), b * np.sin(angle)
    c, s = np.cos(turn), np.sin(turn)
    return np.column_stack([centre[0] + s * x + c * y, centre[1] + c * x - s * y])


def regular(radius, centre, sides=6, turn=0.3):
    """(n, 2) corners of a regular polygon."""
    angle = 2 * np.pi * np.arange(sides) / sides + turn
    return np.column_stack(
        [centre[0] + radius * np.sin(angle), centre[1] + radius * np.cos(angle)]
    )


def area_of(outline):
    y, x = np.asarray(outline, float).T
    return 0.5 * abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def perimeter_of(outline):
    p = np.asarray(outline, float)
    return float(np.hypot(*(np.roll(p, -1, axis=0) - p).T).sum())


def cover(outline, shape, fine=4):
    """(y, x) part of each pixel inside of an outline."""
    from skimage.draw import polygon2mask

    p = (np.asarray(outline, float) + 0.5) * fine - 0.5
    low = np.clip(np.floor(np.min(outline, axis=0)).astype(int) - 1, 0, shape)
    high = np.clip(np.ceil(np.max(outline, axis=0)).astype(int) + 2, 0, shape)
    result = np.zeros(shape)
    size = high - low
    if np.all(size > 0):
        mask = polygon2mask(tuple(size * fine), p - low * fine)
        blocks = mask.reshape(size[0], fine, size[1], fine).mean(axis=(1, 3))
        result[low[0] : high[0], low[1] : high[1]] = blocks
    return result


def mean_image(outline, shape, dose, contrast, blur=1.5, others=()):
    """(y, x) mean electrons a pixel; the particle is dark for a positive contrast."""
    part = gaussian_filter(cover(outline, shape), blur)
    image = dose * (1 + contrast / 2) - dose * contrast * part
    for other in others:
        image -= dose * contrast * gaussian_filter(cover(other, shape), blur)
    return image


def texture(shape, size, rng):
    """(y, x) smooth noise of unit variance."""
    values = gaussian_filter(rng.standard_normal(shape), size)
    return values / values.std()


def bound(perimeter, dose, contrast, blur=1.5):
    """Cramer-Rao bound of the area from one frame, in px**2."""
    width = np.hypot(blur, PIXEL)
    return np.sqrt(2 * np.sqrt(np.pi)) * np.sqrt(perimeter * width / dose) / contrast


def overlap(outline, truth, shape):
    """Intersection over union of the pixels inside of two outlines."""
    from skimage.draw import polygon2mask

    if len(outline) == 0:
        return 0.0
    a, b = polygon2mask(shape, outline), polygon2mask(shape, truth)
    return float((a & b).sum() / max((a | b).sum(), 1))


def edge(distance, blur=1.5):
    """Part of the brightness inside at a signed distance outwards."""
    return ndtr(-distance / np.hypot(blur, PIXEL))
