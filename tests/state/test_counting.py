"""The gain of a movie goes to everything that measures on its frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import tracking_scene as scene
from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.state.counting import CountedMovie
from napari_insitu_tem.state.drifts import plan_drift
from napari_insitu_tem.state.laws.fitting import plan_laws
from napari_insitu_tem.state.laws.request import LawRequest
from napari_insitu_tem.state.measuring import add_record, new_record
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking import plan_tracking, put_tracked

GAIN, OFFSET, FRAMES = 7.0, 500.0, 6


def film(gain=GAIN, offset=0.0) -> Movie:
    """A disc that grows, a step, fringes and a layer, in counted electrons."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:120, :160].astype(float)
    frames = []
    for t in range(FRAMES):
        mean = np.full(y.shape, 20.0)
        mean[np.hypot(y - 35, x - 40) < 18 + t / 2] = 12
        mean[(abs(y - 95) < 12) & (x < 70)] = 11  # a ribbon
        wave = 6 * np.cos(2 * np.pi * (x + 0.3 * y) / (6 + 0.02 * t))
        mean[:, 90:] = (20 + wave)[:, 90:]
        frames.append(gain * rng.poisson(mean) + offset)
    return Movie.from_array(
        np.array(frames, np.uint16),
        name="film",
        pixel_size_nm=0.5,
        times_s=np.arange(float(FRAMES)),
        exposures_s=1.0,
    )


def session_of(movie: Movie, beam: Beam | None) -> Session:
    session = Session(Experiment(movie))
    if beam is not None:
        session.edit("beam", session.document.with_beam(movie.name, beam))
    return session


SHAPES = {
    "line": (Geometry.of("line", [[83.0, 35.0], [107.0, 35.0]]), "diameter"),
    "polygon": (
        Geometry.of(
            "polygon",
            [
                (35 + 18 * np.sin(a), 40 + 18 * np.cos(a))
                for a in np.linspace(0, 2 * np.pi, 24, endpoint=False)
            ],
        ),
        "area",
    ),
    "lattice": (
        Geometry.of("polygon", [(20, 95), (20, 155), (80, 155), (80, 95)]),
        "d_spacing",
    ),
    "band": (
        Geometry.of("band", [[107.0, 5.0], [107.0, 60.0]], [[83.0, 5.0], [83.0, 60.0]]),
        "",
    ),
}


def measured(session: Session, name: str) -> list:
    """Draw a shape on the first frame, snapped, and follow it: its rows."""
    geometry, quantity = SHAPES[name]
    kind = "sei" if name == "band" else "expansion"
    session.toolbox.change(kind, object=name, snap=True)
    if kind == "expansion":
        session.toolbox.change(kind, quantity=quantity)
    record = new_record(session, session.toolbox[kind], geometry)
    add_record(session, record, snap_it=name != "lattice")
    plan = plan_tracking(session, kind, "all")
    assert put_tracked(session, plan, plan.follow(no_progress))
    return sorted(session.document.of_kind(kind), key=lambda row: row.frame)


def numbers(record) -> np.ndarray:
    """The shape and the measured numbers of a row."""
    values = [np.ravel(part) for part in record.geometry.parts]
    values += [[v] for _, v in record.attributes if isinstance(v, float)]
    values += [] if record.u_pick_px is None else [[record.u_pick_px]]
    return np.concatenate(values)


@pytest.mark.parametrize("name", SHAPES)
def test_every_row_that_is_placed_by_the_frame_says_the_gain(name):
    session = session_of(film(), Beam(gain=GAIN))
    rows = measured(session, name)
    assert len(rows) >= FRAMES - 1
    assert {row.get("gain_counts") for row in rows} == {GAIN}
    kind = "sei" if name == "band" else "expansion"
    assert set(session.table(kind)["gain_counts"]) == {GAIN}


@pytest.mark.parametrize("name", SHAPES)
def test_without_a_gain_none_is_said(name):
    rows = measured(session_of(film(), None), name)
    assert {row.get("gain_counts", None) for row in rows} == {None}


@pytest.mark.parametrize("name", SHAPES)
def test_a_dark_level_is_taken_off_first(name):
    plain = measured(session_of(film(), Beam(gain=GAIN)), name)
    beam = Beam(gain=GAIN, offset=OFFSET)
    above = measured(session_of(film(offset=OFFSET), beam), name)
    assert len(plain) == len(above)
    for a, b in zip(plain, above, strict=True):
        np.testing.assert_allclose(numbers(a), numbers(b), rtol=1e-4, atol=1e-3)


def test_a_wrong_gain_gives_another_uncertainty():
    by_gain = {
        gain: measured(session_of(film(), Beam(gain=gain)), "line")[0].u_pick_px
        for gain in (GAIN, 4 * GAIN)
    }
    assert by_gain[4 * GAIN] == pytest.approx(2 * by_gain[GAIN], rel=0.3)


@pytest.fixture
def with_front():
    """A front that was picked, of a movie with a known gain of 1."""
    session = scene.make_session()
    session.edit("beam", session.document.with_beam("wire", Beam(gain=1.0)))
    for frame in (0, 20, 39):
        scene.pick(session, frame, scene.first_front(frame))
    return session


def follow_fronts(session: Session):
    plan = plan_tracking(session, "front", "all")
    outcome = plan.follow(no_progress)
    plan.done()
    assert put_tracked(session, plan, outcome)
    return [r for r in session.document.of_kind("front") if r.method == "tracked"]


def test_fronts_are_followed_by_counted_electrons(with_front):
    rows = follow_fronts(with_front)
    assert {row.get("gain_counts") for row in rows} == {1.0}
    assert {row.get("width_px") for row in rows} == {11}
    u_true = np.median([row.u_pick_px for row in rows])
    with_front.edit(
        "beam",
        with_front.document.with_beam("wire", Beam(gain=9.0, gain_source="typed")),
    )
    again = follow_fronts(with_front)
    assert {row.get("gain_counts") for row in again} == {9.0}
    # A ninth of the electrons: the front is known three times worse.
    assert np.median([row.u_pick_px for row in again]) > 1.8 * u_true


def test_a_rate_law_is_fitted_with_the_gain_that_holds(with_front):
    follow_fronts(with_front)
    request = LawRequest(laws=("power",), start=None)
    before = plan_laws(with_front, request).fit(no_progress)
    with_front.edit("beam", with_front.document.with_beam("wire", Beam(gain=9.0)))
    after = plan_laws(with_front, request).fit(no_progress)
    assert (before.gain, after.gain) == (1.0, 9.0)
    sure, unsure = (law.fits[0].parameters[0] for law in (before, after))
    assert unsure.u_value > 1.8 * sure.u_value


def still() -> Movie:
    """Dots that hold still, in counted electrons."""
    rng = np.random.default_rng(6)
    dots = gaussian_filter(rng.normal(size=(96, 96)), 2.0)
    frames = GAIN * rng.poisson(30 + 40 * dots, (4, 96, 96))
    return Movie.from_array(frames.astype(np.uint16), name="film")


def test_the_drift_says_its_gain():
    session = session_of(still(), Beam(gain=GAIN))
    assert plan_drift(session).find(no_progress).gain == GAIN
    # Above a dark level counts are no electrons, and the drift needs none.
    beam = Beam(gain=GAIN, offset=5.0)
    session.edit("beam", session.document.with_beam("film", beam))
    assert plan_drift(session).find(no_progress).gain is None


def test_the_gain_is_that_of_the_movie_itself():
    document = Document().with_beam("film", Beam(gain=GAIN, offset=2.0))
    movie = film()
    other = replace(movie, name="other")
    assert CountedMovie.known(movie, document).gain == GAIN
    assert CountedMovie.known(other, document).gain is None
    plain = np.asarray(movie.frame(0))
    assert (CountedMovie.known(movie, document).frame(0) == plain - 2.0).all()
    assert (CountedMovie.known(other, document).frame(0) == plain).all()
