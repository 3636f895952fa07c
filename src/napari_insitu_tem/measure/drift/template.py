"""The mean of all frames as what each frame is compared with: its slopes, denoised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.drift.canvas import Canvas, Known, laid_back
from napari_insitu_tem.measure.drift.votes import vote

Image = NDArray[np.float32]
FloatArray = NDArray[np.float64]

#: Part of the frame's side above which shades do not count.
_SHADE = 1 / 8
#: Radius in px by which the mean is continued beyond where it is known.
_BEYOND = 3.0
#: Rings of the spectrum, and the chance correlation in units of its spread that counts.
_RINGS, _BY_CHANCE = 128, 2.5
#: Contrast of a frame against the mean that is believed.
_CONTRASTS = (0.5, 2.0)
#: Fewest pixels from which a level is taken.
_FEWEST = 64
#: Brightness (of the mean) below which a pixel weighs no more.
_DARKEST = 0.05


@dataclass(frozen=True)
class Step:
    """What one frame says of its place.

    Attributes
    ----------
    step
        (2,) how much farther (dy, dx) its content lies.
    covariance
        (2, 2) of it.
    frames
        Mean number of frames that the mean is made of, where this frame lies.
    """

    step: FloatArray
    covariance: FloatArray
    frames: float


class Template:
    """Mean of the frames with its denoised slopes.

    Parameters
    ----------
    canvas
        Frames laid back, in two halves.
    side
        Smaller side of the frames in px.
    still
        Canvas weight between 0 and 1: how far a pixel holds still; None for all.
    is_counting
        Whether the noise is that of counting: bright pixels then weigh less.

    Notes
    -----
    The two halves have independent noise, so the correlation of their spectra, ring by
    ring [1]_, tells what of the mean is signal. With FRC that correlation, the Wiener
    filter of the mean of both is ``2 FRC / (1 + FRC)``. Slopes come from the filtered
    mean; the shift of a frame follows from one Gauss-Newton step, ``H^-1 sum(w g e)``,
    e being the frame minus the unfiltered mean and H the sum of ``w g g'`` freed from
    the noise in g by the same correlation. The frame's own part in the mean does not
    draw it to where it lies, because the slope of an image's correlation with its own
    filtered self is zero there.

    .. [1] M. van Heel, Ultramicroscopy 21 (1987) 95 (ring correlation).
    """

    def __init__(
        self,
        canvas: Canvas,
        side: int,
        still: Image | None = None,
        *,
        is_counting: bool = False,
    ) -> None:
        self._canvas = canvas
        self.mean = canvas.mean()
        self.counts = canvas.counts.sum(axis=0)
        known = self.counts > 0
        self._weight = known.astype(np.float32)
        if still is not None:
            self._weight *= still
        if is_counting:
            self._weight /= np.maximum(self.mean + 1, _DARKEST)
        used = self._weight[self._weight > 0]
        self._usual = float(np.median(used)) if used.size else 1.0
        slopes, self._freed = self._filtered(side)
        self._slopes = slopes * self._weight
        self._bends = np.stack(
            [self._slopes[i] * slopes[j] for i, j in ((0, 0), (0, 1), (1, 1))]
        )

    def step(
        self, frame: Image, known: Known, shift: FloatArray
    ) -> tuple[Step, tuple[tuple[slice, slice], Image]]:
        """What a frame says, and what it differs by from the mean in a window of it."""
        corner, image, known = laid_back(frame, known, shift)
        window = self._canvas.window(corner, image.shape)
        base, scale = self._level(image, known, window)
        rest = image - (self.mean[window] * np.float32(scale) + np.float32(base))
        if known is not None:
            rest *= known
        weight, bends = self._weight[window], self._bends[:, *window]
        if known is not None:
            weight, bends = weight * known, bends * known
        found = vote(rest, weight, self._slopes[:, *window], bends, self._freed)
        # The content of a frame that lies farther down makes it the mean moved up.
        step, covariance = -found.step / scale, found.covariance / scale**2
        frames = float(self.counts[window][::4, ::4].mean(dtype=np.float64))
        return Step(step, covariance, frames), (window, rest)

    def _level(
        self, image: Image, known: Known, window: tuple[slice, slice]
    ) -> tuple[float, float]:
        """Level and contrast of an image against the mean, where it holds still."""
        some = (slice(None, None, 2), slice(None, None, 2))
        use = self._weight[window][some] > 0.5 * self._usual
        if known is not None:
            use &= known[some]
        if use.sum() < _FEWEST:
            return 0.0, 1.0
        mean = self.mean[window][some][use].astype(np.float64)
        values = image[some][use].astype(np.float64)
        spread = float(np.var(mean))
        shared = float(np.mean((mean - mean.mean()) * values))
        scale = float(np.clip(shared / spread, *_CONTRASTS)) if spread > 0 else 1.0
        return float(values.mean() - scale * mean.mean()), scale

    def _filtered(self, side: int) -> tuple[Image, FloatArray]:
        """(2, y, x) slopes, and what frees their energy from noise on either side."""
        from scipy.fft import irfft2, next_fast_len, rfft2

        shape = self._canvas.shape
        size = tuple(next_fast_len(n, True) for n in shape)
        known = (self._weight > 0) if (self._weight == 0).any() else None
        halves = [
            rfft2(_continued(mean, counts, known), size)
            for mean, counts in zip(
                self._canvas.means(), self._canvas.counts, strict=True
            )
        ]
        ky = 2 * np.pi * np.fft.fftfreq(size[0])[:, None]
        kx = 2 * np.pi * np.fft.rfftfreq(size[1])[None]
        k = np.hypot(ky, kx)
        ring = np.minimum((k * (_RINGS / np.pi)).astype(np.int64), _RINGS)
        doubled = np.full(k.shape, 2.0)
        doubled[:, 0] = 1
        cross = np.real(halves[0] * np.conj(halves[1])).astype(np.float64)
        own = np.stack([np.abs(h).astype(np.float64) ** 2 for h in halves])
        correlation = _ring_correlation(cross, own, ring, doubled)
        gain = 2 * correlation / (1 + correlation)
        shade = 1 - np.exp(-0.5 * (k * side * _SHADE) ** 2)
        kept = gain[ring] * shade
        mean = 0.5 * (halves[0] + halves[1])
        slopes = np.stack(
            [
                irfft2(1j * axis * kept * mean, size)[: shape[0], : shape[1]]
                for axis in (ky, kx)
            ]
        ).astype(np.float32)
        power = 0.25 * (own.sum(axis=0) + 2 * cross)
        axes = [(ky, ky), (ky, kx), (kx, kx)]
        signal, noisy = (
            np.array([np.sum(doubled * i * j * kept * part) for i, j in axes])
            for part in (cross, kept * power)
        )
        noise = _ring_mean(0.5 * own.sum(axis=0) - cross, ring, doubled)
        level = _ring_mean(cross, ring, doubled)
        spread = (noise**2 + 2 * noise * level)[ring]
        chance = np.sqrt(np.sum(doubled * (k**2 * kept) ** 2 * spread))
        return slopes, _freeing(signal, noisy, float(chance))


def _freeing(signal: FloatArray, noisy: FloatArray, chance: float) -> FloatArray:
    """(2, 2) matrix that makes a tensor (yy, yx, xx) with noise one without.

    Directions in which the signal is that of chance are left with next to nothing.
    """
    tensor = signal[[0, 1, 1, 2]].reshape(2, 2)
    values, vectors = np.linalg.eigh(tensor)
    values = np.where(values > _BY_CHANCE * chance, values, 1e-9 * abs(values[-1]))
    root = (vectors * np.sqrt(values)) @ vectors.T
    values, vectors = np.linalg.eigh(noisy[[0, 1, 1, 2]].reshape(2, 2))
    if not values[0] > 0:
        return np.zeros((2, 2))
    return np.asarray(root @ ((vectors / np.sqrt(values)) @ vectors.T))


def _ring_mean(
    values: FloatArray, ring: NDArray[np.int64], doubled: FloatArray
) -> FloatArray:
    """(R,) mean over each ring, at least zero."""
    flat, weight = ring.ravel(), doubled.ravel()
    total = np.bincount(flat, (doubled * values).ravel(), _RINGS + 1)
    count = np.bincount(flat, weight, _RINGS + 1)
    return np.maximum(total / np.maximum(count, 1), 0)


def _ring_correlation(
    cross: FloatArray, own: FloatArray, ring: NDArray[np.int64], doubled: FloatArray
) -> FloatArray:
    """(R,) correlation of both halves in each ring, 0 where it is that of chance."""
    flat = ring.ravel()
    together = np.bincount(flat, (doubled * cross).ravel(), _RINGS + 1)
    power = [np.bincount(flat, (doubled * p).ravel(), _RINGS + 1) for p in own]
    count = np.bincount(flat, doubled.ravel(), _RINGS + 1)
    both = np.sqrt(power[0] * power[1])
    found = np.divide(together, both, out=np.zeros_like(both), where=both > 0)
    chance = _BY_CHANCE / np.sqrt(np.maximum(count / 2, 1.0))
    return np.where(found > chance, np.clip(found, 0, 1), 0.0)


def _continued(mean: Image, counts: Image, used: NDArray[np.bool_] | None) -> Image:
    """A mean faded out smoothly beyond where it is known."""
    from scipy.ndimage import gaussian_filter

    known = counts > 0 if used is None else (counts > 0) & used
    middle = float(mean[known].mean()) if known.any() else 0.0
    level = np.where(known, mean - np.float32(middle), 0).astype(np.float32)
    if known.all():
        return level
    share = gaussian_filter(known.astype(np.float32), _BEYOND, mode="constant")
    around = gaussian_filter(level, _BEYOND, mode="constant")
    around /= np.maximum(share, 1e-3)
    fade = np.minimum(2 * share, 1)
    return np.where(known, level, around * fade).astype(np.float32)
