"""The nanowire's movie shows what its truth says, by simple means."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d, map_coordinates
from scipy.optimize import curve_fit
from scipy.special import erfc

from napari_insitu_tem.simulate.bodies import (
    axis_direction,
    axis_normal,
    chord,
    shell_chord,
)
from napari_insitu_tem.simulate.camera import illumination
from napari_insitu_tem.simulate.open_cell import simulate_nanowire
from napari_insitu_tem.simulate.raster import Raster


def along_the_wire(made, frame, along_nm, across_nm):
    """(along, across) electrons a pixel around the axis, drift taken out."""
    wire, step = made.specimen, made.pixel_size_nm
    electrons = made.microscope.camera.electrons(made.frames[frame])
    origin = np.add(wire.start_px, made.truth.drift_px[frame])
    unit, normal = (
        np.asarray(f(wire.angle_deg)) for f in (axis_direction, axis_normal)
    )
    places = (
        origin[:, None, None]
        + unit[:, None, None] * along_nm[:, None] / step
        + normal[:, None, None] * across_nm[None, :] / step
    )
    return map_coordinates(electrons, places, order=1)


def wire_profile(made):
    """Model of a profile across: beam, centre, diameter and core to electrons."""
    wire, step = made.specimen, made.pixel_size_nm
    blur_nm = np.hypot(made.microscope.blur_px, np.sqrt(1 / 12)) * step

    def profile(x, beam, centre, diameter, core):
        fine = np.arange(x[0] - 20, x[-1] + 20, 0.25)
        depth = chord(fine - centre, core / 2) / wire.silicon_nm
        depth += shell_chord(fine - centre, core / 2, diameter / 2) / wire.shell_nm
        seen = gaussian_filter1d(beam * np.exp(-depth), blur_nm / 0.25)
        return np.interp(x, fine, seen)

    return profile


def test_the_same_seed_gives_the_same_experiment(nanowire):
    again = simulate_nanowire()
    assert np.array_equal(again.frames, nanowire.frames)
    assert again.record.equals(nanowire.record)
    other = simulate_nanowire(seed=7)
    assert not np.array_equal(other.frames, nanowire.frames)


def test_an_empty_region_has_the_stated_dose_and_poisson_noise(nanowire):
    scope, truth = nanowire.microscope, nanowire.truth
    middle = tuple((size - 1) / 2 for size in scope.shape)
    beam = illumination(scope.shape, 1.0, centre=middle, width_px=scope.beam_px)
    empty = np.s_[4:28, 130:226]
    electrons = scope.camera.electrons(nanowire.frames)[:, *empty] / beam[empty]
    pixels = electrons[0].size
    per_frame = electrons.mean(axis=(1, 2))
    u = np.sqrt(truth.electrons_per_px / pixels / beam[empty].mean())
    away = (per_frame - truth.electrons_per_px) / u
    assert np.abs(away).max() < 4.5
    assert np.std(away) == pytest.approx(1.0, abs=0.25)
    # variance equals mean, to 1 % in 150 000 pixels
    ratio = electrons.var(axis=(1, 2)) / per_frame * beam[empty].mean()
    assert ratio.mean() == pytest.approx(1.0, abs=0.02)


def test_the_dose_is_given_per_area(nanowire):
    truth = nanowire.truth
    # 13 electrons in (25 angstrom)^2 during 4 s
    assert truth.dose_rate_e_A2_s[0] == pytest.approx(13 / 625 / 4)
    assert truth.dose_e_A2[-1] == pytest.approx(np.sum(truth.electrons_per_px) / 625)


def test_the_pristine_diameter_is_that_of_the_truth(nanowire):
    profile, truth = wire_profile(nanowire), nanowire.truth
    across = np.arange(-150.0, 151.0, 2.5)
    found = []
    for frame in range(8):
        seen = along_the_wire(nanowire, frame, np.arange(75, 106, 2.5), across)
        fit, _ = curve_fit(
            lambda x, beam, centre, d: profile(x, beam, centre, d, d),
            across,
            seen.mean(axis=0),
            [13.0, 0.0, 120.0],
        )
        found.append(fit[2])
    # one frame is good to 2 nm, the mean of eight to 0.7 nm
    assert np.mean(found) == pytest.approx(truth.near_diameter_nm[:8].mean(), abs=1.5)
    assert np.std(found) < 3.0


@pytest.mark.parametrize("second", [40.0, 150.0, 371.0])
def test_without_noise_the_image_is_exact_to_a_fiftieth_of_a_pixel(nanowire, second):
    wire, scope = nanowire.specimen, nanowire.microscope
    raster, shift = Raster(scope.shape), np.array([0.3, -0.2])
    passed = np.exp(-wire.depth(*raster.points, second, shift))
    image = 13.0 * raster.pixels(passed, scope.blur_px)
    across = np.arange(-160.0, 161.0, 2.5)
    middle = np.array(wire.place_px(90.0, shift))
    normal = np.asarray(axis_normal(wire.angle_deg)) / scope.pixel_size_nm
    seen = map_coordinates(image, middle[:, None] + normal[:, None] * across, order=3)
    true = float(wire.diameter_at(90.0, second)), float(wire.core_nm(90.0, second))
    profile = wire_profile(nanowire)
    if second < wire.on_s:
        fit, _ = curve_fit(
            lambda x, b, c, d: profile(x, b, c, d, d), across, seen, [13.0, 0.0, 120.0]
        )
        assert fit[2] == pytest.approx(true[0], abs=0.06)
    else:
        fit, _ = curve_fit(profile, across, seen, [13.0, 0.0, 215.0, 75.0])
        assert fit[2:] == pytest.approx(true, abs=0.06)


@pytest.mark.parametrize("frame", [14, 20, 30, 45, 62])
def test_the_swollen_wire_and_its_core_are_those_of_the_truth(nanowire, frame):
    across = np.arange(-160.0, 161.0, 2.5)
    seen = along_the_wire(nanowire, frame, np.arange(70, 111, 2.5), across)
    fit, _ = curve_fit(
        wire_profile(nanowire), across, seen.mean(axis=0), [14.0, 0.0, 215.0, 75.0]
    )
    truth = nanowire.truth
    assert fit[2] == pytest.approx(truth.near_diameter_nm[frame], abs=9.0)
    assert fit[3] == pytest.approx(truth.near_core_nm[frame], abs=5.0)


def test_the_front_is_where_the_truth_says(nanowire):
    """An error-function edge within 70 nm of the front, frame by frame."""
    truth, across = nanowire.truth, np.arange(-60.0, 61.0, 2.5)

    def step(s, front, width, ahead, behind, slope):
        passed = 0.5 * erfc((s - front) / (np.sqrt(2) * width))
        return ahead + passed * (behind - ahead + slope * (front - s))

    away = []
    for frame in range(14, 58, 3):
        near = truth.front_nm[frame] + np.arange(-70.0, 71.0, 2.5)
        near = near[(near > 30) & (near < 465)]
        seen = along_the_wire(nanowire, frame, near, across).mean(axis=1)
        start = [near.mean() + 10, 8.0, seen[-8:].mean(), seen[:8].mean(), 0.0]
        fit, _ = curve_fit(step, near, seen, start, maxfev=5000)
        away.append(fit[0] - truth.front_nm[frame])
    # the shape of the core shifts the edge by 1.2 nm; one frame is good to 3 nm
    assert np.mean(away) == pytest.approx(-1.2, abs=2.0)
    assert np.std(away) < 5.0


def test_the_wire_swells_and_the_front_slows(nanowire):
    truth, wire = nanowire.truth, nanowire.specimen
    assert truth.near_diameter_nm[0] == pytest.approx(130, abs=3)
    assert truth.near_diameter_nm[-1] == pytest.approx(230, abs=3)
    # sqrt law against the time since the current was switched on
    middle = truth.trace_time_s + truth.exposure_s / 2
    runs = (middle > wire.on_s) & (middle < wire.off_s)
    rate = truth.front_nm[runs] ** 2 / (middle[runs] - wire.on_s)
    assert rate == pytest.approx(wire.front_rate_nm2_s, rel=1e-4)


def test_what_happens_shows_in_the_movie_and_in_the_record(nanowire):
    """The dose jumps within the frames that the true clocks name."""
    truth, record = nanowire.truth, nanowire.record
    current = record["time_s"][record["step"] == 1]
    on, off = (e for e in nanowire.events if e.label.startswith("reaction"))
    assert current.iloc[0] == on.trace_time_s
    assert current.iloc[-1] == pytest.approx(off.trace_time_s, abs=0.51)
    bright = np.flatnonzero(truth.electrons_per_px > 13.0)
    ends = truth.movie_time_s + truth.exposure_s
    assert ends[bright[0] - 1] < on.movie_time_s < ends[bright[0]]
    assert truth.movie_time_s[bright[-1]] < off.movie_time_s
    assert truth.movie_time_s[bright[-1] + 1] > off.movie_time_s


def test_truth_has_a_row_a_frame_on_both_clocks(nanowire):
    table, experiment = nanowire.truth.table(), nanowire.experiment()
    signals = experiment.signals_at_frames()
    assert len(table) == len(nanowire.frames) == len(signals)
    assert signals["time_s"].to_numpy() == pytest.approx(table["trace_time_s"])
    # the record covers every frame
    assert signals["potential_V"].notna().all()
