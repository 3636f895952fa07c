"""Quantities from shapes, profiles and frames: pure functions on arrays.

Lengths are in pixels and points are (y, x), pixel centres at integers; the tables turn
them into nanometres. The names below are imported when they are first used, so that
importing the package itself stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_insitu_tem.measure.change import FrameChange, frame_change
    from napari_insitu_tem.measure.clocks.events import align_events
    from napari_insitu_tem.measure.clocks.result import EventAlignment, SignalAlignment
    from napari_insitu_tem.measure.clocks.signals import align_signals
    from napari_insitu_tem.measure.dose import (
        CumulativeDose,
        cumulative_dose,
        dose_rate,
        stem_frame_dose,
    )
    from napari_insitu_tem.measure.drift.estimate import estimate_drift
    from napari_insitu_tem.measure.drift.result import Drift
    from napari_insitu_tem.measure.edges import (
        EdgeFit2d,
        EdgeFits,
        locate_edge_2d,
        locate_edges,
    )
    from napari_insitu_tem.measure.fronts.track import (
        FrontTrack,
        track_front,
    )
    from napari_insitu_tem.measure.gain import GainEstimate, estimate_gain
    from napari_insitu_tem.measure.kymograph import Kymograph, reslice
    from napari_insitu_tem.measure.lattice.result import LatticeSpacing
    from napari_insitu_tem.measure.lattice.spacing import lattice_spacing
    from napari_insitu_tem.measure.laws.choice import (
        LawComparison,
        compare_laws,
    )
    from napari_insitu_tem.measure.laws.coarsening import (
        CoarseningChoice,
        compare_coarsening,
        fit_coarsening,
    )
    from napari_insitu_tem.measure.laws.fitting import (
        fit_law,
    )
    from napari_insitu_tem.measure.laws.nucleation import (
        NucleationChoice,
        NucleationFit,
        compare_nucleation,
        fit_nucleation,
    )
    from napari_insitu_tem.measure.laws.result import (
        LawFit,
    )
    from napari_insitu_tem.measure.ratios import Expansion, expansion
    from napari_insitu_tem.measure.regions.track import RegionTrack, track_region
    from napari_insitu_tem.measure.snapped import Snapped
    from napari_insitu_tem.measure.snapping import snap
    from napari_insitu_tem.measure.tables import TableBuilder, kind_table
    from napari_insitu_tem.measure.thickness import LayerThickness, layer_thickness
    from napari_insitu_tem.measure.thickness.coated import CoatedWire, coated_wire
    from napari_insitu_tem.measure.thickness.traced import TracedLayer, trace_layer

__all__ = [
    "CoarseningChoice",
    "CoatedWire",
    "CumulativeDose",
    "Drift",
    "EdgeFit2d",
    "EdgeFits",
    "EventAlignment",
    "Expansion",
    "FrameChange",
    "FrontTrack",
    "GainEstimate",
    "Kymograph",
    "LatticeSpacing",
    "LawComparison",
    "LawFit",
    "LayerThickness",
    "NucleationChoice",
    "NucleationFit",
    "RegionTrack",
    "SignalAlignment",
    "Snapped",
    "TableBuilder",
    "TracedLayer",
    "align_events",
    "align_signals",
    "coated_wire",
    "compare_coarsening",
    "compare_laws",
    "compare_nucleation",
    "cumulative_dose",
    "dose_rate",
    "estimate_drift",
    "estimate_gain",
    "expansion",
    "fit_coarsening",
    "fit_law",
    "fit_nucleation",
    "frame_change",
    "kind_table",
    "lattice_spacing",
    "layer_thickness",
    "locate_edge_2d",
    "locate_edges",
    "reslice",
    "snap",
    "stem_frame_dose",
    "trace_layer",
    "track_front",
    "track_region",
]

_HOME = {
    "CoarseningChoice": "laws.coarsening",
    "CoatedWire": "thickness.coated",
    "CumulativeDose": "dose",
    "Drift": "drift.result",
    "EdgeFit2d": "edges",
    "EdgeFits": "edges",
    "EventAlignment": "clocks.result",
    "Expansion": "ratios",
    "FrameChange": "change",
    "FrontTrack": "fronts.track",
    "GainEstimate": "gain",
    "Kymograph": "kymograph",
    "LatticeSpacing": "lattice.result",
    "LawComparison": "laws.choice",
    "LawFit": "laws.result",
    "LayerThickness": "thickness",
    "NucleationChoice": "laws.nucleation",
    "NucleationFit": "laws.nucleation",
    "SignalAlignment": "clocks.result",
    "Snapped": "snapped",
    "TableBuilder": "tables",
    "TracedLayer": "thickness.traced",
    "trace_layer": "thickness.traced",
    "align_events": "clocks.events",
    "align_signals": "clocks.signals",
    "coated_wire": "thickness.coated",
    "compare_coarsening": "laws.coarsening",
    "compare_laws": "laws.choice",
    "compare_nucleation": "laws.nucleation",
    "cumulative_dose": "dose",
    "dose_rate": "dose",
    "estimate_drift": "drift.estimate",
    "estimate_gain": "gain",
    "expansion": "ratios",
    "fit_coarsening": "laws.coarsening",
    "fit_law": "laws.fitting",
    "fit_nucleation": "laws.nucleation",
    "frame_change": "change",
    "kind_table": "tables",
    "lattice_spacing": "lattice.spacing",
    "layer_thickness": "thickness",
    "locate_edge_2d": "edges",
    "locate_edges": "edges",
    "reslice": "kymograph",
    "snap": "snapping",
    "stem_frame_dose": "dose",
    "track_front": "fronts.track",
    "RegionTrack": "regions.track",
    "track_region": "regions.track",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, also those that are not imported yet."""
    return sorted(__all__)
