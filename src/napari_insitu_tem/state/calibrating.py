"""The size of a pixel from something of known size that is seen in a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_insitu_tem.measure.lattice.result import LatticeSpacing
from napari_insitu_tem.measure.lattice.spacing import lattice_spacing
from napari_insitu_tem.measure.snapping import snap
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.errors import CalibrationError, MeasurementError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.state.counting import CountedMovie
from napari_insitu_tem.state.doubts import in_words
from napari_insitu_tem.state.session import Session

SCALE_BAR, LATTICE = "scale bar", "lattice spacing"

#: A bar is drawn in whole pixels: its length is rounded, with this uncertainty.
_ROUNDED_PX = 1 / np.sqrt(12)
#: Width of the strip in which the ends of a bar are looked for; bars are thin.
_STRIP_PX = 5.0
#: A line that is tilted by less than this is meant to be upright: bars are.
_TILT = np.tan(np.deg2rad(10))


@dataclass(frozen=True)
class KnownLattice:
    """Planes of a known spacing.

    Attributes
    ----------
    name
        Crystal and planes.
    spacing_nm
        At room temperature.
    """

    name: str
    spacing_nm: float


#: Their sources are in docs/howto/calibrate.md.
KNOWN_LATTICES: tuple[KnownLattice, ...] = (
    KnownLattice("Si 111", 0.31356),
    KnownLattice("Si 220", 0.19202),
    KnownLattice("Au 111", 0.23548),
    KnownLattice("Au 200", 0.20393),
    KnownLattice("graphite 0002", 0.3354),
)


@dataclass(frozen=True)
class ScaleBar:
    """A line along a bar.

    Attributes
    ----------
    line
        From end to end.
    frame
        Of the movie under the playhead.
    u_length_px
        Standard uncertainty of its length.
    flag
        "" where both ends were found, else why the line is as it was drawn.
    """

    line: Geometry
    frame: int
    u_length_px: float
    flag: str = ""

    @property
    def step(self) -> tuple[float, float]:
        """From one end to the other, (y, x) in px."""
        y, x = np.diff(self.line.array(), axis=0)[0]
        return float(y), float(x)

    @property
    def length_px(self) -> float:
        """Its length."""
        return float(np.hypot(*self.step))

    def describe(self) -> str:
        """Length, uncertainty, and how the ends were found."""
        text = f"{self.length_px:.1f} ± {self.u_length_px:.1f} px"
        if not self.flag:
            return f"{text}, between the edges at its ends."
        return f"{text}, as drawn; the ends were not found: {in_words(self.flag)}"


@dataclass(frozen=True, eq=False)
class ScaleLattice:
    """A lattice whose spacing is known.

    Attributes
    ----------
    found
        What was measured.
    frame
        Of the movie under the playhead.
    """

    found: LatticeSpacing
    frame: int

    def describe(self) -> str:
        """Spacing with its uncertainty, and direction; weaker lattices, if any."""
        found = self.found
        text = (
            f"{found.spacing:.4g} ± {found.u_spacing:.2g} px, direction "
            f"{found.orientation:.1f}°."
        )
        weaker = [f"{d:.4g} px at {turn:.0f}°" for d, turn, _ in found.others]
        return f"{text} Weaker: {', '.join(weaker)}." if weaker else text


def look_at_bar(session: Session, line: Geometry) -> ScaleBar:
    """The line drawn along a scale bar, its ends moved to those of the bar.

    Parameters
    ----------
    session
        The bar is in the frame under its playhead.
    line
        Drawn from end to end, within some pixels.

    Notes
    -----
    A line that is nearly upright or level is made so, since bars are: the tilt of a
    hand would make it longer. The length of a bar is a whole number of pixels, which
    adds ``1 / sqrt(12)`` px; each end adds what the fit of its edge says, or where
    there is none the stated uncertainty of placing an end by hand.

    Raises
    ------
    MeasurementError
        There is no movie.
    ReadError
        The frame cannot be read.
    """
    image, frame = _frame(session)
    line = _levelled(line)
    found = snap(image, line, width_px=_STRIP_PX)
    by_hand = session.document.settings.u_pick_px
    u_end = by_hand if found.flag else float(found.u_pick_px)
    u_length = float(np.hypot(np.sqrt(2) * u_end, _ROUNDED_PX))
    shown = line if found.flag else found.geometry
    return ScaleBar(shown, frame, u_length, found.flag)


def bar_calibration(
    session: Session, bar: ScaleBar, length_nm: float, u_relative: float = 0.0
) -> Calibration:
    """The size of a pixel from the length that a bar stands for.

    Parameters
    ----------
    session
        Its movie may have pixels that are not square: their ratio is kept.
    bar
        As it was found.
    length_nm
        What is written beside it.
    u_relative
        How sure that is.

    Raises
    ------
    CalibrationError
        A length is not positive.
    """
    if not (length_nm > 0 and bar.length_px > 0):
        raise CalibrationError("Type the length of the bar, and draw along it.")
    y, x = bar.step
    ratio = _ratio(session)
    size = length_nm / float(np.hypot(y * ratio, x))
    u_size = float(np.hypot(bar.u_length_px / bar.length_px, u_relative))
    details = (
        f"{length_nm:g} nm over {bar.length_px:.1f} +/- {bar.u_length_px:.1f} px, "
        f"frame {bar.frame}"
    )
    return Calibration(size * ratio, size, u_size, SCALE_BAR, details)


def look_at_lattice(session: Session, box: Geometry) -> ScaleLattice:
    """The strongest lattice in a box of the frame under the playhead.

    Raises
    ------
    MeasurementError
        There is no movie, or no lattice can be seen.
    ReadError
        The frame cannot be read.
    """
    _, frame = _frame(session)
    assert session.movie is not None
    counted = CountedMovie.of(session, session.movie.name)
    found = lattice_spacing(counted.frame(frame), box.array(), gain=counted.gain)
    if found.flag:
        raise MeasurementError(
            f"No lattice was found in the box: {_no_lattice(found.flag)}",
            hint="Draw it over clear fringes, larger.",
        )
    return ScaleLattice(found, frame)


def _no_lattice(flag: str) -> str:
    """Why; what is said of edges does not fit fringes."""
    reasons = {
        "low_contrast": "no fringes stand out from the noise.",
        "unresolved": "its fringes are too few, or too close to each other.",
        "out_of_frame": "it reaches beyond the frame.",
    }
    return reasons.get(flag, in_words(flag))


def lattice_calibration(
    session: Session, lattice: ScaleLattice, spacing_nm: float, u_relative: float = 0.0
) -> Calibration:
    """The size of a pixel from planes of known spacing.

    Parameters
    ----------
    session
        Its movie may have pixels that are not square: their ratio is kept.
    lattice
        As it was measured.
    spacing_nm, u_relative
        What its spacing is known to be, and how sure that is.

    Raises
    ------
    CalibrationError
        The spacing is not positive.
    """
    if not spacing_nm > 0:
        raise CalibrationError("Type the spacing of the planes.")
    found, ratio = lattice.found, _ratio(session)
    fy, fx = found.frequency
    size = spacing_nm * float(np.hypot(fy / ratio, fx))
    u_size = float(np.hypot(found.u_spacing / found.spacing, u_relative))
    details = (
        f"{spacing_nm:g} nm over {found.spacing:.4g} +/- {found.u_spacing:.2g} px, "
        f"frame {lattice.frame}"
    )
    gain = found.parameters.get("gain")
    if gain is not None:
        details += f", {gain:.4g} counts per electron"
    return Calibration(size * ratio, size, u_size, LATTICE, details)


def calibrate(session: Session, size: Calibration | None) -> None:
    """Give the movie under the playhead another pixel size, as one step."""
    movie = session.movie
    if movie is None or movie.calibration == size:
        return
    what = "forget pixel size" if size is None else "set pixel size"
    document = session.document.with_calibration(movie.name, size)
    session.edit(f"{what} of {movie.name}", document)


def own_calibration(session: Session) -> Calibration | None:
    """The pixel size in the file of the movie under the playhead."""
    movie = session.movie
    files = session.experiment.movies
    own = [m.calibration for m in files if movie and m.name == movie.name]
    return own[0] if own else None


def _frame(session: Session) -> tuple[np.ndarray, int]:
    movie, playhead = session.movie, session.playhead
    if movie is None or playhead is None:
        raise MeasurementError("Open a movie first.")
    return np.asarray(movie.frame(playhead.frame)), playhead.frame


def _ratio(session: Session) -> float:
    """Height of a pixel over its width."""
    movie = session.movie
    size = movie.calibration if movie is not None else None
    size = size or own_calibration(session)
    return 1.0 if size is None else size.y_nm / size.x_nm


def _levelled(line: Geometry) -> Geometry:
    """The line made level, or upright, where it is nearly so."""
    ends = line.array()
    tall, wide = np.abs(np.diff(ends, axis=0)[0])
    if tall <= _TILT * wide:
        ends[:, 0] = ends[:, 0].mean()
    elif wide <= _TILT * tall:
        ends[:, 1] = ends[:, 1].mean()
    return Geometry.of("line", ends)
