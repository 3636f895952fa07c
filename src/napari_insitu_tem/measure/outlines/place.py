"""A drawn outline put on the rim of a body, and which body it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges import LOW_CONTRAST, OUT_OF_FRAME
from napari_insitu_tem.measure.outlines.bodies import (
    BALL,
    BODIES,
    FLAT,
    ROUNDED,
    WIRE,
    Body,
    bodies_of,
)
from napari_insitu_tem.measure.outlines.choice import (
    DOUBT,
    Answer,
    answer_of,
    chosen,
    scale_of,
)
from napari_insitu_tem.measure.outlines.fit import RimFit
from napari_insitu_tem.measure.outlines.looking import Looking
from napari_insitu_tem.measure.outlines.shapes import Shape, area_of
from napari_insitu_tem.measure.outlines.start import first_moves
from napari_insitu_tem.measure.outlines.strips import Strips

FloatArray = NDArray[np.float64]

#: Bodies that are tried to get near; then all are, to tell them apart.
_NEAR = (FLAT, WIRE, BALL)
#: A stretch is lost where its own image is explained better without an edge, if the
#: edge should have explained so much (chi-squared).
_TELLS = 9.0
#: The same where its contrast is less than this part of what the others have.
_LEAST_OWN = 0.4
#: Or where the edge explains less than this part of what it does elsewhere.
_LEAST_PART = 0.1
#: Chi-squared that an outline must explain: a constant, and a stretch.
_LEAST_SEEN, _LEAST_SEEN_EACH = 30.0, 2.0
#: Part of the outline that may be lost.
_MAY_FAIL = 0.25
#: Logarithm of odds from which a body is not tried any more, and beyond which nothing
#: is surer.
_HOPELESS, _SURE = 12.0, 30.0
#: The same for a body that is tried around an outline that is not its own.
_FAR = 25.0
#: Standard uncertainty in px of what stays as it was drawn.
_BY_HAND = 1.0


@dataclass(frozen=True, eq=False)
class Placed:
    """An outline on a rim.

    Attributes
    ----------
    shape
        The outline.
    before
        The outline whose stretches `flags` are of.
    u_area
        Standard uncertainty of the area in square px.
    u_rim
        Of the place of a single stretch in px.
    flag
        "" or why it could not be placed.
    flags
        "" or why no edge was found, for each stretch.
    body
        The likeliest body.
    evidence
        Body to the logarithm of its odds, the likeliest being 0, with what was known
        before.
    other_body, other_area
        The next likely one and the area that it gives; "" and NaN where there is none.
    is_doubtful
        Whether the two are about as likely and differ by more than they are uncertain.
    """

    shape: Shape
    before: Shape
    u_area: float
    flag: str
    flags: tuple[str, ...]
    body: str = ""
    evidence: Mapping[str, float] = field(default_factory=dict)
    other_body: str = ""
    other_area: float = float("nan")
    is_doubtful: bool = False
    u_rim: float = float("nan")


def put_on_rim(
    image: NDArray[Any],
    drawn: Shape,
    *,
    reach: float,
    noise: float,
    gain: float | None = None,
    known: Mapping[str, float] | None = None,
) -> Placed:
    """Put an outline on the rim of the body that it is drawn around.

    Parameters
    ----------
    image
        (y, x).
    drawn
        The outline.
    reach
        Farthest move in px.
    noise
        Standard deviation of a pixel, as a mean over many sees it.
    gain
        Counts per electron; None: not known.
    known
        Body to the logarithm of its odds by other images of the same body. What is far
        less likely than another is not tried.

    Notes
    -----
    From edges of single stretches a flat body is fitted to all of them, then wires and
    balls; around the nearest of these all bodies are fitted to the same samples. Their
    evidence decides. Blur s moves the middle of an edge of radius R by ``s**2 / (2 R)``
    inwards (second order in s/R), which is put right.
    """
    looking = Looking(image, noise, gain)
    values, found = first_moves(image, drawn, reach, noise)
    if values is None:
        return _not_placed(drawn, drawn, tuple(found.flag))
    shape = drawn.moved(values)
    near = _answers(looking, shape, (FLAT,))
    if not near:
        return _not_placed(drawn, shape, (LOW_CONTRAST,) * len(shape.stretches))
    shape = shape.moved(near[0].values)
    near = _answers(looking, shape, _likely(_NEAR, known), rough=True)
    shape = shape.moved(chosen(near, known)[0].values)
    strips, names = looking.at(shape), _likely(BODIES, known)
    out = {a.name for a in near} - set(_likely(_NEAR, _odds(near, known), _FAR))
    names = tuple(name for name in names if name not in out)
    lost = np.zeros(len(shape.stretches), dtype=bool)
    for _ in range(2):
        answers = _answers(looking, shape, names, strips=strips.without(lost))
        if not answers:
            return _not_placed(drawn, shape, (LOW_CONTRAST,) * lost.size)
        best, other, doubt = chosen(answers, known)
        flags, is_seen = _judged(looking, strips, best, drawn, shape, reach)
        new = np.array([bool(word) for word in flags])
        if not is_seen:
            return _not_placed(drawn, shape, flags)
        if np.mean(new) > _MAY_FAIL:
            return _not_placed(drawn, shape, flags)
        if np.array_equal(new, lost):
            break
        lost = new
    evidence = _with(answers, out, known)
    return _placed(shape, best, other, doubt, flags, evidence)


def _likely(
    names: Iterable[str], known: Mapping[str, float] | None, far: float = _HOPELESS
) -> tuple[str, ...]:
    """Bodies that are not far less likely than another by what is known."""
    if not known:
        return tuple(names)
    least = max(known.values()) - far
    return tuple(name for name in names if known.get(name, 0.0) >= least)


def _odds(
    answers: Sequence[Answer], known: Mapping[str, float] | None
) -> dict[str, float]:
    """Logarithm of odds by this image and by others."""
    return {a.name: a.evidence + (known or {}).get(a.name, 0.0) for a in answers}


def _with(
    answers: Sequence[Answer], out: set[str], known: Mapping[str, float] | None
) -> dict[str, float]:
    """Odds by this image and by others; what was left out stays unlikely."""
    top = max(answer.evidence for answer in answers)
    odds = dict(known or {})
    for name in out:
        odds[name] = odds.get(name, 0.0) - _HOPELESS
    for answer in answers:
        odds[answer.name] = odds.get(answer.name, 0.0) + answer.evidence - top
    top = max(odds.values())
    return {name: max(value - top, -_SURE) for name, value in odds.items()}


def _answers(
    looking: Looking,
    shape: Shape,
    names: Iterable[str],
    *,
    strips: Strips | None = None,
    rough: bool = False,
) -> list[Answer]:
    """What each body says of the same samples."""
    strips = looking.at(shape) if strips is None else strips
    start = np.zeros(shape.motion.basis.shape[1])
    flat = looking.fit(strips, shape, bodies_of(shape, (FLAT,))[0], start)
    if flat is None:
        return []
    looking.learn(strips, flat)
    strips = looking.cleared(strips, flat)
    if tuple(names) == (FLAT,):
        return [answer_of(FLAT, [(bodies_of(shape, (FLAT,))[0], flat)])]
    kinds: dict[str, list[tuple[Body, RimFit]]] = {}
    for name in names:
        laws: list[tuple[Body, RimFit]] = []
        for body in bodies_of(shape, (name,)):
            is_rough = rough or name == ROUNDED
            if is_rough and not body.is_usual(flat.contrast):
                continue
            fit = looking.fit(strips, shape, body, start, rounds=1 if is_rough else 2)
            if fit is not None:
                laws.append((body, fit))
        if laws:
            kinds[name] = laws
    fits = [fit for laws in kinds.values() for _, fit in laws]
    scale = scale_of(fits, int(np.count_nonzero(strips.pixels)))
    return [answer_of(name, laws, scale) for name, laws in kinds.items()]


def _judged(
    looking: Looking,
    strips: Strips,
    best: Answer,
    drawn: Shape,
    shape: Shape,
    reach: float,
) -> tuple[tuple[str, ...], bool]:
    """Why each stretch found no edge, and whether there is an outline at all."""
    gained, expected = looking.explained(strips, best.fit)
    there = (strips.pixels > 0).sum(axis=1)
    wanted = (strips.samples >= -shape.stretches.half_chord[:, None]).sum(axis=1)
    out = there < 0.5 * wanted
    middle = shape.stretches.middle + best.move[:, None] * shape.stretches.normal
    ring = drawn.ring
    away = np.hypot(*(middle[:, None] - ring).transpose(2, 0, 1)).min(axis=1)
    lost = (gained < 0) & (expected > _TELLS) | (best.fit.own < _LEAST_OWN)
    lost |= away > reach + 1.0
    # Where nothing of an edge is seen it may lie anywhere beyond.
    usual = float(np.median(expected))
    lost |= (expected < _LEAST_PART * usual) & (usual > _TELLS)
    flags = tuple(
        OUT_OF_FRAME if o else LOW_CONTRAST if f else ""
        for o, f in zip(out, lost, strict=True)
    )
    seen = float(gained[~lost & ~out].sum())
    return flags, seen > _LEAST_SEEN + _LEAST_SEEN_EACH * len(flags)


def _not_placed(drawn: Shape, before: Shape, flags: tuple[str, ...]) -> Placed:
    words = [word for word in flags if word] or [LOW_CONTRAST]
    word = max(words, key=words.count)
    return Placed(drawn, before, float("nan"), word, flags)


def _placed(
    shape: Shape,
    best: Answer,
    other: Answer | None,
    doubt: float,
    flags: tuple[str, ...],
    evidence: Mapping[str, float],
) -> Placed:
    basis = shape.motion.basis
    spread = np.einsum("sk,kl,sl->s", basis, best.covariance, basis)
    # Blur moves a bent rim inwards; its own uncertainty makes the area too large.
    bend = 0.5 * (best.fit.blur**2 - spread) * shape.stretches.curvature
    more = np.linalg.lstsq(basis, bend, rcond=1e-9)[0]
    shares = shape.shares
    lost = np.array([bool(word) for word in flags])
    by_motion = basis.T @ np.where(lost, 0.0, shares)
    u_area = float(np.sqrt(by_motion @ best.covariance @ by_motion))
    u_area = float(np.hypot(u_area, _BY_HAND * np.linalg.norm(shares[lost])))
    moved = shape.moved(best.values + more)
    placed = Placed(moved, shape, u_area, "", flags, best.name, evidence)
    placed = replace(placed, u_rim=float(np.sqrt(np.median(spread))))
    if other is None:
        return placed
    apart = float(np.where(lost, 0.0, shares) @ (other.move - best.move))
    return replace(
        placed,
        u_area=float(np.hypot(u_area, np.sqrt(doubt) * apart)),
        other_body=other.name,
        other_area=area_of(moved.ring) + apart,
        is_doubtful=doubt > DOUBT and abs(apart) > u_area,
    )
