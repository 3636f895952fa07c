"""What is open, in words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from napari_insitu_tem.model.alignment import Alignment
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.joining import HALF_CYCLE
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.widgets.timeline.column_titles import column_title
from napari_insitu_tem.widgets.timeline.formatting import length_text

#: Further columns of a record that are named.
_NAMED_COLUMNS = 3


def breakable(name: str) -> str:
    """A name that may be broken into lines after its underscores, dots and dashes."""
    return re.sub(r"([_.\-])", "\\1\u200b", name)


def foldable(sentence: str) -> str:
    """A sentence whose longest names, wider than a dock, may be broken into lines."""
    return re.sub(r"\S{25,}", lambda found: breakable(found.group()), sentence)


def movie_facts(movie: Movie) -> str:
    """Format and size: "TIFF, 480 frames of 512 x 384 px, uint16, 180 MiB"."""
    height, width = movie.shape[1:3]
    count = f"{len(movie)} frame{'s' if len(movie) != 1 else ''}"
    colour = ", colour" if movie.is_colour else ""
    return (
        f"{movie.format or 'Movie'}, {count} of {width} × {height} px, "
        f"{movie.dtype}{colour}, {bytes_text(movie.frames.nbytes)}"
    )


def trace_facts(trace: Trace) -> str:
    """Format and size: "EC-Lab text, 12000 rows, 3 h 20 min"."""
    first, last = trace.span_ns
    length = length_text((last - first) / 1e9)
    rows = f"{len(trace)} row{'s' if len(trace) != 1 else ''}"
    return f"{trace.format or 'Record'}, {rows}, {length}"


def trace_signals(trace: Trace) -> str:
    """What was recorded: technique, potential against what, current, charge."""
    found = []
    if trace.has("potential_V"):
        against = f" vs {trace.reference}" if trace.reference else ""
        found.append(f"potential{against}")
    if trace.has("current_A"):
        found.append("current")
    if trace.has("charge_C"):
        found.append(f"charge ({trace.charge_source or 'source unknown'})")
    found += _further(trace)
    signals = ", ".join(found) or "no potential and no current"
    return f"{trace.technique}: {signals}" if trace.technique else signals


def _further(trace: Trace) -> list[str]:
    """The other columns, the first few by name."""
    names = [column_title(name) for name in trace.others if name != HALF_CYCLE]
    more = len(names) - _NAMED_COLUMNS
    rest = [f"{more} more"] if more > 0 else []
    return [name[:1].lower() + name[1:] for name in names[:_NAMED_COLUMNS]] + rest


def start_text(stamp: StartStamp | None) -> str:
    """When a clock stood at zero; "" where that is unknown."""
    if stamp is None:
        return ""
    zone = " (local time, zone unknown)" if stamp.is_naive else ""
    return f"Starts {_clock(stamp.when)}{zone}"


def _clock(when: datetime) -> str:
    digits = "milliseconds" if when.microsecond else "seconds"
    return when.isoformat(sep=" ", timespec=digits)


def bytes_text(size: int) -> str:
    """A size in memory: "180 MiB"."""
    value, units = float(size), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.3g} {units[0]}" if value < 1000 else f"{value:.0f} {units[0]}"


def experiment_name(experiment: Experiment) -> str:
    """Its own name, else that of its first file."""
    if experiment.folder is not None:
        return experiment.name
    movies = [movie.name for movie in experiment.movies]
    traces = [trace.name for trace in experiment.traces]
    return next(iter([*movies, *traces]), experiment.name)


def experiment_title(experiment: Experiment, is_saved: bool) -> str:
    """Name of what is open, and whether it is on disk."""
    if not experiment.movies and not experiment.traces:
        return "Nothing is open yet."
    if experiment.folder is None:
        return "Not saved as an experiment yet."
    unsaved = "" if is_saved else " has edits that are not saved."
    return f"{experiment.folder.name}{unsaved}"


def alignment_sentence(alignment: Alignment) -> str:
    """The alignment without its note."""
    return replace(alignment, note="").describe()


def alignment_line(alignment: Alignment) -> str:
    """One line of a history: when, and what."""
    made = alignment.created_utc.replace("T", " ").split(".")[0].rstrip("Z")
    when = f"{made} UTC: " if made else ""
    return f"{when}{alignment_sentence(alignment)}"
