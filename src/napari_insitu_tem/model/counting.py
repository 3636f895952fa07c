"""Counting: what the counts of a movie's frames are in electrons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Counting:
    """The gain of a movie's own counts.

    Attributes
    ----------
    gain
        Counts per electron.
    offset
        Counts of a pixel without electrons.
    """

    gain: float
    offset: float = 0.0

    def without_offset(self, counts: NDArray[Any]) -> NDArray[Any]:
        """Counts that are `gain` times the electrons, so that noise follows from them.

        Parameters
        ----------
        counts
            As in the file, or means of such.
        """
        if not self.offset:
            return counts
        return np.asarray(counts, dtype=np.float64) - self.offset
