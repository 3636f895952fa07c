"""Kymographs against exact brightness, against scikit-image, and when stopped."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import profile_line

from napari_insitu_tem.measure import reslice
from napari_insitu_tem.model.errors import CancelledError, MeasurementError
from napari_insitu_tem.model.movie import Movie

Y, X = np.mgrid[:60, :80].astype(float)
PLANE = 3 + 2 * Y - 0.5 * X


def test_a_plane_is_resliced_exactly():
    path = [[10, 10], [40, 50], [40, 70]]
    made = reslice(np.stack([PLANE, 2 * PLANE]), path, 5)
    assert made.data.shape == (2, 71)
    s = made.positions
    y = np.where(s <= 50, 10 + 0.6 * s, 40)
    x = np.where(s <= 50, 10 + 0.8 * s, 50 + (s - 50))
    assert made.data[0] == pytest.approx(3 + 2 * y - 0.5 * x, abs=1e-4)
    assert made.data[1] == pytest.approx(2 * made.data[0], abs=1e-4)
    assert (made.width, made.step) == (5.0, 1.0)
    assert made.path.tolist() == path


@pytest.mark.parametrize("width", [1, 4, 7])
def test_it_agrees_with_scikit_image(rng, width):
    frame = rng.random((60, 80))
    path = [[12, 10], [42, 50]]
    peer = profile_line(frame, *path, linewidth=width, order=1, mode="reflect")
    ours = reslice(frame[None], path, width).data[0]
    assert ours == pytest.approx(peer, abs=1e-6)


def test_step_and_direction_across(rng):
    # A bright line along x: the strip averages over y.
    frame = np.zeros((60, 80))
    frame[30] = 9.0
    made = reslice(frame[None], [[31, 5], [31, 70]], 3, step=0.5)
    assert made.data.shape == (1, 131)
    assert made.data[0] == pytest.approx(np.full(131, 3.0))


def test_out_of_the_frame_there_is_nothing():
    made = reslice(PLANE[None], [[1, 60], [1, 90]], 5)
    assert np.isfinite(made.data[0, :20]).all()
    assert np.isnan(made.data[0, 20:]).all()
    edge = reslice(PLANE[None], [[0, 10], [0, 20]], 5).data[0]
    # Three of five lines lie in the frame, at y = 0, 1 and 2.
    assert edge == pytest.approx(3 + 2 * 1 - 0.5 * np.arange(10, 21))
    outside = reslice(PLANE[None], [[-2, 10], [-2, 20]], 5).data
    assert np.isnan(outside).all()


def test_the_path_follows_the_drift_of_the_specimen():
    shift = np.array([[0, 0], [3.25, -2.5], [np.nan, 0], [40, 0]])
    moved = [PLANE] + [3 + 2 * (Y - dy) - 0.5 * (X - dx) for dy, dx in shift[1:]]
    path = [[10, 10], [30, 40]]
    made = reslice(np.stack(moved), path, 5, shift=shift)
    still = reslice(PLANE[None], path, 5)
    assert made.data[1] == pytest.approx(still.data[0], abs=1e-4)
    assert np.isnan(made.data[2]).all()
    # What has left the frame is not there.
    assert np.isfinite(made.data[3]).tolist()[0]
    assert np.isnan(made.data[3, -1])
    assert made.path.tolist() == path


def test_a_shift_of_another_length_is_refused():
    with pytest.raises(MeasurementError, match=r"\(1, 2\)"):
        reslice(PLANE[None], [[5, 5], [5, 9]], 1, shift=np.zeros((3, 2)))


def test_missing_pixels_spoil_only_what_they_touch():
    frame = PLANE.copy()
    frame[20, 40] = np.nan
    made = reslice(frame[None], [[20, 10], [20, 70]], 1).data[0]
    assert np.flatnonzero(np.isnan(made)).tolist() == [30]


def test_movies_of_any_type_are_read_frame_by_frame():
    frames = np.round(PLANE + 200).astype(">u2")[None].repeat(3, 0)
    made = reslice(Movie.from_array(frames), [[5, 5], [5, 20]], 1)
    assert made.data[2] == pytest.approx(frames[0, 5, 5:21].astype(float))
    colour = np.zeros((2, 60, 80, 3), np.uint8)
    colour[..., 1] = 100
    made = reslice(Movie.from_array(colour), [[5, 5], [5, 20]], 1)
    assert made.data == pytest.approx(np.full((2, 16), 58.7))


def test_progress_is_told_and_cancelling_passes_through():
    told = []
    reslice(
        PLANE[None].repeat(4, 0),
        [[5, 5], [5, 9]],
        1,
        progress=lambda *a: told.append(a),
    )
    assert told[0][:2] == (0, 4)
    assert told[-1][:2] == (4, 4)

    def cancel(done, total, text=""):
        raise CancelledError("Reslicing")

    with pytest.raises(CancelledError):
        reslice(PLANE[None], [[5, 5], [5, 9]], 1, progress=cancel)


@pytest.mark.parametrize(
    ("frames", "path", "width", "words"),
    [
        (PLANE, [[5, 5], [5, 9]], 1, "2 axes"),
        (PLANE[None], [[5, 5], [5, 5]], 1, "no length"),
        (PLANE[None], [[5, 5], [5, 9]], 0, "positive"),
    ],
)
def test_what_cannot_be_is_refused(frames, path, width, words):
    with pytest.raises(MeasurementError, match=words):
        reslice(frames, path, width)
