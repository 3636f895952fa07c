"""Edits reach the disk as they happen, and come back when the program was killed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_insitu_tem.io.json_text import from_json
from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.model.alignment import Alignment
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.document import Document, ObjectSettings, Settings
from napari_insitu_tem.model.errors import SaveError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state import journal as journal_module
from napari_insitu_tem.state.autosave import Autosave
from napari_insitu_tem.state.journal import Journal, journals_folder
from napari_insitu_tem.state.recovery import recoverable
from napari_insitu_tem.state.session import Session


def record(number: int = 0) -> Record:
    return Record.new(
        "expansion",
        object="wire",
        movie="film",
        frame=number,
        geometry=Geometry.of("line", [(0.1, number / 3), (5, 6)]),
        attributes={"quantity": "length"},
    )


def die(journal: Journal) -> None:
    """Let go of the file and its lock, as a killed program does."""
    journal.leave()


def only(folder: Path) -> Document:
    """The document of the only session to recover."""
    (recovery,) = recoverable(folder)
    recovery.leave()
    return recovery.document


def edits(document: Document) -> list[Callable[[Document], Document]]:
    """One edit of every part of a document."""
    some = record(7)
    return [
        lambda d: d.with_records([record(1), some, record(2)]),
        lambda d: d.with_records([some.changed(comment="seen")]),
        lambda d: d.without_records([some.id]),
        lambda d: d.with_object("wire", ObjectSettings((0, 1), "sphere")),
        lambda d: d.renamed_object("wire", "NW"),
        lambda d: d.with_alignment("film", Alignment(offset_s=1 / 3, method="typed")),
        lambda d: d.with_calibration("film", Calibration.square(0.1)),
        lambda d: d.with_calibration("film", None),
        lambda d: d.with_interval("film", 0.1),
        lambda d: replace(d, flipped=frozenset({"cell"})),
        lambda d: replace(d, vocabulary=()),
        lambda d: replace(d, settings=Settings(observer="me")),
    ]


def assert_equal(found: Document, expected: Document) -> None:
    assert list(found.records) == list(expected.records)
    assert replace(found, alignments={}) == replace(expected, alignments={})
    assert repr(dict(found.alignments)) == repr(dict(expected.alignments))


def test_every_kind_of_edit_comes_back(tmp_path: Path) -> None:
    experiment = Experiment()
    for number in range(1, len(edits(experiment.document)) + 1):
        document = experiment.document
        journal = Journal.start(experiment, folder=tmp_path)
        for each in edits(document)[:number]:
            document = each(document)
            journal.write("edit", document)
        die(journal)
        assert_equal(only(tmp_path), document)
        for left in recoverable(tmp_path):
            left.discard()


def test_undo_puts_rows_back_in_their_places(tmp_path: Path) -> None:
    rows = [record(i) for i in range(4)]
    full = Document().with_records(rows)
    journal = Journal.start(Experiment(document=full), folder=tmp_path)
    less = full.without_records([rows[1].id])
    journal.write("delete", less)
    journal.write("undo", full)
    die(journal)
    assert list(only(tmp_path).records) == [row.id for row in rows]


def test_a_line_holds_the_difference_only(tmp_path: Path) -> None:
    document = Document().with_records([record(i) for i in range(500)])
    journal = Journal.start(Experiment(document=document), folder=tmp_path)
    before = journal.path.stat().st_size
    journal.write("move", document.with_records([record(9)]))
    line = journal.path.read_bytes()[before:]
    assert line.endswith(b"\n")
    assert len(line) < 1000
    values = from_json(line, journal.path)
    assert values["edit"] == "move"
    assert len(values["set"]) == 1
    assert "parts" not in values
    journal.close()


def test_a_torn_or_damaged_line_ends_the_story_there(tmp_path: Path) -> None:
    journal = Journal.start(Experiment(), folder=tmp_path)
    first = Document().with_records([record(1)])
    second = first.with_records([record(2)])
    journal.write("one", first)
    cut = journal.path.stat().st_size
    journal.write("two", second)
    die(journal)
    whole = journal.path.read_bytes()
    for length in range(cut, len(whole)):
        journal.path.write_bytes(whole[:length])
        assert_equal(only(tmp_path), first)
    journal.path.write_bytes(whole)
    assert_equal(only(tmp_path), second)
    damaged = whole[: cut + 5] + b"\xff" + whole[cut + 6 :]
    journal.path.write_bytes(damaged + whole[cut:])
    assert_equal(only(tmp_path), first)


def test_a_long_journal_is_folded_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "COMPACT_BYTES", 20_000)
    journal = Journal.start(Experiment(), folder=tmp_path)
    document, some = Document(), record(0)
    sizes = []
    for number in range(200):
        document = document.with_records([some.changed(comment=str(number))])
        journal.write("type", document)
        sizes.append(journal.path.stat().st_size)
    assert max(sizes) < 30_000
    die(journal)
    assert_equal(only(tmp_path), document)
    (recovery,) = recoverable(tmp_path)
    assert recovery.edits == 200


# -- running and dead programs --------------------------------------------------------


def test_a_running_session_is_not_offered_a_dead_one_is_once(tmp_path: Path) -> None:
    journal = Journal.start(Experiment(name="a"), folder=tmp_path)
    journal.write("draw", Document().with_records([record()]))
    assert recoverable(tmp_path) == []
    die(journal)
    (recovery,) = recoverable(tmp_path)
    assert recoverable(tmp_path) == []
    recovery.leave()
    (recovery,) = recoverable(tmp_path)
    assert recovery.describe().startswith("a: 1 unsaved edit, the last: draw (20")
    recovery.discard()
    assert recoverable(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_two_sessions_at_once_keep_apart(tmp_path: Path) -> None:
    one = Journal.start(Experiment(name="one"), folder=tmp_path)
    two = Journal.start(Experiment(name="two"), folder=tmp_path)
    one.write("x", Document().with_records([record(1)]))
    two.write("x", Document().with_records([record(1), record(2)]))
    die(one)
    (recovery,) = recoverable(tmp_path)
    assert (recovery.name, len(recovery.document.records)) == ("one", 1)
    die(two)
    assert [found.name for found in recoverable(tmp_path)] == ["two"]


def test_nothing_unsaved_leaves_nothing_behind(tmp_path: Path) -> None:
    experiment = Experiment()
    for end in (Journal.close, Journal.leave):
        journal = Journal.start(experiment, folder=tmp_path)
        journal.write("draw", Document().with_records([record()]))
        journal.saved()
        end(journal)
        assert recoverable(tmp_path) == []
        assert list(tmp_path.iterdir()) == []


def test_only_edits_after_the_save_count_and_all_rows_are_there(tmp_path: Path) -> None:
    experiment = Experiment()
    journal = Journal.start(experiment, folder=tmp_path)
    document = Document().with_records([record(1)])
    journal.write("draw", document)
    experiment.folder = tmp_path / "wire.insitu"
    journal.saved()
    document = document.with_records([record(2)])
    journal.write("draw again", document)
    die(journal)
    (recovery,) = recoverable(tmp_path)
    assert (recovery.edits, recovery.folder) == (1, tmp_path / "wire.insitu")
    assert_equal(recovery.document, document)


def test_journals_that_cannot_be_read_stay_and_are_not_offered(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    (tmp_path / "b.jsonl").write_bytes(b"{}\n")
    (tmp_path / "c.jsonl").write_bytes(
        b'{"format": "napari-insitu-tem journal", "version": 99}\n'
    )
    assert recoverable(tmp_path) == []
    assert len(list(tmp_path.glob("*.jsonl"))) == 3
    assert recoverable(tmp_path / "absent") == []


_DRAW_UNTIL_KILLED = """
import sys, itertools
from pathlib import Path
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.autosave import Autosave
from napari_insitu_tem.state.session import Session

session = Session(Experiment(name="killed"))
autosave = Autosave(session, folder=Path(sys.argv[1]))
for number in itertools.count():
    shape = Geometry.of("line", [(0.1, number / 7), (5, 6)])
    row = Record.new("expansion", object="w", movie="m", frame=number, geometry=shape)
    session.edit("draw", session.document.with_records([row]))
    print(number, row.id, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
def test_a_killed_program_loses_at_most_the_edit_in_flight(tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", _DRAW_UNTIL_KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    done = [program.stdout.readline() for _ in range(50)]
    assert recoverable(tmp_path) == []
    program.kill()
    rest = program.stdout.read()
    program.stdout.close()
    program.wait()
    finished = [line.split()[1] for line in ("".join(done) + rest).splitlines()]
    (recovery,) = recoverable(tmp_path)
    rows = list(recovery.document.records.values())
    ids = [row.id for row in rows]
    assert len(finished) >= 50
    assert ids[: len(finished)] == finished
    assert len(ids) <= len(finished) + 1
    assert rows[33].geometry == Geometry.of("line", [(0.1, 33 / 7), (5, 6)])
    assert recovery.name == "killed"


# -- when the journal cannot be written -----------------------------------------------


def test_a_full_disk_is_said_once_stops_nothing_and_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[SaveError] = []
    journal = Journal.start(Experiment(), folder=tmp_path, on_problem=told.append)
    document = Document().with_records([record(1)])
    journal.write("one", document)

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        for number in (2, 3, 4):
            document = document.with_records([record(number)])
            journal.write("more", document)
            assert not journal.is_kept
    assert len(told) == 1
    assert "disk is full" in told[0].message
    assert "not kept" in told[0].message
    document = document.with_records([record(5)])
    journal.write("last", document)
    assert journal.is_kept
    assert len(told) == 1
    die(journal)
    assert_equal(only(tmp_path), document)


def test_a_write_that_stops_half_way_leaves_no_torn_line_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.start(Experiment(), folder=tmp_path)
    first = Document().with_records([record(1)])
    journal.write("one", first)

    def half(file: object, data: bytes) -> None:
        file.write(data[:20])  # type: ignore[attr-defined]
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "_write_all", half)
        journal.write("two", first.with_records([record(2)]))
    assert journal.path.read_bytes().endswith(b"\n")
    die(journal)
    assert_equal(only(tmp_path), first)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told: list[SaveError] = []
    journal = Journal.start(
        Experiment(), folder=tmp_path / "file" / "journals", on_problem=told.append
    )
    journal.write("draw", Document().with_records([record()]))
    journal.note_sources()
    journal.saved()
    journal.close()
    journal.write("after the end", Document())
    assert len(told) == 1


def test_the_users_own_folder_is_used_by_default() -> None:
    folder = journals_folder()
    assert folder.is_relative_to(os.environ["XDG_STATE_HOME"])
    journal = Journal.start(Experiment())
    assert journal.path.parent == folder
    journal.close()


def test_where_files_cannot_be_locked_the_process_number_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*args: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("napari_insitu_tem.state.process_lock._lock", no_locks)
    journal = Journal.start(Experiment(), folder=tmp_path)
    journal.write("draw", Document().with_records([record()]))
    assert journal.is_kept
    assert recoverable(tmp_path) == []
    text = journal.path.read_text()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    journal.path.write_text(
        text.replace(f'"process": {os.getpid()}', f'"process": {gone.pid}')
    )
    assert len(recoverable(tmp_path)) == 1
    journal.close()
    assert not journal.path.exists()


# -- a session ------------------------------------------------------------------------


def write_movie(path: Path) -> Path:
    tifffile.imwrite(path, np.zeros((3, 8, 8), np.uint8), photometric="minisblack")
    return path


def test_a_session_is_followed_and_taken_up_again(tmp_path: Path) -> None:
    folder = tmp_path / "journals"
    session = Session()
    autosave = Autosave(session, folder=folder)
    session.add_movie(read_movie(write_movie(tmp_path / "film.tif")))
    session.edit("draw", session.document.with_records([record(1)]))
    session.preview(session.document.with_records([record(2)]))
    kept = session.document.with_records([record(3)])
    session.edit("drag", kept, ends_preview=True)
    session.edit("draw", session.document.with_records([record(4)]))
    session.undo()
    session.experiment.view = {"frame": 2}
    autosave.stop()

    (recovery,) = recoverable(folder)
    again = Session()
    following = Autosave(again, folder=folder)
    experiment = following.restore(recovery)
    assert again.experiment is experiment
    assert experiment.movies[0].paths == (tmp_path / "film.tif",)
    assert_equal(experiment.document, kept)
    assert again.has_unsaved_edits
    assert not recovery.path.exists()

    # An edit taken back does not make the recovered rows saved.
    again.edit("draw", again.document.with_records([record(5)]))
    again.undo()
    assert again.has_unsaved_edits
    following.stop()
    assert_equal(only(folder), kept)


def test_saving_and_undoing_to_the_saved_state_leave_nothing_to_recover(
    tmp_path: Path,
) -> None:
    session = Session()
    autosave = Autosave(session, folder=tmp_path)
    session.edit("draw", session.document.with_records([record(1)]))
    assert autosave.journal.has_unsaved
    session.mark_saved()
    assert not autosave.journal.has_unsaved
    session.edit("draw", session.document.with_records([record(2)]))
    session.undo()
    assert not autosave.journal.has_unsaved
    autosave.stop()
    assert recoverable(tmp_path) == []


def test_opening_another_experiment_starts_another_journal(tmp_path: Path) -> None:
    session = Session()
    autosave = Autosave(session, folder=tmp_path)
    session.edit("draw", session.document.with_records([record(1)]))
    session.open(Experiment(name="other"))
    assert len(list(tmp_path.glob("*.jsonl"))) == 1
    session.edit("draw", session.document.with_records([record(2)]))
    autosave.stop()
    (recovery,) = recoverable(tmp_path)
    assert (recovery.name, recovery.edits) == ("other", 1)


def test_a_movie_that_changed_or_went_is_said_when_taken_up_again(
    tmp_path: Path,
) -> None:
    for name in ("film.tif", "gone.tif"):
        write_movie(tmp_path / name)
    session = Session()
    autosave = Autosave(session, folder=tmp_path / "journals")
    for name in ("film.tif", "gone.tif"):
        session.add_movie(read_movie(tmp_path / name))
    session.edit("draw", session.document.with_records([record(1)]))
    autosave.stop()
    (tmp_path / "gone.tif").unlink()
    tifffile.imwrite(tmp_path / "film.tif", np.zeros((5, 8, 8), np.uint8))
    (recovery,) = recoverable(tmp_path / "journals")
    experiment = recovery.restore()
    assert [len(movie) for movie in experiment.movies] == [5]
    text = " ".join(experiment.warnings)
    assert "film.tif has changed" in text
    assert "gone" in text
    assert len(experiment.document.records) == 1


def test_a_recovered_session_is_not_given_up_before_it_is_kept_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Session()
    autosave = Autosave(first, folder=tmp_path)
    first.edit("draw", first.document.with_records([record(1)]))
    autosave.stop()
    (recovery,) = recoverable(tmp_path)
    second = Session()
    told: list[SaveError] = []
    following = Autosave(second, folder=tmp_path, on_problem=told.append)

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        following.restore(recovery)
    assert recovery.path.exists()
    assert len(told) == 1
    following.stop()


def test_a_session_says_it_when_its_edits_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    session = Session()
    said: list[str] = []
    session.message.connect(said.append)
    autosave = Autosave(session, folder=tmp_path / "file" / "x")
    session.edit("draw", session.document.with_records([record(1)]))
    assert len(session.document.records) == 1
    assert len(said) == 1
    autosave.stop()
