"""A full disk, a killed program: nothing that was there is lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem.io.saving.experiment_folder import load_experiment
from napari_insitu_tem.measure.tables import tables
from napari_insitu_tem.samples import find_sample
from napari_insitu_tem.state.autosave import Autosave
from napari_insitu_tem.state.recovery import recoverable
from napari_insitu_tem.state.session import Session

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits and signals")

#: What every program below begins with: the sample opened, and a hand to draw with.
_BEGIN = """
import json, sys
from pathlib import Path
from hands import drag
from napari_insitu_tem import read_movie, read_trace
from napari_insitu_tem.io.saving.experiment_folder import save_experiment
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.report.bundle import export_bundle
from napari_insitu_tem.samples import find_sample
from napari_insitu_tem.state.autosave import Autosave
from napari_insitu_tem.state.pen import Pen
from napari_insitu_tem.state.session import Session

folder = Path(sys.argv[1])
sample = find_sample("si_nanowire")
experiment = Experiment(read_movie(sample.movie), read_trace(sample.trace)).align()
session = Session(experiment)
heard = []
session.message.connect(heard.append)
autosave = Autosave(session, folder=folder / "journals")
session.toolbox.change("expansion", object="NW-A", snap=False)
pen = Pen(session, "expansion")

def draw(frame):
    session.go_to(frame)
    drag(pen, (30.0 + frame, 40.0), (118.0, 40.0))

def save():
    save_experiment(session.experiment, folder / "wire", session.tables())
    session.mark_saved()

def say(**what):
    print(json.dumps(what), flush=True)
"""


class Program:
    """A Python program in a process of its own."""

    def __init__(self, text: str, folder: Path) -> None:
        tests = Path(__file__).resolve().parents[1]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BEGIN + text, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=tests,
        )

    def line(self) -> dict:
        """The next line that it says."""
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        """Wait until it ends by itself."""
        assert self._process.wait(60) == 0
        self._process.stdout.close()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(60)
        self._process.stdout.close()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


_FULL = """
import resource

draw(3)
save()
draw(5)
say(saved=[r.frame for r in session.document.records.values()])
resource.setrlimit(resource.RLIMIT_FSIZE, (2048, resource.RLIM_INFINITY))

def refusal(what):
    try:
        what()
    except InsituTemError as error:
        return str(error)
    return ""

draw(7)
answers = {
    "save": refusal(save),
    "save_elsewhere": refusal(lambda: save_experiment(
        session.experiment, folder / "elsewhere", session.tables())),
    "export": refusal(lambda: export_bundle(
        session.experiment, session.tables(), folder / "export")),
    "unsaved": session.has_unsaved_edits,
    "rows": len(session.document.records),
    "said": heard,
}
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
say(**answers)
save()
say(unsaved=session.has_unsaved_edits)
autosave.stop()
"""


@posix
def test_a_full_disk_leaves_the_old_files_and_the_new_edits(tmp_path):
    program = Program(_FULL, tmp_path)
    assert program.line()["saved"] == [3, 5]
    answers = program.line()
    for name, answer in (("save", "wire"), ("save_elsewhere", "elsewhere")):
        assert f"{answer}.insitu was not saved: the disk is full" in answers[name]
        assert "free some space, or save elsewhere" in answers[name]
    assert "export was not saved: the disk is full" in answers["export"]
    assert not (tmp_path / "elsewhere.insitu").exists()
    assert not (tmp_path / "export").exists()
    assert answers["unsaved"] is True
    assert answers["rows"] == 3
    # The journal cannot be kept either; that is said once.
    assert sum("not kept against a crash" in text for text in answers["said"]) == 1
    # When there is room again, everything is saved.
    assert program.line() == {"unsaved": False}
    program.end()
    saved = load_experiment(tmp_path / "wire.insitu")
    assert [r.frame for r in saved.document.records.values()] == [3, 5, 7]
    backup = load_experiment(tmp_path / "wire.insitu" / "backups" / "1")
    assert [r.frame for r in backup.document.records.values()] == [3]
    assert recoverable(tmp_path / "journals") == []


_DRAW = """
draw(3)
save()
for frame in range(4, 24):
    draw(frame)
session.undo()
session.go_to(30)
pen.press((40.0, 40.0), 3.0)
pen.move((100.0, 40.0), 3.0, is_pressed=True)  # the button is still down
say(rows=[r.id for r in session.document.records.values()])
while True:
    pass
"""


@posix
def test_a_killed_session_offers_every_finished_row_and_no_half_one(tmp_path):
    program = Program(_DRAW, tmp_path)
    shown = program.line()["rows"]
    assert recoverable(tmp_path / "journals") == []  # it is still running
    program.kill()
    (recovery,) = recoverable(tmp_path / "journals")
    rows = list(recovery.document.records)
    assert rows == shown[:-1]
    assert len(rows) == 20
    assert recovery.edits == 21  # twenty rows and the undo
    assert "wire" in recovery.describe()
    session = Session()
    autosave = Autosave(session, folder=tmp_path / "journals")
    restored = autosave.restore(recovery)
    assert session.has_unsaved_edits
    assert restored.folder == tmp_path / "wire.insitu"
    assert [m.name for m in restored.movies] == ["si_nanowire"]
    table = session.table("expansion")
    assert table["frame"].tolist() == list(range(3, 23))
    assert table["potential_V"].notna().all()
    np.testing.assert_allclose(
        table["value"] / table["value"].iloc[0],
        (118.0 - 30.0 - table["frame"]) / (118.0 - 33.0),
    )
    # Killed once more before it is saved, it is offered once more.
    autosave.stop()
    (again,) = recoverable(tmp_path / "journals")
    assert again.document == restored.document
    again.leave()


_SAVE_FOR_EVER = """
import itertools
for frame in itertools.count(1):
    draw(frame % 40)
    save()
    say(rows=len(session.document.records))
"""


@posix
@pytest.mark.parametrize("saves", [1, 3])
def test_a_program_killed_while_it_saves_leaves_a_whole_experiment(tmp_path, saves):
    program = Program(_SAVE_FOR_EVER, tmp_path)
    done = [program.line()["rows"] for _ in range(saves)]
    program.kill()
    folder = tmp_path / "wire.insitu"
    loaded = load_experiment(folder)
    count = len(loaded.document.records)
    assert count >= done[-1]
    assert not loaded.warnings
    # The next save tidies up, and nothing of the interrupted one stays.
    from napari_insitu_tem.io.saving.experiment_folder import save_experiment

    save_experiment(loaded, folder, tables(loaded))
    assert not [name for name in contents(folder) if name.startswith(".")]
    plain = pd.read_csv(folder / "annotations" / "expansion.csv")
    assert len(plain) == count


def test_a_moved_movie_and_a_lost_trace_leave_every_row(tmp_path):
    sample = find_sample("si_nanowire")
    movie, trace = (tmp_path / p.name for p in (sample.movie, sample.trace))
    for original, copy in ((sample.movie, movie), (sample.trace, trace)):
        copy.write_bytes(original.read_bytes())
    program = Program(
        f"""
from napari_insitu_tem.model.experiment import Experiment
again = Experiment(read_movie({str(movie)!r}), read_trace({str(trace)!r})).align()
session.open(again)
draw(3)
save()
autosave.stop()
""",
        tmp_path,
    )
    program.end()
    (tmp_path / "away").mkdir()
    moved = movie.rename(tmp_path / "away" / movie.name)
    trace.unlink()
    asked: list[str] = []

    def locate(path: Path, _: str) -> Path | None:
        asked.append(path.name)
        return moved if path.name == movie.name else None

    loaded = load_experiment(tmp_path / "wire.insitu", locate=locate)
    assert asked == [movie.name, trace.name]
    assert len(loaded.document.records) == 1
    assert [m.name for m in loaded.movies] == ["si_nanowire"]
    assert not loaded.traces
    (warning,) = loaded.warnings
    assert trace.name in warning or "si_nanowire_CP" in warning
    table = tables(loaded)["expansion"]
    assert table["value"].notna().all()
    assert table["potential_V"].isna().all()
