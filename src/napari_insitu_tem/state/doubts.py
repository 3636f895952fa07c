"""Rows that are to be looked at: which they are, why, and the next one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.state.session import Session

#: Flag to its reason, as it follows after a colon.
_REASONS = {
    "low_contrast": "no step in brightness stands out from the noise.",
    "unresolved": "there is an edge, but it merges with another or is vague.",
    "out_of_frame": "it is beyond the end of the path or of the frame.",
    "ambiguous": "two places are about as likely.",
    "flat_or_round": "a flat and a round body are about as likely, and differ in size.",
    "jump": "it moved much farther than it usually does.",
    "too_short": "the shape is too small to be measured.",
    "no_path": "the path is not there.",
    "off_path": "the point is not on its path.",
    "no_drift": "the drift of the frame is not known.",
    "movie_missing": "the movie is not open.",
    "frame_missing": "the movie has no such frame.",
    "no_reference": "nothing is measured on the reference frames.",
    "no_model": "no volume model is chosen.",
    "no_length": "the length of the same object is missing.",
    "per_length": "it is a volume per length; the length was not measured.",
    "wrong_shape": "the quantity cannot be taken from this shape.",
    "self_crossing": "the outline crosses itself.",
    "not_measured": "it has not been measured on its frame.",
    "crossing": "the two boundaries cross.",
    "no_overlap": "the boundaries do not face each other.",
    "no_core": "the radius of the core cannot be found.",
    "gap": "the record has a gap here.",
    "not_identifiable": "the data cannot tell.",
    "lost": "it was given up before.",
    "no_data": "the frame is blank or cannot be read.",
    "not_tracked": "it was not followed there.",
}


def in_words(flag: str) -> str:
    """The reason of a flag as the end of a sentence; the word itself if unknown."""
    return _REASONS.get(flag, f"{flag.replace('_', ' ')}.")


@dataclass(frozen=True)
class Doubt:
    """A flagged row.

    Attributes
    ----------
    id, kind, movie, frame, flag
        Of the row.
    name
        What is measured there: "front 1", "diameter of NW-A".
    """

    id: str
    kind: str
    movie: str
    frame: int
    flag: str
    name: str


def doubts(session: Session, kinds: Iterable[str] | None = None) -> list[Doubt]:
    """Flagged rows of some kinds, or all, in the order of movies and frames."""
    found: list[Doubt] = []
    for kind in KINDS if kinds is None else kinds:
        if session.document.of_kind(kind):
            table = session.table(kind)
            rows = table[table["flag"].to_numpy(object) != ""]
            found += [_doubt(kind, row) for row in rows.to_dict("records")]
    order = {movie.name: i for i, movie in enumerate(session.experiment.movies)}
    return sorted(found, key=lambda d: (order.get(d.movie, len(order)), d.frame))


def _doubt(kind: str, row: dict[str, object]) -> Doubt:
    name = str(row["object"])
    if kind == "front":
        name = str(row["front"]) or name
    elif kind == "expansion":
        name = f"{row['quantity']} of {name}"
    elif kind == "event":
        name = str(row["label"])
    frame = int(str(row["frame"]))
    return Doubt(str(row["id"]), kind, str(row["movie"]), frame, str(row["flag"]), name)


def go_to_doubt(
    session: Session, direction: int = 1, kinds: Iterable[str] | None = None
) -> Doubt | None:
    """Select the next doubted row, or the one before, and bring its frame up.

    From the selected row if it is doubted, else from the playhead; after the last one
    comes the first. Says which it is and why; None where there is none.
    """
    found = doubts(session, kinds)
    if not found:
        session.say("No row is doubted.")
        return None
    doubt = found[_next_place(session, found, direction)]
    look_at_doubt(session, doubt, found)
    return doubt


def look_at_doubt(session: Session, doubt: Doubt, found: list[Doubt]) -> None:
    """Select a doubted row out of those found, bring its frame up, say why."""
    session.select([doubt.id], follow=True)
    session.say(
        f"Doubted row {found.index(doubt) + 1} of {len(found)}, {doubt.name}, "
        f"frame {doubt.frame}: {in_words(doubt.flag)}"
    )


def _next_place(session: Session, found: list[Doubt], direction: int) -> int:
    chosen = [i for i, doubt in enumerate(found) if doubt.id in session.selection]
    if chosen:
        return (chosen[0] + direction) % len(found)
    playhead = session.playhead
    if playhead is None:
        return 0
    order = {movie.name: i for i, movie in enumerate(session.experiment.movies)}
    here = order.get(playhead.movie, 0), playhead.frame
    keys = [(order.get(d.movie, len(order)), d.frame) for d in found]
    if direction > 0:
        return next((i for i, key in enumerate(keys) if key >= here), 0)
    back = [i for i, key in enumerate(keys) if key <= here]
    return back[-1] if back else len(found) - 1
