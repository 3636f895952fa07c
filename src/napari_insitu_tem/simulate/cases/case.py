"""A case: what is simulated, how it is filmed, what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.simulate.camera import Camera
from napari_insitu_tem.simulate.clocks import Clocks, middles_s
from napari_insitu_tem.simulate.experiment import Simulated
from napari_insitu_tem.simulate.film import Microscope, OpticalDepth
from napari_insitu_tem.simulate.truth import FrameTruth, TrueEvent

FloatArray = NDArray[np.float64]

#: The movie begins this long after the record; both stamps are right.
CLOCKS = Clocks(movie_start=datetime(2026, 5, 6, 10, 30, 0), offset_s=12.0)


@dataclass(frozen=True)
class Filming:
    """How a case is filmed.

    Attributes
    ----------
    shape
        (y, x) of the image.
    pixel_size_nm
        Of the image.
    frames, period_s, exposure_s
        Number of frames, from start to start, and the exposure.
    dose_e_px
        Electrons a pixel and a frame without specimen.
    blur_px
        Standard deviation of the point spread.
    gain
        Counts for an electron.
    drift_px_s
        (y, x) steady drift.
    drift_step_px
        Standard deviation of a random walk after one second.
    """

    shape: tuple[int, int]
    pixel_size_nm: float
    frames: int = 60
    period_s: float = 1.0
    exposure_s: float = 0.9
    dose_e_px: float = 20.0
    blur_px: float = 1.5
    gain: float = 4.0
    drift_px_s: tuple[float, float] = (0.0, 0.0)
    drift_step_px: float = 0.0

    @property
    def duration_s(self) -> float:
        """From the first frame's start to the last one's end."""
        return (self.frames - 1) * self.period_s + self.exposure_s

    @property
    def microscope(self) -> Microscope:
        """The microscope that films so, with an even beam."""
        return Microscope(
            shape=self.shape,
            pixel_size_nm=self.pixel_size_nm,
            taken=self.frames,
            lost=(),
            period_s=self.period_s,
            exposure_s=self.exposure_s,
            jitter_s=0.0,
            first_s=0.0,
            dose_e_px=self.dose_e_px,
            beam_px=1e6,
            blur_px=self.blur_px,
            camera=Camera(gain=self.gain, dtype="uint16"),
            drift_step_px=self.drift_step_px,
            drift_velocity_px_s=self.drift_px_s,
            bias_jump_px=(0.0, 0.0),
            bias_brightness=1.0,
        )


@dataclass(frozen=True, eq=False)
class Blueprint:
    """Everything about a case but the noise; times are on the trace's clock.

    Attributes
    ----------
    filming
        How it is filmed.
    depth
        Optical depth at points of the image.
    shown
        (T,) middles of exposures to columns of the truth, with the unit in the name.
    known
        Numbers that a measurement has to find, by name, with the unit in the name.
    drawn
        Shapes that a user would draw on the first frame: (n, 2) of (y, x) in px.
    record
        `time_s, potential_V, current_A, charge_C, cycle, step`.
    technique
        As an instrument names it.
    events
        What happens.
    """

    filming: Filming
    depth: OpticalDepth
    shown: Callable[[FloatArray], Mapping[str, FloatArray]]
    known: Mapping[str, float]
    drawn: Mapping[str, FloatArray]
    record: pd.DataFrame
    technique: str = "Chronopotentiometry"
    events: tuple[TrueEvent, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class CaseTruth(FrameTruth):
    """The truth of a case.

    Attributes
    ----------
    shown
        Further columns, (T,) each, with the unit in the name.
    """

    shown: Mapping[str, FloatArray] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """One row a frame; the columns of the case last."""
        values = {field.name: getattr(self, field.name) for field in fields(FrameTruth)}
        frames = np.arange(len(self))
        return pd.DataFrame({"frame": frames, **values, **self.shown})


@dataclass(frozen=True)
class CaseSpecimen:
    """What is known of a case beside its frames.

    Attributes
    ----------
    source
        Where the numbers come from.
    known
        Numbers that a measurement has to find, with the unit in the name.
    drawn
        Shapes a user would draw on the first frame: points (y, x) in px.
    """

    source: str
    known: dict[str, float]
    drawn: dict[str, list[list[float]]]


SimulatedCase = Simulated[CaseSpecimen, CaseTruth]


@dataclass(frozen=True)
class Case:
    """An experiment of the literature that can be simulated.

    Attributes
    ----------
    name
        For the command line.
    title
        What it shows.
    source
        Where its numbers come from.
    build
        Its blueprint, filmed in a given way; as the case has it where that is None.
    """

    name: str
    title: str
    source: str
    build: Callable[[], Blueprint]

    def simulate(
        self,
        *,
        dose_e_px: float | None = None,
        blur_px: float | None = None,
        drift_px_s: tuple[float, float] | None = None,
        drift_step_px: float | None = None,
        seed: int = 1,
    ) -> SimulatedCase:
        """Film it.

        Parameters
        ----------
        dose_e_px, blur_px, drift_px_s, drift_step_px
            See `Filming`; None leaves what the case has.
        seed
            Same seed, same movie.

        Raises
        ------
        ValueError
            The dose or the blur is negative.
        """
        plan = self.build()
        asked = {
            "dose_e_px": dose_e_px,
            "blur_px": blur_px,
            "drift_px_s": drift_px_s,
            "drift_step_px": drift_step_px,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        filming = replace(plan.filming, **given)  # type: ignore[arg-type]
        if filming.dose_e_px <= 0 or filming.blur_px < 0:
            raise ValueError("The dose must be positive, the blur at least zero.")
        return _filmed(self, plan, filming.microscope, seed)


def _filmed(
    case: Case, plan: Blueprint, microscope: Microscope, seed: int
) -> SimulatedCase:
    of_times, of_drift, of_camera = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3)
    )
    times = microscope.frame_times(of_times)
    moments = CLOCKS.to_trace_s(middles_s(times))
    shifts = microscope.shifts(moments, np.inf, np.inf, of_drift)
    doses = microscope.doses_e_px(times, np.inf, np.inf)
    common = microscope.frame_truth(times, CLOCKS, shifts, doses)
    return Simulated(
        name=case.name.replace("-", "_"),
        title=case.title,
        seed=seed,
        specimen=CaseSpecimen(
            source=case.source,
            known=dict(plan.known),
            drawn={k: np.asarray(v).tolist() for k, v in plan.drawn.items()},
        ),
        microscope=microscope,
        frames=microscope.film(plan.depth, moments, shifts, doses, of_camera),
        times=times,
        record=plan.record,
        technique=plan.technique,
        clocks=CLOCKS,
        truth=CaseTruth(**common, shown=dict(plan.shown(moments))),
        events=plan.events,
    )
