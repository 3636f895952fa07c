"""A curved or tilted front, fitted in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.edges.least_squares import Fits, Limits, fit_profiles
from napari_insitu_tem.measure.edges.noise_model import NoiseModel
from napari_insitu_tem.measure.edges.result import (
    LOW_CONTRAST,
    OUT_OF_FRAME,
    UNRESOLVED,
)
from napari_insitu_tem.measure.noise import averaging_noise
from napari_insitu_tem.measure.step_posterior import (
    LEAST_WIDTH,
    USUAL_FACTOR,
    USUAL_WIDTH,
)
from napari_insitu_tem.measure.threads import on_one_thread
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: Fewest rows and columns of a strip.
_LEAST_ROWS, _LEAST_COLUMNS = 3, 6

#: Tilts (columns a row) and bends (sagitta in columns over the rows) of the search.
_TILTS = np.tan(np.radians(np.arange(-50.0, 51.0, 5.0)))
_BENDS = np.array([0.0, 1, -1, 2, -2, 4, -4, 7, -7, 11, -11])

#: A step smaller than this many of its own uncertainties is taken for noise, of which
#: the search has already picked the largest.
_LEAST_STEP = 5.0
#: The place is hardly known where its uncertainty is more than this part of the columns
#: (and more than two widths).
_VAGUE = 1.0 / 16.0
#: Fits with renewed weights where the noise follows the level.
_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class EdgeFit2d:
    """A front that crosses each row of a strip once.

    Attributes
    ----------
    position, u_position
        Where it crosses the middle row, in columns from the first, and its standard
        uncertainty.
    slope, u_slope
        Columns a row at the middle row.
    tilt, u_tilt
        The same as an angle in degrees from the rows' axis.
    curvature, u_curvature
        In 1/px at the middle row (of the parabola there, as that of a circle it is
        divided by ``(1 + slope**2)**1.5``); positive where the front bends towards
        larger columns.
    levels, u_levels
        Brightness before and after the front.
    blur
        Gaussian blur across the front (1 s.d.) in px, without that of the pixel.
    flag
        "" or `low_contrast`, `unresolved`, `out_of_frame`.
    path
        (rows, 2) the front's points (y, x), one a row.
    gain
        As given.
    """

    position: float
    u_position: float
    slope: float
    u_slope: float
    tilt: float
    u_tilt: float
    curvature: float
    u_curvature: float
    levels: tuple[float, float]
    u_levels: tuple[float, float]
    blur: float
    flag: str
    path: FloatArray
    gain: float | None


@on_one_thread
def locate_edge_2d(strip: ArrayLike, *, gain: float | None = None) -> EdgeFit2d:
    """Fit the one front of a strip that runs roughly along its rows' axis.

    Parameters
    ----------
    strip
        (rows, columns) counts a pixel; NaN where there is none. The front runs from the
        first row to the last and crosses each of them once.
    gain
        Counts per electron. With it each pixel is weighted by its expected noise and
        the uncertainty follows from the dose; None: least squares, the noise from the
        strip itself, including the correlation of neighbouring pixels.

    Raises
    ------
    MeasurementError
        The strip is not two-dimensional or too small, or the gain is not positive.

    Notes
    -----
    ``I(x, y) = lo + (hi - lo) Phi((x - x_e(y)) cos(t) / s)`` with the front at
    ``x_e(y) = x0 + s1 v + k v**2 / 2 + k**3 v**4 / 8``, v counted from the middle row,
    and t its tilt there: a circle of curvature k to fourth order for a front that is
    not tilted, so that an arc is found where it is. Averaging a curved front along a
    straight line w wide moves it by ``k w**2 / 24`` instead. The search tries tilts to
    50 degrees and bends on a grid with all pixels at once; least squares of the six
    values follow, with the usual blur known to a factor of e.
    """
    image = np.asarray(strip, dtype=np.float64)
    if (
        image.ndim != 2
        or image.shape[0] < _LEAST_ROWS
        or image.shape[1] < _LEAST_COLUMNS
    ):
        raise MeasurementError(
            f"A front needs a strip (rows, columns) of at least {_LEAST_ROWS} by "
            f"{_LEAST_COLUMNS} pixels."
        )
    if gain is not None and not gain > 0:
        raise MeasurementError("The gain must be positive.")
    is_there = np.isfinite(image)
    if is_there.sum() < _LEAST_ROWS * _LEAST_COLUMNS:
        return _nothing(len(image), gain)
    filled = np.where(is_there, image, 0.0)
    start = _start(filled, is_there)
    noise = NoiseModel(1, gain, None, 1)
    fits = _fit(filled, is_there, noise, start)
    scatter = 1.0
    if gain is None:
        freedom = max(int(is_there.sum()) - 6, 1)
        white = float(fits.cost[0]) / freedom
        residuals = np.where(is_there, fits.residuals.reshape(image.shape), np.nan)
        scatter = max(white, averaging_noise(residuals) ** 2)
    return _described(fits, scatter, image.shape, gain)


class _Front:
    """The model of a whole strip and its derivatives, pixels in one line.

    The values are position, slope, curvature, low, high, logarithm of the width.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        rows, columns = shape
        y, x = np.mgrid[:rows, :columns].astype(np.float64)
        self._y = (y - 0.5 * (rows - 1)).ravel()
        self._x = x.ravel()

    def at(self, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(1, P) column of the front in each pixel's row, its slope, and d/dk."""
        position, slope, bend = (values[:, i, None] for i in range(3))
        square = self._y**2
        place = position + slope * self._y + bend * square / 2
        place = place + bend**3 * square**2 / 8
        tilt = slope + bend * self._y + bend**3 * self._y**3 / 2
        return place, tilt, square / 2 + 3 * bend**2 * square**2 / 8

    def __call__(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        from scipy.special import ndtr

        low, high, log_width = (values[:, i, None] for i in range(3, 6))
        place, tilt, by_bend = self.at(values)
        cosine = 1.0 / np.sqrt(1.0 + tilt**2)
        width = np.exp(log_width) / cosine
        z = (self._x - place) / width
        part = ndtr(z)
        bell = np.exp(-0.5 * z * z) * ((high - low) / np.sqrt(2 * np.pi))
        by_place = -bell / width
        columns = [
            by_place,
            by_place * self._y,
            by_place * by_bend,
            1.0 - part,
            part,
            -bell * z,
        ]
        return low + (high - low) * part, np.stack(columns, axis=1)


def _fit(
    image: FloatArray,
    is_there: NDArray[np.bool_],
    noise: NoiseModel,
    start: FloatArray,
) -> Fits:
    model = _Front((image.shape[0], image.shape[1]))
    y, there = image.reshape(1, -1), is_there.reshape(1, -1)
    limits = _limits(image, is_there, noise)
    values, weights = start[None], there.astype(np.float64)
    for _ in range(1 if noise.gain is None else _ROUNDS):
        if noise.gain is not None:
            weights = there / noise.at_level(model(values)[0])
        fits = fit_profiles(model, y, weights, values, limits)
        values = fits.values
    return fits


def _limits(
    image: FloatArray, is_there: NDArray[np.bool_], noise: NoiseModel
) -> Limits:
    rows, columns = image.shape
    far = np.inf
    width = np.log([LEAST_WIDTH, max(columns / 4, 1.0)])
    bend = 1.6 / rows
    low = np.array([-columns, -3.0, -bend, -far, -far, width[0]])
    high = np.array([2.0 * columns, 3.0, bend, far, far, width[1]])
    leap = np.array([3.0, 0.2, 0.5 * bend, far, far, 0.7])
    done = np.array([1e-4, 1e-5, 1e-6, far, far, far])
    unit = 1.0
    if noise.gain is None:
        both = is_there[:, 1:] & is_there[:, :-1]
        unit = 0.5 * float(np.mean(np.diff(image, axis=1)[both] ** 2))
    usual = np.array([0, 0, 0, 0, 0, np.log(USUAL_WIDTH)])
    precision = np.array([0, 0, 0, 0, 0, unit / USUAL_FACTOR**2])
    return Limits(low, high, leap, done, usual, precision)


def _start(image: FloatArray, is_there: NDArray[np.bool_]) -> FloatArray:
    """(6,) the sharp step of a tilt and bend that explains most of the scatter."""
    rows, columns = image.shape
    v = np.arange(rows) - 0.5 * (rows - 1)
    x = np.arange(columns)
    count = int(is_there.sum())
    mean = image.sum() / count
    away = np.where(is_there, image - mean, 0.0)
    best, found = -1.0, np.zeros(6)
    for tilt in _TILTS:
        for bend in _BENDS * 8 / max(rows - 1, 1) ** 2:
            shift = np.rint(tilt * v + bend * v**2 / 2).astype(int)
            place = (x - shift[:, None]).ravel()
            first = int(place.min())
            number = np.bincount(place - first, is_there.ravel())
            before = np.cumsum(number)[:-1]
            total = np.cumsum(np.bincount(place - first, away.ravel()))[:-1]
            after = count - before
            enough = (before >= rows) & (after >= rows)
            if not enough.any():
                continue
            both = np.maximum(before * after, 1)
            explained = np.where(enough, total**2 * count / both, -1.0)
            k = int(explained.argmax())
            if explained[k] > best:
                best = float(explained[k])
                low = mean + total[k] / before[k]
                high = mean - total[k] / after[k]
                found = np.array([k + first + 0.5, tilt, bend, low, high, 0.0])
    found[5] = np.log(USUAL_WIDTH)
    return found


def _described(
    fits: Fits, scatter: float, shape: tuple[int, ...], gain: float | None
) -> EdgeFit2d:
    rows, columns = shape
    values = fits.values[0]
    covariance = fits.covariance()[0] * scatter
    u = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    position, slope, curvature, low, high, log_width = (float(v) for v in values)
    width = float(np.exp(log_width))
    front = _Front((rows, 1))
    path = np.stack([np.arange(rows), front.at(values[None])[0][0]], axis=1)
    u_step = covariance[3, 3] + covariance[4, 4] - 2 * covariance[3, 4]
    seen = abs(high - low) > _LEAST_STEP * np.sqrt(max(float(u_step), 0.0))
    inside = (path[:, 1] > 0) & (path[:, 1] < columns - 1)
    vague = not u[0] <= max(2 * width, _VAGUE * columns)
    flag = ""
    if not seen:
        flag = LOW_CONTRAST
    elif not inside[rows // 2] or inside.mean() < 0.5:
        flag = OUT_OF_FRAME
    elif vague:
        flag = UNRESOLVED
    return EdgeFit2d(
        position=position,
        u_position=float(u[0]),
        slope=slope,
        u_slope=float(u[1]),
        tilt=float(np.degrees(np.arctan(slope))),
        u_tilt=float(np.degrees(u[1] / (1 + slope**2))),
        curvature=curvature,
        u_curvature=float(u[2]),
        levels=(low, high),
        u_levels=(float(u[3]), float(u[4])),
        blur=float(np.sqrt(max(width**2 - LEAST_WIDTH**2, 0.0))),
        flag=flag,
        path=path,
        gain=gain,
    )


def _nothing(rows: int, gain: float | None) -> EdgeFit2d:
    """What is said of a strip with hardly a pixel."""
    nan = float("nan")
    path = np.stack([np.arange(rows), np.full(rows, nan)], axis=1)
    return EdgeFit2d(
        position=nan,
        u_position=nan,
        slope=nan,
        u_slope=nan,
        tilt=nan,
        u_tilt=nan,
        curvature=nan,
        u_curvature=nan,
        levels=(nan, nan),
        u_levels=(nan, nan),
        blur=nan,
        flag=OUT_OF_FRAME,
        path=path,
        gain=gain,
    )
