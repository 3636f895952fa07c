"""The cases by name, each with the statement of the literature that it follows.

Sources are named by what was reported; the reports are collected in a review of
in-situ electron microscopy of batteries. Where a report gives no number, the simulation
has one of the usual size.
"""

from __future__ import annotations

from functools import partial

from napari_insitu_tem.simulate.cases import films, fronts, particles, wires
from napari_insitu_tem.simulate.cases.case import Case, SimulatedCase

_ALL = (
    Case(
        "si-wire-in-liquid",
        "Silicon wire that thickens in a liquid cell",
        "Coated silicon nanowire in a liquid cell: width against time.",
        wires.silicon_in_liquid,
    ),
    Case(
        "sno2-wire",
        "Tin oxide wire that swells across and along",
        "SnO2 nanowire, 188 nm: +45 % across, +60 % along, about +240 % in volume.",
        wires.tin_oxide,
    ),
    Case(
        "co9s8-wire",
        "Cobalt sulfide wire that swells across only",
        "Co9S8 in carbon: +32.4 % radially, the length is held.",
        wires.cobalt_sulfide,
    ),
    Case(
        "porous-si",
        "Porous silicon particle",
        "Porous silicon sphere: from 1.52 to 2.05 um.",
        particles.porous_silicon,
    ),
    Case(
        "si-particle",
        "Crystalline silicon particle with a front that slows",
        "Crystalline silicon: the front is fast at first and slows with depth.",
        fronts.silicon_particle,
    ),
    Case(
        "sulfur-in-tube",
        "Sulfur in a carbon tube",
        "S in a carbon nanotube: flat front, constant rate, no change of volume.",
        fronts.sulfur_in_tube,
    ),
    Case(
        "fese",
        "Iron selenide with two fronts",
        "FeSe sheet: intercalation twice as fast as conversion.",
        fronts.iron_selenide,
    ),
    Case(
        "nio",
        "Nickel oxide, a shrinking core",
        "NiO: a reacted shell around a core that shrinks.",
        fronts.nickel_oxide,
    ),
    Case(
        "lfp",
        "Lithium iron phosphate that dissolves",
        "LiFePO4: slow dissolution, faster after a third of the time.",
        particles.iron_phosphate,
    ),
    Case(
        "sei-thickening",
        "SEI that thickens",
        "SEI on an electrode in a liquid cell, growing thicker.",
        films.thickening_sei,
    ),
    Case(
        "sei-thinning",
        "SEI that thins",
        "SEI on an electrode in a liquid cell, thinning to 12 nm.",
        films.thinning_sei,
    ),
    Case(
        "interphase",
        "Interphase that stops growing",
        "Interphase of 60 nm that grows for about 40 s and stops.",
        films.interphase,
    ),
    Case(
        "whiskers",
        "Coated whiskers on both sides of t/r = 0.21",
        "Whiskers strip in one of two modes, by shell over radius: 0.21.",
        wires.whiskers,
    ),
    Case(
        "graphite-planes",
        "Lattice planes that widen",
        "(0002) planes of carbon: +5.9 %, from 0.335 to 0.355 nm.",
        films.widening_planes,
    ),
    Case(
        "grains-diffusion",
        "Grains that coarsen as t^(1/3)",
        "Coarsening limited by diffusion (Lifshitz-Slyozov): r^3 grows with time.",
        partial(particles.coarsening_grains, 3),
    ),
    Case(
        "grains-reaction",
        "Grains that coarsen as t^(1/2)",
        "Coarsening limited by the interface (Wagner): r^2 grows with time.",
        partial(particles.coarsening_grains, 2),
    ),
    Case(
        "ostwald-pair",
        "Two particles that exchange matter",
        "Ostwald ripening of sodium: one grows as the other shrinks.",
        particles.ostwald_pair,
    ),
    Case(
        "void",
        "Void that fills and empties with cycling",
        "A void in an electrode filled by plating and emptied by stripping.",
        particles.cycled_void,
    ),
    Case(
        "bent-ge-wire",
        "Bent germanium wire with one faster side",
        "Bent Ge nanowire: faster under tension, slower under compression.",
        wires.bent_germanium,
    ),
    Case(
        "fracture",
        "Particle that cracks with a spike of current",
        "Fracture of a particle, seen in the movie and as a spike of the current.",
        particles.fracture,
    ),
    Case(
        "sei-steps",
        "SEI that grows at steps of the potential",
        "Potential lowered by 0.25 V every 5 min from 3 V; the SEI grows below 2 V.",
        films.stepped_sei,
    ),
    Case(
        "gentle-beam",
        "Dose of a gentle beam",
        "Scanning at 0.1 e/A2/s, 0.5 e/A2 a frame.",
        films.gentle_beam,
    ),
)

#: Name to case.
CASES: dict[str, Case] = {case.name: case for case in _ALL}


def simulate_case(
    name: str,
    *,
    dose_e_px: float | None = None,
    blur_px: float | None = None,
    drift_px_s: tuple[float, float] | None = None,
    drift_step_px: float | None = None,
    seed: int = 1,
) -> SimulatedCase:
    """Film a case by its name.

    Parameters
    ----------
    name
        One of `CASES`.
    dose_e_px
        Electrons a pixel and a frame; None for the case's own.
    blur_px
        Standard deviation of the point spread in px; None for the case's own.
    drift_px_s, drift_step_px
        Steady drift (y, x) in px/s, and a random walk; none if left out.
    seed
        Same seed, same movie.

    Raises
    ------
    KeyError
        There is no case of that name.
    ValueError
        The dose is not positive, or the blur is negative.
    """
    return CASES[name].simulate(
        dose_e_px=dose_e_px,
        blur_px=blur_px,
        drift_px_s=drift_px_s,
        drift_step_px=drift_step_px,
        seed=seed,
    )
