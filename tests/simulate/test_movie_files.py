from datetime import datetime

import numpy as np
import pytest

from napari_insitu_tem import read_movie
from napari_insitu_tem.model.timebase import FrameTimes
from napari_insitu_tem.simulate.movie_files import write_imagej_tiff, write_ome_tiff

START = datetime(2026, 3, 18, 14, 5, 30)
TIMES = FrameTimes.from_seconds([0.0, 1.25, 7.002, 8.25], [1.0, 1.0, 0.5, 1.0])


@pytest.fixture
def frames(rng):
    return rng.integers(0, 200, (4, 12, 17)).astype(np.uint8)


@pytest.mark.parametrize("write", [write_ome_tiff, write_imagej_tiff])
def test_pixels_scale_times_and_start_come_back(write, frames, tmp_path):
    path = tmp_path / "movie.tif"
    write(path, frames, TIMES, 0.8, START, name="a <b> & c")
    movie = read_movie(path)
    try:
        assert np.array_equal(np.asarray(movie.frames), frames)
        assert movie.times.start_ns.tolist() == TIMES.start_ns.tolist()
        assert movie.pixel_size_nm == pytest.approx(0.8)
        assert movie.start == START
        assert movie.warnings == ()
    finally:
        movie.close()


def test_only_ome_keeps_the_exposures(frames, tmp_path):
    write_ome_tiff(tmp_path / "a.ome.tif", frames, TIMES, 2.5, START)
    write_imagej_tiff(tmp_path / "b.tif", frames, TIMES, 2.5, START)
    ome, imagej = read_movie(tmp_path / "a.ome.tif"), read_movie(tmp_path / "b.tif")
    assert ome.exposures_s.tolist() == [1.0, 1.0, 0.5, 1.0]
    assert imagej.exposures_s is None
    ome.close()
    imagej.close()


@pytest.mark.parametrize("write", [write_ome_tiff, write_imagej_tiff])
def test_the_same_movie_gives_the_same_bytes(write, frames, tmp_path):
    for name in ("one.tif", "two.tif"):
        write(tmp_path / name, frames, TIMES, 2.5, START, name="same")
    one, two = ((tmp_path / n).read_bytes() for n in ("one.tif", "two.tif"))
    assert one == two
    assert b"tifffile" not in one
