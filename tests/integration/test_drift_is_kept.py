"""The drift of a movie survives saving, and a killed program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.json_text import from_json
from napari_insitu_tem.io.saving.experiment_folder import (
    load_experiment,
    save_experiment,
)
from napari_insitu_tem.measure.tables import tables
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.samples import open_sample
from napari_insitu_tem.state.journal_lines import apply_edit, edit_line


@pytest.fixture
def drift() -> MovieDrift:
    """Bad frames among good ones, inside a region, not corrected."""
    shift = np.random.default_rng(0).normal(0, 3, (64, 2)).cumsum(axis=0)
    shift[[5, 9]] = np.nan
    u = np.where(np.isfinite(shift), 0.1, np.nan)
    flags = ["blank" if np.isnan(row).any() else "" for row in shift]
    region = Geometry.of("polygon", [(1, 2), (1, 30.5), (40, 30.5)])
    return MovieDrift.of(shift, u, flags, region, is_on=False)


def test_it_is_saved_and_reopened_equal(drift: MovieDrift, tmp_path: Path) -> None:
    experiment = open_sample("si_nanowire")
    experiment = getattr(experiment, "experiment", experiment)
    name = experiment.movies[0].name
    experiment.document = experiment.document.with_drift(name, drift)
    folder = save_experiment(experiment, tmp_path / "wire", tables(experiment))
    again = load_experiment(folder)
    again = getattr(again, "experiment", again)
    assert again.document.drifts == {name: drift}


def test_the_journal_brings_back_what_was_not_saved(drift: MovieDrift) -> None:
    before = Document()
    after = before.with_drift("film", drift)
    path = Path("journal")
    for one, other in ((before, after), (after, before)):
        line = from_json(edit_line("estimate drift", one, other), path)
        assert apply_edit(one, line, path).drifts == other.drifts
