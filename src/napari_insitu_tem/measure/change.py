"""How much each frame differs from others: an overview of when something happens."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.frame_stack import FrameStack, frame_stack
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.progress import Progress, no_progress

FloatArray = NDArray[np.float64]

#: Frames are binned to at most this many pixels along the longer side, and further,
#: down to the second number, until noise is below this part of the brightness.
_LONGEST, _SHORTEST, _NOISE = 128, 64, 0.03
#: Gaussian (1 s.d.) in binned px over which brightness and structure are compared.
_LOCAL = 1.5
#: Constants of the structural similarity, relative to the range of brightness.
_K1, _K2 = 0.01, 0.03
#: The second constant is at least this many times the variance of the noise.
_OVER_NOISE = 9.0
#: Frames from whose differences the noise is taken, and the median of the square of a
#: normal variable.
_RECENT, _MEDIAN_SQUARE = 9, 0.4549
#: Seconds between two reports of progress.
_REPORT_EVERY_S = 0.05


@dataclass(frozen=True, eq=False)
class FrameChange:
    """Change a frame.

    Attributes
    ----------
    dissimilarity
        (T,) ``(1 - SSIM) / 2`` against the frame before: 0 where they are equal. Shot
        noise gives a steady floor; the first frame has NaN.
    difference
        (T,) mean absolute difference from the frame before, over the mean brightness.
    dissimilarity_reference, difference_reference
        (T,) the same against the reference.
    mean
        (T,) mean counts a pixel.
    flag
        (T,) "" or `unreadable`: the frame is missing or has no finite pixel.
    bin
        Side of the bins in px.
    parameters
        What was asked for.
    """

    dissimilarity: FloatArray
    difference: FloatArray
    dissimilarity_reference: FloatArray
    difference_reference: FloatArray
    mean: FloatArray
    flag: NDArray[np.str_]
    bin: int
    parameters: dict[str, Any] = field(default_factory=dict)


def frame_change(
    frames: Any,
    *,
    reference: int | NDArray[Any] | Literal["first", "last"] = "first",
    bin: int | None = None,
    progress: Progress | None = None,
) -> FrameChange:
    """Compare every frame with the one before and with a reference.

    Parameters
    ----------
    frames
        (t, y, x) frames, lazy or not, or a movie; read once, one at a time.
    reference
        Index of a frame (negative from the end), "first", "last", or a (y, x) image.
    bin
        Side of the bins in px. None: the smallest that leaves at most 128 px, doubled
        while noise is above 3 % of the brightness and more than 64 px are left.
    progress
        Told how far it is; what it raises to cancel passes through.

    Raises
    ------
    MeasurementError
        Not frames, or no such reference.

    Notes
    -----
    Frames are binned first: at a few electrons a pixel the structural similarity [1]_
    of raw frames is that of their noise alone. It is the mean over the frame of

    ``(2 m n + c1) (2 s_ab + c2) / ((m^2 + n^2 + c1) (s_a^2 + s_b^2 + c2))``

    of local means m, n, variances and covariance s in a Gaussian of 1.5 binned pixels;
    ``c1`` is the larger of ``(0.01 L)^2`` and ``9 w``, ``c2`` of ``(0.03 L)^2`` and
    ``9 v``, L being the range (0.5 to 99.5 %) of the reference's local means, from the
    lower end of which m and n count; v and w are the variances of the noise of a bin
    and of a local mean, from the differences of the last consecutive frames. So noise
    adds a steady floor of at most 0.15 where nothing changes. Each frame is divided by
    its mean, so that an unsteady dose is no change of the specimen. The drift of a
    textured specimen is one.

    .. [1] Z. Wang et al., IEEE Trans. Image Process. 13 (2004) 600.
    """
    stack = frame_stack(frames)
    side = _least_side(stack) if bin is None else int(bin)
    if not 1 <= side <= min(stack.shape[1:]):
        raise MeasurementError(f"Bins of {side} px do not fit into the frames.")
    side, noise = _with_noise(stack, side, bin is None)
    aim = _reference(stack, reference, side)
    report, told = progress or no_progress, -np.inf
    values = np.full((5, len(stack)), np.nan)
    before: _Picture | None = None
    scale = aim
    for index in range(len(stack)):
        if time.monotonic() - told > _REPORT_EVERY_S:
            report(index, len(stack), "Change")
            told = time.monotonic()
        picture = _picture(stack.raw(index), side)
        if picture is None:
            continue
        scale = scale or picture
        if before is not None:
            noise.append(_noise(picture, before) / _counting(picture, before))
        level = float(np.median(noise)) if noise else 0.0
        values[4, index] = picture.mean
        if before is not None:
            values[0:2, index] = _compared(picture, before, scale, level)
        if aim is not None:
            values[2:4, index] = _compared(picture, aim, scale, level)
        before = picture
    report(len(stack), len(stack), "Change")
    flag = np.where(np.isnan(values[4]), "unreadable", "")
    named = reference if isinstance(reference, (int, str)) else "image"
    return FrameChange(
        dissimilarity=values[0],
        difference=values[1],
        dissimilarity_reference=values[2],
        difference_reference=values[3],
        mean=values[4],
        flag=flag,
        bin=side,
        parameters={"reference": named},
    )


def _least_side(stack: FrameStack) -> int:
    """Side of the bins of frames without noise."""
    return max(1, -(-max(stack.shape[1:]) // _LONGEST))


def _with_noise(stack: FrameStack, side: int, widen: bool) -> tuple[int, deque[float]]:
    """Side of bins with little noise in them, and the noise of the first frames."""
    some = (_picture(stack.raw(i), side) for i in range(min(_RECENT, len(stack))))
    known = [picture for picture in some if picture is not None]
    noise = [_noise(a, b) / _counting(a, b) for a, b in pairwise(known)]
    if not noise:
        return side, deque(maxlen=_RECENT)
    level = np.sqrt(np.median([_noise(a, b) for a, b in pairwise(known)]))
    wider, longest = 1, max(stack.shape[1:])
    while widen and level > _NOISE * wider and longest >= 2 * side * wider * _SHORTEST:
        wider *= 2
    first = [value / wider**2 for value in noise]
    return side * wider, deque(first, maxlen=_RECENT)


@dataclass(eq=False)
class _Picture:
    """A binned frame of mean brightness 1, and what its comparison needs."""

    values: FloatArray
    mean: float
    lowest: float
    span: float
    local: FloatArray
    square: FloatArray


def _reference(stack: FrameStack, reference: Any, side: int) -> _Picture | None:
    """The picture of the reference; None where it cannot be read."""
    if isinstance(reference, str):
        if reference not in ("first", "last"):
            raise MeasurementError(
                f"{reference!r} is not a reference.",
                hint='Give the index of a frame, "first", "last", or an image.',
            )
        reference = 0 if reference == "first" else -1
    if np.ndim(reference) == 0:
        index = int(reference)
        if not -len(stack) <= index < len(stack):
            raise MeasurementError(f"There is no frame {index} to be the reference.")
        return _picture(stack.raw(index % len(stack)), side)
    image = np.asarray(reference)
    if image.shape != stack.shape[1:]:
        raise MeasurementError("The reference is not of the size of the frames.")
    return _picture(image, side)


def _picture(frame: NDArray[Any] | None, side: int) -> _Picture | None:
    """Bin a frame; None where it has no finite pixel or no brightness."""
    if frame is None:
        return None
    values = _binned(frame, side)
    known = np.isfinite(values)
    if not known.any():
        return None
    mean = float(values[known].mean())
    if not known.all():
        values = np.where(known, values, mean)
    scale = abs(mean) if mean != 0 else 1.0
    values = (values / scale).astype(np.float32)
    local, square = _local(values), _local(values * values)
    low, high = (float(edge) for edge in np.quantile(local, [0.005, 0.995]))
    return _Picture(values, mean, low, high - low, local, square - local**2)


def _binned(frame: NDArray[Any], side: int) -> FloatArray:
    """Means over bins; what does not fill a bin at the far border is left out."""
    rows, columns = (n // side for n in frame.shape)
    cut = frame[: rows * side, : columns * side]
    if side > 1:
        kind = np.float32 if frame.dtype.itemsize <= 4 else np.float64
        cut = cut.reshape(rows, side, columns * side).sum(axis=1, dtype=kind)
        cut = cut.reshape(rows, columns, side).sum(axis=2) / side**2
    return np.asarray(cut, dtype=np.float64)


def _local(values: FloatArray) -> FloatArray:
    """Gaussian means."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(values, _LOCAL, truncate=3.0, mode="nearest"))


def _compared(
    a: _Picture, b: _Picture, scale: _Picture, noise: float
) -> tuple[float, float]:
    """Dissimilarity and mean absolute difference of two pictures."""
    v = _OVER_NOISE * noise * _counting(a, b)
    c1 = max((_K1 * scale.span) ** 2, v / (4 * np.pi * _LOCAL**2)) + 1e-12
    c2 = max((_K2 * scale.span) ** 2, v) + 1e-12
    covariance = _local(a.values * b.values) - a.local * b.local
    m, n = a.local - scale.lowest, b.local - scale.lowest
    light = (2 * m * n + c1) / (m * m + n * n + c1)
    structure = (2 * covariance + c2) / (a.square + b.square + c2)
    similar = float(np.mean(light * structure))
    return (1 - similar) / 2, float(np.mean(np.abs(a.values - b.values)))


def _noise(a: _Picture, b: _Picture) -> float:
    """Variance of a binned pixel that is not common to two pictures."""
    return float(np.median((a.values - b.values) ** 2)) / _MEDIAN_SQUARE / 2


def _counting(a: _Picture, b: _Picture) -> float:
    """How the noise of counting, relative to the brightness, follows the dose."""
    return 0.5 / a.mean + 0.5 / b.mean if min(a.mean, b.mean) > 0 else 1.0
