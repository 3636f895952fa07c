"""What a file says of its frames beside the pixels, gathered while it is opened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.io.movies.units import clean_unit, is_reciprocal, nm_per
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.dataset import Dataset, find_dataset
from napari_insitu_tem.model.movie import FrameArray, FrameSource, Movie
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp, to_ns

TEXT_LIMIT = 500
#: No movie is longer than 285 years, the most that nanoseconds can count.
LONGEST_S = 9e9


@dataclass
class Facts:
    """Calibration, times, start and remarks found so far.

    Attributes
    ----------
    flavour
        Which kind of the format the file is, in words; may be empty.
    calibration, frame_sizes_nm, times, stamp, metadata, warnings, datasets, dataset
        As in a movie.
    exposure_s
        Exposure of every frame where the file gives one for all.
    """

    flavour: str = ""
    calibration: Calibration | None = None
    frame_sizes_nm: NDArray[np.float64] | None = None
    times: FrameTimes | None = None
    exposure_s: float | None = None
    stamp: StartStamp | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    datasets: tuple[Dataset, ...] = ()
    dataset: str = ""

    def choose(
        self,
        datasets: Sequence[Dataset],
        wanted: str,
        path: Path,
        *,
        best: int,
        why: str = "",
    ) -> int:
        """Place of the dataset that becomes the movie.

        Parameters
        ----------
        datasets
            All of the file.
        wanted
            Key or name of one; "" for the best one.
        path
            The file.
        best
            Place of the one that is taken without a wish.
        why
            What to say then: "The file holds 3 images; the largest was taken."

        Raises
        ------
        ReadError
            There is none of that name.
        """
        place = find_dataset(datasets, wanted, path) if wanted else best
        self.datasets, self.dataset = tuple(datasets), datasets[place].key
        if why and not wanted and len(datasets) > 1:
            self.warn(f"{why} Another one can be chosen as its dataset.")
        return place

    def warn(self, sentence: str) -> None:
        """Keep a sentence for the user, once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def note(self, **values: Any) -> None:
        """Keep plain values; long texts are cut, containers left out."""
        for key, value in values.items():
            if isinstance(value, bytes):
                value = value.decode("utf-8", "replace").strip("\x00 ")
            if isinstance(value, str):
                value = value[:TEXT_LIMIT]
            if isinstance(value, (str, int, float, bool)) and value != "":
                self.metadata[key] = value

    def expose(self, seconds: float) -> None:
        """Take an exposure of every frame, if it is a possible one."""
        if 0 < seconds < LONGEST_S:
            self.exposure_s = seconds
            self.note(exposure_s=seconds)

    def time_evenly(self, frames: int, interval_s: float, source: str) -> None:
        """Take a frame interval from the file, or warn why it is none."""
        if interval_s > 0 and interval_s * frames < LONGEST_S:
            self.times = FrameTimes.regular(frames, interval_s, source=source)
        else:
            self.warn(
                f"Its frame interval is written as {interval_s:g} s ({source}), which "
                "is impossible, so the frames have no times."
            )

    @property
    def exposed_times(self) -> FrameTimes | None:
        """The times, with the exposure where only that of every frame is known."""
        if self.times is None or self.times.exposure_ns is not None:
            return self.times
        if self.exposure_s is None:
            return self.times
        exposures = np.full(len(self.times), to_ns(self.exposure_s))
        return replace(self.times, exposure_ns=exposures)

    def calibrate(self, y: float, x: float, unit: object, source: str) -> None:
        """Take a pixel size, or warn why it is not one.

        Parameters
        ----------
        y, x
            Distance between pixel centres along each axis, in `unit`.
        unit
            As the file spells it; empty and "pixel" mean uncalibrated, silently.
        source
            Where it was found, in words.
        """
        per = nm_per(unit)
        if is_reciprocal(unit):
            self.warn(
                f"Its scale is in {unit} ({source}): a diffraction pattern, so "
                "lengths stay in pixels."
            )
        elif per is not None:
            self._take(y * per, x * per, f"{y:g} x {x:g} {unit}", source)
        elif clean_unit(unit) not in ("", "pixel", "pixels", "px"):
            self.warn(
                f"Its scale is in {unit!r} ({source}), which is no known length, so "
                "lengths stay in pixels."
            )

    def calibrate_each(self, sizes_nm: ArrayLike) -> None:
        """Take a pixel size for each frame where the magnification was changed.

        Parameters
        ----------
        sizes_nm
            (T, 2) in the order (y, x), NaN where a frame's is not known. Where all
            known ones agree to a part in a million, what was taken before stays.
        """
        sizes = np.array(sizes_nm, dtype=np.float64).reshape(-1, 2)
        possible = np.isfinite(sizes) & (sizes > 0)
        sizes[~possible.all(axis=1)] = np.nan
        known = sizes[possible.all(axis=1)]
        if not len(known) or np.all(np.ptp(known, axis=0) <= 1e-6 * known[0]):
            return
        self.calibration, self.frame_sizes_nm = None, sizes
        low, high = known[:, 1].min(), known[:, 1].max()
        text = (
            "The magnification was changed during the movie: a pixel is "
            f"{low:.4g} to {high:.4g} nm wide. Tables use the size of each row's own "
            "frame; the canvas is in pixels."
        )
        lost = len(sizes) - len(known)
        if lost:
            text += f" Of {lost} frames the size is not known."
        self.warn(text)

    def _take(self, y_nm: float, x_nm: float, written: str, source: str) -> None:
        if not all(math.isfinite(size) and size > 0 for size in (y_nm, x_nm)):
            self.warn(
                f"Its pixel size is written as {written} ({source}), which is "
                "impossible, so lengths stay in pixels."
            )
            return
        self.calibration = Calibration(y_nm, x_nm, source=source)
        if not self.calibration.is_square:
            self.warn(f"Its pixels are not square: {self.calibration.describe()}.")


def build_movie(
    source: FrameSource,
    facts: Facts,
    paths: Sequence[Path],
    *,
    name: str,
    form: str,
    reader: str,
) -> Movie:
    """A movie from a frame source and what is known of it.

    Parameters
    ----------
    form
        Name of the format, to which the flavour is added.
    reader
        The library that read it.
    """
    return Movie(
        name=name,
        frames=FrameArray(source),
        calibration=facts.calibration,
        frame_sizes_nm=facts.frame_sizes_nm,
        times=facts.exposed_times,
        stamp=facts.stamp,
        paths=tuple(paths),
        format=f"{form} ({facts.flavour})" if facts.flavour else form,
        reader=reader,
        metadata=facts.metadata,
        warnings=tuple(facts.warnings),
        datasets=facts.datasets,
        dataset=facts.dataset,
    )
