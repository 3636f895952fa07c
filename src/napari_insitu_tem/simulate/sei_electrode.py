"""A round electrode in a liquid cell that covers itself with an SEI.

The electrode is a flat current collector at the bottom of the image with a round
particle on it. The layer follows both; its thickness is proportional to the charge
that went into reducing the electrolyte.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.simulate.bodies import chord
from napari_insitu_tem.simulate.raster import smooth_noise
from napari_insitu_tem.simulate.voltammetry import SweepPlan

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SeiElectrode:
    """The specimen; lengths in nm, times in s on the trace's clock.

    The sweep begins at zero.

    Attributes
    ----------
    pixel_size_nm
        Of the image.
    centre_px, radius_nm
        Middle (y, x) and radius of the particle.
    base_px
        Row of the current collector's edge under the particle.
    arc_deg
        The layer is free, and part of the truth, up to this angle on either side of
        the upward direction.
    sweep
        What the potentiostat does.
    thickness_nm
        Of the layer at the end.
    roughness
        Relative standard deviation of the thickness along the layer.
    electrode_depth, sei_depth
        Optical depth of electrode and layer in excess of the liquid's.
    liquid_depth, liquid_slope
        Optical depth of the liquid, and its relative change across the image: the
        windows bulge.
    bubble_px, bubble_nm, bubble_s
        Middle (y, x), largest radius and life of a gas bubble, which forms at the
        sweep's spike and shrinks away.
    specks_px
        Places (y, x) of small dark particles that stick to a window.
    """

    pixel_size_nm: float = 0.8
    centre_px: tuple[float, float] = (100.0, 108.0)
    radius_nm: float = 36.0
    base_px: float = 128.0
    arc_deg: float = 80.0
    sweep: SweepPlan = field(default_factory=lambda: SweepPlan(spike_s=170.0))
    thickness_nm: float = 23.0
    roughness: float = 0.07
    electrode_depth: float = 1.9
    sei_depth: float = 0.38
    liquid_depth: float = 0.42
    liquid_slope: float = 0.35
    bubble_px: tuple[float, float] = (30.0, 186.0)
    bubble_nm: float = 15.0
    bubble_s: float = 34.0
    specks_px: tuple[tuple[float, float], ...] = ((22, 40), (58, 196), (66, 18))

    @cached_property
    def waviness(self) -> tuple[FloatArray, FloatArray]:
        """Angles (degrees) and relative deviation of the thickness there."""
        rng = np.random.default_rng(36)
        angles = np.arange(-180.0, 180.0, 1.0)
        return angles, self.roughness * smooth_noise(angles.size, 17.0, rng)

    def mean_thickness_nm(self, time_s: ArrayLike) -> FloatArray:
        """Thickness where the layer is neither thicker nor thinner than elsewhere."""
        charge = self.sweep.reduction_charge(time_s)
        whole = self.sweep.reduction_charge(self.sweep.duration_s)
        return np.asarray(self.thickness_nm * charge / whole)

    def thickness_at(self, angle_deg: ArrayLike, time_s: ArrayLike) -> FloatArray:
        """Thickness along the particle, at angles from the upward direction."""
        deviation = np.interp(
            np.asarray(angle_deg, np.float64), *self.waviness, period=360.0
        )
        return np.asarray(self.mean_thickness_nm(time_s) * (1.0 + deviation))

    def arc(self, count: int = 161) -> FloatArray:
        """(count,) angles in degrees over the part of the arc that is free."""
        return np.linspace(-self.arc_deg, self.arc_deg, count)

    def on_arc_px(
        self, angle_deg: ArrayLike, radius_nm: ArrayLike, shift: ArrayLike = (0.0, 0.0)
    ) -> FloatArray:
        """(n, 2) points (y, x) around the particle, moved by a drift."""
        angle = np.deg2rad(angle_deg)
        radius = np.asarray(radius_nm, dtype=np.float64) / self.pixel_size_nm
        y = self.centre_px[0] - radius * np.cos(angle)
        x = self.centre_px[1] + radius * np.sin(angle)
        return np.asarray(np.stack(np.broadcast_arrays(y, x), axis=-1) + shift)

    def bubble_radius_nm(self, time_s: ArrayLike) -> FloatArray:
        """Radius of the bubble: there at once, then shrinking like a dissolving gas."""
        age = (
            np.asarray(time_s, dtype=np.float64) - self.sweep.spike_s
        ) / self.bubble_s
        alive = (age >= 0) & (age < 1)
        return np.asarray(self.bubble_nm * np.sqrt(np.where(alive, 1.0 - age, 0.0)))

    def depth(
        self, y: FloatArray, x: FloatArray, time_s: float, shift: ArrayLike
    ) -> FloatArray:
        """Optical depth at points (y, x) in px: -ln of the transmitted part."""
        sy, sx = np.asarray(shift, dtype=np.float64)
        outside, angle = self._outside(y - sy, x - sx)
        layer = (outside >= 0) & (outside < self.thickness_at(angle, time_s))
        liquid = self.liquid_depth * (1 + self.liquid_slope * (x / x.max() - 0.5))
        depth = liquid + self.electrode_depth * (outside < 0) + self.sei_depth * layer
        for speck_y, speck_x in self.specks_px:
            away = np.hypot(y - sy - speck_y, x - sx - speck_x)
            depth = depth + 0.3 * chord(away, 2.5)
        return np.asarray(depth - self._bubble(y - sy, x - sx, time_s))

    def _outside(self, y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Distance (nm) to the electrode, and the angle around the particle."""
        dy, dx = self.centre_px[0] - y, x - self.centre_px[1]
        particle = np.hypot(dy, dx) * self.pixel_size_nm - self.radius_nm
        sagging = self.base_px + 1e-3 * (x - self.centre_px[1]) ** 2
        collector = (sagging - y) * self.pixel_size_nm
        return np.minimum(particle, collector), np.rad2deg(np.arctan2(dx, dy))

    def _bubble(self, y: FloatArray, x: FloatArray, time_s: float) -> FloatArray:
        radius = float(self.bubble_radius_nm(time_s))
        away = np.hypot(y - self.bubble_px[0], x - self.bubble_px[1])
        missing = chord(away * self.pixel_size_nm, radius) / (2 * self.bubble_nm)
        return np.asarray(0.95 * self.liquid_depth * missing)
