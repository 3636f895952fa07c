"""Expansion against a reference: published arithmetic and simulated picks."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import expansion
from napari_insitu_tem.model.errors import MeasurementError


def test_a_single_reference_is_exactly_one_and_certain():
    result = expansion([100.0, 145.0], 1.0, 0, "sphere")
    assert result.ratio[0] == 1
    assert result.u_ratio[0] == 0
    assert result.u_volume_ratio[0] == 0
    assert result.reference_value == 100
    assert result.flag == ""


def test_wire_with_measured_length_as_published():
    # SnO2 wire: +45 % across and +60 % along make +236 % in volume.
    result = expansion(
        [188.0, 188.0 * 1.45],
        1.0,
        0,
        "cylinder_length",
        lengths=[16e3, 25.6e3],
        u_lengths=10.0,
    )
    assert result.change_percent[1] == pytest.approx(45)
    assert result.volume_change_percent[1] == pytest.approx(236.4, abs=0.1)


def test_published_ratios_by_model():
    assert expansion([1, 1.324], 0, 0, "cylinder").volume_change_percent[1] == (
        pytest.approx(75.3, abs=0.05)
    )
    micron = expansion([1.52, 2.05], 0, 0, "sphere")
    assert micron.volume_change_percent[1] == pytest.approx(145, abs=0.5)
    area = expansion([1.0, 4.0], 0, 0, "sphere", quantity="area")
    assert area.volume_ratio[1] == pytest.approx(8)
    spheroid = expansion(
        [1.0, 2.0], 0, 0, "ellipsoid", quantity="area", lengths=[1.0, 1.6]
    )
    assert spheroid.volume_ratio[1] == pytest.approx(4 / 1.6)


@pytest.mark.parametrize("reference", [0, [0, 1, 2], [True, True, False, False]])
def test_uncertainty_is_the_scatter_of_noisy_values(rng, reference):
    truth, u = np.array([100.0, 101.0, 99.0, 140.0]), np.array([1.5, 1.0, 2.0, 1.0])
    stated = expansion(truth, u, reference, "sphere")
    runs = [
        expansion(truth + u * rng.standard_normal(4), u, reference, "sphere")
        for _ in range(6000)
    ]
    scatter = np.std([run.ratio for run in runs], axis=0)
    assert scatter == pytest.approx(stated.u_ratio, rel=0.04, abs=1e-12)
    scatter = np.std([run.volume_ratio for run in runs], axis=0)
    assert scatter == pytest.approx(stated.u_volume_ratio, rel=0.06, abs=1e-12)
    scatter = np.std([run.reference_value for run in runs])
    assert scatter == pytest.approx(stated.u_reference_value, rel=0.04)


def test_measured_lengths_add_their_uncertainty(rng):
    d, length = np.array([50.0, 75.0]), np.array([400.0, 500.0])

    def run(noise):
        return expansion(
            d + noise * rng.standard_normal(2),
            1.0,
            0,
            "cylinder_length",
            lengths=length + 8 * noise * rng.standard_normal(2),
            u_lengths=8.0,
        )

    scatter = np.std([run(1.0).volume_ratio[1] for _ in range(6000)])
    assert scatter == pytest.approx(run(0.0).u_volume_ratio[1], rel=0.05)


def test_calibration_is_in_the_values_and_cancels_in_the_ratio():
    exact = expansion([100.0, 150.0], 1.0, 0, "sphere")
    vague = expansion([100.0, 150.0], 1.0, 0, "sphere", u_calibration=0.02)
    assert vague.u_values[1] == pytest.approx(np.hypot(1.0, 3.0))
    assert vague.u_reference_value == pytest.approx(np.hypot(1.0, 2.0))
    assert vague.u_ratio[1] == exact.u_ratio[1]
    area = expansion([100.0], 0.0, 0, quantity="area", u_calibration=0.02)
    assert area.u_values[0] == pytest.approx(4.0)


def test_a_reference_from_elsewhere():
    result = expansion([150.0], 1.0, (100.0, 2.0))
    assert result.ratio[0] == 1.5
    assert result.u_ratio[0] == pytest.approx(1.5 * np.hypot(1 / 150, 2 / 100))
    assert np.isnan(result.volume_ratio[0])
    assert expansion([150.0], 1.0, 100.0).u_ratio[0] == pytest.approx(0.01)


def test_no_reference_is_said():
    result = expansion([np.nan, 150.0], 1.0, 0)
    assert result.flag == "no_reference"
    assert np.isnan(result.ratio).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "cube"}, "sphere"),
        ({"quantity": "weight"}, "diameter"),
        ({"model": "cylinder", "quantity": "area"}, "says nothing"),
        ({"model": "cylinder_length"}, "lengths"),
        ({"reference": 7}, "not among"),
        ({"u_values": [1.0, 2.0, 3.0]}, "differ in length"),
    ],
)
def test_what_cannot_be_is_refused_in_words(change, words):
    arguments = {
        "values": [1.0, 2.0],
        "u_values": 0.1,
        "reference": 0,
        "model": "",
        **change,
    }
    with pytest.raises(MeasurementError, match=words):
        expansion(**arguments)
