"""An experiment of the literature, measured through the functions of the docks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem.measure.tables import kind_table
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.simulate.cases import SimulatedCase, simulate_case
from napari_insitu_tem.state.measuring import add_record, new_record
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking import plan_tracking, put_tracked


@cache
def filmed(name: str, seed: int, **filming: Any) -> SimulatedCase:
    """The case, simulated once a run."""
    return simulate_case(name, seed=seed, **filming)


@dataclass(eq=False)
class Desk:
    """A user with a case open: draws as a hand does, tracks, reads the table."""

    made: SimulatedCase
    session: Session

    @property
    def truth(self) -> pd.DataFrame:
        """One row a frame."""
        return self.made.truth.table()

    @property
    def known(self) -> dict[str, float]:
        """The numbers that have to be found."""
        return self.made.specimen.known

    def drawn(self, name: str) -> np.ndarray:
        """A shape of the first frame, as (n, 2) of (y, x)."""
        return np.asarray(self.made.specimen.drawn[name])

    def draw(
        self, kind: str, shape: str, /, *parts: Any, frame: int = 0, **tool: Any
    ) -> Record:
        """Draw a shape on a frame, with the tool set as said."""
        self.session.go_to(frame)
        self.session.toolbox.change(kind, **tool)
        record = new_record(
            self.session, self.session.toolbox[kind], Geometry.of(shape, *parts)
        )
        snap = self.session.toolbox[kind].snap
        return add_record(self.session, record, snap_it=snap)

    def track(self, kind: str, direction: str = "all") -> str:
        """Press a track button, and wait; what was said."""
        plan = plan_tracking(self.session, kind, direction)
        outcome = plan.follow(no_progress)
        assert put_tracked(self.session, plan, outcome)
        plan.done()
        return outcome.note

    def table(self, kind: str, **only: Any) -> pd.DataFrame:
        """Rows of the table, a row a frame in order."""
        rows = kind_table(self.session.experiment, kind)
        for column, value in only.items():
            rows = rows[rows[column] == value]
        return rows.sort_values("frame").reset_index(drop=True)


@pytest.fixture
def desk():
    """Put a case on the desk."""

    def put(name: str, *, seed: int = 1, **filming: Any) -> Desk:
        made = filmed(name, seed, **filming)
        session = Session()
        session.open(made.experiment())
        return Desk(made, session)

    return put
