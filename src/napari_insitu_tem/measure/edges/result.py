"""What the fits along profiles give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LOW_CONTRAST = "low_contrast"
UNRESOLVED = "unresolved"
OUT_OF_FRAME = "out_of_frame"


@dataclass(frozen=True, eq=False)
class EdgeFits:
    """Edges, or round bodies, of N profiles.

    Attributes
    ----------
    position, u_position
        (N,) place of the edge, or of the body's centre, in samples from the first one,
        and its standard uncertainty.
    levels
        (N, 2) brightness before and after the edge, at the edge; of a body: of the
        background and of the body, both at its centre.
    blur
        (N,) Gaussian blur of the edge (1 s.d.) in samples, without that of the pixel.
    flag
        (N,) "" or why the edge is not to be trusted: `low_contrast` (nothing above the
        noise), `unresolved` (a step, but its place is hardly known, or another one if
        its background slopes; a body not larger than the blur),
        `out_of_frame` (too few samples, or the edge beyond them).
    u_levels
        (N, 2) standard uncertainties of the levels.
    slopes
        (N, 2) change of the brightness a sample before and after the edge, 0 where the
        profile does not ask for it; of a body twice that of the background.
    diameter, u_diameter
        (N,) of a round body in samples; NaN for a step.
    attenuation
        (N,) how a body's brightness follows from its thickness: "exponential" or
        "linear"; "" for a step.
    rows, gain, model
        As given.
    """

    position: FloatArray
    u_position: FloatArray
    levels: FloatArray
    blur: FloatArray
    flag: NDArray[np.str_]
    u_levels: FloatArray
    slopes: FloatArray
    diameter: FloatArray
    u_diameter: FloatArray
    attenuation: NDArray[np.str_]
    rows: float
    gain: float | None
    model: str
