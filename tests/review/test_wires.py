"""Reports of wires and spheres that swell: across, along, in volume."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import expansion
from napari_insitu_tem.state.measuring import set_reference


def follow(desk, shape, quantity, *, wire="wire", model=""):
    """Draw a line on the first frame, snapped, and follow it through all frames."""
    ends = desk.drawn(shape)
    settings = {"object": wire, "quantity": quantity, "volume_model": model}
    desk.draw("expansion", "line", ends, snap=True, **settings)
    desk.track("expansion")
    return desk.table("expansion", object=wire, quantity=quantity)


def assert_true(rows, truth):
    """Nearly all frames have a row, within its uncertainty of the truth."""
    assert len(rows) >= 0.95 * len(truth)
    assert set(rows["flag"]) == {""}
    truth = truth.to_numpy()[rows["frame"]]
    away = (rows["value"].to_numpy() - truth) / rows["u_value"].to_numpy()
    assert np.sqrt(np.mean(away**2)) < 1.6
    assert abs(np.mean(away)) < 0.6


def last_change(rows, last=8):
    """Mean change of the last frames in percent, and the uncertainty of one of them."""
    ends = rows.iloc[-last:]
    return ends["change_percent"].mean(), ends["u_change_percent"].mean()


def test_silicon_thickens_with_time_in_a_liquid_cell(desk):
    desk = desk("si-wire-in-liquid")
    rows = follow(desk, "across", "diameter")
    assert_true(rows, desk.truth["diameter_nm"])
    set_reference(desk.session, "wire", range(1, 5))
    rows = desk.table("expansion")
    charge = rows["charge_C"].abs()
    squared = np.polyfit(charge, rows["value"] ** 2, 1)
    assert squared[0] > 0  # the section grows in proportion to the charge
    change, u = last_change(rows)
    assert change == pytest.approx(desk.known["diameter_change_percent"], abs=2 * u)


def test_tin_oxide_swells_across_along_and_in_volume(desk):
    desk = desk("sno2-wire")
    across = follow(desk, "across", "diameter", wire="across")
    along = follow(desk, "along", "length", wire="along")
    assert_true(across, desk.truth["diameter_nm"])
    assert_true(along, desk.truth["length_nm"])
    for rows, name in ((across, "diameter"), (along, "length")):
        change, u = last_change(rows)
        true = desk.truth[f"{name}_nm"].iloc[-8:].mean() / desk.truth[f"{name}_nm"][0]
        assert change == pytest.approx(100 * (true - 1), abs=2 * u)
    both = across.merge(along, on="frame", suffixes=("", "_along"))
    volume = expansion(
        both["value"],
        both["u_value"],
        [0, 1, 2, 3, 4],
        "cylinder_length",
        lengths=both["value_along"],
        u_lengths=both["u_value_along"],
    )
    change = np.mean(volume.volume_change_percent[-8:])
    u = np.mean(volume.u_volume_change_percent[-8:])
    true = desk.truth["volume_nm3"].iloc[-8:].mean() / desk.truth["volume_nm3"][0]
    assert change == pytest.approx(100 * (true - 1), abs=2 * u)
    assert u < 30


def outline_of_wire(desk, rng):
    """Corners around the wire of the first frame, as a hand clicks them."""
    (a, b), ends = desk.drawn("across"), desk.drawn("along")
    half = (b - a) / 2
    corners = np.array([ends[0] - half, ends[1] - half, ends[1] + half, ends[0] + half])
    return corners + rng.normal(0, 1.2, corners.shape)


def test_tin_oxide_swells_by_its_outline(desk, rng):
    desk = desk("sno2-wire")
    corners = outline_of_wire(desk, rng)
    volume = {"quantity": "volume", "volume_model": "cylinder_length", "object": "wire"}
    row = desk.draw("expansion", "polygon", corners, snap=True, stride=3, **volume)
    assert (row.flag, row.method, row.get("body")) == ("", "snapped", "wire")
    note = desk.track("expansion")
    assert note.startswith("19 rows followed")
    desk.session.toolbox.change("expansion", stride=1)
    along = follow(desk, "along", "length")
    rows = desk.table("expansion", quantity="volume")
    assert set(rows["body"]) == {"wire"}
    assert set(rows["flag"]) <= {"", "no_length"}
    both = rows[rows["flag"] == ""].merge(along, on="frame", suffixes=("", "_along"))
    assert len(both) >= 18
    truth = desk.truth.iloc[both["frame"]]
    away = both["value"].to_numpy() / truth["volume_nm3"].to_numpy() - 1
    assert np.abs(away / (both["u_value"] / both["value"])).mean() < 1.4
    width = np.sqrt(4 / np.pi * both["value"] / both["value_along"])
    away = width.to_numpy() / truth["diameter_nm"].to_numpy() - 1
    assert away.mean() == pytest.approx(0, abs=0.01)  # by steps: -0.12
    ends = both["volume_change_percent"].iloc[-3:]
    known = desk.known["volume_change_percent"]
    u = both["u_volume_change_percent"].iloc[-1]
    assert ends.mean() == pytest.approx(known, abs=2 * u)
    assert u < 15


def test_cobalt_sulfide_swells_in_volume_at_constant_length(desk):
    desk = desk("co9s8-wire")
    rows = follow(desk, "across", "diameter", model="cylinder")
    assert_true(rows, desk.truth["diameter_nm"])
    change, u = last_change(rows)
    assert change == pytest.approx(desk.known["diameter_change_percent"], abs=2 * u)
    volume = rows["volume_change_percent"].iloc[-8:].mean()
    u_volume = rows["u_volume_change_percent"].iloc[-8:].mean()
    known = desk.known["volume_change_percent"]
    assert volume == pytest.approx(known, abs=2 * u_volume)


def test_porous_silicon_grows_as_a_sphere(desk):
    desk = desk("porous-si")
    rows = follow(desk, "across", "diameter", model="sphere")
    assert_true(rows, desk.truth["diameter_nm"])
    for name, value, u in (
        ("diameter", "change_percent", "u_change_percent"),
        ("volume", "volume_change_percent", "u_volume_change_percent"),
    ):
        ends = rows.iloc[-8:]
        true = desk.known[f"{name}_change_percent"]
        assert ends[value].mean() == pytest.approx(true, abs=2 * ends[u].mean())


def test_sulfur_in_its_tube_does_not_swell(desk):
    desk = desk("sulfur-in-tube")
    rows = follow(desk, "across", "diameter")
    assert len(rows) >= len(desk.truth) - 2
    away = rows["change_percent"] / rows["u_change_percent"]
    assert np.sqrt(np.nanmean(away**2)) < 1.6


@pytest.mark.parametrize("side", ["thin", "thick"])
def test_whiskers_are_told_apart_by_shell_over_radius(desk, side):
    desk = desk("whiskers")
    ends = desk.drawn(f"across_{side}")
    tool = {"object": side, "shape": "line", "snap": True, "width": 31}
    desk.draw("sei", "line", ends, **tool)
    desk.track("sei")
    rows = desk.table("sei", object=side, flag="")
    assert len(rows) >= 0.8 * len(desk.truth)
    for name, u, known in (
        ("t_over_r", "u_t_over_r", desk.known[f"{side}_t_over_r"]),
        ("radius_nm", "u_radius_nm", desk.known["radius_nm"]),
        ("value", "u_value", desk.truth[f"{side}_shell_nm"].iloc[0]),
    ):
        away = (rows[name] - known) / rows[u]
        assert np.sqrt(np.mean(away**2)) < 1.5
        assert abs(np.mean(away)) < 3 / np.sqrt(len(rows))
    ratio, u = mean_and_u(rows["t_over_r"], rows["u_t_over_r"])
    threshold = desk.known["threshold_t_over_r"]
    assert (ratio < threshold) == (side == "thin")
    assert abs(ratio - threshold) > 3 * u


def mean_and_u(values, u_values):
    """Mean of independent values, and its uncertainty."""
    return values.mean(), np.sqrt(np.sum(u_values**2)) / len(values)
