"""What is known of the drift of a movie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: The frame cannot be read, or is NaN all over.
NO_DATA = "no_data"
#: Every pixel of the frame is the same.
BLANK = "blank"
#: The specimen of the other frames cannot be made out in this one.
LOW_CONTRAST = "low_contrast"
#: The image fits elsewhere as well (a lattice, one straight edge).
UNRESOLVED = "unresolved"
#: Much farther from the frame before than the specimen usually moves.
JUMP = "jump"


@dataclass(frozen=True, eq=False)
class Drift:
    """Where the content of each frame has moved to.

    Attributes
    ----------
    shift
        (T, 2) displacement (dy, dx) in px: what lies at (y, x) in the first usable
        frame lies at (y + dy, x + dx) in frame t. A path drawn on the first frame is
        moved by adding it; a frame is shown in place by moving it by its negative. NaN
        where it cannot be known.
    u_shift
        (T, 2) standard uncertainties of `shift`, those of the first frame's own
        position included; 0 in the first usable frame.
    flag
        (T,) "" or why a frame is doubted: `no_data`, `blank`, `low_contrast` (the
        shift is NaN), `unresolved` (the image fits elsewhere as well: a lattice; the
        nearest place is given, or NaN where one direction is not determined at all),
        `jump` (much farther from the frame before than usual).
    parameters
        What was asked for and what was found on the way.
    """

    shift: FloatArray
    u_shift: FloatArray
    flag: NDArray[np.str_]
    parameters: dict[str, Any] = field(default_factory=dict)
