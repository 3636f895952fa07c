"""Reports of particles: dissolving, ripening, coarsening; a void; a crack."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import compare_coarsening, fit_law
from napari_insitu_tem.model.alignment import align_by_events
from napari_insitu_tem.state.events import mark_event


def follow(desk, number=1):
    """Draw an outline on the first frame, and follow it through all frames."""
    name = f"particle {number}"
    settings = {"object": name, "quantity": "area", "volume_model": "", "snap": False}
    outline = desk.drawn(f"outline_{number}")[:-1]
    desk.draw("expansion", "polygon", outline, **settings)
    desk.track("expansion")
    return desk.table("expansion", object=name, method="tracked")


def assert_true(desk, rows, number=1, *, least=0.95):
    """Nearly all frames have a row, within its uncertainty of the truth."""
    assert len(rows) >= least * (len(desk.truth) - 1)
    truth = desk.truth[f"area_{number}_nm2"].to_numpy()[rows["frame"]]
    away = (rows["value"] - truth) / rows["u_value"]
    assert np.sqrt(np.mean(away**2)) < 2.0
    assert np.mean(np.abs(away) < 2) > 0.75


def middles_s(rows):
    return (rows["time_s"] + rows["frame_duration_s"] / 2).to_numpy()


def test_iron_phosphate_dissolves_faster_after_a_third(desk):
    desk = desk("lfp")
    rows = follow(desk)
    assert_true(desk, rows)
    values, times = rows["value"].to_numpy(), middles_s(rows)
    fit = fit_law(values, times, "piecewise-linear", u_positions=rows["u_value"])
    rates = [fit.parameters[f"velocity_{k}"] for k in (1, 2)]
    us = [fit.u_parameters[f"velocity_{k}"] for k in (1, 2)]
    known = [desk.known[f"{k}_area_rate_nm2_per_s"] for k in ("slow", "fast")]
    assert np.all(np.abs(np.subtract(rates, known)) < 3 * np.array(us) + 2.0)
    change = fit.parameters["break_1"]
    assert change == pytest.approx(desk.known["change_s"], abs=3.0)


def test_one_of_a_pair_grows_by_what_the_other_loses(desk):
    desk = desk("ostwald-pair")
    grows, shrinks = follow(desk, 1), follow(desk, 2)
    assert_true(desk, grows, 1)
    assert_true(desk, shrinks, 2)
    rates = [np.polyfit(middles_s(r), r["value"], 1)[0] for r in (grows, shrinks)]
    assert rates[0] == pytest.approx(desk.known["growth_nm2_per_s"], abs=2.0)
    assert rates[1] == pytest.approx(desk.known["loss_nm2_per_s"], abs=2.0)


@pytest.mark.parametrize(
    ("name", "exponent"), [("grains-diffusion", 3), ("grains-reaction", 2)]
)
def test_grains_coarsen_by_their_exponent(desk, name, exponent):
    desk = desk(name)
    radii, us = [], []
    for number in (1, 2, 3, 4):
        rows = follow(desk, number)
        assert_true(desk, rows, number)
        radius = np.sqrt(rows["value"] / np.pi)
        radii.append(radius.to_numpy())
        us.append((rows["u_value"] / (2 * np.pi * radius)).to_numpy())
    mean, u = np.mean(radii, axis=0), np.sqrt(np.sum(np.square(us), axis=0)) / 4
    found = compare_coarsening(middles_s(rows), mean, u_radii=u)
    assert found.exponent == exponent
    assert found.weights[exponent] > 0.9


def test_a_void_empties_and_fills_with_every_cycle(desk):
    desk = desk("void")
    rows = follow(desk)
    assert_true(desk, rows)
    area = rows["value"].to_numpy()
    assert area.max() == pytest.approx(desk.known["largest_area_nm2"], rel=0.04)
    assert area.min() == pytest.approx(desk.known["smallest_area_nm2"], rel=0.08)
    assert set(rows["cycle"]) == {0, 1}
    assert np.corrcoef(area, rows["charge_C"])[0, 1] > 0.99


def test_a_spike_of_current_is_tied_to_the_frame_of_the_crack(desk):
    desk = desk("fracture")
    session, crack = desk.session, desk.known["crack_s"]
    cracked = int(np.argmax(desk.truth["cracked"].to_numpy() > 0))
    session.go_to(cracked)
    mark_event(session, "crack")
    row = desk.table("event").iloc[0]
    before = desk.truth["trace_time_s"][cracked - 1]
    assert before <= crack <= row["time_s"] + row["frame_duration_s"]
    spike = desk.made.record["current_A"].idxmin()
    pair = (row["time_s"] - 12.0, desk.made.record["time_s"][spike])
    aligned = align_by_events([pair])
    assert aligned.offset_s == pytest.approx(12.0, abs=0.6)
