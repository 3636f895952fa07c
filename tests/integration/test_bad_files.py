"""Files that are not what they were opened for: a sentence, and nothing is lost."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from PIL import Image

from hands import drag, make_movie, make_trace
from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.layers.opening import open_paths
from napari_insitu_tem.layers.viewer_link import ViewerLink, link_of
from napari_insitu_tem.measure.kymograph import reslice
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.samples import find_sample
from napari_insitu_tem.state.aligning import alignment_doubts

FRAMES = np.random.default_rng(3).integers(40, 200, (6, 48, 64)).astype(np.uint16)
NAN = float("nan")
SAMPLE = find_sample("si_nanowire")


@pytest.fixture
def link() -> Iterator[ViewerLink]:
    """A viewer without a window in which something is open and measured."""
    viewer = ViewerModel()  # held here: the link does not keep it alive
    link = link_of(viewer)
    link.session.open(Experiment(make_movie(), make_trace()).align(offset_s=0.0))
    link.session.toolbox.change("expansion", snap=False)
    link.session.toolbox.activate("expansion")
    drag(link.pen(), (20.0, 10.0), (60.0, 10.0))
    yield link
    link.close()


class State:
    """What must be as it was."""

    def __init__(self, link: ViewerLink) -> None:
        session = link.session
        self.parts = (
            session.experiment,
            session.experiment.movies,
            session.experiment.traces,
            session.document,
            session.playhead,
            tuple(link.viewer.layers),
        )


def refusal(link: ViewerLink, *paths: Path) -> InsituTemError:
    """The error of opening files; all that was open is as it was."""
    before = State(link).parts
    with pytest.raises(InsituTemError) as caught:
        open_paths(link.viewer, paths)
    assert State(link).parts == before
    return caught.value


def tiff(path: Path, frames: np.ndarray = FRAMES, **options: object) -> Path:
    tifffile.imwrite(path, frames, photometric="minisblack", **options)
    return path


def csv(path: Path, rows: list[str], header: str = "time/s,Ewe/V,I/mA") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def rows(times: list[float]) -> list[str]:
    return [f"{t},{0.1 * i:.1f},{i}" for i, t in enumerate(times)]


# -- files that are nothing we can read -----------------------------------


def cut(path: Path, original: Path, size: int) -> None:
    path.write_bytes(original.read_bytes()[:size])


def _mrc(path: Path) -> None:
    with mrcfile.new(path) as file:
        file.set_data(FRAMES)


def _cut_mrc(path: Path) -> None:
    whole = path.with_name("whole.mrc")
    _mrc(whole)
    cut(path, whole, 300)


def _cut_tiff(path: Path) -> None:
    cut(path, tiff(path.with_name("whole.tif")), 50)


def _folder_of_letters(path: Path) -> None:
    path.mkdir()
    (path / "letter.txt").write_text("Dear colleague,\nthe beam is down.\n")


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "paper.pdf": (lambda p: p.write_bytes(b"%PDF-1.7\n" + b"x" * 999), "PDF"),
    "table.xlsx": (lambda p: p.write_bytes(b"PK\3\4" + bytes(999)), "office|zip"),
    "program.tif": (lambda p: p.write_bytes(b"\x7fELF" + bytes(range(256))), "kind"),
    "diary.mpt": (lambda p: p.write_text("Beam down again.\n" * 9), "columns"),
    "diary.tif": (lambda p: p.write_text("Beam down again.\n" * 9), "columns"),
    "empty.tif": (lambda p: p.touch(), "empty"),
    "empty.mrc": (lambda p: p.touch(), "empty"),
    "empty.mpt": (lambda p: p.touch(), "empty"),
    "empty.DTA": (lambda p: p.touch(), "empty"),
    "empty.csv": (lambda p: p.touch(), "empty"),
    "cut.tif": (_cut_tiff, "damaged"),
    "cut.mrc": (_cut_mrc, "."),
    "cut.mpt": (lambda p: cut(p, SAMPLE.trace, 200), "no table"),
    "frames": (lambda p: p.mkdir(), "folder|image"),
    "letters": (_folder_of_letters, "folder|image"),
    "folder.tif": (lambda p: p.mkdir(), "folder|image"),
    "gone.tif": (lambda p: None, "does not exist"),
    "gone.mpt": (lambda p: None, "does not exist"),
    "no_time.csv": (
        lambda p: csv(p, ["1,2", "3,4", "5,6"], header="Ewe/V,I/mA"),
        "no times",
    ),
    "backwards.csv": (lambda p: csv(p, rows([9, 8, 7, 6, 5, 4])), "backwards"),
    "restarts.csv": (lambda p: csv(p, rows([0, 1, 2, 3, 0, 1, 2])), "backwards"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_a_way_out_and_nothing_changes(link, tmp_path, name):
    path = tmp_path / name
    make, what = BAD[name]
    make(path)
    error = refusal(link, path)
    assert name in error.message
    assert error.hint
    assert re.search(what, error.message, re.IGNORECASE), error.message


@pytest.mark.parametrize("name", ["empty.tif", "backwards.csv"])
def test_one_bad_file_among_good_ones_opens_none(link, tmp_path, name):
    BAD[name][0](tmp_path / name)
    error = refusal(link, SAMPLE.movie, tmp_path / name, SAMPLE.trace)
    assert name in error.message
    open_paths(link.viewer, [SAMPLE.movie, SAMPLE.trace])
    assert [m.name for m in link.session.experiment.movies] == ["wire", "si_nanowire"]


@pytest.mark.parametrize("original", [SAMPLE.movie, SAMPLE.trace])
def test_a_locked_file_is_said_to_be_locked(link, tmp_path, monkeypatch, original):
    path = Path(shutil.copy(original, tmp_path / f"locked{original.suffix}"))
    really_open = Path.open

    def refuse(self, *args, **options):
        if self.name == path.name:
            raise PermissionError(13, "Permission denied")
        return really_open(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    error = refusal(link, path)
    assert f"{path.name} may not be read, or another program has locked" in str(error)
    assert "Close the other program" in error.hint


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_a_file_without_permission_is_said_to_be_so(link, tmp_path):
    path = tiff(tmp_path / "secret.tif")
    path.chmod(0)
    assert "secret.tif may not be read" in refusal(link, path).message


# -- movies that can be used in part -----------------------------------


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


def bad_page(path: Path, page: int) -> Path:
    """A compressed movie with rubbish in the place of one page."""
    with tifffile.TiffWriter(path) as file:
        for frame in FRAMES:
            file.write(frame, compression="zlib", contiguous=False, metadata=None)
    with tifffile.TiffFile(path) as file:
        start, size = (
            file.pages[page].dataoffsets[0],
            file.pages[page].databytecounts[0],
        )
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * size)
    return path


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


def series(folder: Path) -> list[Path]:
    """A folder of numbered images."""
    folder.mkdir()
    paths = [folder / f"frame_{i:03d}.png" for i in range(6)]
    for path, frame in zip(paths, FRAMES, strict=True):
        Image.fromarray(frame.astype(np.uint8)).save(path)
    return paths


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


# -- movies of an unusual kind -----------------------------------


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
    before = State(link).parts
    with pytest.raises(InsituTemError, match="impossible") as caught:
        link.session.experiment.calibrate(size)
    assert "positive number" in caught.value.hint
    assert State(link).parts == before


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
