"""What a simulated movie really shows, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameTruth:
    """What holds for every simulated movie; all arrays have one value a frame.

    What moves or grows is given at the middle of each exposure.

    Attributes
    ----------
    movie_time_s, trace_time_s
        Start of the exposure on the movie's clock and on the trace's.
    exposure_s
        Its length.
    drift_y_px, drift_x_px
        Displacement of the image since the specimen stood at its drawn place.
    electrons_per_px
        Mean number of electrons in a pixel where nothing is in the beam, at the
        brightest place of the beam.
    dose_rate_e_A2_s, dose_e_A2
        The same in electrons per square angstrom: the rate during the exposure, and
        the sum over all exposures up to the end of this one.
    """

    movie_time_s: FloatArray
    trace_time_s: FloatArray
    exposure_s: FloatArray
    drift_y_px: FloatArray
    drift_x_px: FloatArray
    electrons_per_px: FloatArray
    dose_rate_e_A2_s: FloatArray
    dose_e_A2: FloatArray

    def __len__(self) -> int:
        return int(self.movie_time_s.size)

    @property
    def drift_px(self) -> FloatArray:
        """(T, 2) displacement (y, x)."""
        return np.stack([self.drift_y_px, self.drift_x_px], axis=1)

    def table(self) -> pd.DataFrame:
        """One row a frame, a column an attribute, `frame` first."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return pd.DataFrame({"frame": np.arange(len(self)), **values})


@dataclass(frozen=True, kw_only=True, eq=False)
class WireTruth(FrameTruth):
    """A wire in which a front runs along the axis.

    Attributes
    ----------
    front_nm
        Front along the axis, from the wire's end; 0 before it starts.
    near_diameter_nm, near_core_nm
        Outer and core diameter at the first station; the core is the wire itself
        until the front comes by.
    far_diameter_nm, far_core_nm
        The same at the second station.
    """

    front_nm: FloatArray
    near_diameter_nm: FloatArray
    near_core_nm: FloatArray
    far_diameter_nm: FloatArray
    far_core_nm: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerTruth(FrameTruth):
    """A layer that grows on a round electrode.

    Attributes
    ----------
    inner_radius_nm, outer_radius_nm
        Radius of the electrode, and the layer's mean outer radius over the arc that
        is free.
    thickness_nm, thickness_sd_nm
        Mean and standard deviation of the thickness over that arc.
    bubble_radius_nm
        Radius of the gas bubble; 0 while there is none.
    """

    inner_radius_nm: FloatArray
    outer_radius_nm: FloatArray
    thickness_nm: FloatArray
    thickness_sd_nm: FloatArray
    bubble_radius_nm: FloatArray


@dataclass(frozen=True)
class TrueEvent:
    """Something that shows in the movie, in the record, or in both.

    Attributes
    ----------
    label
        What happens.
    movie_time_s, trace_time_s
        When it begins, on both clocks.
    in_movie, in_trace
        Where it can be seen.
    end_movie_time_s
        When it ends; None for a moment.
    """

    label: str
    movie_time_s: float
    trace_time_s: float
    in_movie: bool = True
    in_trace: bool = True
    end_movie_time_s: float | None = None
