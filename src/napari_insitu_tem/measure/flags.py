"""The short words of doubt that a table derives, as opposed to those a row carries."""

from __future__ import annotations

#: The row's movie is not in the experiment.
MOVIE_MISSING = "movie_missing"
#: The movie has no such frame.
FRAME_MISSING = "frame_missing"
#: The quantity cannot be taken from this shape.
WRONG_SHAPE = "wrong_shape"
#: The outline crosses itself, so that it encloses no single area.
SELF_CROSSING = "self_crossing"
#: The lattice in the box, or the wire under the line, has not been measured.
NOT_MEASURED = "not_measured"
#: A volume was asked for without saying by which model.
NO_MODEL = "no_model"
#: The model needs a length of the same object in the same frame.
NO_LENGTH = "no_length"
#: The value is a volume per length, since the cylinder's length is not known.
PER_LENGTH = "per_length"
#: There is no row in the reference frames.
NO_REFERENCE = "no_reference"
#: The path of the front is not there.
NO_PATH = "no_path"
#: The point lies beside the path or beyond its ends.
OFF_PATH = "off_path"
#: The drift is corrected, but not known in this frame.
NO_DRIFT = "no_drift"
#: The two boundaries of a layer cross.
CROSSING = "crossing"
#: The layer is shorter than it is thick.
TOO_SHORT = "too_short"
#: No part of one boundary faces the other.
NO_OVERLAP = "no_overlap"
#: The core's radius is asked for but cannot be found.
NO_CORE = "no_core"
#: The layer is thinner than two blur widths.
UNRESOLVED = "unresolved"
#: A snapped outline: whether its rim is flat or round cannot be told, and it matters.
FLAT_OR_ROUND = "flat_or_round"
#: The record does not cover the event, or has a gap inside it.
GAP = "gap"

#: Words that follow from the other rows and are therefore not kept with a row.
DERIVED = frozenset(
    {
        MOVIE_MISSING,
        FRAME_MISSING,
        WRONG_SHAPE,
        SELF_CROSSING,
        NOT_MEASURED,
        NO_MODEL,
        NO_LENGTH,
        PER_LENGTH,
        NO_REFERENCE,
        NO_PATH,
        OFF_PATH,
        NO_DRIFT,
        CROSSING,
        TOO_SHORT,
        NO_OVERLAP,
        NO_CORE,
        GAP,
    }
)
