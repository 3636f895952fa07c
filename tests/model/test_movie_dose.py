"""The dose of a movie's frames, by hand beside the program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.movie_dose import missing, movie_dose

#: 2 nm pixels: 400 square angstroms.
PIXELS_A2 = 400.0


def film(frames: int = 4, exposure_s: float | None = 0.5, **about) -> Movie:
    values = np.full((frames, 10, 20), 8.0)
    times = 2.0 * np.arange(frames)
    exposures = None if exposure_s is None else np.full(frames, exposure_s)
    about.setdefault("pixel_size_nm", 2.0)
    return Movie.from_array(values, times_s=times, exposures_s=exposures, **about)


def counted(frames: int = 4, counts: float = 840.0, **about) -> Beam:
    read = tuple((frame, counts) for frame in range(frames))
    return Beam(gain=4.0, offset=40.0, counts=read, **about)


def test_counts_over_gain_and_pixel_are_the_dose_of_a_frame():
    dose = movie_dose(counted(u_gain=0.2), film())
    # 200 e a pixel of 400 A2 in 0.5 s
    assert dose.rate == pytest.approx(1.0)
    assert dose.dose == pytest.approx(0.5 * np.arange(1, 5))
    assert dose.u_relative == pytest.approx(0.05)
    counting = 1 / np.sqrt(200 * 200)
    assert dose.u_rate == pytest.approx(np.hypot(0.05, counting))
    assert dose.u_dose[-1] == pytest.approx(
        np.hypot(0.05 * 2.0, 0.5 * counting * np.sqrt(4))
    )


def test_a_beam_left_on_between_frames_adds_what_lies_between():
    on = movie_dose(counted(is_on_between=True, before_e_A2=3.0), film())
    assert on.dose == pytest.approx(3.0 + 2.0 * np.arange(4) + 0.5)


def test_the_uncertainty_of_the_pixel_size_counts_twice():
    size = Calibration.square(2.0, u_relative=0.03)
    dose = movie_dose(counted(u_gain=0.32), film().with_calibration(size))
    assert dose.u_relative == pytest.approx(0.1)


def test_an_unstated_uncertainty_is_not_known():
    dose = movie_dose(counted(), film())
    assert np.isnan(dose.u_relative)
    assert np.isnan(dose.u_rate).all() and np.isnan(dose.u_dose).all()
    assert np.isfinite(dose.dose).all()


def test_each_frame_has_the_pixel_of_its_own_magnification():
    sizes = np.array([[2.0, 2.0], [1.0, 1.0], [np.nan, np.nan], [2.0, 2.0]])
    movie = replace(film(pixel_size_nm=None), frame_sizes_nm=sizes)
    dose = movie_dose(counted(), movie)
    assert dose.rate[[0, 1, 3]] == pytest.approx([1.0, 4.0, 1.0])
    assert np.isnan(dose.rate[2])
    assert list(dose.flag) == ["", "", "no_dose", ""]
    assert dose.dose == pytest.approx([0.5, 2.5, 4.5, 5.0])


def test_frames_that_were_not_read_lie_on_the_line_between_the_others():
    read = ((0, 440.0), (2, 840.0), (4, 1240.0), (6, 1740.0))
    beam = Beam(gain=4.0, u_gain=0.0, offset=40.0, counts=read)
    dose = movie_dose(beam, film(7))
    assert dose.rate[:5] == pytest.approx([0.5, 0.75, 1.0, 1.25, 1.5])
    assert dose.u_rate[1] > 3 * dose.u_rate[0]


def test_a_parallel_beam():
    charge = 1.602176634e-19
    beam = Beam(
        "parallel", current_A=charge * 1e6, area_nm2=1e4, u_current_relative=0.06
    )
    rate = movie_dose(beam, film()).rate
    assert rate == pytest.approx(1.0)
    both = replace(beam, u_extent_relative=0.08)
    assert movie_dose(both, film()).u_relative == pytest.approx(0.1)
    round_ = replace(both, area_nm2=None, diameter_nm=np.sqrt(4e4 / np.pi))
    dose = movie_dose(round_, film(pixel_size_nm=None))
    assert dose.rate == pytest.approx(1.0)
    assert dose.u_relative == pytest.approx(np.hypot(0.06, 0.16))


def test_a_parallel_beam_that_stays_on_needs_no_exposure():
    charge = 1.602176634e-19
    beam = Beam("parallel", current_A=charge * 1e6, area_nm2=1e4, is_on_between=True)
    movie = film(exposure_s=None)
    assert movie_dose(beam, movie).dose == pytest.approx([2.0, 4.0, 6.0, 8.0])
    assert missing(replace(beam, is_on_between=False), movie) == (
        "the exposure of a frame",
    )


def test_a_scanning_probe():
    charge = 1.602176634e-19
    beam = Beam("probe", current_A=charge * 4e8, dwell_s=1e-6, u_current_relative=0.1)
    # 400 e on every pixel of 400 A2
    dose = movie_dose(beam, film())
    assert dose.dose == pytest.approx([1.0, 2.0, 3.0, 4.0])
    assert dose.rate == pytest.approx(2.0)
    # Without an exposure a frame lasts as long as its 200 pixels.
    bare = movie_dose(beam, film(exposure_s=None))
    assert bare.dose == pytest.approx([1.0, 2.0, 3.0, 4.0])
    assert bare.rate == pytest.approx(1.0 / 200e-6)


def test_what_is_missing_is_named():
    bare = Movie.from_array(np.zeros((3, 4, 4)))
    assert missing(Beam(), bare) == (
        "the gain",
        "the counts of the frames",
        "the pixel size",
        "the exposure of a frame",
    )
    assert missing(Beam("parallel", is_on_between=True, exposure_s=1.0), bare) == (
        "the beam current",
        "the illuminated diameter or area",
        "the times of the frames",
    )
    assert missing(Beam("probe"), film()) == ("the probe current", "the dwell time")
    assert movie_dose(Beam(), bare) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"gain": 0.0},
        {"current_A": -1.0},
        {"u_gain": float("nan")},
        {"before_e_A2": -1.0},
        {"way": "guess"},
        {"offset": float("inf")},
    ],
)
def test_the_impossible_is_refused(wrong):
    with pytest.raises(MeasurementError):
        Beam(**wrong)


def test_the_record_at_every_frame_has_the_dose():
    experiment = Experiment(film())
    plain = experiment.signals_at_frames()
    assert "dose_e_A2" not in plain
    name = experiment.movies[0].name
    beam = counted(u_gain=0.2)
    experiment.document = experiment.document.with_beam(name, beam)
    table = experiment.signals_at_frames()
    assert list(table.columns) == [
        *plain.columns,
        "dose_rate_e_A2_s",
        "u_dose_rate_e_A2_s",
        "dose_e_A2",
        "u_dose_e_A2",
    ]
    assert table["dose_e_A2"].iloc[-1] == pytest.approx(2.0)
    experiment.document = experiment.document.with_beam(name, None)
    assert experiment.document.beams == {}
