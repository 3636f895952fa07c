"""Another dataset of a movie's file: what changes with it, and what is undone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tifffile

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.io.saving.experiment_folder import (
    load_experiment,
    save_experiment,
)
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.errors import ExperimentError, ReadError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.autosave import Autosave
from napari_insitu_tem.state.datasets import choose_dataset, read_dataset
from napari_insitu_tem.state.recovery import recoverable
from napari_insitu_tem.state.session import Session


@pytest.fixture
def data(rng):
    return rng.integers(0, 999, (6, 2, 9, 7)).astype("uint16")


@pytest.fixture
def session(tmp_path, data):
    """Two channels; a second file has stacks of other sizes."""
    path = tmp_path / "wire.tif"
    tifffile.imwrite(path, data, imagej=True, metadata={"axes": "TCYX"})
    return Session(Experiment(read_movie(path)))


@pytest.fixture
def mixed(tmp_path, rng):
    path = tmp_path / "mixed.tif"
    with tifffile.TiffWriter(path) as file:
        for shape in 4 * [(9, 7)] + 2 * [(5, 6)]:
            page = rng.integers(0, 99, shape).astype("u1")
            file.write(page, metadata=None)
    return Session(Experiment(read_movie(path)))


def choose(session, key):
    name = session.experiment.movies[0].name
    choose_dataset(session, name, read_dataset(session.experiment, name, key))


def draw(session, frame=1):
    line = Geometry.of("line", [(1.0, 1.0), (4.0, 1.0)])
    movie = session.experiment.movies[0].name
    record = Record.new(
        "expansion", object="a", movie=movie, frame=frame, geometry=line
    )
    session.edit("draw", session.document.with_records([record]))


def test_choosing_and_taking_it_back(session, data):
    changes = []
    session.experiment_changed.connect(lambda: changes.append(session.movie.dataset))
    draw(session)
    choose(session, "channel 2")
    np.testing.assert_array_equal(session.movie.frame(3), data[3, 1])
    assert session.experiment.movies[0].dataset == "channel 2"
    assert len(session.document.records) == 1
    session.undo()
    np.testing.assert_array_equal(session.movie.frame(3), data[3, 0])
    session.redo()
    np.testing.assert_array_equal(session.movie.frame(3), data[3, 1])
    assert changes == ["channel 2", "channel 1", "channel 2"]


def test_the_choice_is_saved_and_reopened(session, tmp_path, data):
    choose(session, "channel 2")
    folder = save_experiment(session.experiment, tmp_path / "x", session.tables())
    experiment = load_experiment(folder)
    np.testing.assert_array_equal(experiment.movie().frame(3), data[3, 1])
    assert experiment.document == session.document


def test_a_dataset_named_in_a_script_is_reopened(tmp_path, session, data):
    movie = read_movie(tmp_path / "wire.tif", dataset="channel 2")
    experiment = Experiment(movie)
    folder = save_experiment(experiment, tmp_path / "x", {})
    np.testing.assert_array_equal(load_experiment(folder).movie().frame(0), data[0, 1])


def test_the_choice_survives_a_crash(session, tmp_path, data):
    autosave = Autosave(session, folder=tmp_path / "journals")
    choose(session, "channel 2")
    autosave.stop()
    experiment = recoverable(tmp_path / "journals")[0].restore()
    np.testing.assert_array_equal(experiment.movie().frame(3), data[3, 1])


def test_what_was_typed_of_other_frames_is_forgotten_with_it(mixed):
    typed = Calibration.square(0.5)
    document = mixed.document.with_calibration("mixed", typed)
    document = document.with_interval("mixed", 0.1)
    mixed.edit("type", document)
    mixed.go_to(3)
    choose(mixed, "from page 5")
    assert mixed.movie.shape == (2, 5, 6)
    assert mixed.movie.calibration is None
    assert mixed.movie.times is None
    assert mixed.playhead.frame == 1
    mixed.undo()
    assert mixed.movie.calibration == typed
    assert len(mixed.movie) == 4


def test_rows_on_frames_of_another_size_stay_on_theirs(mixed):
    draw(mixed)
    with pytest.raises(ExperimentError, match="1 row is drawn on mixed"):
        choose(mixed, "from page 5")
    assert mixed.movie.shape == (4, 9, 7)


def test_a_file_that_is_gone(session, tmp_path):
    (tmp_path / "wire.tif").unlink()
    with pytest.raises(ReadError, match=r"wire\.tif"):
        choose(session, "channel 2")


def test_alignment_by_start_times_follows(session, tmp_path):
    from stamped import stamped_trace

    session.add_trace(stamped_trace())
    first = session.experiment.movies[0]
    stamp = replace(stamped_trace().stamp)
    other = replace(read_dataset(session.experiment, "wire", "channel 2"), stamp=stamp)
    session.experiment._movies["wire"] = replace(
        first, stamp=replace(stamp, when=stamp.when.replace(year=stamp.when.year - 1))
    )
    session.movie_joined("wire")
    before = session.experiment.alignment("wire").offset_s
    choose_dataset(session, "wire", other)
    assert session.experiment.alignment("wire").offset_s == pytest.approx(0)
    session.undo()
    assert session.experiment.alignment("wire").offset_s == before != 0


def test_a_dataset_is_called_by_its_name(session):
    movie = session.experiment.movies[0]
    named = tuple(
        replace(one, name=name)
        for one, name in zip(movie.datasets, ("BF", "HAADF"), strict=True)
    )
    first, second = (replace(movie, dataset=one.key, datasets=named) for one in named)
    session = Session(Experiment(first))
    choose_dataset(session, first.name, second)
    assert session.history.undo_label == f"choose dataset HAADF of {first.name}"
