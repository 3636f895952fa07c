"""The SEI's movie shows what its truth says, by simple means."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from scipy.optimize import curve_fit
from scipy.special import erfc

from napari_insitu_tem.simulate.clocks import middles_s


def radial_profile(made, frame, radius_nm):
    """Mean electrons around the particle's free arc, drift taken out."""
    electrode = made.specimen
    electrons = made.microscope.camera.electrons(made.frames[frame])
    shift = made.truth.drift_px[frame]
    angles = np.linspace(-70, 70, 281)
    points = [electrode.on_arc_px(angles, r, shift) for r in radius_nm]
    return np.array([map_coordinates(electrons, p.T, order=1).mean() for p in points])


def three_levels(r, inner, outer, width, rough, core, layer, liquid):
    """Electrode, layer, liquid; the outer boundary is rougher."""
    first = 0.5 * erfc((r - inner) / (np.sqrt(2) * width))
    second = 0.5 * erfc((r - outer) / (np.sqrt(2) * rough))
    return liquid + second * (layer - liquid) + first * (core - layer)


@pytest.mark.parametrize("frame", [14, 22, 30, 40, 50, 62])
def test_both_boundaries_are_where_the_truth_says(sei, frame):
    truth = sei.truth
    radius = np.arange(22.0, 78.0, 0.4)
    seen = radial_profile(sei, frame, radius)
    guess = [36.0, truth.outer_radius_nm[frame] + 2, 1.3, 2.0, 2.0, 6.0, 9.0]
    fit, _ = curve_fit(three_levels, radius, seen, guess)
    assert fit[0] == pytest.approx(truth.inner_radius_nm[frame], abs=0.5)
    assert fit[1] == pytest.approx(truth.outer_radius_nm[frame], abs=1.2)


def test_before_the_first_reduction_there_is_no_layer(sei):
    radius = np.arange(26.0, 60.0, 0.8)
    seen = radial_profile(sei, 2, radius)
    beyond = seen[radius > 40]
    assert np.ptp(beyond) < 0.15 * beyond.mean()
    assert sei.truth.thickness_nm[2] == 0


def test_the_layer_grows_in_steps_that_become_smaller(sei):
    thickness = sei.truth.thickness_nm
    cycle = sei.specimen.sweep.cycle_s
    after = np.interp([cycle, 2 * cycle, 3 * cycle], sei.truth.trace_time_s, thickness)
    grown = np.diff([0.0, *after])
    assert grown[0] > 2 * grown[1] > 2 * grown[2] > 0
    assert after[-1] == pytest.approx(22.9, abs=0.2)


def test_thickness_is_proportional_to_the_charge_that_built_it(sei):
    electrode, moments = sei.specimen, sei.clocks.to_trace_s(middles_s(sei.times))
    charge = electrode.sweep.reduction_charge(moments)
    grown = charge < 0.02 * charge.min()
    per_charge = electrode.mean_thickness_nm(moments)[grown] / charge[grown]
    assert np.ptp(per_charge) < 1e-9 * abs(per_charge.mean())


def test_the_bubble_is_bright_while_the_truth_says_so(sei):
    electrode, truth = sei.specimen, sei.truth
    electrons = sei.microscope.camera.electrons(sei.frames)
    there = np.flatnonzero(truth.bubble_radius_nm > 10)
    assert there.size >= 2

    def brightness(frame):
        y, x = np.rint(np.add(electrode.bubble_px, truth.drift_px[frame])).astype(int)
        spot = electrons[frame, y - 5 : y + 6, x - 5 : x + 6].mean()
        return spot / electrons[frame, y - 5 : y + 6, x - 50 : x - 30].mean()

    assert min(brightness(frame) for frame in there) > 1.2
    assert brightness(there[0] - 1) < 1.1


def test_frames_outside_the_record_have_no_potential(sei):
    signals = sei.experiment().signals_at_frames()
    covered = signals["potential_V"].notna().to_numpy()
    start = sei.truth.trace_time_s
    assert np.all(covered == ((start + 5 > 0.2) & (start < 357.6)))
    assert 0 < (~covered).sum() < 10
