"""Rate laws fitted to a front, on what each frame of its kymograph says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.fronts.track import FrontTrack, Surface
from napari_insitu_tem.measure.laws.choice import compare_laws
from napari_insitu_tem.measure.laws.fitting import fit_law
from napari_insitu_tem.measure.laws.result import LawFit
from napari_insitu_tem.measure.paths import length_of
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.law_basis import basis_of
from napari_insitu_tem.model.progress import Progress
from napari_insitu_tem.model.rate_law import FrontLaw
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.model.timebase import utc_now
from napari_insitu_tem.state.kymographs import kymographs_of
from napari_insitu_tem.state.laws.report import Units
from napari_insitu_tem.state.laws.request import FrontData, LawRequest
from napari_insitu_tem.state.session import Session

FloatArray = NDArray[np.float64]

#: Prefixes of the unit of charge.
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: ""}
#: The charge goes both ways if so much of the way is gone back.
_BACK = 0.02


@dataclass(frozen=True, eq=False)
class Axis:
    """The abscissa of a fit.

    Attributes
    ----------
    x
        (T,) in `unit`, NaN where it is not known; a frame each.
    time_s
        (T,) middles of the exposures.
    unit
        "s", "nC".
    per_unit
        What a unit of x is in s or C.
    is_there_and_back
        Whether it went both ways.
    """

    x: FloatArray
    time_s: FloatArray
    unit: str
    per_unit: float
    is_there_and_back: bool


@dataclass(frozen=True, eq=False)
class LawPlan:
    """A fit about to be made.

    Attributes
    ----------
    title
        What is being done, for a progress bar.
    fit
        Does the work; runs in a thread and changes nothing.
    """

    title: str
    fit: Callable[[Progress], FrontLaw]


def plan_laws(session: Session, request: LawRequest) -> LawPlan:
    """What fitting rate laws to the front of the tool means now.

    Raises
    ------
    MeasurementError
        The front has too few rows, the movie no times, or the record no charge.
    """
    session.cancel_preview()
    data = FrontData.of(session)
    path = data.given.path
    axis = _axis(session, path.movie, data.frames, request)
    units = _units(session.experiment, path, axis.unit)
    u_pick = session.document.settings.u_pick_px
    basis = basis_of(session.document, path.id, data.given.object)
    work = _Work(request, data, axis, units, u_pick, basis)
    if request.only_picks:
        return LawPlan("Fitting a rate law", lambda report: work.on_picks(report))
    following = data.following(u_pick)
    kept = data.kept(session, u_pick)
    store = kymographs_of(session)
    order, kymograph = store.order(path), store.of(path)

    def fit(progress: Progress) -> FrontLaw:
        if kept is not None:
            return work.on_track(kept.track, kept.names, kept.frames, progress)
        made = kymograph if kymograph is not None else store.make(order, progress)
        track = following.track(made, progress)
        return work.on_track(track, following.names, following.frames, progress)

    return LawPlan("Fitting a rate law", fit)


def _axis(session: Session, movie: str, frames: range, request: LawRequest) -> Axis:
    film = session.experiment.movie(movie)
    if film.times is None:
        raise MeasurementError(
            f"{movie} has no frame times: a rate law needs them.",
            hint="Type the frame interval in the Experiment dock.",
        )
    start, stop = session.experiment.frame_times(movie).windows_ns
    middle = (start + (stop - start) / 2)[frames.start : frames.stop] / 1e9
    if request.against == "time":
        return Axis(middle, middle, "s", 1.0, False)
    charge = session.signals(movie)["charge_C"].to_numpy(float)
    charge = charge[frames.start : frames.stop]
    known = charge[np.isfinite(charge)]
    if known.size < 2 or np.ptp(known) == 0:
        raise MeasurementError(
            "No charge passed while the front moved, as far as the record says.",
            hint="Align a record with a current, or fit against time.",
        )
    passed = (charge - known[0]) * np.sign(known[-1] - known[0] or 1.0)
    power = 3 * int(np.floor(np.log10(np.ptp(known)) / 3))
    power = int(np.clip(power, min(_PREFIXES), max(_PREFIXES)))
    steps = np.diff(passed[np.isfinite(passed)])
    back = -steps[steps < 0].sum() > _BACK * np.abs(steps).sum()
    unit = f"{_PREFIXES[power]}C"
    return Axis(passed / 10.0**power, middle, unit, 10.0**power, bool(back))


def _units(experiment: Experiment, path: Record, x: str) -> Units:
    calibration = experiment.movie(path.movie).calibration
    if calibration is None:
        return Units(1.0, "px", 0.0, x)
    points = path.geometry.array()
    per_px = length_of(calibration.to_nm(points)) / length_of(points)
    return Units(float(per_px), "nm", calibration.u_relative, x)


@dataclass(frozen=True, eq=False)
class _Work:
    """One run of a plan, in a thread."""

    request: LawRequest
    data: FrontData
    axis: Axis
    units: Units
    u_pick_px: float
    basis: str

    def on_track(
        self,
        track: FrontTrack,
        names: tuple[str, ...],
        frames: range,
        progress: Progress,
    ) -> FrontLaw:
        """Fit what each frame says of a track that holds these frames."""
        known = np.isfinite(self.axis.x)
        columns = np.flatnonzero(known) + self.data.frames.start - frames.start
        part = _part(track, names.index(self.data.front), columns)
        return self._report(part, None, known, "kymograph", progress)

    def on_picks(self, progress: Progress) -> FrontLaw:
        """Fit the user's own rows."""
        position = np.full(len(self.data.frames), np.nan)
        spread = np.full(len(self.data.frames), np.nan)
        for row in self.data.given.picks:
            if row.get("front") == self.data.front and row.frame in self.data.frames:
                t = row.frame - self.data.frames.start
                position[t] = self.data.given.position(row)
                own = row.u_pick_px
                spread[t] = self.u_pick_px if own is None else own
        known = np.isfinite(self.axis.x) & np.isfinite(position)
        return self._report(position[known], spread[known], known, "picks", progress)

    def _report(
        self,
        source: FrontTrack | FloatArray,
        u_positions: FloatArray | None,
        known: NDArray[np.bool_],
        name: str,
        progress: Progress,
    ) -> FrontLaw:
        request, x = self.request, self.axis.x[known]
        about = {
            "geometry": request.geometry,
            "volume_ratio": request.volume_ratio,
            "start": _scaled(request.start, self.units.per_px),
            "onset": _scaled(request.onset, self.axis.per_unit),
            "u_positions": u_positions,
        }
        best, flag, weights = request.laws[0], "", {}
        if len(request.laws) > 1:
            found = compare_laws(source, x, request.laws, progress=progress, **about)  # type: ignore[arg-type]
            best, flag, weights = found.best, found.flag, found.weights
            fits: dict[str, LawFit] = found.fits
        else:
            progress(0, 1, best)
            fit = fit_law(source, x, best, **about)  # type: ignore[arg-type]
            fits, flag = {best: fit}, fit.flag
        return self._law(best, flag, weights, fits, known, name)

    def _law(
        self,
        best: str,
        flag: str,
        weights: dict[str, float],
        fits: dict[str, LawFit],
        known: NDArray[np.bool_],
        source: str,
    ) -> FrontLaw:
        """What came of it, in the units that are reported."""
        path, frames, counting = self.data.given.path, self.data.frames, None
        if source == "kymograph":
            counting = self.data.counting
        units = self.units
        drawn = fits[best or min(fits, key=lambda law: fits[law].aicc)]
        return FrontLaw(
            request=self.request,
            path_id=path.id,
            path=path.object,
            movie=path.movie,
            object=self.data.given.object,
            front=self.data.front,
            first_frame=frames.start,
            last_frame=frames.stop - 1,
            source=source,
            gain=None if counting is None else counting.gain,
            length=units.length,
            x_unit=units.x,
            best=best,
            flag=flag,
            fits=tuple(units.law(fit, weights.get(law)) for law, fit in fits.items()),
            is_there_and_back=self.axis.is_there_and_back,
            curve=units.curve(drawn, self.axis.time_s[known], self.axis.x[known]),
            residuals=units.residuals(drawn),
            basis=self.basis,
            fitted_utc=utc_now(),
        )


def _scaled(value: float | None, unit: float) -> float | None:
    return None if value is None else value / unit


def _part(track: FrontTrack, front: int, columns: NDArray[np.intp]) -> FrontTrack:
    """One front of a track, in some of its frames."""
    one = slice(front, front + 1)
    surface = track.surface
    if surface is not None:
        height = surface.log_likelihood[one][:, columns]
        surface = Surface(surface.positions, height)
    return replace(
        track,
        position=track.position[one][:, columns],
        u_position=track.u_position[one][:, columns],
        flag=track.flag[one][:, columns],
        surface=surface,
    )
