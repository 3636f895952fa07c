"""Every case shows what it says it shows."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from napari_insitu_tem import read_movie, read_trace
from napari_insitu_tem.model.errors import SaveError
from napari_insitu_tem.simulate.cases import CASES, simulate_case
from napari_insitu_tem.simulate.cases.case_files import write_case

UNITS = r"_(nm|nm2|nm3|s|V|A|percent|e_A2|e_A2_s|nm_per_s|nm2_per_s|deg)$"
UNITLESS = r"(ratio|exponent|_over_r|^gain$|^cracked$|^mean_rate$)"


@pytest.fixture(scope="module")
def made():
    """Case by name, each filmed once."""
    kept = {}

    def of(name):
        if name not in kept:
            kept[name] = simulate_case(name)
        return kept[name]

    return of


@pytest.fixture(params=sorted(CASES))
def case(request, made):
    return made(request.param)


def column(case, name):
    return case.truth.table()[name].to_numpy()


def test_a_case_is_an_experiment_with_a_row_of_truth_a_frame(case):
    table = case.truth.table()
    assert len(table) == len(case.frames) == len(case.times)
    assert np.isfinite(table.to_numpy()).all()
    signals = case.experiment().signals_at_frames()
    assert signals["potential_V"].notna().all()
    assert np.ptp(signals["charge_C"]) > 0


def test_names_carry_their_units(case):
    names = [*case.specimen.known, *case.truth.shown]
    assert names
    for name in names:
        assert re.search(UNITS, name) or re.search(UNITLESS, name), name


def test_what_a_user_would_draw_is_in_the_image(case):
    height, width = case.frames.shape[1:]
    for name, shape in case.specimen.drawn.items():
        points = np.asarray(shape)
        assert points.shape[1] == 2, name
        assert points.min() >= 0 and (points < [height, width]).all(), name


def test_the_dose_is_the_one_asked_for():
    dim, bright = (simulate_case("fese", dose_e_px=d) for d in (4.0, 40.0))
    corners = [made.frames[:, :14, :].mean() for made in (dim, bright)]
    assert corners == pytest.approx([16.0, 160.0], rel=0.01)


def test_the_same_seed_gives_the_same_movie():
    first, again, other = (simulate_case("void", seed=s) for s in (4, 4, 5))
    assert np.array_equal(first.frames, again.frames)
    assert not np.array_equal(first.frames, other.frames)


def test_a_dose_of_nothing_is_refused():
    with pytest.raises(ValueError, match="dose"):
        simulate_case("void", dose_e_px=0.0)


def test_drift_moves_the_image(made):
    drifting = simulate_case("lfp", drift_px_s=(0.1, -0.2))
    last = drifting.truth.table().iloc[-1]
    lapse = last["movie_time_s"]
    moved = (last["drift_y_px"], last["drift_x_px"])
    assert moved == pytest.approx((0.1 * lapse, -0.2 * lapse), rel=0.01)
    assert column(made("lfp"), "drift_y_px").max() == 0


# -- the numbers of the reports ---


def percent(values):
    return 100 * (values[-1] / values[0] - 1)


def test_tin_oxide_swells_by_what_was_reported(made):
    case = made("sno2-wire")
    assert percent(column(case, "diameter_nm")) == pytest.approx(45.0, abs=0.1)
    assert percent(column(case, "length_nm")) == pytest.approx(60.0, abs=0.1)
    assert percent(column(case, "volume_nm3")) == pytest.approx(236.4, abs=0.5)


def test_cobalt_sulfide_swells_across_only(made):
    case = made("co9s8-wire")
    assert percent(column(case, "diameter_nm")) == pytest.approx(32.4, abs=0.1)
    assert percent(column(case, "length_nm")) == 0
    assert case.specimen.known["volume_change_percent"] == pytest.approx(75.3, abs=0.1)


def test_porous_silicon_grows_to_its_last_size(made):
    diameter = column(made("porous-si"), "diameter_nm")
    assert diameter[[0, -1]] == pytest.approx([1520.0, 2050.0])


def test_two_fronts_have_a_ratio_of_two(made):
    case = made("fese")
    time = column(case, "trace_time_s")
    running = time > 25
    speeds = [
        np.polyfit(time[running], column(case, name)[running], 1)[0]
        for name in ("intercalation_nm", "conversion_nm")
    ]
    assert speeds[0] / speeds[1] == pytest.approx(2.0)


@pytest.mark.parametrize(("name", "power"), [("si-particle", 2), ("nio", 2)])
def test_a_front_into_a_particle_slows(made, name, power):
    case = made(name)
    front, time = column(case, "front_nm"), column(case, "trace_time_s")
    moving = front > 10
    speed = np.gradient(front[moving], time[moving])
    assert speed[0] > 1.5 * speed[speed.size // 2]


def test_grains_follow_their_exponents(made):
    for name, power in (("grains-diffusion", 3), ("grains-reaction", 2)):
        case = made(name)
        grown = column(case, "radius_1_nm") ** power
        assert np.ptp(np.diff(grown)) < 1e-6 * grown[-1]


def test_matter_only_changes_hands_between_the_pair(made):
    case = made("ostwald-pair")
    total = column(case, "area_1_nm2") + column(case, "area_2_nm2")
    assert np.ptp(total) < 1e-6 * total[0]


def test_the_interphase_stops_at_sixty_nanometres(made):
    case = made("interphase")
    thickness, time = column(case, "thickness_nm"), column(case, "trace_time_s")
    assert thickness[-1] == pytest.approx(60.0)
    after = time > case.specimen.known["stop_s"]
    assert after.sum() > 10 and np.ptp(thickness[after]) == 0


def test_the_void_comes_back_with_every_cycle(made):
    area = column(made("void"), "area_1_nm2")
    smallest = area == area.min()
    assert area.max() / area.min() == pytest.approx(1 / 0.3, rel=0.05)
    assert np.count_nonzero(np.diff(np.flatnonzero(area < 1.3 * area.min())) > 5) == 1
    assert smallest.any()


def test_the_crack_shows_in_the_movie_and_in_the_current(made):
    case = made("fracture")
    crack = case.specimen.known["crack_s"]
    cracked = column(case, "cracked") > 0
    dark = case.frames[:, 60:68, 61:66].mean(axis=(1, 2))
    assert dark[cracked].min() > 1.15 * dark[~cracked].max()
    record = case.record
    spike = record["time_s"][record["current_A"].idxmin()]
    assert 0 <= spike - crack < 0.25


def test_the_sei_grows_at_the_stated_steps_of_potential(made):
    case = made("sei-steps")
    known, signals = case.specimen.known, case.experiment().signals_at_frames()
    thickness = column(case, "thickness_nm")
    first = int(np.flatnonzero(np.diff(thickness) > 0)[0]) + 1
    assert signals["potential_V"][first] == pytest.approx(
        known["first_step_V"], abs=0.01
    )
    assert abs(column(case, "trace_time_s")[first] - known["first_step_s"]) <= 30


def test_planes_widen_by_the_reported_part(made):
    assert percent(column(made("graphite-planes"), "d_spacing_nm")) == pytest.approx(
        5.9
    )


def test_the_gentle_beam_has_the_reported_dose(made):
    case = made("gentle-beam")
    table = case.truth.table()
    assert table["dose_rate_e_A2_s"].to_numpy() == pytest.approx(0.1)
    assert table["dose_e_A2"].iloc[-1] == pytest.approx(20.0)


# -- as files ---


def test_files_open_as_what_was_simulated(made, tmp_path):
    case = made("sei-steps")
    write_case(case, tmp_path)
    movie = read_movie(tmp_path / "sei_steps.ome.tif")
    trace = read_trace(tmp_path / "sei_steps.csv")
    assert np.array_equal(movie.frames[3], case.frames[3])
    assert movie.pixel_size_nm == pytest.approx(0.5)
    assert movie.times_s[-1] == pytest.approx(case.truth.movie_time_s[-1], abs=1e-3)
    assert trace.frame["potential_V"].iloc[-1] == pytest.approx(
        case.record["potential_V"].iloc[-1]
    )
    assert trace.start == case.clocks.trace_start
    movie.close()
    settings = json.loads((tmp_path / "truth.json").read_text())
    assert settings["specimen"]["known"] == pytest.approx(case.specimen.known)


def test_files_that_are_there_are_not_replaced_unasked(made, tmp_path):
    case = made("void")
    write_case(case, tmp_path)
    before = (tmp_path / "void.csv").read_bytes()
    (tmp_path / "void.csv").write_bytes(b"mine")
    with pytest.raises(SaveError, match=r"void\.csv"):
        write_case(case, tmp_path)
    assert (tmp_path / "void.csv").read_bytes() == b"mine"
    write_case(case, tmp_path, overwrite=True)
    assert (tmp_path / "void.csv").read_bytes() == before
