"""All profiles around an outline fitted at once by one body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.outlines.model import Rims, rims
from napari_insitu_tem.measure.outlines.strips import Strips
from napari_insitu_tem.measure.step_posterior import USUAL_FACTOR, USUAL_WIDTH

FloatArray = NDArray[np.float64]

#: How much the contrast and the background differ from place to place, as parts of the
#: contrast (1 s.d.), where the image does not say.
_CONTRAST_VARIES, _GROUND_VARIES = 0.15, 0.10
#: Limits of the blur in px, of a step of the rim in px, and of the exponent.
_BLURS, _LEAP, _EXPONENTS = (0.3, 8.0), 1.5, (-3.0, 8.0)
_ITERATIONS = 20
#: A step of the rim below which the fit is done, in px; or a larger one that explains
#: no more than so much chi-squared.
_DONE, _NEARLY, _NO_MORE = 3e-3, 5e-2, 0.02
#: Values that all profiles share: background, its slope by y and x, contrast, blur.
_SHARED = 5
#: Order of the derivatives of one profile.
_PLACE, _CONTRAST, _GROUND, _FIRST_SHARED = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class Motion:
    """How the rim may move.

    Attributes
    ----------
    basis
        (S, K) move of each stretch along its normal by each of K values.
    precision
        (K, K) what is known of the values before (inverse covariance about 0).
    """

    basis: FloatArray
    precision: FloatArray


@dataclass(frozen=True, eq=False)
class Look:
    """What is assumed of the body and of the noise.

    Attributes
    ----------
    round_px
        (S,) depth of the rim at each stretch, see `model.rims`.
    is_exponential
        Whether thickness attenuates exponentially.
    noise
        (S, n) variance of a pixel.
    """

    round_px: FloatArray
    is_exponential: bool
    noise: FloatArray


@dataclass(frozen=True, eq=False)
class RimFit:
    """A body fitted to the strips around an outline.

    Attributes
    ----------
    values
        (K,) of the motion.
    covariance
        (K, K) of them.
    move
        (S,) of the rim along the normals.
    shared
        Background, its slope by y and x, contrast, logarithm of the blur.
    residuals
        (S, n) what is left.
    model
        (S, n) brightness.
    own
        (S,) contrast of each stretch, as a part of the common one.
    cost
        Chi-squared with what was known before.
    evidence
        Logarithm of the evidence for the body, but for a constant.
    """

    values: FloatArray
    covariance: FloatArray
    move: FloatArray
    shared: FloatArray
    model: FloatArray
    residuals: FloatArray
    own: FloatArray
    cost: float
    evidence: float

    @property
    def contrast(self) -> float:
        """Brightness of the body less that of the background."""
        return float(self.shared[3])

    @property
    def blur(self) -> float:
        """Standard deviation in px."""
        return float(np.exp(self.shared[4]))


@dataclass(eq=False)
class _Values:
    motion: FloatArray
    contrast: FloatArray
    ground: FloatArray
    shared: FloatArray

    def moved(self, step: FloatArray) -> _Values:
        """Farther by a step of all values."""
        k, s = self.motion.size, self.contrast.size
        parts = np.split(step, [k, k + s, k + 2 * s])
        new = _Values(
            self.motion + parts[0],
            self.contrast + parts[1],
            self.ground + parts[2],
            self.shared + parts[3],
        )
        new.shared[4] = np.clip(new.shared[4], *np.log(_BLURS))
        return new


def fit_rims(
    strips: Strips,
    motion: Motion,
    look: Look,
    *,
    start: FloatArray,
    blur: float = USUAL_WIDTH,
) -> RimFit | None:
    """Fit a body to the image around an outline.

    Parameters
    ----------
    strips
        The image.
    motion
        How the rim may move.
    look
        What is assumed.
    start
        (K,) first values of the motion.
    blur
        First value.

    Returns
    -------
    None where there is no contrast or nothing to fit.

    Notes
    -----
    The brightness at an offset t of stretch s is ``b + b_s + g (r - r0) + (a + a_s)
    F((t - d_s) / s)``, with the profile F of `model.rims`: the body shares the
    background b, its slope g, the contrast a and the blur; each stretch has deviations
    a_s and b_s of its own that are known to be small, and the moves d_s follow from the
    values of the motion. Least squares by Marquardt's method; the evidence is that of
    Laplace's approximation [1]_.

    .. [1] D. J. C. MacKay, Neural Computation 4 (1992) 415.
    """
    problem = _Problem(strips, motion, look)
    values = problem.first(start, blur)
    if values is None:
        return None
    state = problem.at(values)
    damping = 1e-3
    for _ in range(_ITERATIONS):
        step = problem.step(state, damping)
        tried = problem.at(values.moved(step))
        moved = float(np.abs(motion.basis @ step[: start.size]).max())
        if tried.cost <= state.cost:
            less = state.cost - tried.cost
            values, state = values.moved(step), tried
            damping *= 0.2
            if moved < _DONE or (moved < _NEARLY and less < _NO_MORE):
                break
        else:
            damping *= 8.0
            if damping > 1e8:
                break
    return problem.result(values, state)


@dataclass(frozen=True, eq=False)
class _State:
    model: FloatArray
    residuals: FloatArray
    cost: float
    slope: FloatArray
    information: FloatArray


class _Problem:
    """The normal equations of all values, from those of each profile."""

    def __init__(self, strips: Strips, motion: Motion, look: Look) -> None:
        self._strips, self._motion, self._look = strips, motion, look
        self._weights = strips.pixels / look.noise
        stretches, used = strips.stretches, strips.pixels.sum(axis=1) > 0
        middle = stretches.middle
        origin = middle[used].mean(axis=0) if used.any() else middle.mean(axis=0)
        away = (middle - origin)[:, None] + (
            strips.samples[:, None] * stretches.normal[:, None]
        )
        #: (S, n) places, in px from the middle of the outline.
        self._y, self._x = away[..., 0], away[..., 1]

    def first(self, start: FloatArray, blur: float) -> _Values | None:
        """First values: levels by linear least squares at the first outline."""
        place = self._motion.basis @ start
        step = rims(self._strips.samples, place, np.zeros_like(place), blur, 0.0).value
        one = np.ones_like(step)
        design = np.stack([one, self._y, self._x, step], axis=-1)
        w, y = self._weights[..., None], self._strips.values
        normal = np.einsum("snp,snq->pq", design * w, design)
        right = np.einsum("snp,sn->p", design * w, y)
        if not np.all(np.isfinite(normal)) or normal[0, 0] <= 0:
            return None
        levels = np.linalg.lstsq(normal, right, rcond=1e-9)[0]
        if not abs(levels[3]) > 0:
            return None
        none = np.zeros_like(place)
        shared = np.array([*levels, np.log(blur)])
        return _Values(start.copy(), none, none.copy(), shared)

    def at(self, values: _Values) -> _State:
        """Residuals and normal equations at some values."""
        model, profile, contrast = self._model(values)
        residuals = np.where(self._weights > 0, self._strips.values - model, 0.0)
        jacobian = np.empty((*model.shape, _FIRST_SHARED + _SHARED))
        jacobian[..., _PLACE] = contrast * profile.by_place
        jacobian[..., _CONTRAST] = jacobian[..., 6] = profile.value
        jacobian[..., _GROUND] = jacobian[..., 3] = 1.0
        jacobian[..., 4], jacobian[..., 5] = self._y, self._x
        jacobian[..., 7] = contrast * profile.by_log_blur
        weighted = jacobian * self._weights[..., None]
        each = np.matmul(weighted.transpose(0, 2, 1), jacobian)
        slope = np.einsum("snp,sn->sp", weighted, residuals)
        prior, pull, known = self._known(values)
        information = self._assembled(each) + known
        cost = float(np.sum(self._weights * residuals**2)) + prior
        return _State(model, residuals, cost, self._gathered(slope) - pull, information)

    def _model(self, values: _Values) -> tuple[FloatArray, Rims, FloatArray]:
        base, by_y, by_x, contrast, log_blur = values.shared
        exponent = 0.0
        if self._look.is_exponential:
            part = np.clip(contrast / base, -0.99, 20.0) if base else 0.0
            exponent = float(np.clip(-np.log1p(part), *_EXPONENTS))
        place = self._motion.basis @ values.motion
        profile = rims(
            self._strips.samples,
            place,
            self._look.round_px,
            float(np.exp(log_blur)),
            exponent,
        )
        own = (contrast + values.contrast)[:, None]
        plane = base + by_y * self._y + by_x * self._x
        model = plane + values.ground[:, None] + own * profile.value
        return model, profile, own

    def _known(self, values: _Values) -> tuple[float, FloatArray, FloatArray]:
        """Cost, its slope and curvature by what is known before."""
        k, s = values.motion.size, values.contrast.size
        size = abs(float(values.shared[3])) + 1e-300
        diagonal = np.zeros(k + 2 * s + _SHARED)
        diagonal[k : k + s] = 1.0 / (_CONTRAST_VARIES * size) ** 2
        diagonal[k + s : k + 2 * s] = 1.0 / (_GROUND_VARIES * size) ** 2
        diagonal[-1] = 1.0 / USUAL_FACTOR**2
        away = np.concatenate(
            [values.motion, values.contrast, values.ground, np.zeros(_SHARED)]
        )
        away[-1] = values.shared[4] - np.log(USUAL_WIDTH)
        known = np.diag(diagonal)
        known[:k, :k] = self._motion.precision
        pull = known @ away
        return float(away @ pull), pull, known

    def _assembled(self, each: FloatArray) -> FloatArray:
        """(P, P) normal matrix from the (S, 8, 8) ones of the profiles."""
        basis = self._motion.basis
        s, k = basis.shape
        total = np.zeros((k + 2 * s + _SHARED, k + 2 * s + _SHARED))
        rows = [slice(0, k), slice(k, k + s), slice(k + s, k + 2 * s)]
        shared = slice(k + 2 * s, None)
        own = [basis, np.eye(s), np.eye(s)]
        for i in range(_FIRST_SHARED):
            for j in range(_FIRST_SHARED):
                total[rows[i], rows[j]] = own[i].T @ (each[:, i, j, None] * own[j])
            total[rows[i], shared] = own[i].T @ each[:, i, _FIRST_SHARED:]
            total[shared, rows[i]] = total[rows[i], shared].T
        total[shared, shared] = each[:, _FIRST_SHARED:, _FIRST_SHARED:].sum(axis=0)
        return total

    def _gathered(self, slope: FloatArray) -> FloatArray:
        parts = [self._motion.basis.T @ slope[:, 0], slope[:, 1], slope[:, 2]]
        return np.concatenate([*parts, slope[:, _FIRST_SHARED:].sum(axis=0)])

    def step(self, state: _State, damping: float) -> FloatArray:
        """Marquardt's step, shortened where the rim would leap."""
        matrix = state.information.copy()
        diagonal = np.einsum("ii->i", matrix)
        diagonal += damping * diagonal + 1e-12 * diagonal.max() + 1e-300
        step = np.asarray(np.linalg.solve(matrix, state.slope), dtype=np.float64)
        k = self._motion.basis.shape[1]
        leap = float(np.abs(self._motion.basis @ step[:k]).max()) / _LEAP
        leap = max(leap, abs(float(step[-1])) / 0.5)
        return step / max(leap, 1.0)

    def result(self, values: _Values, state: _State) -> RimFit:
        """What was found."""
        k = self._motion.basis.shape[1]
        scale = np.sqrt(np.maximum(np.einsum("ii->i", state.information), 1e-300))
        scaled = state.information / np.outer(scale, scale)
        covariance = np.linalg.pinv(scaled, rcond=1e-12) / np.outer(scale, scale)
        spread = float(np.linalg.slogdet(scaled + 1e-12 * np.eye(scale.size))[1])
        spread += 2 * float(np.sum(np.log(scale)))
        # What is known before of the deviations is relative to the contrast.
        spread += 4 * values.contrast.size * np.log(abs(values.shared[3]) + 1e-300)
        return RimFit(
            values=values.motion,
            covariance=covariance[:k, :k],
            move=self._motion.basis @ values.motion,
            shared=values.shared,
            model=state.model,
            residuals=state.residuals,
            own=1.0 + values.contrast / (values.shared[3] or 1e-300),
            cost=state.cost,
            evidence=-0.5 * (state.cost + spread),
        )
