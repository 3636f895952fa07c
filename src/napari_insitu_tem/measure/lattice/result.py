"""What a measurement of a lattice answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LatticeSpacing:
    """Fringes in a window, or rings and spots in a diffraction frame.

    Attributes
    ----------
    spacing, u_spacing
        Distance from fringe to fringe in px, across them, and its standard
        uncertainty. Of a diffraction frame: NaN.
    orientation, u_orientation
        Direction across the fringes (of the spacing itself) in degrees, from +x toward
        +y (down on the screen), in [0, 180). Of diffraction: of the strongest pair of
        spots, NaN for a ring.
    flag
        "" or why there is no number: `low_contrast` (no peak that noise would not
        make), `unresolved` (fewer than four fringes in the window, or at most two px a
        fringe), `out_of_frame` (the window lies outside the image, or has too few
        pixels).
    frequency
        (2,) cycles a pixel along (y, x).
    modulation
        Amplitude of the fringes over the mean brightness where they are.
    fringes
        Number of fringes across the window.
    part
        Part of the window in which the fringes are.
    others
        (n, 3) spacing, orientation and amplitude of the other lattices in the window,
        the strongest first.
    radius, u_radius
        Of diffraction: distance of the strongest ring or pair of spots (or the one
        guessed) from the centre in px.
    radii, u_radii
        (n,) all of them in ascending order.
    centre, u_centre
        (2,) place (y, x) of the undiffracted beam.
    parameters
        What was asked for: window as (y0, x0, y1, x1), guess, gain, diffraction.
    """

    spacing: float = np.nan
    u_spacing: float = np.nan
    orientation: float = np.nan
    u_orientation: float = np.nan
    flag: str = ""
    frequency: NDArray[np.float64] = field(default_factory=lambda: np.full(2, np.nan))
    modulation: float = np.nan
    fringes: float = np.nan
    part: float = np.nan
    others: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    radius: float = np.nan
    u_radius: float = np.nan
    radii: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    u_radii: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    centre: NDArray[np.float64] = field(default_factory=lambda: np.full(2, np.nan))
    u_centre: NDArray[np.float64] = field(default_factory=lambda: np.full(2, np.nan))
    parameters: dict[str, Any] = field(default_factory=dict)
