"""The electron dose of a movie: what a dock or a script sets, asks for and says.

Every change is one undoable step. What has to read frames is a plan: its work runs in a
thread, and nothing changes before it is put in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from napari_insitu_tem.measure.counts import Region, find_empty, mean_counts
from napari_insitu_tem.measure.gain import MOVING, OFFSET, GainEstimate, estimate_gain
from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import ExperimentError, MeasurementError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.movie_dose import MovieDose, missing
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.state.session import Session

#: Why a gain cannot be estimated.
_NO_GAIN = {
    "too_few": "it has too few different frames, or too few pixels.",
    "constant": "its frames have no noise: they repeat, or are drawn.",
    "saturated": "many of its pixels are at the highest value.",
    "moving": "most of the image changes by more than noise.",
    "unresolved": "its noise does not tell it to within 30 %.",
}

#: Where to set what a beam cannot say itself.
_ELSEWHERE = {
    "the pixel size": "The pixel size is set in the Experiment dock.",
    "the times of the frames": "A frame interval is typed in the Experiment dock.",
}

#: A larger part of the frame than this is hardly a place without specimen.
_MOST = 0.5


@dataclass(frozen=True, eq=False)
class BeamPlan:
    """Something to be found out about the beam of a movie.

    Attributes
    ----------
    title
        What is being done, for a progress bar.
    label
        What was done, for the undo menu.
    movie
        Name of the movie.
    before
        The beam that it starts from; where it is another by the time the work is done,
        the result is void.
    work
        Reads frames; runs in a thread and changes nothing.
    """

    title: str
    label: str
    movie: str
    before: Beam | None
    work: Callable[[Progress], Beam]


def beam_of(session: Session) -> Beam:
    """How the dose of the movie under the playhead is known; an empty one at first."""
    movie = session.movie
    if movie is None:
        return Beam()
    return session.document.beams.get(movie.name, Beam())


def set_beam(session: Session, beam: Beam | None) -> None:
    """Say how the dose of the movie under the playhead is known; None forgets it.

    Raises
    ------
    ExperimentError
        There is no movie.
    """
    movie = _movie(session)
    if session.document.beams.get(movie.name) == beam:
        return
    what = "forget" if beam is None else "set"
    session.edit(
        f"{what} beam of {movie.name}", session.document.with_beam(movie.name, beam)
    )


def change_beam(session: Session, **values: Any) -> None:
    """Change some of what is known of the beam, as one step.

    A typed gain, offset or uncertainty is no estimate any more. A diameter takes the
    place of an area, and the other way round.

    Parameters
    ----------
    session
        The open experiment.
    values
        Attributes of `Beam`.

    Raises
    ------
    ExperimentError
        There is no movie.
    MeasurementError
        A value is impossible.
    """
    if "gain" in values:
        source = "" if values["gain"] is None else "typed"
        values = {"gain_source": source, "gain_flag": "", "u_gain": None, **values}
    if values.get("diameter_nm") is not None:
        values["area_nm2"] = None
    if values.get("area_nm2") is not None:
        values["diameter_nm"] = None
    set_beam(session, replace(beam_of(session), **values))


def earlier_dose(session: Session) -> float:
    """Dose in e/A^2 that the earlier movies of the experiment leave behind.

    Earlier are those that began before the movie under the playhead, by the start times
    of their files. Each adds what it shows by its last frame, the first one with what
    came before it. That all show the same part of the specimen, and that it was not lit
    between them, is for the user to say: put the number in place with
    ``change_beam(session, before_e_A2=earlier_dose(session))``.

    Raises
    ------
    ExperimentError
        There is no movie.
    MeasurementError
        A start time or the dose of an earlier movie is not known.
    """
    movie = _movie(session)
    others = [f for f in session.experiment.movies if f.name != movie.name]
    starts = []
    for film in others:
        if film.stamp is None or movie.stamp is None:
            unknown = film if film.stamp is None else movie
            raise MeasurementError(
                f"The start of {unknown.name} is not known: the movies have no order.",
                hint="Type the dose before the first frame.",
            )
        starts.append((film.stamp.minus(movie.stamp), film.name))
    earlier = [name for when, name in sorted(starts) if when < 0]
    total = 0.0
    for place, name in enumerate(earlier):
        dose = session.experiment.dose(name)
        last = np.nan if dose is None else float(dose.dose[-1])
        if not np.isfinite(last):
            raise MeasurementError(
                f"The dose of {name}, which came earlier, is not known.",
                hint="Make it known first, or type the dose before the first frame.",
            )
        own = session.document.beams[name].before_e_A2 if place else 0.0
        total += last - own
    return total


def plan_gain(session: Session) -> BeamPlan:
    """Estimate the gain from the noise of the movie, and read its counts.

    Raises
    ------
    ExperimentError
        There is no movie.
    """
    movie, beam = _movie(session), replace(beam_of(session), way="counts")

    def work(progress: Progress = no_progress) -> Beam:
        found = estimate_gain(movie, offset=beam.offset, progress=progress)
        return _with_counts(_with_gain(beam, found, movie.name), movie, progress)

    return _plan(session, "Estimating the gain", "estimate gain", work)


def plan_counts(session: Session, region: Region | None) -> BeamPlan:
    """Read the mean counts of the frames, in a region or (None) of whole frames.

    Raises
    ------
    ExperimentError
        There is no movie.
    """
    movie = _movie(session)
    beam = replace(beam_of(session), way="counts", region=region)

    def work(progress: Progress = no_progress) -> Beam:
        return _with_counts(beam, movie, progress)

    return _plan(session, "Reading the counts", "read counts", work)


def plan_empty_region(session: Session) -> BeamPlan:
    """Find a place without specimen, and read the counts there.

    Raises
    ------
    ExperimentError
        There is no movie.
    """
    movie, beam = _movie(session), replace(beam_of(session), way="counts")

    def work(progress: Progress = no_progress) -> Beam:
        region = find_empty(movie, progress=progress)
        return _with_counts(replace(beam, region=region), movie, progress)

    return _plan(session, "Reading the counts", "choose place for counts", work)


def put_beam(
    session: Session, plan: BeamPlan, beam: Beam, *, onto: Document | None = None
) -> bool:
    """Put what a plan found in place, as one step; whether it still held.

    Parameters
    ----------
    session
        The open experiment.
    plan, beam
        The plan, and what its work returned.
    onto
        The document that another step just made, to which this belongs: both are then
        one step of undo.
    """
    movies = {movie.name for movie in session.experiment.movies}
    if (
        plan.movie not in movies
        or session.document.beams.get(plan.movie) != plan.before
    ):
        return False
    document = session.document.with_beam(plan.movie, beam)
    session.edit(f"{plan.label} of {plan.movie}", document, onto=onto)
    return True


def needs_counts(session: Session) -> bool:
    """Whether the counts of the movie are all that has to be read."""
    beam = beam_of(session)
    return beam.way == "counts" and beam.gain is not None and not beam.counts


# -- in words -----------------------------------------------------------------------


def dose_sentence(session: Session) -> str:
    """Rate and sum of the movie's dose: "0.10 e/Å²/s, 20.0 e/Å² by the last frame"."""
    movie = session.movie
    if movie is None:
        return "Open a movie first."
    beam = session.document.beams.get(movie.name)
    if beam is None:
        return "The dose of this movie is not known yet."
    lacks = missing(beam, movie)
    if lacks:
        more = [_ELSEWHERE[what] for what in lacks if what in _ELSEWHERE]
        return " ".join([f"Missing: {_listed(lacks)}.", *more])
    dose = session.experiment.dose(movie.name)
    assert dose is not None
    return in_words(dose)


def in_words(dose: MovieDose) -> str:
    """The dose of a movie in a sentence."""
    if not np.isfinite(dose.rate).any():
        return "No frame of the movie has a dose rate."
    last, spread = dose.dose[-1], dose.u_dose[-1]
    sure = "uncertainty not stated"
    if np.isfinite(spread) and last > 0:
        sure = f"±{100 * spread / last:.2g} %"
    text = f"{_rates(dose)}, {_number(last)} e/Å² by the last frame, {sure}."
    unknown = int(np.count_nonzero(dose.flag != ""))
    if unknown:
        are = "frame has" if unknown == 1 else "frames have"
        text += f" {unknown} {are} no rate; the sum goes on with the rate before."
    return text


def doubts_of(beam: Beam, movie: Movie | None = None) -> tuple[str, ...]:
    """What to think of before the dose is believed, a sentence each.

    Parameters
    ----------
    beam
        How the dose is known.
    movie
        Whose; tells how much of its frames the counts are of.
    """
    if beam.way != "counts":
        return ()
    said = []
    if beam.gain_flag == MOVING:
        said.append(
            "Most of the image moves: the gain is an upper limit, the dose a lower one."
        )
    if beam.gain_flag == OFFSET:
        said.append(
            f"A dark level of {beam.offset or 0.0:.4g} counts was seen and taken off; "
            "type it if you know it."
        )
    if beam.counts and (part := _most_of_frame(beam.region, movie)):
        said.append(
            f"{part}: what the specimen scatters away is missing from the dose."
        )
    return tuple(said)


def _most_of_frame(region: Region | None, movie: Movie | None) -> str:
    """What the counts are of, where that can hardly be a place beside the specimen."""
    if region is None:
        return "Whole frames"
    if movie is None:
        return ""
    y0, x0, y1, x1 = region
    part = (y1 - y0) * (x1 - x0) / (movie.shape[1] * movie.shape[2])
    return f"{100 * part:.0f} % of the frame" if part > _MOST else ""


def _rates(dose: MovieDose) -> str:
    known = dose.rate[np.isfinite(dose.rate)]
    low, high = float(known.min()), float(known.max())
    if high - low <= 0.05 * high:
        return f"{_number(float(known.mean()))} e/Å²/s"
    return f"{_number(low)} to {_number(high)} e/Å²/s"


def _number(value: float) -> str:
    """Three digits, zeros at the end kept."""
    if value == 0 or not np.isfinite(value):
        return f"{value:.3g}"
    digits = 2 - int(np.floor(np.log10(abs(value))))
    return (
        f"{value:.{min(max(digits, 0), 6)}f}" if abs(value) > 1e-4 else f"{value:.2e}"
    )


def _listed(things: tuple[str, ...]) -> str:
    *first, last = things
    return f"{', '.join(first)} and {last}" if first else last


# -- the work -----------------------------------------------------------------------


def _movie(session: Session) -> Movie:
    movie = session.movie
    if movie is None:
        raise ExperimentError("There is no movie whose dose could be known.")
    return movie


def _plan(
    session: Session, title: str, label: str, work: Callable[..., Beam]
) -> BeamPlan:
    name = _movie(session).name
    before = session.document.beams.get(name)
    return BeamPlan(f"{title} of {name}", label, name, before, work)


def _with_gain(beam: Beam, found: GainEstimate, movie: str) -> Beam:
    """The beam with an estimated gain."""
    if not np.isfinite(found.gain):
        why = _NO_GAIN.get(found.flag, found.flag)
        raise MeasurementError(
            f"The gain cannot be estimated from {movie}: {why}",
            hint="Type the counts for an electron from the camera's data sheet.",
        )
    return replace(
        beam,
        gain=found.gain,
        u_gain=found.u_gain,
        gain_source="estimated",
        gain_flag=found.flag,
        offset=found.offset if found.flag == OFFSET else beam.offset,
    )


def _with_counts(beam: Beam, movie: Movie, progress: Progress) -> Beam:
    """The beam with the counts of the frames in its region."""
    return replace(beam, counts=mean_counts(movie, beam.region, progress=progress))
