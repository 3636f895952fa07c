"""Bodies seen from above, with a known outline."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_insitu_tem.model.geometry import Geometry

#: Parts of a pixel, so that the rims are sharp.
_FINE = 5


def thickness(kind, across, along, half, length):
    """Relative thickness at distances from the middle; 1 in the middle."""
    if kind == "wire":
        return np.sqrt(np.maximum(1 - (across / half) ** 2, 0)) * (abs(along) <= length)
    inside = 1 - (across / half) ** 2 - (along / length) ** 2
    if kind == "ball":
        return np.sqrt(np.maximum(inside, 0))
    if kind == "disc":
        return 1.0 * (inside >= 0)
    if kind == "plate":
        return 1.0 * ((abs(along) <= length) & (abs(across) <= half))
    depth = np.clip((half - np.hypot(along, across)) / (0.4 * half), 0, 1)
    return np.sqrt(1 - (1 - depth) ** 2)  # rounded


class Scene:
    """One body in the middle of a frame, turned by an angle."""

    def __init__(self, kind, size, *, ratio=1.0, angle=0.2, exponent=0.6, blur=1.5):
        self.half, self.length = size / 2, size * ratio / 2
        self.unit = np.array([np.sin(angle), np.cos(angle)])
        self.normal = np.array([np.cos(angle), -np.sin(angle)])
        side = int(2 * self.length * 1.25 + 48)
        self.centre = np.array([side / 2 + 0.3, side / 2 - 0.2])
        self.is_angular = kind in ("wire", "plate")
        fine = (np.arange(side * _FINE) + 0.5) / _FINE - 0.5
        y, x = fine[:, None] - self.centre[0], fine - self.centre[1]
        along = y * self.unit[0] + x * self.unit[1]
        across = y * self.normal[0] + x * self.normal[1]
        thick = thickness(kind, across, along, self.half, self.length)
        # Darker by transmission, or brighter as in a dark field.
        body = np.exp(-exponent * thick) if exponent > 0 else 1 - exponent * thick
        body = body.reshape(side, _FINE, side, _FINE).mean(axis=(1, 3))
        self.brightness = gaussian_filter(body, blur, mode="nearest")

    @property
    def area(self):
        """In square pixels."""
        return (4 if self.is_angular else np.pi) * self.half * self.length

    def frame(self, rng, dose):
        """Electrons counted."""
        return rng.poisson(self.brightness * dose)

    def polygon(self, rng, hand=1.2, corners=20):
        """Drawn around it by hand: four corners, or many around a bend."""
        if self.is_angular:
            signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        else:
            angle = 2 * np.pi * np.arange(corners) / corners
            signs = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        along, across = signs.T * [[self.length], [self.half]]
        points = along[:, None] * self.unit + across[:, None] * self.normal
        points = points + rng.normal(0, hand, points.shape)
        return Geometry.of("polygon", self.centre + points)

    def ellipse(self, rng, hand=1.2):
        """Drawn around it by hand."""
        long, wide = (
            (size + rng.normal(0, hand)) * direction
            for size, direction in (
                (self.length, self.unit),
                (self.half, self.normal),
            )
        )
        middle = self.centre + rng.normal(0, hand, 2)
        ends = [[middle - half, middle + half] for half in (long, wide)]
        return Geometry.of("ellipse", *ends)
