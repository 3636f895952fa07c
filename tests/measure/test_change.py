"""When something happens, at any dose."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import frame_change
from napari_insitu_tem.model.errors import CancelledError, MeasurementError

Y, X = np.mgrid[:256, :256]


def movie(rng, dose, gone_at=12, frames=24):
    """A disc that is gone from a frame on, in a beam that flickers."""
    for t in range(frames):
        disc = np.hypot(Y - 120, X - 130) < 50
        mean = dose * (1 - 0.4 * disc * (t < gone_at)) * (1 + 0.1 * np.sin(t))
        yield rng.poisson(mean).astype(np.uint16)


@pytest.mark.parametrize("dose", [2, 20, 200])
def test_the_moment_stands_out(rng, dose):
    found = frame_change(list(movie(rng, dose)))
    for of_frame in (found.dissimilarity, found.difference):
        usual = np.delete(of_frame[1:], 11)
        assert np.isnan(of_frame[0])
        assert np.argmax(np.nan_to_num(of_frame)) == 12
        assert of_frame[12] > usual.mean() + 3 * usual.std()
    for of_frame in (found.dissimilarity_reference, found.difference_reference):
        assert of_frame[0] == pytest.approx(0, abs=1e-6)
        assert of_frame[12:].min() > of_frame[1:12].max()
    assert found.mean == pytest.approx([f.mean() for f in movie(rng, dose)], rel=0.01)


def test_shot_noise_is_binned_away(rng):
    noise = rng.poisson(2, (10, 256, 256))
    found = frame_change(noise)
    assert found.bin == 4
    assert found.dissimilarity[1:].max() < 0.15
    assert frame_change(noise, bin=1).bin == 1


def test_any_reference(rng):
    frames = np.array(list(movie(rng, 50)))
    for reference in (-1, "last", frames[-1]):
        found = frame_change(frames, reference=reference)
        assert found.dissimilarity_reference[-1] == pytest.approx(0, abs=1e-6)
        assert found.dissimilarity_reference[3] > found.dissimilarity_reference[15]


def test_bad_frames_are_nan(rng):
    frames = np.array(list(movie(rng, 50, frames=6)), dtype=float)
    frames[2] = np.nan
    frames[4, :50] = np.nan
    found = frame_change(frames)
    assert found.flag.tolist() == ["", "", "unreadable", "", "", ""]
    assert np.isnan(found.dissimilarity[2]) and np.isnan(found.mean[2])
    assert np.isfinite(found.dissimilarity[[1, 3, 4, 5]]).all()
    assert np.isfinite(frame_change(np.zeros((3, 20, 30))).dissimilarity[1:]).all()


def test_one_frame_and_none():
    found = frame_change(np.ones((20, 30)))
    assert found.dissimilarity.shape == (1,) and found.flag.tolist() == [""]
    for bad in ([], np.zeros((0, 5, 5)), np.zeros(4)):
        with pytest.raises(MeasurementError):
            frame_change(bad)
    for reference in (5, "middle", np.zeros((3, 3))):
        with pytest.raises(MeasurementError):
            frame_change(np.ones((2, 20, 30)), reference=reference)
    with pytest.raises(MeasurementError, match="Bins"):
        frame_change(np.ones((2, 20, 30)), bin=40)


def test_one_frame_is_read_at_a_time_and_it_can_be_cancelled(rng):
    class Frames:
        shape, dtype = (50, 64, 64), np.dtype("uint8")
        read = 0

        def __getitem__(self, index):
            assert isinstance(index, int)
            self.read += 1
            return np.full((64, 64), index + 1, np.uint8)

    frames = Frames()
    frame_change(frames)
    assert frames.read < 50 + 12

    def stop(done, total, text=""):
        raise CancelledError(text)

    with pytest.raises(CancelledError, match="Change"):
        frame_change(frames, progress=stop)
