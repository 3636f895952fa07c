"""Recent frames are kept, the next ones read ahead, and nothing is ever mixed up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.frame_cache import FrameCache

FRAMES = 100


class Source:
    """Counts what is read; can be made to wait or to fail."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.threads: set[str] = set()
        self.bad: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Semaphore(0)
        self.wanted: dict[int, threading.Event] = {}

    def __call__(self, index: int) -> np.ndarray:
        self.threads.add(threading.current_thread().name)
        if threading.current_thread().name == "read-ahead":
            self.begun.release()
            assert self.gate.wait(10)
        self.read.append(index)
        self.wanted.setdefault(index, threading.Event()).set()
        if index in self.bad:
            raise ReadError(f"Frame {index} of x is damaged.")
        return np.full((2, 2), index)

    def wait_for(self, index: int) -> None:
        """Wait until a frame was read by whichever thread."""
        assert self.wanted.setdefault(index, threading.Event()).wait(10)


@pytest.fixture
def source() -> Source:
    return Source()


def test_kept_frames_are_not_read_again(source):
    cache = FrameCache(source, FRAMES, 3)
    for index in (5, 5, 5):
        assert cache.get(index)[0, 0] == 5
    assert source.read == [5]


def test_the_frame_used_longest_ago_goes(source):
    cache = FrameCache(source, FRAMES, 3)
    for index in (10, 20, 30, 10, 40):
        cache.get(index)
    assert [i in cache for i in (10, 20, 30, 40)] == [True, False, True, True]
    assert len(cache) == 3


def test_random_access_starts_no_thread(source):
    cache = FrameCache(source, FRAMES, 50, ahead=4)
    for index in (50, 3, 80, 20, 61, 99, 0):
        cache.get(index)
    assert not cache.is_reading_ahead
    assert source.threads == {threading.current_thread().name}


@pytest.mark.parametrize(
    ("asked", "followers"),
    [
        ((10, 11, 12), (13, 14, 15, 16)),
        ((12, 11, 10), (9, 8, 7, 6)),
        ((10, 12, 14), (16, 18, 20, 22)),
        ((10, 90, 11, 90, 12), (13, 14, 15, 16)),  # a reference frame in between
    ],
)
def test_motion_is_followed(source, asked, followers):
    cache = FrameCache(source, FRAMES, 50, ahead=4)
    for index in asked:
        cache.get(index)
    for index in followers:
        source.wait_for(index)
    assert sorted(source.read) == sorted({*asked, *followers})
    cache.close()
    assert sorted(source.read) == sorted({*asked, *followers})


def test_nothing_beyond_the_ends(source):
    cache = FrameCache(source, FRAMES, 50, ahead=4)
    for index in (96, 97, 98):
        cache.get(index)
    source.wait_for(99)
    cache.close()
    assert max(source.read) == 99


def test_without_room_nothing_is_read_ahead(source):
    cache = FrameCache(source, FRAMES, 2, ahead=4)
    for index in range(10):
        cache.get(index)
    assert not cache.is_reading_ahead


def test_a_jump_ends_the_plan(source):
    cache = FrameCache(source, FRAMES, 50, ahead=4, idle_s=0.01)
    source.gate.clear()
    for index in (10, 11, 12):
        cache.get(index)
    source.begun.acquire()
    cache.get(60)
    thread = cache._thread
    source.gate.set()
    thread.join(10)
    assert sorted(source.read) == [10, 11, 12, 13, 60]


def test_a_frame_being_read_is_not_read_twice(source):
    cache = FrameCache(source, FRAMES, 50, ahead=4)
    source.gate.clear()
    for index in (10, 11, 12):
        cache.get(index)
    source.begun.acquire()
    threading.Timer(0.05, source.gate.set).start()
    assert cache.get(13)[0, 0] == 13
    cache.close()
    assert source.read.count(13) == 1


def test_a_bad_frame_is_raised_to_whoever_asks_for_it(source):
    source.bad = {13}
    cache = FrameCache(source, FRAMES, 50, ahead=4)
    for index in (10, 11, 12):
        cache.get(index)
    source.wait_for(13)
    source.wait_for(16)
    for _ in range(2):
        with pytest.raises(ReadError, match="Frame 13"):
            cache.get(13)
    assert cache.get(14)[0, 0] == 14
    cache.close()


def test_idle_thread_ends_and_starts_again(source):
    cache = FrameCache(source, FRAMES, 50, ahead=2, idle_s=0.01)
    for index in (10, 11, 12):
        cache.get(index)
    thread = cache._thread
    if thread is not None:
        thread.join(10)
    assert not cache.is_reading_ahead
    for index in (30, 31, 32):
        cache.get(index)
    source.wait_for(34)
    cache.close()


def test_close_ends_the_thread_and_forgets(source):
    cache = FrameCache(source, FRAMES, 50, ahead=4, idle_s=60)
    for index in (10, 11, 12):
        cache.get(index)
    thread = cache._thread
    assert thread is not None
    cache.close()
    cache.close()
    assert not thread.is_alive()
    assert len(cache) == 0


def test_many_threads_get_what_they_ask_for(source, rng):
    cache = FrameCache(source, FRAMES, 12, ahead=4)
    walks = [
        np.clip(start + np.arange(60) * step, 0, FRAMES - 1)
        for start, step in ((0, 1), (99, -1), (0, 2))
    ]
    walks.append(rng.integers(0, FRAMES, 60))

    def walk(indices: np.ndarray) -> bool:
        return all(cache.get(int(i))[0, 0] == i for i in indices)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(walk, walks))
    cache.close()
    assert len(cache._reading) == 0
