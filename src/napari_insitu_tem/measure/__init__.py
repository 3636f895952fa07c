"""Quantities from shapes, profiles and frames: pure functions on arrays.

Lengths are in pixels and points are (y, x), pixel centres at integers; the tables turn
them into nanometres. The names below are imported when they are first used, so that
importing the package itself stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from napari_insitu_tem.measure.kymograph import Kymograph, reslice
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
    from napari_insitu_tem.measure.snapping import Snapped, snap
    from napari_insitu_tem.measure.tables import TableBuilder, kind_table
    from napari_insitu_tem.measure.thickness import LayerThickness, layer_thickness

__all__ = [
    "CoarseningChoice",
    "EdgeFit2d",
    "EdgeFits",
    "Expansion",
    "FrontTrack",
    "Kymograph",
    "LawComparison",
    "LawFit",
    "LayerThickness",
    "NucleationChoice",
    "NucleationFit",
    "Snapped",
    "TableBuilder",
    "compare_coarsening",
    "compare_laws",
    "compare_nucleation",
    "expansion",
    "fit_coarsening",
    "fit_law",
    "fit_nucleation",
    "kind_table",
    "layer_thickness",
    "locate_edge_2d",
    "locate_edges",
    "reslice",
    "snap",
    "track_front",
]

_HOME = {
    "CoarseningChoice": "laws.coarsening",
    "FrontTrack": "fronts.track",
    "LawComparison": "laws.choice",
    "LawFit": "laws.result",
    "NucleationChoice": "laws.nucleation",
    "NucleationFit": "laws.nucleation",
    "compare_coarsening": "laws.coarsening",
    "compare_laws": "laws.choice",
    "compare_nucleation": "laws.nucleation",
    "fit_coarsening": "laws.coarsening",
    "fit_law": "laws.fitting",
    "fit_nucleation": "laws.nucleation",
    "track_front": "fronts.track",
    "EdgeFit2d": "edges",
    "EdgeFits": "edges",
    "Expansion": "ratios",
    "Kymograph": "kymograph",
    "LayerThickness": "thickness",
    "expansion": "ratios",
    "Snapped": "snapping",
    "TableBuilder": "tables",
    "kind_table": "tables",
    "layer_thickness": "thickness",
    "locate_edge_2d": "edges",
    "locate_edges": "edges",
    "reslice": "kymograph",
    "snap": "snapping",
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
