"""Simulated kymographs with a known front."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from napari_insitu_tem.measure import Kymograph

ROWS = 10


def pixel_front(position, before, after, length, blur=2.0):
    """(T, L) a blurred step integrated over pixels, exactly."""

    def area(u):
        z = u / blur
        return u * ndtr(z) + blur * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)

    away = np.arange(length) - np.asarray(position, float)[..., None]
    return before + (after - before) * (area(away + 0.5) - area(away - 0.5))


def as_kymograph(data, rows=ROWS, step=1.0):
    """Data with a straight path."""
    end = (np.shape(data)[1] - 1) * step
    return Kymograph(np.asarray(data), rows, step, np.array([[0, 0], [0, end]]))


def counted(rng, mean, rows=ROWS, step=1.0):
    """Mean electrons a pixel of averaged rows."""
    return as_kymograph(rng.poisson(rows * np.asarray(mean)) / rows, rows, step)


def single_frame_bound(dose, contrast, length, blur=2.0, rows=ROWS):
    """About the Cramer-Rao bound of the position in one frame, in the middle."""
    width = np.sqrt(blur**2 + 1 / 12)
    return np.sqrt(2 * np.sqrt(np.pi) * width / (rows * dose)) / contrast


def bend(way, t, mixed):
    """A way gone by the last time: linear (None), parabolic (0), or between."""
    u = np.asarray(t, float) / t[-1]
    if mixed is None:
        return way * u
    return 0.5 * way * (np.sqrt(mixed**2 + 4 * (1 + mixed) * u) - mixed)
