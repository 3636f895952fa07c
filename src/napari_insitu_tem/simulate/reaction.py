"""How a reaction moves and how much room its product takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def parabolic(elapsed: ArrayLike, rate: float) -> FloatArray:
    """Distance of a diffusion-limited front, sqrt(K t); 0 before the start.

    Parameters
    ----------
    elapsed
        Time since the start.
    rate
        K, length squared in a unit of time.
    """
    return np.sqrt(rate * np.maximum(elapsed, 0.0))


def parabolic_arrival(distance: ArrayLike, rate: float) -> FloatArray:
    """When a parabolic front arrives at a distance: the inverse of `parabolic`."""
    return np.asarray(np.square(np.maximum(distance, 0.0)) / rate)


def swollen_diameter(
    initial: ArrayLike, core: ArrayLike, volume_ratio: float
) -> FloatArray:
    """Outer diameter of a wire of constant length around an unreacted core.

    D^2 = c^2 + z (d^2 - c^2): what was between the core and the old surface takes z
    times its volume.

    Parameters
    ----------
    initial
        Diameter d before the reaction.
    core
        Diameter c of the unreacted core, at most d.
    volume_ratio
        z, volume of the product to that of what it was made of.
    """
    squared = np.square(core) + volume_ratio * (np.square(initial) - np.square(core))
    return np.asarray(np.sqrt(squared))


def behind_front(distance: ArrayLike, front: float, width: float) -> FloatArray:
    """How far a blurred front has passed a place: 1 far behind it, 0 far ahead.

    Parameters
    ----------
    distance
        Places along the path.
    front
        Position of the front, where the value is 1/2.
    width
        Standard deviation of its blur, positive.
    """
    from scipy.special import erfc

    ahead = (np.asarray(distance, dtype=np.float64) - front) / (np.sqrt(2.0) * width)
    return np.asarray(0.5 * erfc(ahead))
