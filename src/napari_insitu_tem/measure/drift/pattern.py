"""What stands still on the camera while the specimen moves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.drift.canvas import Canvas

Image = NDArray[np.float32]
FloatArray = NDArray[np.float64]

#: Spread of the shifts in px above which the camera's pattern can be told at all.
_LEAST_SPREAD = 0.5
#: Wave number (rad/px) above which the spectrum has next to nothing of the specimen.
_FINE = 2.0
#: Variance of the pattern over that of the noise of the mean which matters.
_LEAST_PART = 0.1
#: Part of the frame's side over which its borders fade.
_FADE = 1 / 16


class Pattern:
    """Mean of the frames on the camera, to be set against that on the specimen.

    Parameters
    ----------
    shape
        (rows, columns) of the frames.

    Notes
    -----
    For each wave vector k the frames are ``D_t = T exp(-i k s_t) + P + noise``: the
    specimen T moves with the shifts, the pattern P does not. With m the mean of
    ``exp(-i k s_t)``, A the variance of P, N that of the noise in a frame and
    w = A / (A + N / T), the generalised least-squares solution is
    ``P = w (mean(D) - m Tbar) / (1 - w |m|^2)``, Tbar being the mean of the frames
    laid back. A is taken from the finest details, where the specimen has none.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._sum = np.zeros(shape, np.float32)
        self._count, self._noise = 0, 0.0

    def add(self, frame: Image) -> None:
        """Add a frame."""
        self._sum += frame
        self._count += 1
        rows = frame[::4]
        # The third difference has next to nothing but noise; its weights' squares sum
        # to 20.
        third = np.diff(rows, n=3, axis=1)
        self._noise += float(np.mean(third**2, dtype=np.float64)) / 20

    def response(
        self, canvas: Canvas, shifts: FloatArray, before: Image | None
    ) -> Image | None:
        """(y, x) response of each pixel, by which frames are to be divided.

        Parameters
        ----------
        canvas
            The same frames laid back.
        shifts
            (n, 2) shifts by which they were.
        before
            The response by which they were divided already.
        """
        from scipy.fft import irfft2, rfft2

        if self._count < 3 or shifts.std(axis=0).max() < _LEAST_SPREAD:
            return before
        centre = np.rint(shifts.mean(axis=0)).astype(int)
        corner = (-int(centre[0]), -int(centre[1]))
        window = canvas.window(corner, self._shape)
        fade = _fade(self._shape)
        specimen = rfft2(canvas.mean()[window] * fade)
        camera = rfft2(self._sum / np.float32(self._count) * fade)
        ky = 2 * np.pi * np.fft.fftfreq(self._shape[0])
        kx = 2 * np.pi * np.fft.rfftfreq(self._shape[1])
        m = _mean_phase(ky, kx, shifts - centre)
        held = np.abs(m) ** 2
        rest = camera - m * specimen
        old = 0.0 if before is None else rfft2((before - 1) * fade)
        rest = rest + old * (1 - held)
        fine = np.hypot(ky[:, None], kx[None]) > _FINE
        area = float(np.sum(fade.astype(np.float64) ** 2))
        noise = self._noise / self._count / self._count
        power = float(np.mean(np.abs(rest[fine]) ** 2)) / area
        free = float(np.mean(1 - held[fine]))
        pattern = (power - noise * free) / max(free**2, 1e-6)
        if free < 0.3 or pattern < _LEAST_PART * noise:
            return before
        w = pattern / (pattern + noise)
        found = irfft2(w * rest / (1 - w * held), self._shape)
        found = found * (fade > 0.5) / np.maximum(fade, 0.5)
        return np.asarray(np.clip(1 + found, 0.2, 5), np.float32)


def _mean_phase(
    ky: NDArray[Any], kx: NDArray[Any], shifts: FloatArray
) -> NDArray[np.complexfloating]:
    """(ky, kx) mean of exp(-i k s) over all shifts."""
    rows = np.exp(-1j * ky[:, None] * shifts[:, 0])
    columns = np.exp(-1j * kx[:, None] * shifts[:, 1])
    return np.asarray(rows @ columns.T / len(shifts))


def _fade(shape: tuple[int, int]) -> Image:
    """1 inside, falling to 0 at the borders."""
    sides = []
    for n in shape:
        width = max(int(n * _FADE), 4)
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(width) + 0.5) / width)
        sides.append(np.concatenate([ramp, np.ones(n - 2 * width), ramp[::-1]]))
    return np.asarray(sides[0][:, None] * sides[1][None], np.float32)
