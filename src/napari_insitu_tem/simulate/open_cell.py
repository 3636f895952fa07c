"""The experiment: a silicon nanowire lithiated in an open cell at constant current."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.simulate.camera import Camera
from napari_insitu_tem.simulate.clocks import Clocks, middles_s
from napari_insitu_tem.simulate.experiment import Simulated
from napari_insitu_tem.simulate.film import Microscope
from napari_insitu_tem.simulate.galvanostat import LithiationPlan, lithiation_record
from napari_insitu_tem.simulate.nanowire import Nanowire
from napari_insitu_tem.simulate.truth import TrueEvent, WireTruth

FloatArray = NDArray[np.float64]

MICROSCOPE = Microscope(
    shape=(150, 232),
    pixel_size_nm=2.5,
    taken=71,
    lost=(19, 33, 46, 47, 48, 49, 60),
    period_s=5.2,
    exposure_s=4.0,
    jitter_s=0.12,
    first_s=0.35,
    dose_e_px=13.0,
    beam_px=260.0,
    blur_px=1.2,
    camera=Camera(gain=4.0, offset=6.0),
    drift_step_px=0.12,
    drift_velocity_px_s=(0.012, 0.008),
    bias_jump_px=(1.6, -2.4),
    bias_brightness=1.15,
)

#: The potentiostat was started 23.8 s before the movie; its PC's clock is 7.4 s ahead.
CLOCKS = Clocks(
    movie_start=datetime(2026, 3, 18, 14, 5, 30),
    offset_s=23.8,
    rate_ppm=35.0,
    error_s=7.4,
)


def simulate_nanowire(
    wire: Nanowire | None = None,
    microscope: Microscope = MICROSCOPE,
    clocks: Clocks = CLOCKS,
    *,
    seed: int = 130,
) -> Simulated[Nanowire, WireTruth]:
    """Film a lithiating silicon nanowire and record its potential.

    Parameters
    ----------
    wire, microscope, clocks
        Those of the sample experiment by default.
    seed
        Same seed, same experiment.
    """
    wire = wire or Nanowire(microscope.pixel_size_nm)
    on, off = clocks.to_movie_s([wire.on_s, wire.off_s])
    of_times, of_drift, of_camera, of_record = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(4)
    )
    times = microscope.frame_times(of_times)
    moments = clocks.to_trace_s(middles_s(times))
    shifts = microscope.shifts(moments, wire.on_s, wire.off_s, of_drift)
    doses = microscope.doses_e_px(times, on, off)
    truth = WireTruth(
        **microscope.frame_truth(times, clocks, shifts, doses),
        **_wire_truth(wire, moments),
    )
    plan = LithiationPlan(wire.contact_s, wire.on_s, wire.off_s, end_s=401.0)
    return Simulated(
        name="si_nanowire",
        title="Silicon nanowire, lithiated in an open cell",
        seed=seed,
        specimen=wire,
        microscope=microscope,
        frames=microscope.film(wire.depth, moments, shifts, doses, of_camera),
        times=times,
        record=lithiation_record(plan, of_record),
        technique="Chronopotentiometry",
        clocks=clocks,
        truth=truth,
        events=_events(wire, clocks),
    )


def _wire_truth(wire: Nanowire, moments: FloatArray) -> dict[str, FloatArray]:
    """What the wire looks like at some moments."""
    near, far = wire.stations_nm
    return {
        "front_nm": wire.front_nm(moments),
        "near_diameter_nm": np.array([wire.diameter_at(near, t) for t in moments]),
        "near_core_nm": np.array([wire.core_nm(near, t) for t in moments]),
        "far_diameter_nm": np.array([wire.diameter_at(far, t) for t in moments]),
        "far_core_nm": np.array([wire.core_nm(far, t) for t in moments]),
    }


def _events(wire: Nanowire, clocks: Clocks) -> tuple[TrueEvent, ...]:
    moments = {
        "contact": wire.contact_s,
        "reaction starts": wire.on_s,
        "reaction ends": wire.off_s,
    }
    return tuple(
        TrueEvent(label, float(clocks.to_movie_s(moment)), moment)
        for label, moment in moments.items()
    )
