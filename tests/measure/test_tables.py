"""Tables: every row of the document, with its time, its signals and its types."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem.measure.tables import TableBuilder, kind_table, tables
from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_document_gives_typed_columns(build, kind):
    table = kind_table(build.experiment(), kind)
    assert tuple(table.columns) == KINDS[kind].names
    assert len(table) == 0
    wanted = {c.name: c.dtype for c in KINDS[kind].all_columns}
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == wanted


def test_a_row_knows_when_it_was_and_what_the_cell_did(build):
    experiment = build.add(build.experiment(), build.line(frame=4))
    row = kind_table(experiment, "expansion").iloc[0]
    assert row["time_s"] == 104.0
    assert row["frame_duration_s"] == 0.5
    assert row["u_time_s"] == pytest.approx(0.2, rel=1e-4)
    assert row["potential_V"] == pytest.approx(3.0 - 0.01 * 104.25)
    assert row["current_A"] == pytest.approx(-1e-6)
    assert row["charge_C"] == pytest.approx(-104.25e-6, rel=1e-6)
    assert row["cycle"] == 1
    assert row["step"] is pd.NA
    assert row["geometry"] == "LINESTRING (1.0 1.0, 11.0 1.0)"


def test_columns_are_typed_and_in_document_order(build):
    records = [build.line(frame=3), build.line(frame=1)]
    table = kind_table(build.add(build.experiment(), *records), "expansion")
    assert list(table["id"]) == [record.id for record in records]
    wanted = {c.name: c.dtype for c in KINDS["expansion"].all_columns}
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == wanted


def test_realigning_retimes_every_row(build):
    experiment = build.add(build.experiment(), build.line(frame=4))
    builder = TableBuilder(experiment)
    builder.kind("expansion")
    experiment.align(offset_s=50.0)
    row = builder.kind("expansion").iloc[0]
    assert row["time_s"] == 54.0
    assert row["potential_V"] == pytest.approx(3.0 - 0.01 * 54.25)


def test_typing_an_interval_gives_times(build):
    film = Movie.from_array(np.zeros((5, 4, 4)), name="wire")
    experiment = build.add(Experiment(film), build.line(frame=2))
    builder = TableBuilder(experiment)
    assert np.isnan(builder.kind("expansion")["time_s"][0])
    experiment.document = experiment.document.with_interval("wire", 0.5)
    assert builder.kind("expansion")["time_s"][0] == 1.0


def test_an_edit_of_one_row_does_not_join_again(build, monkeypatch):
    experiment = build.add(build.experiment(), build.line(frame=0))
    builder = TableBuilder(experiment)
    builder.kind("expansion")

    def fail(*args):
        raise AssertionError("joined again")

    monkeypatch.setattr(Experiment, "signals_at_frames", fail)
    build.add(experiment, build.line(frame=1))
    assert len(builder.kind("expansion")) == 2


def test_a_missing_movie_or_frame_is_said(build):
    records = [
        build.line(movie="lost"),
        build.line(frame=99),
        build.line(movie="lost", flag="blurred"),
    ]
    table = kind_table(build.add(build.experiment(), *records), "expansion")
    assert list(table["flag"]) == ["movie_missing", "frame_missing", "blurred"]
    assert table["time_s"].isna().all()
    assert table["potential_V"].isna().all()


def test_optional_columns_appear_only_where_a_row_fills_them(build):
    experiment = build.add(build.experiment(), build.line(frame=0))
    assert "u_pick_px" not in kind_table(experiment, "expansion")
    build.add(experiment, build.line(frame=1, u_pick_px=0.25, method="snapped"))
    column = kind_table(experiment, "expansion")["u_pick_px"]
    assert np.isnan(column[0])
    assert column[1] == 0.25


def test_unknown_columns_follow_in_their_own_type(build):
    records = [
        build.line(extra=(("grid", "A3"), ("tilt", 3), ("note", None))),
        build.line(extra=(("grid", "B1"), ("tilt", None), ("note", None))),
    ]
    table = kind_table(build.add(build.experiment(), *records), "expansion")
    assert list(table.columns[-3:]) == ["grid", "tilt", "note"]
    assert list(table["grid"]) == ["A3", "B1"]
    assert str(table["tilt"].dtype) == "Int64"
    assert table["note"].isna().all()


def test_one_movie_can_be_asked_for(build):
    experiment = build.experiment()
    experiment.add_movie(replace(experiment.movie(), name="other"))
    build.add(experiment, build.line(), build.line(movie="other"))
    table = kind_table(experiment, "expansion", "other")
    assert list(table["movie"]) == ["other"]


def test_every_kind_is_made(build):
    experiment = build.add(build.experiment(), build.line())
    made = tables(experiment)
    assert list(made) == list(KINDS)
    assert len(made["expansion"]) == 1
