"""Recently read frames, and a thread that reads the next ones while scrubbing."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

Frame = NDArray[Any]

#: A step of more frames is a jump, not a motion that is worth following.
LONGEST_STEP = 8
#: The thread ends after this many seconds without work.
IDLE_S = 2.0
_CLOSING_S = 5.0
_MEMORY = 6


class FrameCache:
    """Keeps the frames used last; reads ahead in the direction of motion.

    Three frames at equal steps among the last few that were asked for are a motion; the
    frames that follow are then read by a thread, which starts with the first of them
    and ends when there is nothing to do. What it cannot read is read again, and fails,
    when it is asked for.

    Parameters
    ----------
    read
        Gives frame i; may be called from two threads.
    frames
        Number of frames.
    capacity
        Number of frames kept, at least one.
    ahead
        Number of frames read ahead; fewer where the capacity is small.
    idle_s
        Seconds without work after which the thread ends.
    """

    def __init__(
        self,
        read: Callable[[int], Frame],
        frames: int,
        capacity: int,
        *,
        ahead: int = 0,
        idle_s: float = IDLE_S,
    ) -> None:
        self._read = read
        self._frames = frames
        self._capacity = max(1, capacity)
        self._ahead = min(ahead, self._capacity // 3)
        self._idle_s = idle_s
        self._kept: OrderedDict[int, Frame] = OrderedDict()
        self._reading: set[int] = set()
        self._plan: deque[int] = deque()
        self._recent: deque[int] = deque(maxlen=_MEMORY)
        self._thread: threading.Thread | None = None
        self._closed = False
        self._changed = threading.Condition()

    def get(self, index: int) -> Frame:
        """Frame `index`; whatever the reading raises is passed on."""
        with self._changed:
            if self._ahead and index not in self._recent:
                self._follow(index)
            while index in self._reading:
                self._changed.wait()
            frame = self._kept.get(index)
            if frame is not None:
                self._kept.move_to_end(index)
                return frame
            self._reading.add(index)
        try:
            frame = self._read(index)
        except BaseException:
            self._finish(index, None)
            raise
        self._finish(index, frame)
        return frame

    def __len__(self) -> int:
        """Return the number of frames kept."""
        return len(self._kept)

    def __contains__(self, index: int) -> bool:
        return index in self._kept

    @property
    def is_reading_ahead(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None

    def close(self) -> None:
        """Forget everything and wait for the thread to end."""
        with self._changed:
            self._closed = True
            self._plan.clear()
            self._kept.clear()
            thread = self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join(_CLOSING_S)

    def _follow(self, index: int) -> None:
        """Plan what to read next after a move to `index`; the lock is held."""
        steps = (index - earlier for earlier in reversed(self._recent))
        step = next((s for s in steps if self._is_motion(index, s)), 0)
        self._recent.append(index)
        self._plan.clear()
        if not step or self._closed:
            return
        for k in range(1, self._ahead + 1):
            follower = index + k * step
            if 0 <= follower < self._frames and follower not in self._kept:
                self._plan.append(follower)
        if not self._plan:
            return
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, name="read-ahead", daemon=True
            )
            self._thread.start()
        else:
            self._changed.notify_all()

    def _is_motion(self, index: int, step: int) -> bool:
        return abs(step) <= LONGEST_STEP and index - 2 * step in self._recent

    def _work(self) -> None:
        """Read what is planned until there is nothing to do."""
        while (index := self._next()) is not None:
            try:
                frame = self._read(index)
            except Exception:  # noqa: BLE001 - raised again to whoever asks for it
                self._finish(index, None)
            else:
                self._finish(index, frame)

    def _next(self) -> int | None:
        """Wait for a frame to read; None when the thread should end."""
        with self._changed:
            while not self._closed:
                while self._plan:
                    index = self._plan.popleft()
                    if index not in self._kept and index not in self._reading:
                        self._reading.add(index)
                        return index
                if not self._changed.wait(self._idle_s) and not self._plan:
                    break
            self._thread = None
            return None

    def _finish(self, index: int, frame: Frame | None) -> None:
        """Note the end of a reading and keep what came of it."""
        with self._changed:
            self._reading.discard(index)
            if frame is not None and not self._closed:
                self._kept[index] = frame
                while len(self._kept) > self._capacity:
                    self._kept.popitem(last=False)
            self._changed.notify_all()
