"""Two clocks tied by events that are seen on both."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from napari_insitu_tem.measure.clocks.result import RATE_AT_ONE, EventAlignment
from napari_insitu_tem.model.alignment import align_by_events
from napari_insitu_tem.model.errors import AlignmentError


def align_events(
    pairs: ArrayLike, *, u_a: float = 0.0, u_b: float = 0.0
) -> EventAlignment:
    """Fit ``time_b = offset + rate * time_a`` to events seen on both clocks.

    Parameters
    ----------
    pairs
        (n, 2) times (a, b) in s of the same events: of the movie and of the trace, for
        example.
    u_a, u_b
        Standard uncertainty of a time on either (the frame interval over the square
        root of twelve). Where both are 0 the scatter of the residuals alone tells.

    Returns
    -------
    EventAlignment
        NaN for `u_offset` from one event of unknown uncertainty.

    Raises
    ------
    AlignmentError
        There is no pair, or a time is not finite.

    Notes
    -----
    Least squares as in `model.alignment.align_by_events`. A standard deviation from
    few residuals is itself uncertain; where the uncertainties rest on it alone they
    are enlarged by t / 1.96, t being Student's factor for 95 % and the degrees of
    freedom, so that plus and minus 1.96 of them cover 95 %.
    """
    table = np.asarray(pairs, dtype=np.float64)
    if table.ndim != 2 or table.shape[1:] != (2,):
        raise AlignmentError(
            f"Events are pairs of times (n, 2), not an array of shape {table.shape}.",
            hint="Mark at least one event in the movie and in the trace.",
        )
    fit = align_by_events(
        [(float(a), float(b)) for a, b in table], u_movie_s=u_a, u_trace_s=u_b
    )
    is_fitted = fit.rate != 1.0
    freedom = len(table) - (2 if is_fitted else 1)
    enlarged = 1.0 if u_a > 0 or u_b > 0 else _students_factor(freedom)
    u_middle = fit.u_offset_s * enlarged
    u_rate = fit.u_rate * (enlarged if is_fitted else 1.0)
    return EventAlignment(
        offset=fit.offset_s + fit.pivot_s * (1.0 - fit.rate),
        u_offset=float(np.hypot(u_middle, u_rate * fit.pivot_s)),
        rate=fit.rate,
        u_rate=u_rate,
        pivot=fit.pivot_s,
        offset_at_pivot=fit.offset_s,
        u_offset_at_pivot=float(u_middle),
        residuals=np.asarray(fit.residuals_s, dtype=np.float64),
        flag="" if is_fitted else RATE_AT_ONE,
        parameters={"u_a": u_a, "u_b": u_b, "note": fit.note},
    )


def _students_factor(freedom: int) -> float:
    """Student's t for 95 % over that of the normal distribution."""
    if freedom < 1:
        return float("nan")
    from scipy.stats import norm, t

    return float(t.ppf(0.975, freedom) / norm.ppf(0.975))
