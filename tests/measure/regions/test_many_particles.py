"""No area is wrong without a flag, whatever the particle and whatever is beside it."""

from __future__ import annotations

import pytest

from region_zoo import SCENES, score

#: Scenes in which every frame can be measured, and the most that it may be off: RMS of
#: all movies, in bounds.
CLEAR = {
    "bean": 2.0,
    "bean-bright": 2.2,
    "lobes-50": 2.0,
    "lobes-2": 2.0,
    "growing-no-gain": 2.0,
    "dissolving": 2.0,
    "textured": 2.0,
    "blur-1": 2.0,
    "blur-2.5": 2.0,
    "gap-6": 2.0,
    "overlap-4": 4.5,
    "opposite-neighbour": 4.0,
    "comes-closer": 2.5,
}


@pytest.mark.parametrize("name", ["bean", "overlap-1-20", "opposite-neighbour"])
def test_touched_or_not_it_keeps_its_outline(name):
    found = score(SCENES[name], seed=0)
    assert found.wrong == 0 and found.given == 1
    assert found.iou > 0.88


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_no_area_is_wrong_without_a_flag(name):
    found = [score(SCENES[name], seed) for seed in range(20, 23)]
    assert sum(s.wrong for s in found) / len(found) <= 0.04
    if name in CLEAR:
        assert min(s.given for s in found) >= 0.9
        squares = [s.by_bound**2 for s in found]
        assert (sum(squares) / len(squares)) ** 0.5 <= CLEAR[name]
