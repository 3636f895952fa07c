"""Opening without a window: what a script or a headless viewer gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from napari.components import ViewerModel

from napari_insitu_tem.io.saving.experiment_folder import save_experiment
from napari_insitu_tem.layers import opening
from napari_insitu_tem.layers.asking import nobody, set_asker
from napari_insitu_tem.layers.keeping import is_closing, keep_safe
from napari_insitu_tem.layers.opening import (
    open_paths,
    opening_title,
    read_paths,
    show_opened,
)
from napari_insitu_tem.layers.view_state import restore_view, view_of
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.measure.tables import TableBuilder
from napari_insitu_tem.model.errors import (
    CancelledError,
    NeedsMappingError,
    ReadError,
)
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.samples import find_sample, sample_folder


@pytest.fixture
def sample():
    return find_sample("si_nanowire")


@pytest.fixture
def viewer():
    viewer = ViewerModel()
    yield viewer
    link_of(viewer).close()


class Answers:
    """Gives the answers it was made with and remembers the questions."""

    def __init__(self, **answers):
        self.given = answers
        self.questions = []

    def _answer(self, question, *about):
        self.questions.append((question, *about))
        return self.given.get(question)

    def columns(self, preview):
        return self._answer("columns", preview)

    def locate(self, path, sha256):
        return self._answer("locate", path)

    def accept(self, expected, found):
        return bool(self._answer("accept", expected, found))

    def may_replace(self):
        return bool(self._answer("may_replace"))


def uncertain(folder):
    path = folder / "run.txt"
    path.write_text("t;Wert\n" + "".join(f"{i};{i}\n" for i in range(20)))
    return path


def test_movie_and_record_become_one_aligned_experiment(viewer, sample):
    open_paths(viewer, [sample.movie, sample.trace])
    experiment = link_of(viewer).session.experiment
    assert experiment.alignment().method == "stamps"
    assert viewer.layers[0].name == "si_nanowire"


def test_bad_file_among_good_ones_opens_nothing(viewer, sample, tmp_path):
    bad = tmp_path / "empty.tif"
    bad.touch()
    with pytest.raises(ReadError, match=r"empty\.tif"):
        open_paths(viewer, [sample.movie, bad])
    assert len(viewer.layers) == 0
    assert link_of(viewer).session.experiment.movies == ()


def test_experiment_is_opened_alone(sample):
    with pytest.raises(ReadError, match=r"si_nanowire\.insitu .* opened alone"):
        read_paths([sample.experiment, sample.movie])


def test_without_anybody_to_ask_uncertain_columns_are_an_error(tmp_path):
    with pytest.raises(NeedsMappingError, match=r"run\.txt"):
        read_paths([uncertain(tmp_path)], find_asker=nobody)


def test_answer_is_used_and_no_answer_cancels(tmp_path, monkeypatch):
    monkeypatch.setenv("NAPARI_INSITU_TEM_CONFIG", str(tmp_path / "settings"))
    path = uncertain(tmp_path)
    silent = Answers()
    with pytest.raises(CancelledError, match=r"run\.txt"):
        read_paths([path], find_asker=lambda: silent)
    preview = silent.questions[0][1]
    columns = {"time_s": ("t", "s"), "potential_V": ("Wert", "V")}
    mapping = type(preview.suggested).from_dict({"columns": columns})
    answers = Answers(columns=mapping)
    (trace,) = read_paths([path], find_asker=lambda: answers)
    assert trace.has("potential_V")


def test_moved_movie_is_asked_for_and_checked(sample, tmp_path):
    movie = tmp_path / "wire.ome.tif"
    movie.write_bytes(sample.movie.read_bytes())
    experiment = Experiment(read_paths([movie])[0])
    folder = save_experiment(
        experiment, tmp_path / "exp", TableBuilder(experiment).tables()
    )
    moved = movie.rename(tmp_path / "renamed.tif")
    answers = Answers(locate=moved)
    reopened = read_paths([folder], find_asker=lambda: answers)
    assert answers.questions == [("locate", movie)]
    assert reopened.movie("wire").paths == (moved,)


def test_unsaved_work_is_replaced_only_with_leave(viewer, sample):
    show_opened(viewer, read_paths([sample.experiment]))
    session = link_of(viewer).session
    before = session.experiment
    row = session.document.of_kind("expansion")[0].id
    session.edit("delete row", session.document.without_records([row]))
    no, yes = Answers(may_replace=False), Answers(may_replace=True)
    set_asker(viewer, no)
    with pytest.raises(CancelledError):
        show_opened(viewer, read_paths([sample.experiment]))
    assert session.experiment is before
    set_asker(viewer, yes)
    show_opened(viewer, read_paths([sample.experiment]))
    assert session.experiment is not before
    assert len(no.questions) == len(yes.questions) == 1


def test_title_names_the_first_file():
    assert opening_title([Path("/a/wire.tif")]) == "Opening wire.tif"
    many = [Path(f"{i}.png") for i in range(4)]
    assert opening_title(many) == "Opening 0.png and 3 more"


# -- what it looked like --------------------------------------------------------------


def test_view_comes_back_as_it_was(viewer, sample):
    show_opened(viewer, read_paths([sample.movie]))
    link_of(viewer).session.go_to(7)
    viewer.layers[0].contrast_limits = (30, 90)
    viewer.scene.camera.center = (0.0, 12.0, 34.0)
    viewer.scene.camera.zoom = 3.5
    view = view_of(viewer)
    other = ViewerModel()
    show_opened(other, read_paths([sample.movie]))
    restore_view(other, view)
    assert link_of(other).session.playhead.frame == 7
    assert other.dims.current_step[0] == 7
    assert other.layers[0].contrast_limits == [30, 90]
    assert other.scene.camera.zoom == 3.5
    assert view_of(other) == view
    link_of(other).close()


@pytest.mark.parametrize(
    "view",
    [
        {},
        {"playhead": ["gone", 3], "camera": None, "contrast": [1], "docks": 5},
        {"playhead": "x", "camera": {"center": ["a"], "zoom": -1}},
        {"contrast": {"si_nanowire": [90, 30]}, "camera": {"zoom": None}},
    ],
)
def test_view_that_makes_no_sense_is_left_out(viewer, sample, view):
    show_opened(viewer, read_paths([sample.movie]))
    before = view_of(viewer)
    restore_view(viewer, view)
    assert view_of(viewer) == before


# -- keeping ---------------------------------------------------------------------------


def test_scripts_without_a_window_leave_no_journal(viewer):
    assert keep_safe(viewer, link_of(viewer).session) is None
    assert not is_closing(viewer)


def test_table_of_measurements_is_said_to_be_one():
    folder = sample_folder() / "sei_liquid_cell" / "sei_liquid_cell.insitu"
    with pytest.raises(ReadError, match=r"sei\.csv is a table of measurements"):
        read_paths([folder / "annotations" / "sei.csv"])


def test_records_of_the_same_time_are_said_to_be_that(viewer, tmp_path):
    """Both are shown, and the sentence at opening says which one the rows take."""
    for name, level in (("first", 1), ("second", 2)):
        rows = "".join(f"{t},{level},{level}e-6\n" for t in range(60))
        (tmp_path / f"{name}.csv").write_text("Time (s),E (V),I (A)\n" + rows)
    session = link_of(viewer).session
    said: list[str] = []
    session.message.connect(said.append)
    open_paths(viewer, [tmp_path / "first.csv", tmp_path / "second.csv"])
    assert "second covers the same time as first" in said[-1]
    record = session.experiment.record
    assert not record.part("potential_V").breaks.any()
    assert "second: potential (V)" in record.others


def test_refused_files_are_told_of_and_the_others_read(sample, tmp_path):
    bad, worse = tmp_path / "bad.tif", tmp_path / "worse.mpt"
    for path in (bad, worse):
        path.write_bytes(b"")
    told = []
    (movie,) = read_paths([bad, sample.movie, worse], on_refused=told.append)
    assert movie.name == "si_nanowire"
    assert [error.path for error in told] == [bad, worse]
    with pytest.raises(ReadError, match=r"bad\.tif"):
        read_paths([bad, worse], on_refused=told.append)
    assert len(told) == 2


def test_a_table_nobody_answers_for_keeps_no_other_file_out(sample, tmp_path):
    told = []
    (movie,) = read_paths(
        [uncertain(tmp_path), sample.movie],
        find_asker=lambda: Answers(),
        on_refused=told.append,
    )
    assert movie.name == "si_nanowire"
    (error,) = told
    assert isinstance(error, CancelledError)


def test_stopping_ends_it_all(sample):
    def stop(*_):
        raise CancelledError("Opening")

    told = []
    with pytest.raises(CancelledError):
        read_paths([sample.movie, sample.trace], progress=stop, on_refused=told.append)
    assert told == []


def test_a_file_that_describes_a_zarr_stands_for_its_folder(tmp_path):
    zarr = pytest.importorskip("zarr")
    array = zarr.create_array(tmp_path / "a.zarr", shape=(3, 8, 9), dtype="u1")
    array[:] = 1
    (movie,) = read_paths([tmp_path / "a.zarr" / "zarr.json"])
    assert movie.shape == (3, 8, 9)


def test_what_was_stopped_while_a_reader_did_not_ask_is_not_opened(sample, monkeypatch):
    stopped = []

    def read(*_, **__):
        stopped.append(True)  # the user presses Cancel now
        return []

    def progress(*_):
        if stopped:
            raise CancelledError("Opening")

    monkeypatch.setattr(opening, "read_any", read)
    with pytest.raises(CancelledError):
        read_paths([sample.trace], progress=progress)
