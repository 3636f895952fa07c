"""A silicon nanowire that takes up lithium from one end.

The wire touches lithium oxide on lithium at its left end. A front runs along it and
slows as the square root of time; behind the front a shell of lithiated silicon grows
inwards around a core that is still crystalline, and the wire swells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.simulate.bodies import (
    axis_direction,
    chord,
    distance_to_axis,
    shell_chord,
)
from napari_insitu_tem.simulate.raster import smooth_noise
from napari_insitu_tem.simulate.reaction import (
    behind_front,
    parabolic,
    parabolic_arrival,
    swollen_diameter,
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Nanowire:
    """The specimen; lengths in nm, times in s on the trace's clock.

    Attributes
    ----------
    pixel_size_nm
        Of the image.
    start_px, angle_deg
        Left end of the axis (y, x) and its direction, from +x towards +y.
    diameter_nm, roughness
        Diameter of the pristine wire, and its relative standard deviation along it.
    shell_core_nm, last_core_nm
        Core diameter just behind the front, and where the reaction has gone on for
        the whole time of the current.
    volume_ratio
        Volume of the lithiated silicon to that of the silicon in it.
    tip_nm
        Length over which the wire's end is rounded.
    front_rate_nm2_s, front_width_nm
        K of x = sqrt(K t), and the standard deviation of the front's blur.
    silicon_nm, shell_nm, oxide_nm
        Lengths after which the beam has lost 63 % in each material.
    contact_s, on_s, off_s
        Touch, current on, current off.
    gap_nm, approach_s
        Distance to the electrode before it approaches, and how long it does.
    stations_nm
        Two places along the axis where the diameter is part of the truth.
    """

    pixel_size_nm: float = 2.5
    start_px: tuple[float, float] = (80.0, 40.0)
    angle_deg: float = -4.0
    diameter_nm: float = 130.0
    roughness: float = 0.008
    shell_core_nm: float = 86.0
    last_core_nm: float = 58.0
    volume_ratio: float = 3.8
    tip_nm: float = 26.0
    front_rate_nm2_s: float = 590.0
    front_width_nm: float = 6.0
    silicon_nm: float = 85.0
    shell_nm: float = 340.0
    oxide_nm: float = 240.0
    contact_s: float = 39.0
    on_s: float = 65.0
    off_s: float = 371.0
    gap_nm: float = 42.0
    approach_s: float = 14.0
    stations_nm: tuple[float, float] = (90.0, 240.0)

    @cached_property
    def waviness(self) -> tuple[FloatArray, FloatArray]:
        """Places (nm) and relative deviation of the pristine diameter there."""
        rng = np.random.default_rng(130)
        places = np.arange(-200.0, 1000.0, 2.0)
        return places, self.roughness * smooth_noise(places.size, 18.0, rng)

    def front_nm(self, time_s: ArrayLike) -> FloatArray:
        """Position of the front along the axis; it stands still without current."""
        running = np.minimum(np.asarray(time_s, dtype=np.float64), self.off_s)
        return parabolic(running - self.on_s, self.front_rate_nm2_s)

    def pristine_nm(self, along_nm: ArrayLike) -> FloatArray:
        """Diameter before the reaction."""
        deviation = np.interp(np.asarray(along_nm, np.float64), *self.waviness)
        return np.asarray(self.diameter_nm * (1.0 + deviation))

    def core_nm(self, along_nm: ArrayLike, time_s: float) -> FloatArray:
        """Diameter of the crystalline core."""
        along = np.asarray(along_nm, dtype=np.float64)
        pristine = self.pristine_nm(along)
        running = min(time_s, self.off_s) - self.on_s
        if running <= 0:
            return pristine
        arrival = parabolic_arrival(along, self.front_rate_nm2_s)
        age = np.clip((running - arrival) / (self.off_s - self.on_s), 0.0, 1.0)
        thinned = (self.shell_core_nm - self.last_core_nm) * np.sqrt(age)
        reached = behind_front(along, float(self.front_nm(time_s)), self.front_width_nm)
        # The first seconds build the shell; before them there is no front to blur.
        reached = reached * -np.expm1(-running / 4.0)
        core = pristine - reached * (pristine - (self.shell_core_nm - thinned))
        return np.asarray(core)

    def diameter_at(self, along_nm: ArrayLike, time_s: float) -> FloatArray:
        """Outer diameter of the wire."""
        return swollen_diameter(
            self.pristine_nm(along_nm),
            self.core_nm(along_nm, time_s),
            self.volume_ratio,
        )

    def place_px(
        self, along_nm: float, shift: ArrayLike = (0.0, 0.0)
    ) -> tuple[float, float]:
        """(y, x) of a place on the axis in the image, moved by a drift."""
        unit = np.asarray(axis_direction(self.angle_deg))
        y, x = np.add(self.start_px, unit * along_nm / self.pixel_size_nm) + shift
        return float(y), float(x)

    def gap_at(self, time_s: float) -> float:
        """Distance between electrode and wire."""
        left = np.clip((self.contact_s - time_s) / self.approach_s, 0.0, 1.0)
        return self.gap_nm * float(left)

    def depth(
        self, y: FloatArray, x: FloatArray, time_s: float, shift: ArrayLike
    ) -> FloatArray:
        """Optical depth at points (y, x) in px: -ln of the transmitted part."""
        sy, sx = np.asarray(shift, dtype=np.float64)
        along, across = distance_to_axis(y - sy, x - sx, self.start_px, self.angle_deg)
        along, across = along * self.pixel_size_nm, across * self.pixel_size_nm
        tip = _rounding(along, self.tip_nm)
        core = tip * self.core_nm(along, time_s) / 2
        radius = tip * self.diameter_at(along, time_s) / 2
        wire = chord(across, core) / self.silicon_nm
        wire += shell_chord(across, core, radius) / self.shell_nm
        return np.asarray(wire + self._electrode(along, across, time_s))

    def _electrode(
        self, along: FloatArray, across: FloatArray, time_s: float
    ) -> FloatArray:
        """Optical depth of the lumps of lithium oxide at the left."""
        gap = self.gap_at(time_s)
        lumps = ((-12, 8, 56), (-84, 112, 112), (-88, -104, 96), (-140, 10, 130))
        depth = np.zeros(np.broadcast_shapes(along.shape, across.shape))
        for place, side, radius in lumps:
            away = np.hypot(along - (place - gap), across - side)
            depth += chord(away, radius) / self.oxide_nm
        return depth


def _rounding(along_nm: FloatArray, length_nm: float) -> FloatArray:
    """Factor on the radius near a rounded end at 0: a quarter of an ellipse."""
    inside = np.clip(along_nm / length_nm, 0.0, 1.0)
    return np.asarray(np.sqrt(inside * (2.0 - inside)))
