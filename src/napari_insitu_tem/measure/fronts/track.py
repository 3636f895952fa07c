"""Fronts in a kymograph, followed through all frames together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.fronts.flags import front_flags
from napari_insitu_tem.measure.fronts.learning import ROUNDS, Learnt, learn_fronts
from napari_insitu_tem.measure.fronts.picks import Picks, picks_on
from napari_insitu_tem.measure.fronts.samples import front_samples
from napari_insitu_tem.measure.kymograph import Kymograph
from napari_insitu_tem.measure.step_posterior import LEAST_WIDTH
from napari_insitu_tem.measure.threads import on_one_thread
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.progress import Progress, no_progress

FloatArray = NDArray[np.float64]

#: What the model's step misses of a front sharper than a pixel, in samples (1 s.d.),
#: and the width in units of a pixel's own below which one is.
_PIXELATION, _SHARP = 0.03, 1.2
#: Most fronts that are followed together, and fewest samples along the path.
_MOST_FRONTS, _LEAST_SAMPLES = 4, 8


@dataclass(frozen=True, eq=False)
class Surface:
    """How likely each frame alone makes each place of a front.

    Attributes
    ----------
    positions
        (G,) places, evenly spaced, in px along the path.
    log_likelihood
        (N, T, G) up to a constant a frame and front.
    """

    positions: FloatArray
    log_likelihood: FloatArray


@dataclass(frozen=True, eq=False)
class FrontTrack:
    """Fronts in every frame.

    Attributes
    ----------
    position, u_position
        (N, T) distance along the path in px, mean and standard deviation given all
        frames; NaN where a front is out of sight or cannot be told from noise.
        Neighbouring frames share their errors, so a law must not be fitted to these:
        `fit_law` takes the track for its surface.
    flag
        (N, T) "" or why a position is doubted: `low_contrast` (no such step),
        `out_of_frame`, `unresolved` (two fronts within two widths), `ambiguous` (two
        likely places), `jump` (much farther from the frame before than it usually
        moves).
    levels
        (N + 1,) brightness between the fronts, in the unit of the kymograph.
    blur
        (N,) Gaussian blur (1 s.d.) of each front in px, without that of the pixel.
    step_size
        (N,) mean absolute step between frames in px.
    surface
        What each frame says alone; None for a track made by hand.
    parameters
        What was asked for and what was found on the way: gain, fronts, anchors, start,
        width, step, noise, flicker, pattern, other moving edges.
    """

    position: FloatArray
    u_position: FloatArray
    flag: NDArray[np.str_] = field(default_factory=lambda: np.zeros((0, 0), "U1"))
    levels: FloatArray = field(default_factory=lambda: np.zeros(0))
    blur: FloatArray = field(default_factory=lambda: np.zeros(0))
    step_size: FloatArray = field(default_factory=lambda: np.zeros(0))
    surface: Surface | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


@on_one_thread
def track_front(
    kymograph: Kymograph,
    *,
    gain: float | None = None,
    fronts: int = 1,
    anchors: Mapping[int, float | Sequence[float]] | None = None,
    start: float | Sequence[float] | None = None,
    u_anchors: Mapping[int, float | Sequence[float]] | None = None,
    progress: Progress | None = None,
) -> FrontTrack:
    """Follow one front, or several in their order, through a kymograph.

    Parameters
    ----------
    kymograph
        Mean counts a pixel along a path, frame by frame; NaN where there is none.
    gain
        Counts per electron: the noise is then that of counting (or more, where the data
        scatter more). None: least squares with the noise of the data.
    fronts
        Number of fronts N, all along one path; they may touch, never cross.
    anchors
        Frame -> position in px of the front (of all N in order, NaN where not known)
        that is right to about a pixel. The track passes there.
    start
        Rough position in px (of all N in order) in the first frame, to tell which of
        several edges is meant.
    u_anchors
        Frame -> how far its anchors may be wrong in px (1 s.d.); a sample where not
        given, and at least.
    progress
        Told how far it is; what it raises to cancel passes through.

    Raises
    ------
    MeasurementError
        Too short a path, or fronts, anchors or start that cannot be.

    Notes
    -----
    One step of brightness a front, of unknown levels and blur common to all frames. For
    every frame the Poisson (or least-squares) log-likelihood of each place on a grid is
    one matrix product. A hidden Markov chain with steps from a mixture of Laplacians
    joins the frames; forward-backward gives the chance of every place given all frames,
    of which the mean and the standard deviation are returned. Levels, blur, the mixture
    and the noise are learnt by expectation-maximisation [1]_ from a global search of
    levels and ordered places. Flicker of single frames and a pattern of the specimen
    along the path are learnt where the data show them beyond chance.

    .. [1] L. R. Rabiner, Proc. IEEE 77 (1989) 257.
    """
    _check(kymograph, gain, fronts)
    picks = picks_on(kymograph, fronts, anchors, start, u_anchors)
    report = progress or no_progress

    def tell(done: int) -> None:
        report(done, ROUNDS, "Following the front")

    learnt = learn_fronts(front_samples(kymograph, gain), fronts, picks, tell)
    report(ROUNDS, ROUNDS, "Following the front")
    return _track(kymograph, gain, picks, learnt)


def _check(kymograph: Kymograph, gain: float | None, fronts: int) -> None:
    data = np.asarray(kymograph.data)
    if data.ndim != 2 or data.shape[0] < 1 or data.shape[1] < _LEAST_SAMPLES:
        raise MeasurementError(
            f"A front needs at least {_LEAST_SAMPLES} samples along its path.",
            hint="Draw the path longer.",
        )
    if not np.isfinite(data).any():
        raise MeasurementError("The path lies outside the frames everywhere.")
    if gain is not None and not (np.isfinite(gain) and gain > 0):
        raise MeasurementError("The gain must be a positive number of counts.")
    if not 1 <= fronts <= _MOST_FRONTS:
        raise MeasurementError(
            f"Between 1 and {_MOST_FRONTS} fronts can be followed together."
        )


def _track(
    kymograph: Kymograph, gain: float | None, picks: Picks, learnt: Learnt
) -> FrontTrack:
    """What was learnt, in px and in the unit of the kymograph."""
    asked = learnt.asked
    if learnt.template.fronts > len(picks.start):
        picks = picks.beside(1 - asked.start)
    position, spread = _moments(learnt)
    widths = learnt.template.widths
    sharp = widths < _SHARP * LEAST_WIDTH
    spread = np.hypot(spread, _PIXELATION * sharp[:, None])
    flag, is_lost = front_flags(learnt, position, spread, picks)
    step = kymograph.step
    blur = np.sqrt(np.maximum(widths**2 - LEAST_WIDTH**2, 0.0))
    steps = np.array([prior.mean_step for prior in learnt.priors])
    return FrontTrack(
        position=np.where(is_lost, np.nan, position * step)[asked],
        u_position=np.where(is_lost, np.nan, spread * step)[asked],
        flag=flag[asked],
        levels=_levels(kymograph, gain, learnt),
        blur=blur[asked] * step,
        step_size=steps[asked] * step,
        surface=Surface(learnt.grid * step, learnt.log_likelihood[asked]),
        parameters=_parameters(kymograph, gain, picks.only(asked), learnt),
    )


def _levels(kymograph: Kymograph, gain: float | None, learnt: Learnt) -> FloatArray:
    """Brightness beside the fronts that were asked for, in the kymograph's unit."""
    unit = 1.0
    if gain is not None:
        unit = gain / (kymograph.width * min(kymograph.step, 1.0))
    exposure = learnt.samples.exposure
    levels = learnt.template.levels * unit * float(exposure[exposure > 0].mean())
    first, stop, _ = learnt.asked.indices(learnt.template.fronts)
    return np.asarray(levels[first : stop + 1])


def _parameters(
    kymograph: Kymograph, gain: float | None, picks: Picks, learnt: Learnt
) -> dict[str, Any]:
    step = kymograph.step
    return {
        "gain": gain,
        "fronts": len(picks.start),
        "anchors": _listed(picks.anchors * step),
        "start": [float(p) for p in picks.start * step if np.isfinite(p)],
        "width": kymograph.width,
        "step": step,
        "noise": learnt.samples.noise,
        "flicker": learnt.flicker.is_clear,
        "pattern": learnt.is_patterned,
        "others": learnt.template.fronts - len(picks.start),
    }


def _listed(anchors: FloatArray) -> dict[int, list[float]]:
    picked = np.flatnonzero(np.isfinite(anchors).any(axis=0))
    return {int(frame): [float(p) for p in anchors[:, frame]] for frame in picked}


def _moments(learnt: Learnt) -> tuple[FloatArray, FloatArray]:
    """(N, T) mean and standard deviation of the places."""
    grid = learnt.grid
    spacing = grid[1] - grid[0]
    means, spreads = [], []
    for posterior in learnt.posteriors:
        mean = posterior @ grid
        away = posterior @ grid**2 - mean**2
        spread = np.sqrt(np.maximum(away, 0.0))
        top, width = _parabola(posterior, grid)
        fine = spread < 0.6 * spacing
        means.append(np.where(fine, top, mean))
        spreads.append(np.where(fine, width, spread))
    return np.array(means), np.array(spreads)


def _parabola(posterior: FloatArray, grid: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Top and width of the bell through the likeliest place and its neighbours."""
    at = np.clip(posterior.argmax(axis=1), 1, len(grid) - 2)
    rows = np.arange(len(posterior))
    a, b, c = (np.log(np.maximum(posterior[rows, at + k], 1e-300)) for k in (-1, 0, 1))
    bend = np.maximum(2 * b - a - c, 1e-12)
    spacing = grid[1] - grid[0]
    top = grid[at] + np.clip(0.5 * (c - a) / bend, -0.5, 0.5) * spacing
    return top, spacing / np.sqrt(bend)
