"""Rate laws of fronts as they are kept: what was asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Abscissa = Literal["time", "charge"]


@dataclass(frozen=True)
class LawRequest:
    """How a rate law is fitted.

    Attributes
    ----------
    laws
        One law, or several that are compared; see `measure.fit_law`.
    geometry, volume_ratio
        As for `measure.fit_law`.
    start
        Position at which the front begins, in nm (px without a calibration); None: to
        be found.
    onset
        Time in s on the experiment's clock at which it begins, or the charge passed
        since the first frame of the fit in C; None: to be found.
    against
        "time" or "charge".
    only_picks
        Fit the user's own rows, not what the kymograph says.
    """

    laws: tuple[str, ...] = ("linear", "parabolic", "linear-parabolic", "power")
    geometry: str = "planar"
    volume_ratio: float | None = None
    start: float | None = None
    onset: float | None = None
    against: Abscissa = "time"
    only_picks: bool = False


@dataclass(frozen=True)
class LawParameter:
    """One parameter of a law.

    Attributes
    ----------
    name
        As in `measure.LawFit.parameters`.
    value, u_value
        In `unit`; None where the frames cannot tell, and an uncertainty of 0 where it
        was given.
    unit
        "nm", "nm/s", ...
    """

    name: str
    value: float | None
    u_value: float | None
    unit: str

    @property
    def is_given(self) -> bool:
        """Whether it was fixed."""
        return self.u_value == 0


@dataclass(frozen=True)
class FittedLaw:
    """One law that was fitted.

    Attributes
    ----------
    law, geometry, volume_ratio
        Which.
    parameters
        In the units that are reported.
    roughness
        How far the front strays from the law (1 s.d.), in the unit of length.
    log_likelihood, aicc
        At the maximum, and Akaike's criterion with its correction for few frames.
    weight
        Akaike weight among the laws that were compared; None for one law alone.
    frames
        Number of frames that say something.
    flag
        "" or `not_identifiable`.
    """

    law: str
    geometry: str
    volume_ratio: float | None
    parameters: tuple[LawParameter, ...]
    roughness: float
    log_likelihood: float
    aicc: float
    weight: float | None
    frames: int
    flag: str = ""


@dataclass(frozen=True)
class FrontLaw:
    """The rate laws that were fitted to one front.

    Attributes
    ----------
    request
        What was asked for.
    path_id, path, movie
        The path's row, its name, and its movie.
    object, front
        Which front.
    first_frame, last_frame
        What was fitted, both included.
    source
        "kymograph" or "picks".
    gain
        Counts per electron with which the kymograph was read; None: not known.
    length, x_unit
        Unit of length, and of the abscissa: "s", "nC".
    best, flag
        The law that is chosen, "" for none, and why; see `measure.LawComparison`.
    fits
        The laws.
    is_there_and_back
        Whether the charge went both ways.
    curve
        (time in s on the experiment's clock, position) of the law that is drawn, at the
        middle of every frame.
    residuals
        (abscissa, what a frame alone says minus that law, its uncertainty).
    basis
        What the fit rests on, see `law_basis.basis_of`.
    fitted_utc
        When, ISO 8601.
    """

    request: LawRequest
    path_id: str
    path: str
    movie: str
    object: str
    front: str
    first_frame: int
    last_frame: int
    source: str
    gain: float | None
    length: str
    x_unit: str
    best: str
    flag: str
    fits: tuple[FittedLaw, ...]
    is_there_and_back: bool
    curve: tuple[tuple[float, float], ...]
    residuals: tuple[tuple[float, float, float], ...]
    basis: str = ""
    fitted_utc: str = ""

    @property
    def key(self) -> str:
        """Names the front in a document."""
        return law_key(self.path_id, self.object, self.front)

    @property
    def frames(self) -> range:
        """The frames that were fitted."""
        return range(self.first_frame, self.last_frame + 1)

    @property
    def shown(self) -> FittedLaw:
        """The law that is drawn: the best, else the likeliest."""
        for fit in self.fits:
            if fit.law == self.best:
                return fit
        return min(self.fits, key=lambda fit: fit.aicc)


def law_key(path_id: str, object_name: str, front: str) -> str:
    """What names the front of an object on a path in `Document.laws`."""
    return f"{path_id} {object_name} {front}"
