"""Boxes in which the spacing of a lattice is measured: rows of quantity `d_spacing`.

What was measured is kept in the row, in pixels, so that a table needs no movie and a
calibration may come last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_insitu_tem.measure.kinds.planes import number_of
from napari_insitu_tem.measure.lattice.result import LatticeSpacing
from napari_insitu_tem.measure.lattice.spacing import lattice_spacing
from napari_insitu_tem.measure.lattice.spectrum import Spectrum, spectrum_of
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.geometry import Geometry, Point
from napari_insitu_tem.model.record import Record, pairs
from napari_insitu_tem.state.counting import CountedMovie, with_placing
from napari_insitu_tem.state.session import Session

D_SPACING = "d_spacing"

#: Spacing in px, and orientation in degrees, near which a lattice is looked for.
Guess = tuple[float, ...]

#: Attributes that follow from the frame.
_MEASURED = ("spacing_px", "u_spacing_px", "orientation_deg", "u_orientation_deg")
_GUESSED = ("guess_px", "guess_deg")

#: Boxes of at most so many pixels are measured while they are being drawn: they take
#: less than a twentieth of a second.
_LIVE_PX = 200 * 200


def is_lattice(record: Record) -> bool:
    """Whether the row is a box with a lattice in it."""
    return record.kind == "expansion" and record.get("quantity") == D_SPACING


def guess_of(record: Record) -> Guess:
    """The lattice that a row was told to look for; empty for the strongest."""
    numbers = [number_of(record, name) for name in _GUESSED]
    if not numbers[0] > 0:
        return ()
    return tuple(number for number in numbers if np.isfinite(number))


def found_in(record: Record) -> Guess:
    """The lattice that was found, to look for it elsewhere; empty if none was."""
    numbers = [number_of(record, n) for n in ("spacing_px", "orientation_deg")]
    return tuple(numbers) if np.isfinite(numbers).all() else ()


def with_guess(record: Record, guess: Guess) -> Record:
    """The row, not measured yet, to look for another lattice."""
    return _with(record, dict(zip(_GUESSED, guess, strict=False)), _GUESSED)


def unmeasured(record: Record) -> Record:
    """The row without what was measured in another place."""
    return _with(record, {}, ())


def _with(record: Record, new: dict[str, Any], gone: tuple[str, ...]) -> Record:
    """Drop what was measured, and more, and add attributes."""
    dropped = {*_MEASURED, *gone}
    kept = {name: v for name, v in record.attributes if name not in dropped}
    return record.changed(attributes=pairs({**kept, **new}), flag="")


def measured(session: Session, record: Record) -> Record:
    """The row with the lattice of its box measured on its frame; others unchanged.

    Where there is no lattice to be seen, the value is empty and the row is flagged.

    Raises
    ------
    ReadError
        The frame cannot be read.
    """
    if not is_lattice(record):
        return record
    return measured_in(CountedMovie.of(session, record.movie), record)


def measured_in(movie: CountedMovie, record: Record) -> Record:
    """See `measured`."""
    found = with_result(record, lattice_in(movie, record))
    return with_placing(found, gain=movie.gain)


def lattice_in(movie: CountedMovie, record: Record) -> LatticeSpacing:
    """All that is found in the box of a row.

    Raises
    ------
    ReadError
        The frame cannot be read.
    """
    return lattice_spacing(
        movie.frame(record.frame),
        record.geometry.array(),
        guess_of(record) or None,
        gain=movie.gain,
    )


def with_result(record: Record, found: LatticeSpacing) -> Record:
    """The row with what was found."""
    if found.flag:
        return unmeasured(record).changed(flag=found.flag)
    values = (
        found.spacing,
        found.u_spacing,
        found.orientation,
        found.u_orientation,
    )
    fresh = dict(zip(_MEASURED, map(float, values), strict=True))
    return _with(record, fresh, ())


def measured_live(session: Session, record: Record) -> Record:
    """As `measured` for a box that is small enough to be followed by the hand.

    A large one stays without a value until it is let go.
    """
    if not is_lattice(record):
        return record
    height, width = np.ptp(record.geometry.array(), axis=0) + 1
    if height * width > _LIVE_PX:
        return unmeasured(record)
    try:
        return measured(session, record)
    except InsituTemError:
        return unmeasured(record)


def choose_lattice(session: Session, record: Record, guess: Guess) -> Record:
    """Look for another lattice in the box of a row, as one step.

    Boxes drawn from now on look for it too.

    Raises
    ------
    ReadError
        The frame cannot be read.
    """
    chosen = measured(session, with_guess(record, guess)).changed(method="manual")
    session.edit("choose lattice", session.document.with_records([chosen]))
    session.toolbox.change("expansion", guess=guess)
    return chosen


def box(first: Point, second: Point) -> Geometry:
    """The upright box between two opposite corners."""
    (a, b), (c, d) = first, second
    return Geometry.of("polygon", [(a, b), (a, d), (c, d), (c, b)])


def with_corner(geometry: Geometry, corner: int, to: Point) -> Geometry:
    """The box with one corner elsewhere, the opposite one where it was."""
    points = geometry.parts[0]
    if len(points) != 4:
        moved = [to if i == corner else point for i, point in enumerate(points)]
        return Geometry.of("polygon", moved)
    opposite = points[(corner + 2) % 4]
    parts = box(to, opposite).parts[0]
    # The corner that is held keeps its number.
    return Geometry.of("polygon", [parts[(i - corner) % 4] for i in range(4)])


@dataclass(frozen=True, eq=False)
class Seen:
    """What the box of a row holds.

    Attributes
    ----------
    record
        The row.
    found
        The lattice that was measured, and the others.
    spectrum
        The picture of all of them.
    """

    record: Record
    found: LatticeSpacing
    spectrum: Spectrum | None

    @property
    def peaks(self) -> list[Guess]:
        """Spacing and orientation of each lattice: the measured one, then others."""
        own = found_in(self.record)
        others = [(float(d), float(o)) for d, o, _ in self.found.others]
        return [*([own] if own else []), *others]


def look_into(session: Session, record: Record) -> Seen:
    """Find all lattices in the box of a row, and their spectrum.

    Raises
    ------
    ReadError
        The frame cannot be read.
    """
    movie = CountedMovie.of(session, record.movie)
    image = movie.frame(record.frame)
    found = lattice_in(movie, record)
    if found.flag and guess_of(record):
        # Nothing near the guess: show what else there is.
        anything = lattice_spacing(image, record.geometry.array(), gain=movie.gain)
        if not anything.flag:
            strongest = [anything.spacing, anything.orientation, np.inf]
            others = np.vstack([strongest, anything.others])
            found = LatticeSpacing(flag=found.flag, others=others)
    return Seen(record, found, spectrum_of(image, record.geometry.array()))
