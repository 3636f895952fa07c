"""Reports of reaction fronts: how fast they run, and by which law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_insitu_tem.measure import compare_laws, fit_law, track_front
from napari_insitu_tem.measure.paths import point_at
from napari_insitu_tem.simulate.cases.wires import ON_S
from napari_insitu_tem.state.kymographs import kymographs_of, set_width


def pick(desk, path, column, *, frame=30, front="front 1", width_px=11):
    """Draw a path, and click the front on one frame, a pixel off as a hand is."""
    points = desk.drawn(path)
    if not any(p.object == path for p in desk.session.document.of_kind("path")):
        drawn = desk.draw("path", "path", points, object=path)
        set_width(desk.session, drawn, width_px)
    along = desk.truth[column][frame] / desk.made.pixel_size_nm + 1.0
    at = {"frame": frame, "object": "wire", "front": front, "path": path}
    return desk.draw("front", "point", [point_at(points, along)], snap=False, **at)


def assert_followed(desk, column, front="front 1", *, least_px=-1.0):
    """Every frame has a row that agrees with the truth within its uncertainty.

    `least_px` leaves out a front that is still at the rim of its particle, where three
    levels meet.
    """
    rows = desk.table("front", front=front)
    truth = desk.truth[column]
    inside = truth > least_px * desk.made.pixel_size_nm
    rows = rows[rows["frame"].isin(truth.index[inside])]
    assert len(rows) == np.count_nonzero(inside)
    assert set(rows["flag"]) == {""}
    rows = rows[rows["method"] == "tracked"]
    away = np.abs(rows["value"] - truth.to_numpy()[rows["frame"]]) / rows["u_value"]
    assert np.mean(away < 2) > 0.85
    assert np.median(away) < 1.0
    assert away.max() < 5


def reacting(desk, path="path", *, later_s=1.0):
    """The lane's kymograph from the begin of the reaction on, with its times."""
    paths = desk.session.document.of_kind("path")
    kymograph = kymographs_of(desk.session).of(
        next(p for p in paths if p.object == path)
    )
    times = (desk.truth["trace_time_s"] + desk.truth["exposure_s"] / 2).to_numpy()
    moving = times > ON_S + later_s
    return replace(kymograph, data=kymograph.data[moving]), times[moving]


def velocity_nm_s(desk, fit):
    """A fitted velocity with its standard uncertainty, in nm/s."""
    px = desk.made.pixel_size_nm
    return abs(fit.parameters["velocity"]) * px, fit.u_parameters["velocity"] * px


def test_sulfur_reacts_at_a_constant_rate(desk):
    desk = desk("sulfur-in-tube")
    pick(desk, "path", "front_nm")
    desk.track("front")
    assert_followed(desk, "front_nm")
    kymograph, times = reacting(desk)
    fit = fit_law(kymograph, times, "linear")
    speed, u = velocity_nm_s(desk, fit)
    assert abs(speed - desk.known["velocity_nm_per_s"]) < 2.5 * u < 0.05 * speed
    begin = {"start": 6.0, "onset": ON_S}
    assert compare_laws(kymograph, times, **begin).best == "linear"


def test_iron_selenide_has_two_fronts_one_twice_as_fast(desk):
    desk = desk("fese")
    pick(desk, "path", "conversion_nm", front="conversion")
    pick(desk, "path", "intercalation_nm", front="intercalation")
    desk.track("front")
    for front in ("conversion", "intercalation"):
        assert_followed(desk, f"{front}_nm", front=front)
    kymograph, times = reacting(desk)
    track = track_front(kymograph, fronts=2)
    slow, fast = (
        velocity_nm_s(desk, fit_law(track, times, "linear", front=f)) for f in (0, 1)
    )
    ratio = fast[0] / slow[0]
    u_ratio = ratio * np.hypot(fast[1] / fast[0], slow[1] / slow[0])
    assert abs(ratio - desk.known["velocity_ratio"]) < 2.5 * u_ratio < 0.1


def test_bent_germanium_reacts_faster_under_tension(desk):
    desk = desk("bent-ge-wire")
    speeds = {}
    for side in ("tension", "pressed"):
        pick(desk, f"path_{side}", f"{side}_front_nm", front=side)
        desk.track("front")
        assert_followed(desk, f"{side}_front_nm", front=side)
        kymograph, times = reacting(desk, f"path_{side}")
        speeds[side] = velocity_nm_s(desk, fit_law(kymograph, times, "linear"))
    ratio = speeds["tension"][0] / speeds["pressed"][0]
    u_ratio = ratio * np.hypot(*(u / speed for speed, u in speeds.values()))
    assert abs(ratio - desk.known["velocity_ratio"]) < 2.5 * u_ratio < 0.1


@pytest.mark.parametrize(
    ("name", "geometry", "law"),
    [("si-particle", "planar", "parabolic"), ("nio", "cylinder", "parabolic")],
)
def test_the_front_into_a_particle_slows_by_its_law(desk, name, geometry, law):
    desk = desk(name)
    # A round front under a wide path seems to lag: by w**2 / 24 R.
    pick(desk, "path", "front_nm", width_px=5)
    desk.track("front")
    assert_followed(desk, "front_nm", least_px=6.0)
    kymograph, times = reacting(desk, later_s=4.0)
    begin = {"start": 0.0, "onset": ON_S, "geometry": geometry}
    if geometry == "cylinder":
        begin |= {
            "volume_ratio": 1.0,
            "centre": desk.known["radius_nm"] / desk.made.pixel_size_nm,
        }
    found = compare_laws(kymograph, times, **begin)
    assert found.best == law
    assert found.weights[law] > 0.5
    if name == "si-particle":
        squared = desk.made.pixel_size_nm**2
        rate = found.fits[law].parameters["parabolic_constant"] * squared
        u = found.fits[law].u_parameters["parabolic_constant"] * squared
        true = desk.known["parabolic_rate_nm2_per_s"]
        assert abs(rate - true) < 3 * u < 0.1 * true
