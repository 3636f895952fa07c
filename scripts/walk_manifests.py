"""Read every file of a collection and compare it with the collection's manifest.

    python scripts/walk_manifests.py FOLDER

FOLDER holds `movies/` and `potentiostat/`, each with a `MANIFEST.tsv` that says what
is true of the files. Prints a table: format, files tried, right, asked about (and right
once the suggested columns are confirmed), refused with a sentence, wrong. The exit
status is 1 where a file is wrong, or a series is refused that should read.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from napari_insitu_tem.io.movies.units import nm_per
from napari_insitu_tem.io.registry import identify, read_movie, read_trace
from napari_insitu_tem.io.traces.start_times import read_date
from napari_insitu_tem.model.errors import (
    MissingExtraError,
    NeedsMappingError,
    ReadError,
)
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace

Row = dict[str, str]
OUTCOMES = ("right", "asked", "refused", "wrong")

#: Where a manifest and its file disagree: part of the name, the columns of the manifest
#: that are not compared, and why the file is right.
DISAGREEMENTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "maccor_002",
        ("t_last_s", "I_min_A", "I_max_A"),
        "the manifest took minutes for seconds, and the current without its sign",
    ),
    *(
        (
            name,
            ("rows", "t_first_s", "t_last_s", "E_max_V"),
            "the manifest adds two channels of the same time up",
        )
        for name in ("3stepCACA", "CVCA", "LSVCA")
    ),
    (
        "bs542_004_gr_li",
        ("start",),
        "the manifest has the stamp of the first row, which is at 1.001 s; a start is "
        "that of time zero",
    ),
    ("custom_data_001", ("rows",), "two of the lines hold nothing but semicolons"),
)
SPECTRA = re.compile(r"EIS|impedance|\.ism", re.IGNORECASE)
PICTURES = (
    "TIFF", "MRC", "PNG", "JPG", "Gatan DM", "FEI SER", "TVIPS", "EMD", "MP4", "GIF",
)  # fmt: skip


@dataclass
class Result:
    """What came of one file.

    Attributes
    ----------
    file, form
        As in the manifest.
    outcome
        One of `OUTCOMES`.
    is_series
        Whether the manifest describes it as something that has to read.
    notes
        What is wrong, or the sentence with which it was refused.
    """

    file: str
    form: str
    outcome: str
    is_series: bool
    notes: list[str] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        """Whether something has to be done."""
        return self.outcome == "wrong" or (self.outcome == "refused" and self.is_series)


def walk(folder: Path) -> Iterator[Result]:
    """The result of every file of both manifests that is here."""
    for room in ("movies", "potentiostat"):
        manifest = folder / room / "MANIFEST.tsv"
        if manifest.is_file():
            with manifest.open(encoding="utf-8") as file:
                rows = list(csv.DictReader(file, delimiter="\t"))
            for row in rows:
                yield compared(folder / room / row["file"], row)


def compared(path: Path, row: Row) -> Result:
    """Read one file and compare it with its row."""
    is_picture = "shape" in row
    is_series = is_movie(row) if is_picture else is_record(row)
    result = Result(row["file"], row["format"].split(" (")[0], "right", is_series)
    asked = False
    try:
        try:
            opened: Movie | Trace = opener(path)(path)
        except NeedsMappingError as error:
            if "time_s" not in error.preview.suggested.columns:
                raise
            asked = True
            opened = read_trace(path, mapping=error.preview.suggested)
        if isinstance(opened, Movie):
            result.notes = movie_differences(row, opened)
            opened.close()
        elif is_picture:
            result.notes = log_differences(row, opened)
        else:
            result.notes = record_differences(row, opened)
    except ReadError as error:
        return refused(result, path, error)
    result.outcome = "wrong" if result.notes else "asked" if asked else "right"
    return result


def opener(path: Path) -> Any:
    """The function that reads a file of its kind."""
    return read_movie if identify(path).kind == "movie" else read_trace


def refused(result: Result, path: Path, error: ReadError) -> Result:
    """A refusal counts as one where it is a sentence that names the file."""
    is_sentence = path.name in error.message and error.message.endswith(".")
    result.outcome = "refused" if is_sentence and error.hint else "wrong"
    result.is_series = result.is_series and not isinstance(error, MissingExtraError)
    result.notes = [error.message]
    return result


# -- records -------------------------------------------------------------------------


def is_record(row: Row) -> bool:
    """Whether the manifest describes a record against time."""
    is_spectrum = SPECTRA.search(row["technique"] + row["format"])
    return bool(row["rows"] and row["t_last_s"]) and not is_spectrum


def compared_columns(row: Row) -> set[str]:
    """The columns in which the manifest can be believed."""
    left = {name for part, names, _ in DISAGREEMENTS if part in row["file"]
            for name in names}  # fmt: skip
    return set(row) - left


def limits(trace: Trace, column: str) -> list[float]:
    """Smallest and largest number of a column."""
    values = trace.values(column)
    values = values[np.isfinite(values)]
    return [values.min(), values.max()] if values.size else [np.nan, np.nan]


def record_differences(row: Row, trace: Trace) -> list[str]:
    """What a trace and its row disagree on."""
    found: dict[str, Any] = {"rows": len(trace)}
    if len(trace):
        found["t_first_s"], found["t_last_s"] = np.array(trace.span_ns) / 1e9
    found["E_min_V"], found["E_max_V"] = limits(trace, "potential_V")
    found["I_min_A"], found["I_max_A"] = limits(trace, "current_A")
    believed = compared_columns(row)
    notes = [
        f"{key} is {value}, not {row[key]}"
        for key, value in found.items()
        if row[key]
        and key in believed
        and not np.isclose(value, float(row[key]), rtol=1e-5, atol=1e-15)
    ]
    if "start" in believed:
        notes += start_differences(row["start"], trace)
    return notes


def start_differences(text: str, trace: Trace) -> list[str]:
    """The start must be the manifest's, or one of two readings that are both told."""
    unix = re.fullmatch(r"unix ([\d.]+)", text)
    if unix is not None:
        found = np.nan if trace.start is None else trace.start.timestamp()
        is_same = abs(found - float(unix[1])) < 0.01
        return [] if is_same else [f"start {trace.start}, not {text}"]
    reading = read_date(text)
    if reading is None:
        return []
    readings = {reading.when, reading.exchanged().when}
    told = {datetime.fromisoformat(t) for t in trace.metadata.get("start_readings", [])}
    if trace.start is None:
        return [f"no start, although it is {text}"]
    if reading.is_ambiguous and told:
        return [] if told == readings else [f"start may be {told}"]
    clock = trace.start.replace(tzinfo=None)  # the manifest has local time
    apart = min(abs((clock - when).total_seconds()) for when in readings)
    return [] if apart < 1e-3 else [f"start {trace.start}, not {text}"]


def log_differences(row: Row, trace: Trace) -> list[str]:
    """A holder's log among the movies: rows, interval, start and end."""
    notes = []
    rows = re.match(r"\((\d+),", row["shape"])
    if rows and len(trace) != int(rows[1]):
        notes.append(f"{len(trace)} rows")
    step = re.fullmatch(r"([\d.]+) s", row["frame_interval"])
    median = float(np.median(np.diff(trace.time_ns))) / 1e9
    if step and abs(median - float(step[1])) > 0.01:
        notes.append(f"interval {median} s")
    span = re.match(r"(\S+) ([\d:.]+) \.\. ([\d:.]+) local", row["acquisition_time"])
    if span:
        expected = [datetime.fromisoformat(f"{span[1]} {span[i]}") for i in (2, 3)]
        zero = trace.start or datetime.min
        ends = [zero + timedelta(microseconds=int(t) / 1e3) for t in trace.span_ns]
        if any(abs(a - b) > timedelta(milliseconds=10)
               for a, b in zip(ends, expected, strict=True)):  # fmt: skip
            notes.append(f"from {ends[0]} to {ends[1]}")
    return notes


# -- movies --------------------------------------------------------------------------


def is_movie(row: Row) -> bool:
    """Whether a row is images or a log, not a part of a file, a text or a spectrum."""
    if row["format"].startswith("Gatan DM"):
        is_image = all(int(n) > 1 for n in re.findall(r"\d+", row["shape"])[-2:])
        is_spectrum = "ref_F_1_1" in row["file"] or "ref_F_2_1" in row["file"]
        return is_image and not is_spectrum and "complex" not in row["dtype"]
    if "Digiheater" in row["format"]:
        return True
    return row["format"].startswith(PICTURES) and "header only" not in row["format"]


def expected_shape(row: Row) -> tuple[int, ...]:
    """(y, x), (y, x, channel) and (t, y, x) of the manifest as the movie's shape."""
    shape = tuple(int(n) for n in re.findall(r"\d+", row["shape"]))
    is_stack = len(shape) == 3 and (shape[-1] not in (3, 4) or shape[0] < 9)
    shape = shape if is_stack or len(shape) == 4 else (1, *shape)
    if row["format"] == "EMD Velox" and len(shape) == 3:
        shape = (shape[-1], *shape[:-1])  # the file's own order is (y, x, t)
    if row["dtype"] == "dm23":  # colour
        shape = (*shape[-3:], 3)
    return shape


def expected_nm(text: str) -> list[float] | None:
    """(y, x) in nm; burnt-in bars, unset sizes and one over metres are none."""
    found = re.findall(r"(?:^|; )(-?[\d.e-]+) (nm|µm|micron|A|pm|m)\b", text)
    sizes = [float(number) * (nm_per(unit) or 0) for number, unit in found[:2]]
    if not sizes or not 0 < min(sizes) < 1e9:
        return None
    return [sizes[-1], sizes[0]]


def expected_start(text: str) -> datetime | None:
    """The start in UTC where a row has one, else the local one of a TIFF tag."""
    utc = re.search(r"(\d{4}-\d\d-\d\d)[T ]([\d:.]+)(?:Z|$)", text)
    if utc is not None:
        return datetime.fromisoformat(f"{utc[1]}T{utc[2]}+00:00")
    local = re.match(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d", text)
    return datetime.strptime(local[0], "%Y:%m:%d %H:%M:%S") if local else None


def movie_differences(row: Row, movie: Movie) -> list[str]:
    """What a movie and its row disagree on."""
    shape = expected_shape(row)
    dtype = {"dm14": "uint8", "dm23": "uint8"}.get(row["dtype"], row["dtype"])
    notes = []
    if movie.shape not in (shape, shape[1:]):
        notes.append(f"shape {movie.shape}, not {shape}")
    if str(movie.dtype) != dtype.removesuffix(" yuv420p"):
        notes.append(f"dtype {movie.dtype}")
    size, found = expected_nm(row["pixel_size"]), movie.calibration
    is_told = row["pixel_size"] or row["format"] != "EMD Berkeley"
    if is_told and (size is None) != (found is None):
        notes.append(f"pixel size {movie.pixel_size_nm}, not {size}")
    elif size and found and not np.allclose(found.scale_nm, size, rtol=1e-5):
        notes.append(f"pixel size {found.scale_nm}, not {size}")
    frame = movie.frames.frame(len(movie) - 1)
    if frame.shape != movie.shape[1:] or not np.isfinite(frame).all():
        notes.append("its last frame")
    return notes + time_differences(row, movie)


def time_differences(row: Row, movie: Movie) -> list[str]:
    """Start, exposure and interval."""
    notes = []
    start, found = expected_start(row["acquisition_time"]), movie.start
    if start and (found is None or abs(found - start) > timedelta(microseconds=2)):
        notes.append(f"start {found}, not {start}")
    exposure = re.search(r"exposure ([\d.]+) s", row["frame_interval"])
    if exposure and not np.isclose(
        movie.metadata.get("exposure_s", np.nan), float(exposure[1])
    ):
        notes.append(f"exposure {movie.metadata.get('exposure_s')}")
    interval = re.match(r"([\d.]+) s$", row["frame_interval"])
    if interval and float(interval[1]) > 0 and len(movie) > 1:
        times = movie.times_s
        step = np.nan if times is None else (times[-1] - times[0]) / (len(movie) - 1)
        if not np.isclose(step, float(interval[1]), rtol=0.01):
            notes.append(f"interval {step} s, not {interval[1]} s")
    return notes


# -- the table -----------------------------------------------------------------------


def table(results: Sequence[Result]) -> str:
    """A row a format, in Markdown."""
    lines = ["| format | tried | " + " | ".join(OUTCOMES) + " |", "|---|" + "--:|" * 5]
    forms = sorted({result.form for result in results}, key=str.lower)
    for form in (*forms, "all"):
        of_form = [r for r in results if form in (r.form, "all")]
        counts = [sum(r.outcome == outcome for r in of_form) for outcome in OUTCOMES]
        cells = [form, len(of_form), *counts]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Print the table, and what has to be looked at."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    results = list(walk(Path(arguments[0])))
    print(table(results))
    bad = [result for result in results if result.is_bad]
    for result in bad:
        print(f"\n{result.outcome}: {result.file}: {'; '.join(result.notes)}")
    return 1 if bad or not results else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
