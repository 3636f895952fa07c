"""Movies damaged in part or of an unusual kind, and records that do not fit."""

from __future__ import annotations

import os
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import tifffile

from hands import drag
from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.layers.opening import open_paths
from napari_insitu_tem.layers.viewer_link import ViewerLink
from napari_insitu_tem.measure.kymograph import reslice
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.aligning import alignment_doubts
from odd_files import FRAMES, NAN, bad_page, csv, cut, rows, series, tiff

# -- movies that can be used in part ---------------------------------------------------


def film(link: ViewerLink, name: str) -> None:
    """Go to a movie that was opened just now."""
    link.session.go_to(0, name)


def test_half_a_movie_opens_with_the_frames_that_are_there(link, tmp_path):
    whole = tiff(tmp_path / "whole.tif")
    path = tmp_path / "half.tif"
    cut(path, whole, int(whole.stat().st_size * 0.6))
    open_paths(link.viewer, [path])
    movie = link.session.experiment.movie("half")
    assert len(movie) == 3
    assert "3 of 6 frames are there" in " ".join(movie.warnings)
    np.testing.assert_array_equal(movie.frame(2), FRAMES[2])


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """What is shown as a warning."""
    sentences: list[str] = []
    monkeypatch.setattr(
        "napari.utils.notifications.show_warning", lambda text: sentences.append(text)
    )
    return sentences


def test_a_bad_page_is_black_said_once_and_measurable_around(link, tmp_path, said):
    path = bad_page(tmp_path / "torn.tif", 2)
    open_paths(link.viewer, [path])
    said.clear()
    film(link, "torn")
    for frame in (1, 2, 3, 2, 1):
        link.viewer.dims.set_current_step(0, frame)
        shown = np.asarray(link.movie_layer("torn")._slice.image.raw)
        assert (shown.max() == 0) == (frame == 2)
    link.movie_layer("torn").data[2]
    assert len(said) <= 1  # and perhaps already when it was opened
    session = link.session
    session.toolbox.change("expansion", snap=True)
    heard: list[str] = []
    session.message.connect(heard.append)
    for frame in (1, 2, 3):
        session.go_to(frame)
        drag(link.pen(), (10.0, 30.0), (40.0, 30.0))
    measured = [r.frame for r in session.document.of_kind("expansion", "torn")]
    assert measured == [1, 3]
    assert "torn.tif" in heard[-1] or any("torn.tif" in text for text in heard)
    # By hand it can be measured even there.
    session.toolbox.change("expansion", snap=False)
    session.go_to(2)
    drag(link.pen(), (10.0, 30.0), (40.0, 30.0))
    assert len(session.document.of_kind("expansion", "torn")) == 3


def test_a_kymograph_is_empty_at_a_bad_page_and_right_around_it(tmp_path):
    movie = read_movie(bad_page(tmp_path / "torn.tif", 2))
    made = reslice(movie, np.array([[10.0, 10.0], [10.0, 50.0]]), 1)
    assert np.isnan(made.data[2]).all()
    for frame in (1, 3):
        np.testing.assert_allclose(made.data[frame], FRAMES[frame, 10, 10:51])


def test_a_kymograph_of_a_movie_that_is_gone_names_it(tmp_path):
    paths = series(tmp_path / "series")
    movie = read_movie(tmp_path / "series")
    for path in paths:
        path.unlink()
    with pytest.raises(InsituTemError, match=r"frame_005\.png"):
        reslice(movie, np.array([[10.0, 10.0], [10.0, 50.0]]), 1)


def test_an_image_that_goes_while_it_is_open_is_said_and_comes_back(
    link, tmp_path, said
):
    paths = series(tmp_path / "series")
    open_paths(link.viewer, [tmp_path / "series"])
    film(link, "series")
    away = paths[4].rename(tmp_path / "away.png")
    link.session.experiment.movie("series").frames._cache = None
    link.viewer.dims.set_current_step(0, 4)
    assert link.session.playhead.frame == 4
    assert "frame_004.png" in said[-1]
    assert "Put it back" in said[-1]
    away.rename(paths[4])
    np.testing.assert_array_equal(
        link.session.experiment.movie("series").frame(4), FRAMES[4].astype(np.uint8)
    )


def test_a_movie_that_is_cut_while_it_is_open_does_not_end_the_program(
    link, tmp_path, said
):
    path = tiff(tmp_path / "copying.tif")
    open_paths(link.viewer, [path])
    movie = link.session.experiment.movie("copying")
    movie.frames._cache = None
    os.truncate(path, path.stat().st_size // 2)
    np.testing.assert_array_equal(movie.frame(0), FRAMES[0])
    with pytest.raises(InsituTemError, match=r"copying\.tif is cut off"):
        movie.frame(5)
    film(link, "copying")
    link.viewer.dims.set_current_step(0, 5)
    assert link.session.playhead.frame == 5


def test_a_movie_that_is_deleted_while_it_is_open_goes_on(link, tmp_path):
    path = tiff(tmp_path / "deleted.tif")
    open_paths(link.viewer, [path])
    movie = link.session.experiment.movie("deleted")
    movie.frame(0)
    path.unlink()
    np.testing.assert_array_equal(movie.frame(5), FRAMES[5])


# -- movies of an unusual kind --------------------------------------------------------


def test_a_movie_of_one_frame_can_be_measured(link, tmp_path):
    open_paths(link.viewer, [tiff(tmp_path / "one.tif", FRAMES[:1])])
    film(link, "one")
    assert len(link.session.movie) == 1
    drag(link.pen(), (10.0, 30.0), (40.0, 30.0))
    (row,) = link.session.table("expansion", "one").itertuples()
    assert (row.value, row.unit, row.frame) == (30.0, "px", 0)
    link.session.go_to(5)
    assert link.session.playhead.frame == 0
    document = link.session.document.with_interval("one", 0.5)
    link.session.edit("type interval", document)
    assert link.session.table("expansion", "one")["time_s"].tolist() == [0.0]


def test_a_colour_movie_is_shown_in_colour_and_measured_by_its_brightness(
    link, tmp_path
):
    path = tmp_path / "colour.tif"
    rows_ = np.abs(np.arange(64) - 31.5)[:, None]
    grey = np.where(rows_ < 12, 200, 30) * np.ones((1, 80))
    frames = np.repeat(grey[None, ..., None], 3, axis=3) * np.array([1, 0.5, 0.2])
    tifffile.imwrite(
        path, np.repeat(frames[None], 4, axis=0).astype(np.uint8), photometric="rgb"
    )
    open_paths(link.viewer, [path])
    film(link, "colour")
    assert link.movie_layer("colour").rgb
    link.session.toolbox.change("expansion", snap=True)
    drag(link.pen(), (17.0, 40.0), (46.0, 40.0))
    (row,) = link.session.table("expansion", "colour").itertuples()
    assert row.value == pytest.approx(24.0, abs=0.3)
    assert row.method == "snapped"


@pytest.mark.parametrize("name", ["zero.tif", "zero.mrc"])
def test_a_pixel_size_of_zero_is_none_and_said(link, tmp_path, name):
    path = tmp_path / name
    if name.endswith("mrc"):
        with mrcfile.new(path) as file:
            file.set_data(FRAMES)
            file.voxel_size = 0.0
    else:
        tifffile.imwrite(
            path,
            FRAMES,
            imagej=True,
            resolution=(0, 0),
            metadata={"axes": "TYX", "unit": "nm"},
        )
    open_paths(link.viewer, [path])
    film(link, "zero")
    assert link.session.movie.calibration is None
    drag(link.pen(), (10.0, 30.0), (40.0, 30.0))
    assert link.session.table("expansion", "zero")["unit"].tolist() == ["px"]


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_pixel_size_is_refused(link, size):
    before = link.session.document
    with pytest.raises(InsituTemError, match="impossible") as caught:
        link.session.experiment.calibrate(size)
    assert "positive number" in caught.value.hint
    assert link.session.document is before


# -- records that do not fit the movie -----------------------------------


def open_with(link: ViewerLink, tmp_path: Path, record: list[str]) -> None:
    """A movie of 6 frames a second apart, and a record."""
    path = tmp_path / "film.tif"
    tifffile.imwrite(
        path, FRAMES, imagej=True, metadata={"axes": "TYX", "finterval": 1.0}
    )
    link.session.open(Experiment())
    open_paths(link.viewer, [path, csv(tmp_path / "run.csv", record)])
    link.session.toolbox.activate("expansion")


def test_a_trace_shorter_than_the_movie_leaves_the_rest_empty_and_says_so(
    link, tmp_path
):
    open_with(link, tmp_path, rows([0, 1, 2, 3]))
    potential = link.session.signals("film")["potential_V"]
    np.testing.assert_allclose(potential[:3], [0.0, 0.1, 0.2], atol=0.051)
    assert potential[4:].isna().all()
    (doubt,) = alignment_doubts(link.session.experiment, "film")
    assert "frames" in doubt and "neither potential nor current" in doubt


def test_a_trace_that_does_not_overlap_is_said_and_gives_no_numbers(link, tmp_path):
    open_with(link, tmp_path, rows([100, 101, 102, 103]))
    assert link.session.signals("film")["potential_V"].isna().all()
    (doubt,) = alignment_doubts(link.session.experiment, "film")
    assert "do not overlap" in doubt
    for number in ("0 to", "100 to 103 s"):
        assert number in doubt
    drag(link.pen(), (10.0, 30.0), (40.0, 30.0))
    (row,) = link.session.table("expansion").itertuples()
    assert row.value == 30.0
    assert np.isnan(row.potential_V)
    assert row.time_s == 0.0


def test_rows_without_a_time_are_left_out_and_counted(link, tmp_path):
    open_with(link, tmp_path, rows([0, NAN, 2, NAN, 4, NAN, 6]))
    trace = link.session.experiment.trace()
    assert trace.frame["time_s"].tolist() == [0.0, 2.0, 4.0, 6.0]
    assert "3 rows without a time were left out." in trace.warnings


def test_cells_without_a_number_stay_empty_and_spoil_nothing(link, tmp_path):
    record = ["0,0.0,1", "1,NaN,2", "2,,3", "3,0.3,NaN", "4,0.4,5", "5,0.5,6"]
    open_with(link, tmp_path, record)
    signals = link.session.signals("film")
    assert signals["potential_V"].isna().tolist()[:3] == [False, True, True]
    assert np.isfinite(signals["potential_V"][4:5]).all()
    assert np.isfinite(signals["current_A"][:2]).all()
    assert "nan" not in link.viewer.canvas.overlays.text.text.lower()
    for frame in range(6):
        link.viewer.dims.set_current_step(0, frame)
        assert "nan" not in link.viewer.canvas.overlays.text.text.lower()
