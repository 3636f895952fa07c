"""What files say of frames: impossible numbers become words, not errors."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.io.movies.facts import Facts


@pytest.mark.parametrize("interval", [0.0, -1.0, np.nan, np.inf, 1e200, 2e9])
def test_an_impossible_interval_leaves_no_times(interval) -> None:
    facts = Facts()
    facts.time_evenly(5, interval, "header")
    assert facts.times is None
    assert "impossible" in facts.warnings[0]


@pytest.mark.parametrize("seconds", [0.0, -1.0, np.nan, np.inf, 1e200])
def test_an_impossible_exposure_is_not_taken(seconds) -> None:
    facts = Facts()
    facts.expose(seconds)
    assert facts.exposure_s is None


def test_pixel_sizes_that_agree_change_nothing() -> None:
    facts = Facts()
    facts.calibrate(0.5, 0.5, "nm", "header")
    facts.calibrate_each([[0.5, 0.5], [np.nan, np.nan], [0.5, 0.5 + 1e-9]])
    assert facts.frame_sizes_nm is None
    assert facts.calibration.pixel_size_nm == 0.5
    assert facts.warnings == []


def test_pixel_sizes_that_differ_are_kept_a_frame() -> None:
    facts = Facts()
    facts.calibrate(0.5, 0.5, "nm", "header")
    facts.calibrate_each([[0.5, 0.5], [0.0, -1.0], [0.25, 0.25], [np.inf, 1.0]])
    assert facts.calibration is None
    expected = [[0.5, 0.5], [np.nan] * 2, [0.25, 0.25], [np.nan] * 2]
    np.testing.assert_array_equal(facts.frame_sizes_nm, expected)
    assert "0.25 to 0.5 nm" in facts.warnings[0]
    assert "2 frames" in facts.warnings[0]
