"""How often a movie's file is read while one moves through it: counted, not timed."""

from __future__ import annotations

import threading
from collections import Counter

import numpy as np
import pytest

from napari_insitu_tem.model.movie import READ_AHEAD, FrameArray

FRAMES = 60


class Counting:
    """A source that counts who reads which frame."""

    def __init__(self) -> None:
        self.shape = (FRAMES, 8, 8)
        self.dtype = np.dtype("u2")
        self.reads: Counter[int] = Counter()
        self.by_user: list[int] = []
        self.user = threading.current_thread()
        self.ahead = threading.Event()

    def read_frame(self, index: int) -> np.ndarray:
        """Frame `index`, filled with its number."""
        self.reads[index] += 1
        if threading.current_thread() is self.user:
            self.by_user.append(index)
        return np.full((8, 8), index, "u2")

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def source():
    return Counting()


@pytest.fixture
def frames(source):
    frames = FrameArray(source)
    yield frames
    frames.close()


def walk(frames, source, indices):
    """Ask for frames one after the other, waiting until what is planned was read."""
    for index in indices:
        assert frames.frame(index)[0, 0] == index
        cache = frames._cache
        with cache._changed:
            assert cache._changed.wait_for(
                lambda c=cache: not c._plan and not c._reading, timeout=10
            )


@pytest.mark.parametrize("step", [1, -1, 3])
def test_whoever_steps_finds_the_frames_read(frames, source, step):
    indices = list(range(0, FRAMES, 3))[:16] if step == 3 else list(range(30))
    if step < 0:
        indices.reverse()
    walk(frames, source, indices)
    # Three frames make a motion; from then on the thread is ahead of the user.
    assert source.by_user == indices[:3]
    assert max(source.reads.values()) == 1
    assert len(source.reads) <= len(indices) + READ_AHEAD


def test_going_back_over_the_same_frames_reads_nothing(frames, source):
    walk(frames, source, range(20))
    before = sum(source.reads.values())
    walk(frames, source, range(19, READ_AHEAD, -1))
    assert sum(source.reads.values()) - before <= 0


def test_jumping_about_reads_each_frame_once_and_none_besides(frames, source):
    indices = [5, 40, 17, 55, 2, 33]
    walk(frames, source, indices)
    assert source.by_user == indices
    assert sum(source.reads.values()) == len(indices)
