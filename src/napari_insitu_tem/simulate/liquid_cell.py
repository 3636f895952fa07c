"""The experiment: an SEI that grows in a liquid cell during cyclic voltammetry."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.simulate.camera import Camera
from napari_insitu_tem.simulate.clocks import Clocks, middles_s
from napari_insitu_tem.simulate.experiment import Simulated
from napari_insitu_tem.simulate.film import Microscope
from napari_insitu_tem.simulate.sei_electrode import SeiElectrode
from napari_insitu_tem.simulate.truth import LayerTruth, TrueEvent
from napari_insitu_tem.simulate.voltammetry import sweep_record

FloatArray = NDArray[np.float64]

MICROSCOPE = Microscope(
    shape=(144, 216),
    pixel_size_nm=0.8,
    taken=68,
    lost=(27, 41, 42, 43),
    period_s=6.0,
    exposure_s=5.0,
    jitter_s=0.15,
    first_s=0.0,
    dose_e_px=15.0,
    beam_px=230.0,
    blur_px=1.5,
    camera=Camera(gain=5.0, offset=10.0),
    drift_step_px=0.1,
    drift_velocity_px_s=(-0.008, 0.01),
    bias_jump_px=(-2.0, 1.3),
    bias_brightness=0.9,
)

#: The sweep starts 22 s into the movie; the potentiostat's PC is 4 s behind.
CLOCKS = Clocks(
    movie_start=datetime(2026, 5, 21, 10, 12, 40),
    offset_s=-22.0,
    rate_ppm=-20.0,
    error_s=-4.0,
)


def simulate_sei(
    electrode: SeiElectrode | None = None,
    microscope: Microscope = MICROSCOPE,
    clocks: Clocks = CLOCKS,
    *,
    seed: int = 23,
) -> Simulated[SeiElectrode, LayerTruth]:
    """Film a growing SEI and record the voltammogram.

    Parameters
    ----------
    electrode, microscope, clocks
        Those of the sample experiment by default.
    seed
        Same seed, same experiment.
    """
    electrode = electrode or SeiElectrode(microscope.pixel_size_nm)
    end = electrode.sweep.duration_s
    on, off = clocks.to_movie_s([0.0, end])
    of_times, of_drift, of_camera, of_record = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(4)
    )
    times = microscope.frame_times(of_times)
    moments = clocks.to_trace_s(middles_s(times))
    shifts = microscope.shifts(moments, 0.0, end, of_drift)
    doses = microscope.doses_e_px(times, on, off)
    return Simulated(
        name="sei_liquid_cell",
        title="SEI on an electrode in a liquid cell",
        seed=seed,
        specimen=electrode,
        microscope=microscope,
        frames=microscope.film(electrode.depth, moments, shifts, doses, of_camera),
        times=times,
        record=sweep_record(electrode.sweep, of_record),
        technique="CV",
        clocks=clocks,
        truth=LayerTruth(
            **microscope.frame_truth(times, clocks, shifts, doses),
            **_layer_truth(electrode, moments),
        ),
        events=_events(electrode, clocks),
    )


def _layer_truth(electrode: SeiElectrode, moments: FloatArray) -> dict[str, FloatArray]:
    """What the layer looks like at some moments."""
    thickness = electrode.thickness_at(electrode.arc()[None, :], moments[:, None])
    inner = np.full(moments.size, electrode.radius_nm)
    return {
        "inner_radius_nm": inner,
        "outer_radius_nm": inner + thickness.mean(axis=1),
        "thickness_nm": thickness.mean(axis=1),
        "thickness_sd_nm": thickness.std(axis=1),
        "bubble_radius_nm": electrode.bubble_radius_nm(moments),
    }


def _events(electrode: SeiElectrode, clocks: Clocks) -> tuple[TrueEvent, ...]:
    bubble = electrode.sweep.spike_s
    moments = (
        ("cell on", 0.0, None),
        ("gas bubble", bubble, bubble + electrode.bubble_s),
        ("cell off", electrode.sweep.duration_s, None),
    )
    return tuple(
        TrueEvent(
            label,
            float(clocks.to_movie_s(begin)),
            begin,
            end_movie_time_s=None if end is None else float(clocks.to_movie_s(end)),
        )
        for label, begin, end in moments
    )
