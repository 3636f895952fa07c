"""The two sample experiments, simulated once for all tests of this folder."""

from __future__ import annotations

import pytest

from napari_insitu_tem.simulate.liquid_cell import simulate_sei
from napari_insitu_tem.simulate.open_cell import simulate_nanowire


@pytest.fixture(scope="session")
def nanowire():
    return simulate_nanowire()


@pytest.fixture(scope="session")
def sei():
    return simulate_sei()
