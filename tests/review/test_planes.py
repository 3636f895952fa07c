"""Lattice planes that widen, through the functions of the lattice dock."""

from __future__ import annotations

import numpy as np

from napari_insitu_tem.state.lattices import box


def draw_box(desk, **more):
    low, high = desk.drawn("window")
    corners = box(tuple(low), tuple(high)).array()
    return desk.draw(
        "expansion", "polygon", corners, quantity="d_spacing", object="grain", **more
    )


def test_planes_of_graphite_widen_by_six_percent(desk):
    case = desk("graphite-planes")
    drawn = draw_box(case)
    assert drawn.flag == ""
    assert case.track("expansion") == "39 rows followed."
    rows = case.table("expansion")
    truth = case.truth["d_spacing_nm"].to_numpy()
    assert len(rows) == len(truth)
    assert set(rows["unit"]) == {"nm"}
    assert set(rows["flag"]) == {""}
    away = np.abs(rows["value"] - truth) / rows["u_value"]
    assert np.mean(away < 2) > 0.85
    assert away.max() < 4
    last = rows.iloc[-1]
    found, sure = last["change_percent"], last["u_change_percent"]
    assert sure < 0.15
    assert abs(found - case.known["d_spacing_change_percent"]) < 2.5 * sure
