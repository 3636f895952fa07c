"""Lattice spacings from fringes, to the limit of the counted electrons."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.lattice.fringes import Fitted, Fringes, strongest
from napari_insitu_tem.measure.lattice.guess import NEAR, meant_by
from napari_insitu_tem.measure.lattice.peaks import LEAST_FRINGES, is_resolved
from napari_insitu_tem.measure.lattice.result import LatticeSpacing
from napari_insitu_tem.measure.lattice.waves import Wave
from napari_insitu_tem.measure.lattice.window import box_of, one_image
from napari_insitu_tem.measure.threads import on_one_thread
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

LOW_CONTRAST = "low_contrast"
UNRESOLVED = "unresolved"
OUT_OF_FRAME = "out_of_frame"

#: Fewest pixels along a side of the window, and part of it that must be there.
_LEAST_SIDE, _LEAST_PART = 8, 0.25


@on_one_thread
def lattice_spacing(
    image: ArrayLike,
    window: Any = None,
    guess: Any = None,
    *,
    gain: float | None = None,
    diffraction: bool = False,
    centre: ArrayLike | None = None,
) -> LatticeSpacing:
    """Measure the spacing and direction of lattice fringes, or of a diffraction frame.

    Parameters
    ----------
    image
        (y, x) counts; NaN takes no part.
    window
        The part to look at: (y0, x0, y1, x1), half open; two slices (rows, columns); or
        the (n, 2) vertices (y, x) of a drawn box. None: all of the image.
    guess
        Which lattice, where there are several: a spacing in px; a spacing and an
        orientation in degrees; or a frequency (fy, fx) in cycles a pixel. The strongest
        significant one within 20 % (and 15 degrees) is taken, of several the nearer one
        unless the other is much stronger; None: the strongest of all. Of a diffraction
        frame: a radius in px.
    gain
        Counts per electron. With it pixels are weighted by the noise of counting; the
        size of the noise always comes from the spectrum around the peak, so that a
        camera's point spread does not make the uncertainty too small.
    diffraction
        The image is a diffraction frame: answer `radius` and `radii` instead. A spacing
        follows as ``d = camera constant / radius``, or ``d = 1 / (radius * s)`` with
        the scale s in 1/length a pixel: a ring at 0.23 1/angstrom is 4.35 angstrom.
    centre
        Of a diffraction frame: rough place (y, x) of the undiffracted beam; None: found
        by the symmetry of the pattern.

    Returns
    -------
    LatticeSpacing

    Raises
    ------
    MeasurementError
        No image, or a window or a guess that cannot be one.

    Notes
    -----
    Least squares of ``A cos(2 pi (fy y + fx x) + p)`` plus a slow background, which for
    counted electrons at low contrast is maximum likelihood; all significant lattices
    are fitted, each with the others taken away, so that they do not leak into one
    another. The background is the cosines of less than half the lowest frequency. Where
    the fringes fill a part of the window only, it is found and the pixels are weighted
    by the fringes' amplitude there; no taper is applied, it would cost precision.

    A peak is significant where noise of the level around it would make one in less than
    one window of a thousand. For a modulation m, D electrons a pixel and n x n pixels
    the standard uncertainty of either frequency is at best
    ``sqrt(6 / (pi**2 m**2 D n**4))`` cycles a pixel [1]_. Within the window the lattice
    is taken as perfect: strain in it makes the answer a mean, weighted by amplitude.

    .. [1] D. C. Rife and R. R. Boorstyn, IEEE Trans. Inf. Theory 20 (1974) 591,
       for one axis.
    """
    values = one_image(image)
    if gain is not None and not (np.isfinite(gain) and gain > 0):
        raise MeasurementError("The gain must be a positive number of counts.")
    y0, x0, y1, x1 = box_of(window, (values.shape[0], values.shape[1]))
    asked = {
        "window": (y0, x0, y1, x1),
        "guess": guess,
        "gain": gain,
        "diffraction": diffraction,
    }
    part = values[y0:y1, x0:x1]
    if min(part.shape) < _LEAST_SIDE or np.isfinite(part).mean() < _LEAST_PART:
        return LatticeSpacing(flag=OUT_OF_FRAME, parameters=asked)
    if diffraction:
        from napari_insitu_tem.measure.lattice.diffraction import measure_radii

        return measure_radii(part, (y0, x0), guess, gain, centre, asked)
    return _fringes(part, guess, gain, asked)


def _fringes(
    part: FloatArray, guess: Any, gain: float | None, asked: dict[str, Any]
) -> LatticeSpacing:
    """The lattice that is meant, of all that are in the window."""
    meant = meant_by(guess)
    if meant is not None and not _can_be_seen(part.shape, meant.frequency):
        return LatticeSpacing(flag=UNRESOLVED, parameters=asked)
    fringes = Fringes(part, gain)
    fringes.find_all()
    fringes.settle()
    chosen = strongest(fringes.waves, meant)
    if chosen is None and meant is not None and fringes.find(meant) is not None:
        fringes.settle()
        chosen = strongest(fringes.waves, meant)
    if chosen is None:
        return LatticeSpacing(flag=LOW_CONTRAST, parameters=asked)
    fitted = fringes.measure(chosen)
    others = [wave for number, wave in enumerate(fringes.waves) if number != chosen]
    if not is_resolved(fitted.wave, (part.shape[0], part.shape[1])):
        return LatticeSpacing(flag=UNRESOLVED, parameters=asked)
    return _answer(fitted, others, part.shape, asked)


def _can_be_seen(shape: tuple[int, ...], frequency: float) -> bool:
    """Whether any direction has enough fringes, at more than two px each."""
    most = np.hypot(shape[0], shape[1]) * frequency * (1 + NEAR)
    return bool(most >= LEAST_FRINGES and frequency < 0.5)


def _answer(
    fitted: Fitted, others: list[Wave], shape: tuple[int, ...], asked: dict[str, Any]
) -> LatticeSpacing:
    """Frequencies as spacings and degrees."""
    wave = fitted.wave
    along = np.array([wave.fy, wave.fx]) / wave.frequency
    across = np.array([along[1], -along[0]])
    u_frequency = float(np.sqrt(along @ fitted.covariance @ along))
    u_turn = float(np.sqrt(across @ fitted.covariance @ across)) / wave.frequency
    rows = [(1 / w.frequency, orientation_of(w), w.amplitude) for w in others]
    rows.sort(key=lambda row: -row[2])
    return LatticeSpacing(
        spacing=1 / wave.frequency,
        u_spacing=u_frequency / wave.frequency**2,
        orientation=orientation_of(wave),
        u_orientation=float(np.rad2deg(u_turn)),
        frequency=np.array([wave.fy, wave.fx]),
        modulation=fitted.modulation,
        fringes=float(abs(wave.fy) * shape[0] + abs(wave.fx) * shape[1]),
        part=fitted.part,
        others=np.array(rows).reshape(-1, 3),
        parameters=asked,
    )


def orientation_of(wave: Wave) -> float:
    """Degrees across the fringes from +x toward +y, in [0, 180)."""
    return float(np.rad2deg(np.arctan2(wave.fy, wave.fx)) % 180.0)
