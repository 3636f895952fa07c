"""A session with a movie and a record, not aligned yet."""

from __future__ import annotations

import pytest

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.session import Session
from stamped import stamped_movie, stamped_trace


@pytest.fixture
def session() -> Session:
    return Session(Experiment(stamped_movie(), stamped_trace()))
