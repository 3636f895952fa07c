"""Which body an outline is the rim of, by the evidence of all of its stretches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.outlines.bodies import BALL, FLAT, ROUNDED, WIRE, Body
from napari_insitu_tem.measure.outlines.fit import RimFit

FloatArray = NDArray[np.float64]

#: What is known of bodies before, as logarithms of odds: in a micrograph a rim that
#: fades is more often that of a round body than a blurred step; a rounded plate has a
#: number more, and must be needed.
BEFORE = {FLAT: 0.0, ROUNDED: -4.5, WIRE: 1.5, BALL: 1.5}
#: What is known of the blur before, for telling bodies apart: px, and s.d. of its
#: logarithm. (In the fit less is taken as known.)
_BLUR, _FACTOR = 1.6, 0.5
#: Chi-squared a sample where interpolation has smoothed white noise; a body that
#: leaves more does not describe the image, and proves so much less.
_SMOOTHED = 0.75
#: From which probability of the other body on there is doubt.
DOUBT = 0.05


@dataclass(frozen=True, eq=False)
class Answer:
    """Where the rim is for one kind of body, its laws and depths weighed.

    Attributes
    ----------
    name
        Of the body.
    evidence
        Logarithm, but for a constant that all bodies share.
    values, covariance, move
        Of the motion, see `fit.RimFit`.
    fit
        The likeliest one.
    """

    name: str
    evidence: float
    values: FloatArray
    covariance: FloatArray
    move: FloatArray
    fit: RimFit


def answer_of(
    name: str, laws: Sequence[tuple[Body, RimFit]], scale: float = 1.0
) -> Answer:
    """Weigh the laws of one kind of body; their spread is uncertainty."""
    from scipy.special import logsumexp

    says = np.array([_evidence(body, fit, scale) for body, fit in laws])
    whole = float(logsumexp(says) - np.log(max(len(laws) / 2, 1.0)))
    weight = np.exp(says - logsumexp(says))
    values = np.sum([w * f.values for w, (_, f) in zip(weight, laws, strict=True)], 0)
    covariance = np.zeros_like(laws[0][1].covariance)
    for w, (_, fit) in zip(weight, laws, strict=True):
        off = fit.values - values
        covariance += w * (scale * fit.covariance + np.outer(off, off))
    move = np.sum([w * f.move for w, (_, f) in zip(weight, laws, strict=True)], 0)
    best = laws[int(weight.argmax())][1]
    return Answer(name, whole, values, covariance, move, best)


def _evidence(body: Body, fit: RimFit, scale: float) -> float:
    away = (np.log(fit.blur) - np.log(_BLUR)) / _FACTOR
    evidence = fit.evidence / scale - 0.5 * away**2 + body.law_weight(fit.contrast)
    return float(evidence)


def scale_of(fits: Sequence[RimFit], samples: int) -> float:
    """By how much the noise must be larger for the best body to describe the image."""
    least = min(fit.cost for fit in fits)
    return max(1.0, least / max(samples, 1) / _SMOOTHED)


def chosen(
    answers: Sequence[Answer], known: Mapping[str, float] | None = None
) -> tuple[Answer, Answer | None, float]:
    """The likeliest body, the next one, and the probability that it is that one."""
    from scipy.special import expit

    odds = np.array(
        [a.evidence + BEFORE[a.name] + (known or {}).get(a.name, 0.0) for a in answers]
    )
    order = np.argsort(-odds)
    best = answers[order[0]]
    if len(order) == 1:
        return best, None, 0.0
    other = answers[order[1]]
    return best, other, float(expit(odds[order[1]] - odds[order[0]]))
