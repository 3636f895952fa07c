"""The bars of accuracy, on a part of the simulations that the tables run."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

#: Bars that are known to be missed, and stand as missed in the table: (what, where).
MISSED: tuple[tuple[str, str], ...] = (
    # Bodies whose kind one frame does not tell: flagged, or more careful than needed.
    ("sphere, outline: bias of the area", "width 30 px, 5 e/px"),
    ("disc, ellipse: bias of the area", "width 30 px, 5 e/px"),
    ("disc, ellipse: uncertainty of the area, stated over observed", "all"),
    # More careful than it need be: 1.26 of the true scatter.
    ("drift, stated uncertainty", "texture, 20 e/px, rms contrast 0.1, a front"),
)
#: Of what the page of accuracy is made with; half leaves some bars to chance.
REPEATS = {"lattice": 1.0}
FOLDER = Path(__file__).parents[2] / "scripts" / "accuracy"


@pytest.fixture
def table(monkeypatch):
    """Load the module of a table of accuracy by its name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return load


def load(name):
    spec = importlib.util.spec_from_file_location(
        f"accuracy_{name}", FOLDER / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "name",
    [
        "clocks",
        "dose",
        "drift",
        "edges",
        "fronts",
        "lattice",
        "laws",
        "outlines",
        "regions",
        "thickness",
    ],
)
def test_every_bar_is_met(name, table):
    rows = table(name).rows(repeats=REPEATS.get(name, 0.5))
    keys = {"test", "condition", "measured", "bound_or_peer", "bar", "passed"}
    assert rows and all(set(row) == keys for row in rows)
    # Rates depend on what else the machine does: they stand in the table only.
    sure = [row for row in rows if not str(row["test"]).startswith("rate")]
    missed = [row for row in sure if not row["passed"] and not is_known(row)]
    assert not missed, "\n".join(str(row) for row in missed)


def is_known(row):
    return any(
        row["test"] == what and str(row["condition"]).startswith(where)
        for what, where in MISSED
    )
