"""Film a specimen: what every simulated movie has in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.timebase import FrameTimes, to_seconds
from napari_insitu_tem.simulate.camera import Camera, dose_per_area, illumination
from napari_insitu_tem.simulate.clocks import Clocks, irregular_frames
from napari_insitu_tem.simulate.drift import jump, random_walk
from napari_insitu_tem.simulate.raster import Raster

FloatArray = NDArray[np.float64]

#: depth(y, x, time_s, shift): optical depth at points in px, with the specimen shifted
#: by (y, x) px, at a time on the trace's clock, on which the specimen reacts.
OpticalDepth = Callable[[FloatArray, FloatArray, float, FloatArray], FloatArray]


@dataclass(frozen=True)
class Microscope:
    """How a specimen is filmed.

    Attributes
    ----------
    shape
        (y, x) of the image.
    pixel_size_nm
        Of the image.
    taken, lost
        Number of frames, and the indices of those that were not saved.
    period_s, exposure_s, jitter_s, first_s
        See `irregular_frames`.
    dose_e_px
        Electrons a pixel and a frame at the brightest place without specimen.
    beam_px
        Standard deviation of the beam; its middle is that of the image.
    blur_px
        Standard deviation of the point spread.
    camera
        Gain and offset.
    drift_step_px, drift_velocity_px_s
        See `random_walk`.
    bias_jump_px
        (y, x) shift of the image while the cell is switched on: its field deflects
        the beam.
    bias_brightness
        Factor on the dose during the same time: its field focuses the beam.
    """

    shape: tuple[int, int]
    pixel_size_nm: float
    taken: int
    lost: tuple[int, ...]
    period_s: float
    exposure_s: float
    jitter_s: float
    first_s: float
    dose_e_px: float
    beam_px: float
    blur_px: float
    camera: Camera
    drift_step_px: float
    drift_velocity_px_s: tuple[float, float]
    bias_jump_px: tuple[float, float]
    bias_brightness: float

    def frame_times(self, rng: np.random.Generator) -> FrameTimes:
        """When the frames are taken, on the movie's clock."""
        return irregular_frames(
            self.taken,
            self.period_s,
            self.exposure_s,
            rng,
            first_s=self.first_s,
            jitter_s=self.jitter_s,
            lost=self.lost,
        )

    def shifts(
        self, moments: ArrayLike, on_s: float, off_s: float, rng: np.random.Generator
    ) -> FloatArray:
        """(T, 2) displacement (y, x) of the image; the cell is on from `on_s` on."""
        walk = random_walk(
            moments, self.drift_step_px, rng, velocity_px_s=self.drift_velocity_px_s
        )
        shift = walk + jump(moments, on_s, off_s, self.bias_jump_px)
        return np.asarray(np.round(shift, 4))

    def doses_e_px(self, times: FrameTimes, on_s: float, off_s: float) -> FloatArray:
        """(T,) electrons a pixel; a switch within an exposure counts in part."""
        start, stop = (to_seconds(side) for side in times.windows_ns)
        lit = np.clip(np.minimum(stop, off_s) - np.maximum(start, on_s), 0.0, None)
        part = lit / (stop - start)
        dose = self.dose_e_px * (1.0 + (self.bias_brightness - 1.0) * part)
        return np.asarray(np.round(dose, 6))

    def film(
        self,
        depth: OpticalDepth,
        moments: FloatArray,
        shifts: FloatArray,
        doses_e_px: FloatArray,
        rng: np.random.Generator,
    ) -> NDArray[np.uint]:
        """(T, y, x) counts: one frame a moment, shift and dose."""
        raster = Raster(self.shape)
        middle = ((self.shape[0] - 1) / 2, (self.shape[1] - 1) / 2)
        beam = illumination(self.shape, 1.0, centre=middle, width_px=self.beam_px)
        frames = []
        for time, shift, dose in zip(moments, shifts, doses_e_px, strict=True):
            passed = np.exp(-depth(*raster.points, float(time), shift))
            expected = dose * beam * raster.pixels(passed, self.blur_px)
            frames.append(self.camera.expose(expected, rng))
        return np.stack(frames)

    def frame_truth(
        self,
        times: FrameTimes,
        clocks: Clocks,
        shifts: FloatArray,
        doses_e_px: FloatArray,
    ) -> dict[str, FloatArray]:
        """The fields of `FrameTruth`."""
        start, stop = (to_seconds(side) for side in times.windows_ns)
        dose = dose_per_area(doses_e_px, self.pixel_size_nm)
        return {
            "movie_time_s": start,
            "trace_time_s": clocks.to_trace_s(start),
            "exposure_s": stop - start,
            "drift_y_px": shifts[:, 0],
            "drift_x_px": shifts[:, 1],
            "electrons_per_px": doses_e_px,
            "dose_rate_e_A2_s": dose / (stop - start),
            "dose_e_A2": np.cumsum(dose),
        }
