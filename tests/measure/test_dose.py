"""Doses against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import cumulative_dose, dose_rate, stem_frame_dose
from napari_insitu_tem.model.errors import MeasurementError

E = 1.602176634e-19


def test_from_counts():
    rate = dose_rate(850, 42.5, 0.12, 0.05)
    assert isinstance(rate, float)
    assert rate == pytest.approx(850 / 42.5 / 1.2**2 / 0.05, rel=1e-9)
    assert rate == pytest.approx(277.777777778, rel=1e-9)
    rates = dose_rate([850, 950, np.nan], 42.5, (0.1, 0.144), 0.05, offset=100)
    assert rates[1] == pytest.approx(277.777777778, rel=1e-9)
    assert np.isnan(rates[2])


def test_from_the_current():
    disc = dose_rate(current_A=100e-12, diameter_nm=1000)
    assert disc == pytest.approx(100e-12 / E / (np.pi * 5000**2), rel=1e-9)
    assert disc == pytest.approx(7.95, abs=0.005)
    area = dose_rate(current_A=100e-12, area_nm2=np.pi * 500**2)
    assert area == pytest.approx(disc, rel=1e-9)


def test_of_a_scanning_probe():
    frame = stem_frame_dose(20e-12, 1e-6, 0.2)
    assert frame == pytest.approx(20e-12 * 1e-6 / E / 4, rel=1e-9)
    assert frame == pytest.approx(31.2, abs=0.01)
    rate = dose_rate(
        current_A=20e-12, dwell_s=1e-6, pixel_size_nm=0.2, frame_period_s=2.0
    )
    assert rate == pytest.approx(frame / 2, rel=1e-9)


def test_half_an_electron_takes_five_seconds():
    dose = cumulative_dose(0.1, 5.0, 5.0 * np.arange(20))
    assert dose.frame_dose == pytest.approx(np.full(20, 0.5), rel=1e-9)
    assert dose.dose == pytest.approx(0.5 * np.arange(1, 21), rel=1e-9)


def test_irregular_frames_with_the_beam_on_or_off():
    times, exposures = [0.0, 1.0, 4.0], [0.5, 1.0, 0.25]
    off = cumulative_dose([2, 4, 8], exposures, times)
    assert off.dose == pytest.approx([1, 5, 7], rel=1e-12)
    on = cumulative_dose([2, 4, 8], exposures, times, between="on", before=10)
    assert on.between == pytest.approx([0, 0.5 * 3, 2 * 6], rel=1e-12)
    assert on.dose == pytest.approx([11, 16.5, 30.5], rel=1e-12)
    steady = cumulative_dose(3.0, exposures, times, between="on")
    assert steady.dose[-1] == pytest.approx(3 * 4.25, rel=1e-12)


def test_the_gain_does_not_average_out_the_scatter_does():
    gain = cumulative_dose(1.0, 1.0, np.arange(100.0), u_gain_relative=0.05)
    assert gain.u_dose == pytest.approx(0.05 * gain.dose)
    scatter = cumulative_dose(1.0, 1.0, np.arange(100.0), u_rate=0.1)
    assert scatter.u_dose[-1] == pytest.approx(0.1 * 10)


def test_an_unknown_rate_is_carried_and_flagged():
    dose = cumulative_dose([np.nan, 2, np.nan, 4], 1.0)
    assert dose.dose == pytest.approx([2, 4, 6, 10])
    assert dose.flag.tolist() == ["no_dose", "", "no_dose", ""]
    assert np.isnan(dose.frame_dose[[0, 2]]).all()
    assert np.isnan(cumulative_dose([np.nan] * 3, 1.0).dose).all()


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"counts": 5, "current_A": 1e-9},
        {"counts": 5, "gain": 0, "pixel_size_nm": 1, "exposure_s": 1},
        {"counts": 5, "pixel_size_nm": 1, "exposure_s": 1},
        {"counts": 5, "gain": 2, "pixel_size_nm": 1},
        {"current_A": 1e-9},
        {"current_A": 1e-9, "area_nm2": 5, "diameter_nm": 5},
        {"current_A": -1e-9, "area_nm2": 5},
        {"current_A": 1e-9, "dwell_s": 1e-6, "pixel_size_nm": 1},
    ],
)
def test_what_is_missing_is_named(arguments):
    with pytest.raises(MeasurementError):
        dose_rate(**arguments)


def test_times_and_lengths_are_checked():
    with pytest.raises(MeasurementError, match="backwards"):
        cumulative_dose(1.0, 1.0, [0, 2, 1])
    with pytest.raises(MeasurementError, match="length"):
        cumulative_dose([1.0, 2.0], 1.0, [0, 2, 3])
    with pytest.raises(MeasurementError, match="exposure"):
        cumulative_dose(1.0, -1.0, [0, 2])
    with pytest.raises(MeasurementError, match="between"):
        cumulative_dose(1.0, 1.0, [0, 2], between="maybe")
