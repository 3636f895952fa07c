"""A simulated experiment: the movie, the record, the clocks and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import ArraySource, FrameArray, Movie
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.simulate.clocks import Clocks
from napari_insitu_tem.simulate.film import Microscope
from napari_insitu_tem.simulate.truth import FrameTruth, TrueEvent

Specimen = TypeVar("Specimen")
Truth = TypeVar("Truth", bound=FrameTruth)


@dataclass(frozen=True, eq=False)
class Simulated(Generic[Specimen, Truth]):
    """Everything about one simulated experiment.

    Attributes
    ----------
    name, title
        For files and for people.
    seed
        Gives the same experiment again.
    specimen, microscope
        The models, with the numbers they were given.
    frames
        (t, y, x) counts.
    times
        Frame times on the movie's clock.
    record
        The potentiostat's samples: `time_s` on the trace's clock, `potential_V`,
        `current_A`, `charge_C`, `cycle`, `step`.
    technique
        As the instrument names it.
    clocks
        How the two clocks are related, and what the files say.
    truth
        What each frame shows.
    events
        What happened, on both clocks.
    """

    name: str
    title: str
    seed: int
    specimen: Specimen
    microscope: Microscope
    frames: NDArray[np.uint]
    times: FrameTimes
    record: pd.DataFrame
    technique: str
    clocks: Clocks
    truth: Truth
    events: tuple[TrueEvent, ...]

    @property
    def pixel_size_nm(self) -> float:
        """Size of a pixel."""
        return self.microscope.pixel_size_nm

    def movie(self) -> Movie:
        """The movie, as if it had been read from a file."""
        return Movie(
            self.name,
            FrameArray(ArraySource(self.frames)),
            Calibration.square(self.pixel_size_nm, source="simulated"),
            self.times,
            StartStamp(self.clocks.movie_start, 1.0, "simulated"),
            format="simulated",
        )

    def trace(self) -> Trace:
        """The record, as if it had been read from a file."""
        return Trace.from_columns(
            {str(name): self.record[name] for name in self.record},
            name=self.name,
            stamp=StartStamp(self.clocks.trace_start, 1.0, "simulated"),
            technique=self.technique,
            format="simulated",
        )

    def experiment(self) -> Experiment:
        """Movie and trace with the true alignment."""
        experiment = Experiment(self.movie(), self.trace(), name=self.name)
        experiment.document = experiment.document.with_alignment(
            self.name, self.clocks.alignment
        )
        return experiment
