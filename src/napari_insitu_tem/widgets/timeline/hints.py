"""What the timeline says when something is missing or asked for."""

from __future__ import annotations

from dataclasses import dataclass

from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.formatting import length_text
from napari_insitu_tem.widgets.timeline.moments import Moments

MARK_HINT = "Click the moment on the trace (Esc to stop)."
UNLOCKED_HINT = (
    "Alignment unlocked: drag a movie's bar along the trace, then lock it again."
)
FIT_BOTH = "Fit both"


@dataclass(frozen=True)
class Hint:
    """A sentence above the lanes.

    Attributes
    ----------
    text
        The sentence, "" for none.
    action
        What a button beside it does, "" for no button.
    is_warning
        Whether something is not as it should be.
    """

    text: str = ""
    action: str = ""
    is_warning: bool = False


def hint(session: Session) -> Hint:
    """What to tell the user about the open experiment."""
    experiment = session.experiment
    record = experiment.record
    if not experiment.movies and record is None:
        return Hint(
            "Nothing is open yet. Open a movie and the potentiostat's file, or drop "
            "both on the window."
        )
    if not experiment.movies:
        return Hint("No movie yet: open one to see its frames on this axis.")
    movie = session.movie
    if movie is not None and movie.times is None:
        return Hint(
            f"{movie.name} has no frame times. Type the frame interval in the "
            "Experiment dock.",
            is_warning=True,
        )
    if record is None:
        return Hint(
            "No trace yet: open the potentiostat's file to see potential and current."
        )
    if len(record) == 0:
        return Hint("The trace has no rows.", is_warning=True)
    return _apart(session)


def _apart(session: Session) -> Hint:
    """Whether the current movie and the record have no time in common."""
    movie, record = session.movie, session.experiment.record
    if movie is None or record is None:
        return Hint()
    times = Moments(session.experiment).of(movie.name)
    if times is None:
        return Hint()
    first, last = times.span_ns
    begin, end = record.span_ns
    if first <= end and last >= begin:
        return Hint()
    gap, where = (
        (first - end, "after the trace ends")
        if first > end
        else (begin - last, "before the trace begins")
    )
    side = "starts" if first > end else "ends"
    return Hint(
        f"{movie.name} and the trace do not overlap: the movie {side} "
        f"{length_text(gap / 1e9)} {where}. Check the alignment.",
        action=FIT_BOTH,
        is_warning=True,
    )
