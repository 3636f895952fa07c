"""An experiment saved and opened again is the same, wherever its files went."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_insitu_tem.io.registry import read_movie, read_trace
from napari_insitu_tem.io.saving import checksums
from napari_insitu_tem.io.saving.document_json import document_values
from napari_insitu_tem.io.saving.experiment_folder import (
    is_experiment,
    load_experiment,
    save_experiment,
)
from napari_insitu_tem.measure.rows import records_from_table
from napari_insitu_tem.measure.tables import tables
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.column_mapping import ColumnChoice, ColumnMapping
from napari_insitu_tem.model.document import ObjectSettings, Settings
from napari_insitu_tem.model.errors import CancelledError, ReadError, SaveError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Record


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test computes its own checksums."""
    monkeypatch.setattr(checksums, "_known", {})


def write_movie(path: Path, frames: int = 4, value: int = 0) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    pixels = np.full((frames, 12, 16), value, np.uint16)
    pixels += np.arange(frames, dtype=np.uint16)[:, None, None]
    tifffile.imwrite(path, pixels, photometric="minisblack")
    return path


def write_trace(path: Path, start: float = 0.0, header: str = "") -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    time = start + 0.1 * np.arange(100)
    lines = [header or "time_s,potential_V,current_A"]
    lines += [f"{t:.1f},{0.01 * t:.6f},{1e-6 * t:.3e}" for t in time]
    path.write_text("\n".join(lines) + "\n")
    return path


def rows(movie: str = "film") -> list[Record]:
    """A row of every kind, with everything a row can carry."""
    common: dict[str, Any] = {"object": "wire", "movie": movie}
    line = Geometry.of("line", [(1.25, 1 / 3), (9.1, 11.7)])
    return [
        Record.new("front", frame=2, geometry=Geometry.of("point", [(3, 4)]), **common),
        Record.new(
            "expansion",
            frame=1,
            geometry=line,
            attributes={"quantity": "diameter", "volume_model": "sphere"},
            u_pick_px=0.25,
            method="snapped",
            flag="blurred",
            observer="A",
            comment="=danger, \n'and' é",
            extra=(("mine", "007"), ("score", 0.1)),
            **common,
        ),
        Record.new(
            "sei",
            frame=1,
            geometry=Geometry.of("band", [(0, 0), (4, 9)], [(0, 9), (4, 0)]),
            attributes={"core": "circle"},
            **common,
        ),
        Record.new(
            "path", frame=0, geometry=Geometry.of("path", [(0, 0), (9, 9)]), **common
        ),
        Record.new(
            "event",
            frame=0,
            geometry=Geometry.nothing(),
            attributes={"label": "crack", "end_frame": 2},
            **common,
        ),
        Record.new(
            "expansion",
            frame=0,
            geometry=line,
            attributes={"quantity": "length"},
            **common,
        ),
    ]


def make_experiment(folder: Path) -> Experiment:
    """One movie and one trace from files, with a row of every kind."""
    movie = read_movie(write_movie(folder / "film.tif"))
    trace = read_trace(write_trace(folder / "cell.csv"))
    experiment = Experiment(movie, trace)
    movie.frame(1)  # stays in memory when the file goes
    experiment.align(offset_s=1.5)
    experiment.align(pairs=[(0.0, 1.0), (1.0, 2.25)])
    document = experiment.document.with_records(rows())
    document = document.with_calibration("film", Calibration.square(0.25))
    document = document.with_interval("film", 0.5)
    document = document.with_object("wire", ObjectSettings((0, 1), "cylinder"))
    experiment.document = replace(document, flipped=frozenset({"cell"}))
    experiment.document = replace(experiment.document, settings=Settings(0.5, "me", 7))
    experiment.view = {"movie": "film", "contrast": (1, 2.5), "range": None}
    return experiment


def save(experiment: Experiment, folder: Path, **options: Any) -> Path:
    return save_experiment(experiment, folder, tables(experiment), **options)


def assert_same(opened: Experiment, saved: Experiment) -> None:
    """Equal in all that a user made and sees."""
    assert opened.document.records == saved.document.records
    assert list(opened.document.records) == list(saved.document.records)
    assert document_values(opened.document).keys() == (
        document_values(saved.document).keys()
    )
    assert [m.name for m in opened.movies] == [m.name for m in saved.movies]
    assert [t.name for t in opened.traces] == [t.name for t in saved.traces]
    for movie in saved.movies:
        np.testing.assert_array_equal(
            opened.movie(movie.name).frame(1), saved.movie(movie.name).frame(1)
        )
        pd.testing.assert_frame_equal(
            opened.signals_at_frames(movie.name), saved.signals_at_frames(movie.name)
        )
    old, new = tables(saved), tables(opened)
    for kind, table in old.items():
        pd.testing.assert_frame_equal(new[kind], table)


def test_an_experiment_comes_back_as_it_was(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    assert folder == tmp_path / "wire.insitu"
    assert experiment.folder == folder
    assert experiment.name == "wire"
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*")) == [
        "annotations/event.csv",
        "annotations/expansion.csv",
        "annotations/front.csv",
        "annotations/path.csv",
        "annotations/sei.csv",
        "datapackage.json",
        "experiment.json",
    ]
    opened = load_experiment(folder)
    assert_same(opened, experiment)
    assert opened.warnings == ()
    assert opened.folder == folder
    assert opened.view == {"movie": "film", "contrast": [1, 2.5], "range": None}
    assert len(opened.document.alignments["film"]) == 2
    assert opened.alignment("film") == experiment.alignment("film")
    assert opened.document.settings == experiment.document.settings
    assert opened.document.flipped == {"cell"}
    shapes = [record.geometry for record in opened.document.records.values()]
    assert [shape.shape for shape in shapes] == [
        "point",
        "line",
        "band",
        "path",
        "none",
        "line",
    ]


def test_the_main_file_and_only_it_is_an_experiment(tmp_path: Path) -> None:
    folder = save(make_experiment(tmp_path), tmp_path / "wire")
    assert is_experiment(folder)
    assert is_experiment(folder / "experiment.json")
    assert not is_experiment(tmp_path)
    assert not is_experiment(tmp_path / "film.tif")
    assert not is_experiment(tmp_path / "absent")
    assert load_experiment(folder / "experiment.json").name == "wire"


def test_tables_beside_it_are_readable_by_anyone(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    read = pd.read_csv(folder / "annotations" / "expansion.csv")
    table = tables(experiment)["expansion"]
    np.testing.assert_allclose(read["value"], table["value"], rtol=1e-15)
    np.testing.assert_allclose(read["potential_V"], table["potential_V"], rtol=1e-15)


def test_a_saved_experiment_grows_shrinks_and_keeps_backups(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    before = experiment.document
    gone = [r.id for r in before.records.values() if r.kind in ("front", "sei")]
    experiment.document = before.without_records(gone)
    save(experiment, folder)
    assert not (folder / "annotations" / "sei.csv").exists()
    assert load_experiment(folder).document.records == experiment.document.records
    backup = load_experiment(folder / "backups" / "1")
    assert backup.document.records == before.records
    assert [movie.name for movie in backup.movies] == ["film"]
    experiment.document = before.without_records(before.records)
    save(experiment, folder)
    assert not list((folder / "annotations").iterdir())
    assert not (folder / "datapackage.json").exists()
    assert load_experiment(folder).document.records == {}


def test_saving_under_another_name_leaves_the_first(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    first = save(experiment, tmp_path / "one")
    experiment.document = experiment.document.without_records(
        list(experiment.document.records)[:1]
    )
    second = save(experiment, tmp_path / "deep.er.insitu")
    assert experiment.name == "deep.er"
    assert len(load_experiment(first).document.records) == 6
    assert len(load_experiment(second).document.records) == 5


# -- several movies and traces, names, times ------------------------------------------


def test_several_renamed_movies_and_traces_and_series_of_images(tmp_path: Path) -> None:
    images = []
    for number in (1, 2, 10):
        path = tmp_path / "series" / f"img_{number}.tif"
        path.parent.mkdir(exist_ok=True)
        tifffile.imwrite(path, np.full((12, 16), number, np.uint8))
        images.append(path)
    experiment = Experiment(
        movies=[
            read_movie(write_movie(tmp_path / "a" / "film.tif", value=10)),
            read_movie(write_movie(tmp_path / "b" / "film.tif", value=20)),
            read_movie(images).renamed("list"),
            read_movie(tmp_path / "series").renamed("folder"),
        ],
        traces=[
            read_trace(write_trace(tmp_path / "a" / "cell.csv")),
            read_trace(write_trace(tmp_path / "b" / "cell.csv", start=20.0)),
        ],
    )
    assert [m.name for m in experiment.movies][:2] == ["film", "film (2)"]
    experiment.document = experiment.document.with_records(rows("film (2)"))
    experiment.document = experiment.document.with_interval("list", 0.2)
    folder = save(experiment, tmp_path / "many")
    opened = load_experiment(folder)
    assert_same(opened, experiment)
    assert opened.movie("film (2)").frame(0)[0, 0] == 20
    assert opened.movie("list").frame(2)[0, 0] == 10
    assert opened.movie("folder").frame(2)[0, 0] == 10
    assert opened.movie("list").times_s == pytest.approx([0, 0.2, 0.4])
    assert [t.name for t in opened.traces] == ["cell", "cell (2)"]


def test_a_table_whose_columns_were_chosen_by_hand_is_read_the_same_way(
    tmp_path: Path,
) -> None:
    path = write_trace(tmp_path / "odd.csv", header="p,q,r")
    columns = {
        "time_s": ColumnChoice("p", "s"),
        "potential_V": ColumnChoice("q", "mV"),
        "current_A": ColumnChoice("r", "A"),
    }
    mapping = ColumnMapping(columns, flip_current=True)
    trace = read_trace(path, mapping=mapping)
    folder = save(Experiment(None, trace), tmp_path / "odd")
    opened = load_experiment(folder)
    assert opened.warnings == ()
    pd.testing.assert_frame_equal(opened.trace("odd").frame, trace.frame)


# -- files that moved, changed or went ------------------------------------------------


def test_everything_moved_together_still_opens(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path / "day one")
    save(experiment, tmp_path / "day one" / "wire")
    shutil.move(tmp_path / "day one", tmp_path / "archive")
    opened = load_experiment(tmp_path / "archive" / "wire.insitu")
    assert_same(opened, experiment)
    assert opened.movies[0].paths == (tmp_path / "archive" / "film.tif",)


def test_only_the_experiment_moved_still_opens(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path / "data")
    save(experiment, tmp_path / "wire")
    (tmp_path / "far" / "away").mkdir(parents=True)
    shutil.move(tmp_path / "wire.insitu", tmp_path / "far" / "away" / "renamed.insitu")
    opened = load_experiment(tmp_path / "far" / "away" / "renamed.insitu")
    assert_same(opened, experiment)
    assert opened.name == "renamed"


def test_a_moved_file_is_asked_for_once_and_others_are_found_beside_it(
    tmp_path: Path,
) -> None:
    experiment = make_experiment(tmp_path / "data")
    folder = save(experiment, tmp_path / "wire")
    old = tmp_path / "data"
    shutil.move(old, tmp_path / "elsewhere")
    asked: list[tuple[Path, str]] = []

    def locate(path: Path, sha256: str) -> Path:
        asked.append((path, sha256))
        return tmp_path / "elsewhere" / "film.tif"

    opened = load_experiment(folder, locate=locate)
    assert_same(opened, experiment)
    digest = checksums.fingerprint(tmp_path / "elsewhere" / "film.tif").sha256
    assert asked == [(old / "film.tif", digest)]
    save(opened, folder)
    assert_same(load_experiment(folder), experiment)


def test_a_renamed_copy_with_another_time_is_known_by_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    monkeypatch.setattr(checksums, "_known", {})
    (tmp_path / "film.tif").rename(tmp_path / "other name.tif")
    os.utime(tmp_path / "other name.tif", (1, 1))
    opened = load_experiment(folder, locate=lambda *_: tmp_path / "other name.tif")
    assert_same(opened, experiment)


@pytest.mark.parametrize("value", [9, 0])
def test_another_file_in_its_place_is_refused_unless_accepted(
    tmp_path: Path, value: int
) -> None:
    folder = save(make_experiment(tmp_path), tmp_path / "wire")
    write_movie(tmp_path / "film.tif", frames=4 if value else 5, value=value)
    os.utime(tmp_path / "film.tif", (1, 1))
    with pytest.raises(ReadError, match=r"film\.tif is not the file") as caught:
        load_experiment(folder)
    assert ("SHA-256" if value else "bytes instead of") in caught.value.message
    assert "accept" in caught.value.hint
    asked: list[tuple[Path, Path]] = []

    def accept(old: Path, found: Path) -> bool:
        asked.append((old, found))
        return True

    opened = load_experiment(folder, accept_changed=accept)
    assert opened.movie("film").frame(0)[0, 0] == value
    assert asked == [(tmp_path / "film.tif", tmp_path / "film.tif")]


def test_another_file_that_was_chosen_is_refused_and_both_are_named(
    tmp_path: Path,
) -> None:
    folder = save(make_experiment(tmp_path), tmp_path / "wire")
    (tmp_path / "film.tif").unlink()
    wrong = write_movie(tmp_path / "x" / "wrong.tif", value=5)
    with pytest.raises(ReadError) as caught:
        load_experiment(folder, locate=lambda *_: wrong)
    assert str(wrong) in caught.value.message
    assert str(tmp_path / "film.tif") in caught.value.message


def test_without_its_movie_the_rows_stay_and_a_save_forgets_nothing(
    tmp_path: Path,
) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    (tmp_path / "film.tif").rename(tmp_path / "hidden.tif")
    opened = load_experiment(folder, locate=lambda *_: None)
    assert opened.movies == ()
    assert opened.document.records == experiment.document.records
    assert len(opened.warnings) == 1
    assert "film" in opened.warnings[0]
    assert "kept" in opened.warnings[0]
    save(opened, folder)
    save(load_experiment(folder), folder)
    (tmp_path / "hidden.tif").rename(tmp_path / "film.tif")
    again = load_experiment(folder)
    assert again.warnings == ()
    assert_same(again, experiment)


def test_a_movie_opened_again_by_hand_takes_the_place_of_the_missing_one(
    tmp_path: Path,
) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    (tmp_path / "film.tif").unlink()
    opened = load_experiment(folder)
    opened.add_movie(read_movie(write_movie(tmp_path / "new" / "film.tif")))
    save(opened, folder)
    again = load_experiment(folder)
    assert again.warnings == ()
    assert again.movies[0].paths == (tmp_path / "new" / "film.tif",)


def test_a_file_that_cannot_be_read_any_more_does_not_stop_the_others(
    tmp_path: Path,
) -> None:
    folder = save(make_experiment(tmp_path), tmp_path / "wire")
    (tmp_path / "film.tif").write_bytes(b"II*\x00garbage")
    opened = load_experiment(folder, accept_changed=lambda *_: True)
    assert [t.name for t in opened.traces] == ["cell"]
    assert len(opened.warnings) == 1
    assert "film.tif" in opened.warnings[0]


def test_the_clock_stays_that_of_the_first_trace_when_its_file_is_missing(
    tmp_path: Path,
) -> None:
    stamped = "Start: 2025-03-01 10:{:02d}:00\ntime_s,potential_V,current_A"
    experiment = Experiment(
        read_movie(write_movie(tmp_path / "film.tif")),
        traces=[
            read_trace(write_trace(tmp_path / "a.csv", header=stamped.format(0))),
            read_trace(write_trace(tmp_path / "b.csv", header=stamped.format(1))),
        ],
    )
    assert all(trace.stamp is not None for trace in experiment.traces)
    experiment.document = experiment.document.with_interval("film", 0.5)
    experiment.align(offset_s=61.0)
    before = experiment.signals_at_frames("film")
    folder = save(experiment, tmp_path / "two")
    (tmp_path / "a.csv").rename(tmp_path / "gone.csv")
    opened = load_experiment(folder)
    assert "a.csv" in opened.warnings[0] or "of a " in opened.warnings[0]
    after = opened.signals_at_frames("film")
    assert before["potential_V"].notna().all()
    pd.testing.assert_series_equal(after["time_s"], before["time_s"])
    pd.testing.assert_series_equal(after["potential_V"], before["potential_V"])
    save(opened, folder)
    (tmp_path / "gone.csv").rename(tmp_path / "a.csv")
    again = load_experiment(folder)
    assert [trace.name for trace in again.traces] == ["a", "b"]
    assert len(again.trace("a")) == 100


def test_a_movie_that_was_only_in_memory_is_said(tmp_path: Path) -> None:
    experiment = Experiment(Movie.from_array(np.zeros((3, 4, 4)), name="array"))
    experiment.document = experiment.document.with_records(rows("array"))
    opened = load_experiment(save(experiment, tmp_path / "x"))
    assert "array was never in a file" in opened.warnings[0]
    assert opened.document.records == experiment.document.records


def test_saving_works_while_a_source_is_unplugged(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    digest = checksums.fingerprint(tmp_path / "film.tif").sha256
    (tmp_path / "film.tif").rename(tmp_path / "away.tif")
    save(experiment, folder)
    (tmp_path / "away.tif").rename(tmp_path / "film.tif")
    stored = json.loads((folder / "experiment.json").read_text())
    assert stored["movies"][0]["files"][0]["sha256"] == digest
    assert_same(load_experiment(folder), experiment)


def test_opening_an_unchanged_file_does_not_read_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save(make_experiment(tmp_path), tmp_path / "wire")
    monkeypatch.setattr(checksums, "_known", {})

    def no_hash(*args: object) -> None:
        raise AssertionError("the file was hashed")

    monkeypatch.setattr(checksums, "_hash", no_hash)
    opened = load_experiment(folder)
    save(opened, folder)


# -- tables that another program changed ----------------------------------------------


def edit_csv(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(table).to_csv(path, index=False)


def test_rows_changed_in_a_spreadsheet_count(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    ids = [r.id for r in experiment.document.of_kind("expansion")]

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[table["id"] == ids[1], "comment"] = "seen again"
        copy = table[table["id"] == ids[1]].assign(id="new", frame="3")
        return pd.concat([table, copy])

    edit_csv(folder / "annotations" / "expansion.csv", change)
    opened = load_experiment(folder, records_from_table=records_from_table)
    records = opened.document.records
    assert records[ids[1]].comment == "seen again"
    assert records[ids[0]] == experiment.document.records[ids[0]]
    assert records["new"].frame == 3
    assert list(records)[:-1] == list(experiment.document.records)
    assert "1 rows changed, 1 new, 0 gone" in opened.warnings[0]


def test_a_table_only_saved_again_changes_nothing(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    for path in (folder / "annotations").iterdir():
        edit_csv(path, lambda table: table.iloc[::-1])
    opened = load_experiment(folder, records_from_table=records_from_table)
    assert opened.document.records == experiment.document.records
    assert list(opened.document.records) == list(experiment.document.records)


def test_rows_removed_in_a_spreadsheet_are_gone(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    edit_csv(folder / "annotations" / "expansion.csv", lambda table: table[:1])
    opened = load_experiment(folder, records_from_table=records_from_table)
    assert len(opened.document.of_kind("expansion")) == 1
    assert len(opened.document.of_kind("front")) == 1


@pytest.mark.parametrize(
    ("convert", "text", "word"),
    [
        (None, None, "changed by another program"),
        (records_from_table, "id,kind\n1", "cut off"),
        (records_from_table, "", "empty"),
        (records_from_table, "x", "not an annotation table"),
    ],
)
def test_a_changed_table_that_cannot_be_taken_is_said(
    tmp_path: Path, convert: Any, text: str | None, word: str
) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    path = folder / "annotations" / "expansion.csv"
    path.write_text(
        path.read_text() + "\n" if text is None else text + "\n" * (len(text) == 1)
    )
    opened = load_experiment(folder, records_from_table=convert)
    assert opened.document.records == experiment.document.records
    assert word in opened.warnings[0]
    assert "2 rows that were saved are used" in opened.warnings[0]


def test_a_lost_table_is_said_and_its_rows_are_there(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    folder = save(experiment, tmp_path / "wire")
    shutil.rmtree(folder / "annotations")
    opened = load_experiment(folder)
    assert opened.document.records == experiment.document.records
    assert len(opened.warnings) == 5


# -- what cannot be opened or saved ---------------------------------------------------


def change_main(folder: Path, **values: Any) -> None:
    path = folder / "experiment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"version": 2}, ["wire.insitu", "newer", "2"]),
        ({"format": "other"}, ["experiment.json", "wire.insitu", "format"]),
        ({"movies": {}}, ["experiment.json", "movies"]),
        ({"movies": [{"files": []}]}, ["movies.0.name"]),
        ({"document": {"intervals": {"f": "x"}}}, ["intervals.f"]),
        ({"view": 3}, ["view"]),
    ],
)
def test_a_broken_or_newer_experiment_is_refused(
    tmp_path: Path, values: dict[str, Any], words: list[str]
) -> None:
    folder = save(make_experiment(tmp_path), tmp_path / "wire")
    change_main(folder, **values)
    with pytest.raises(ReadError) as caught:
        load_experiment(folder)
    for word in words:
        assert word in str(caught.value)


def test_keys_of_a_newer_program_survive_a_save(tmp_path: Path) -> None:
    folder = save(make_experiment(tmp_path), tmp_path / "wire")
    stored = json.loads((folder / "experiment.json").read_text())
    change_main(
        folder, notebook=[1, {"a": None}], document={**stored["document"], "lanes": [1]}
    )
    save(load_experiment(folder), folder)
    stored = json.loads((folder / "experiment.json").read_text())
    assert stored["notebook"] == [1, {"a": None}]
    assert stored["document"]["lanes"] == [1]


def test_what_is_no_experiment_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="is not there"):
        load_experiment(tmp_path / "absent.insitu")
    with pytest.raises(ReadError, match="not a saved experiment"):
        load_experiment(tmp_path)
    folder = save(make_experiment(tmp_path), tmp_path / "wire")
    save(load_experiment(folder), folder)
    (folder / "experiment.json").unlink()
    with pytest.raises(ReadError, match="not a saved experiment") as caught:
        load_experiment(folder)
    assert "backups" in caught.value.hint
    (folder / "experiment.json").write_text("{")
    with pytest.raises(ReadError, match=r"experiment\.json cannot be read"):
        load_experiment(folder)


def test_a_folder_of_something_else_is_never_written_into(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    other = tmp_path / "photos.insitu"
    other.mkdir()
    (other / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(SaveError, match="not a saved experiment"):
        save(experiment, other)
    assert [p.name for p in other.iterdir()] == ["cat.jpg"]


def test_outdated_tables_are_not_saved(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    old = tables(experiment)
    experiment.document = experiment.document.with_records(rows())
    with pytest.raises(SaveError, match="as they are now"):
        save_experiment(experiment, tmp_path / "wire", old)
    assert not (tmp_path / "wire.insitu").exists()


def test_a_cancelled_save_changes_nothing(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path)
    reports = []

    def stop(done: int, total: int, text: str = "") -> None:
        reports.append((done, total, text))
        raise CancelledError("x")

    with pytest.raises(CancelledError):
        save(experiment, tmp_path / "wire", progress=stop)
    assert reports[0][2] == "Checking film.tif"
    assert not (tmp_path / "wire.insitu").exists()
    assert experiment.folder is None


# -- real instrument files ------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        "ixdat-large-test-files/multiple_techniques_dataset_01_05_CA_C01.mpt",
        "gamry-parser/cv_data.dta",
    ],
)
def test_real_instrument_files_are_saved_and_opened_equal(
    shared_data: Path, tmp_path: Path, record: str
) -> None:
    series = shared_data / "movies" / "nomelabs__insitu-TEM-annealing-Ti"
    film = read_movie(series / "line_crops_1770-1786").renamed("heating")
    trace = read_trace(shared_data / "potentiostat" / record)
    experiment = Experiment(film, trace)
    experiment.document = experiment.document.with_records(
        rows("heating")
    ).with_interval("heating", 0.5)
    experiment.align(offset_s=trace.span_ns[0] / 1e9 + 1.0)
    folder = save(experiment, tmp_path / "real")
    opened = load_experiment(folder, records_from_table=records_from_table)
    assert opened.warnings == ()
    assert_same(opened, experiment)
    pd.testing.assert_frame_equal(
        opened.trace().frame, experiment.trace().frame, check_exact=True
    )
    stored = json.loads((folder / "experiment.json").read_text())
    assert len(stored["movies"][0]["files"]) == len(film)
