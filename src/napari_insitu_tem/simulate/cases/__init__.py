"""Experiments of the literature as simulations with a known truth, by name."""

from __future__ import annotations

from napari_insitu_tem.simulate.cases.case import (
    Blueprint,
    Case,
    CaseTruth,
    Filming,
    SimulatedCase,
)
from napari_insitu_tem.simulate.cases.catalogue import CASES, simulate_case

__all__ = [
    "CASES",
    "Blueprint",
    "Case",
    "CaseTruth",
    "Filming",
    "SimulatedCase",
    "simulate_case",
]
