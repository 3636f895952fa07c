"""The size of a pixel from a scale bar and from a lattice of known spacing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from napari_insitu_tem.io.saving.document_json import (
    document_from_values,
    document_values,
)
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.errors import CalibrationError, MeasurementError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.report.bundle import export_bundle
from napari_insitu_tem.state.calibrating import (
    KNOWN_LATTICES,
    bar_calibration,
    calibrate,
    lattice_calibration,
    look_at_bar,
    look_at_lattice,
)
from napari_insitu_tem.state.lattices import box
from napari_insitu_tem.state.session import Session

#: Of the bar in px; of the fringes in px, 30 degrees from x.
BAR, FRINGES = 100, 7.3


def image(seed: int = 0) -> np.ndarray:
    """Fringes above, a white bar of 5 x 100 px below."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:256, :256]
    along = x * np.cos(np.pi / 6) + y * np.sin(np.pi / 6)
    frame = rng.poisson(60 + 12 * np.cos(2 * np.pi * along / FRINGES)).astype(float)
    frame[190:] = rng.poisson(60, frame[190:].shape)
    frame[220:225, 30 : 30 + BAR] = 255
    return frame


def session_with(frame: np.ndarray, **more: object) -> Session:
    movie = Movie.from_array(frame[None].astype(np.uint16), name="film", **more)
    return Session(Experiment(movie))


@pytest.fixture
def session():
    return session_with(image())


def by_hand() -> Geometry:
    return Geometry.of("line", [(224.0, 27.0), (220.5, 132.0)])


def test_ends_of_a_bar_are_found_and_its_tilt_is_not_measured(session):
    bar = look_at_bar(session, by_hand())
    assert bar.flag == ""
    assert abs(bar.length_px - BAR) < 2 * bar.u_length_px < 1.0
    assert "edges" in bar.describe()


def test_uncertainty_of_a_bar_is_that_of_its_length(session):
    """Bars of 100 nm that are drawn in whole pixels, at sizes between them."""
    away = []
    for seed in range(12):
        true = 100 + seed / 12
        frame = image(seed)
        frame[220:225, 30:140] = 60
        frame[220:225, 30 : 30 + round(true)] = 255
        each = session_with(frame)
        bar = look_at_bar(each, by_hand())
        size = bar_calibration(each, bar, 100.0)
        away.append((size.x_nm - 100 / true) / (size.u_relative * size.x_nm))
    assert 0.4 < np.std(away) < 1.4
    assert np.max(np.abs(away)) < 2.5


def test_a_bar_gives_the_pixel_size_with_its_uncertainty(session):
    bar = look_at_bar(session, by_hand())
    size = bar_calibration(session, bar, 50.0, u_relative=0.02)
    assert size.x_nm == pytest.approx(0.5, rel=0.01)
    assert size.is_square
    assert size.u_relative == pytest.approx(
        np.hypot(bar.u_length_px / bar.length_px, 0.02)
    )
    assert size.source == "scale bar"
    assert size.details.startswith("50 nm over ")


def test_a_bar_that_cannot_be_seen_is_as_long_as_drawn():
    session = session_with(np.random.default_rng(1).poisson(60, (256, 256)))
    bar = look_at_bar(session, by_hand())
    assert bar.flag
    assert bar.length_px == pytest.approx(105.0)
    assert bar.u_length_px == pytest.approx(np.hypot(np.sqrt(2) * 1.0, 12**-0.5))
    assert "as drawn" in bar.describe()


def test_an_upright_bar(session):
    turned = session_with(image().T)
    line = Geometry.of("line", by_hand().array()[:, ::-1])
    bar = look_at_bar(turned, line)
    assert abs(bar.length_px - BAR) < 2 * bar.u_length_px


def test_known_planes_give_the_pixel_size(session):
    lattice = look_at_lattice(session, box((5.0, 5.0), (180.0, 250.0)))
    si = next(known for known in KNOWN_LATTICES if known.name == "Si 111")
    size = lattice_calibration(session, lattice, si.spacing_nm)
    true = si.spacing_nm / FRINGES
    assert abs(size.x_nm - true) < 3 * size.u_relative * true < 0.002 * true
    assert size.source == "lattice spacing"
    wide = lattice_calibration(session, lattice, si.spacing_nm, u_relative=0.01)
    assert wide.u_relative == pytest.approx(np.hypot(0.01, size.u_relative))


def test_a_box_without_a_lattice_is_refused(session):
    with pytest.raises(MeasurementError, match=r"No lattice was found .*: no fringes"):
        look_at_lattice(session, box((192.0, 150.0), (250.0, 250.0)))


def test_the_ratio_of_pixels_that_are_not_square_is_kept(session):
    calibrate(session, Calibration(0.06, 0.05))
    bar = bar_calibration(session, look_at_bar(session, by_hand()), 10.0)
    assert bar.x_nm == pytest.approx(0.1, rel=0.01)
    assert bar.y_nm / bar.x_nm == pytest.approx(1.2)
    lattice = look_at_lattice(session, box((5.0, 5.0), (180.0, 250.0)))
    size = lattice_calibration(session, lattice, 0.3)
    assert size.y_nm / size.x_nm == pytest.approx(1.2)
    y, x = lattice.found.frequency
    assert 1 / np.hypot(y / size.y_nm, x / size.x_nm) == pytest.approx(0.3)


def test_nothing_typed_is_refused(session):
    bar = look_at_bar(session, by_hand())
    with pytest.raises(CalibrationError):
        bar_calibration(session, bar, 0.0)
    lattice = look_at_lattice(session, box((5.0, 5.0), (180.0, 250.0)))
    with pytest.raises(CalibrationError):
        lattice_calibration(session, lattice, 0.0)


def test_it_is_one_step_and_is_saved_with_how_it_was_found(session, tmp_path):
    size = bar_calibration(session, look_at_bar(session, by_hand()), 50.0)
    calibrate(session, size)
    assert session.movie.calibration == size
    assert session.history.undo_label == "set pixel size of film"
    values = document_values(session.document)
    again = document_from_values(values, tmp_path / "experiment.json")
    assert again.calibrations["film"] == (size,)
    for entry in values["calibrations"]["film"]:
        entry.pop("details")
    older = document_from_values(values, tmp_path / "experiment.json")
    assert older.calibrations["film"][0].details == ""
    session.undo()
    assert session.movie.calibration is None


def test_known_spacings_are_those_of_their_cells():
    found = {known.name: known.spacing_nm for known in KNOWN_LATTICES}
    si, au = 0.5431020511, 0.40786
    assert found["Si 111"] == pytest.approx(si / 3**0.5, abs=1e-5)
    assert found["Si 220"] == pytest.approx(si / 8**0.5, abs=1e-5)
    assert found["Au 111"] == pytest.approx(au / 3**0.5, abs=1e-5)
    assert found["Au 200"] == pytest.approx(au / 2, abs=1e-5)


def test_the_data_package_tells_source_and_uncertainty(session, tmp_path):
    size = bar_calibration(session, look_at_bar(session, by_hand()), 50.0, 0.02)
    calibrate(session, size)
    export_bundle(session.experiment, session.tables(), tmp_path / "out")
    text = (tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8")
    found = next(_calibrations(json.loads(text)))
    assert found["source"] == "scale bar"
    assert found["details"] == size.details
    assert found["u_relative"] == pytest.approx(size.u_relative)


def _calibrations(value):
    """Every calibration in a data package."""
    if isinstance(value, dict):
        if isinstance(value.get("calibration"), dict):
            yield value["calibration"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _calibrations(item)
