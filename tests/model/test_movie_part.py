"""A stretch of a movie has the frames, times and sizes of the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.movie_part import movie_part


@pytest.fixture
def movie(rng):
    data = rng.integers(0, 99, (6, 4, 5)).astype("u1")
    movie = Movie.from_array(
        data, times_s=np.arange(6) ** 2, exposures_s=0.1 + 0.1 * np.arange(6)
    )
    return replace(movie, frame_sizes_nm=np.arange(12.0).reshape(6, 2))


def test_frames_times_and_sizes(movie):
    part = movie_part(movie, 2, 4)
    assert part.shape == (3, 4, 5)
    np.testing.assert_array_equal(np.asarray(part.frames), movie.frames[2:5])
    np.testing.assert_allclose(part.times_s, [4, 9, 16])
    np.testing.assert_allclose(part.exposures_s, [0.3, 0.4, 0.5])
    np.testing.assert_array_equal(part.frame_sizes_nm, movie.frame_sizes_nm[2:5])
    part.close()
    assert movie.frames.frame(0).shape == (4, 5)


@pytest.mark.parametrize(("first", "last"), [(-1, 2), (3, 2), (0, 6)])
def test_a_stretch_outside(movie, first, last):
    with pytest.raises(ReadError, match="frames 0 to 5"):
        movie_part(movie, first, last)
