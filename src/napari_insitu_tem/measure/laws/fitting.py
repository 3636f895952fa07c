"""Rate laws fitted to fronts, on what each frame says and never on a smoothed path."""

from __future__ import annotations

from numpy.typing import ArrayLike

from napari_insitu_tem.measure.fronts.track import FrontTrack
from napari_insitu_tem.measure.kymograph import Kymograph
from napari_insitu_tem.measure.laws.base import law_name
from napari_insitu_tem.measure.laws.making import Shape, geometry_of
from napari_insitu_tem.measure.laws.resting import fit_frames
from napari_insitu_tem.measure.laws.result import LawFit
from napari_insitu_tem.measure.laws.sources import frames_of
from napari_insitu_tem.measure.threads import on_one_thread


@on_one_thread
def fit_law(
    kymograph_or_track: Kymograph | FrontTrack | ArrayLike,
    times: ArrayLike,
    law: str,
    *,
    geometry: str = "planar",
    volume_ratio: float | None = None,
    start: float | None = None,
    onset: float | None = None,
    centre: float | None = None,
    pieces: int = 2,
    front: int | None = None,
    u_positions: ArrayLike | None = None,
    gain: float | None = None,
) -> LawFit:
    """Fit a rate law to a front.

    Parameters
    ----------
    kymograph_or_track
        A kymograph (followed first), a track, or (T,) positions in px that were
        measured one by one.
    times
        (T,) of the frames, in any unit (or the charge that has passed).
    law
        "linear" ``x = start + velocity (t - onset)``, "parabolic"
        ``(x - start)**2 = parabolic_constant (t - onset)``, "linear-parabolic" (Deal
        and Grove [1]_) ``(x - start) / velocity + (x - start)**2 / parabolic_constant =
        t - onset``, "power" ``coefficient (t - onset)**exponent``, or
        "piecewise-linear".
    geometry
        "planar", "cylinder" or "sphere". A shrinking core is the linear-parabolic law
        of the latter two ("shrinking-core" is another name for it); the reaction alone
        is their linear law, diffusion alone their parabolic one.
    volume_ratio
        Volume of the product over that of the reactant, measured; needed where
        diffusion through a curved product counts.
    start, onset
        Position and time at which the front begins, where they are known.
    centre
        Position of the centre of a cylinder or sphere. Without it the path begins there
        if the front moves towards its beginning; else the radius is fitted.
    pieces
        Number of constant velocities of the piecewise law.
    front
        Which front, in a track of several.
    u_positions
        (T,) uncertainties of positions that were measured one by one.
    gain
        Counts per electron, for a kymograph.

    Raises
    ------
    MeasurementError
        An unknown law, one that the geometry does not have, too few frames, or
        something missing that the law needs.

    Notes
    -----
    The sum over frames of the log-likelihood at the law's positions is maximised; a
    smoothed path would give the law uncertainties that are several times too small. The
    front may stray from the law by a normal roughness, which is found with it; the
    curvature of the likelihood gives the uncertainties, raised where neighbouring
    frames stray together.

    What is not given is fitted, and counted in the criterion: the start, and the onset
    before, within or at the beginning of the record; until its onset a front rests. Two
    exceptions, with neither given: a line has a free onset only where a rest is seen
    (lowers the criterion by more than 2), and begins at the first time otherwise, for
    its start and onset would say the same; and the linear-parabolic law is exactly a
    shifted parabola, and flagged `not_identifiable`, unless the front is clearly seen
    to rest first (by more than 10), which tells both. The piecewise law begins at the
    first time where no onset is given; a rest is one of its pieces.

    .. [1] B. E. Deal, A. S. Grove, J. Appl. Phys. 36 (1965) 3770.
    """
    name = law_name(law)
    frames = frames_of(
        kymograph_or_track, times, front=front, u_positions=u_positions, gain=gain
    )
    shape = Shape(geometry_of(geometry), volume_ratio, start, onset, centre, pieces)
    return fit_frames(frames, name, shape)
