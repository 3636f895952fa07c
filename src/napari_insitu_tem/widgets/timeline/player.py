"""Player: plays the movies by real time, or frame by frame."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtCore import QObject, Qt, QTimer, Signal

from napari_insitu_tem.model.timebase import NS_PER_S
from napari_insitu_tem.state.session import Playhead, Session
from napari_insitu_tem.widgets.timeline.schedule import Schedule, schedule

#: Times as fast as reality; `EVERY_FRAME` shows each frame equally long.
SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
EVERY_FRAME = 0.0

_TICK_MS = 15
_FRAME_MS = 50


class Player(QObject):
    """Steps the session's playhead while time passes.

    Frames that cannot be shown in time are passed over, but never the last one: it is
    shown before playing stops or begins again.

    Parameters
    ----------
    session
        The open experiment; its selected stretch of time is played, or all.
    clock
        Seconds that pass.

    Signals
    -------
    playing_changed(bool)
        Playing began or stopped.
    """

    playing_changed = Signal(bool)

    def __init__(
        self,
        session: Session,
        *,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._clock = clock
        self._speed = 1.0
        self.loops = False
        self._schedule: Schedule | None = None
        self._number = 0
        self._base_ns = 0.0
        self._began = 0.0
        self._is_stepping = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)

    @property
    def is_playing(self) -> bool:
        """Whether time passes."""
        return self._schedule is not None

    @property
    def speed(self) -> float:
        """Times as fast as reality, or `EVERY_FRAME`."""
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Play faster or slower from here on."""
        self._rebase(self._number)
        self._speed = speed
        self._timer.setInterval(self._interval())

    def start(self) -> bool:
        """Play from the playhead, from the start where it is at the end or outside.

        Returns
        -------
        bool
            False where there is no frame to play.
        """
        playhead = self._session.playhead
        name = playhead.movie if playhead else ""
        plan = schedule(self._session.experiment, self._session.range_ns, first=name)
        if not len(plan):
            return False
        self._schedule = plan
        number = plan.number_of(playhead)
        self._go(0 if number is None or number == len(plan) - 1 else number)
        self._rebase(self._number)
        self._timer.start(self._interval())
        self.playing_changed.emit(True)
        return True

    def stop(self) -> None:
        """Stay on the frame that shows."""
        if self._schedule is not None:
            self._timer.stop()
            self._schedule = None
            self.playing_changed.emit(False)

    def restart(self) -> None:
        """Take another stretch or other movies into account while playing."""
        if self.is_playing and not self.start():
            self.stop()

    def follow(self, playhead: Playhead | None) -> None:
        """Go on from where the user went meanwhile."""
        if self._schedule is None or self._is_stepping:
            return
        number = self._schedule.number_of(playhead)
        if number is not None:
            self._rebase(number)
        else:
            self.restart()

    def tick(self) -> None:
        """Show the frame whose turn it is."""
        plan = self._schedule
        if plan is None:
            return
        last = len(plan) - 1
        if self._steps_frames(plan):
            wanted = self._number + 1
        else:
            position = self._position_ns()
            wanted = plan.at(position) if position < plan.total_ns else last + 1
        if wanted <= last:
            self._go(wanted)
        elif self._number < last:
            self._go(last)
        elif self.loops:
            self._rebase(0)
            self._go(0)
        else:
            self.stop()

    def _steps_frames(self, plan: Schedule) -> bool:
        """Whether frames follow each other evenly; so they do without times."""
        return self._speed == EVERY_FRAME or not plan.is_timed

    def _interval(self) -> int:
        plan = self._schedule
        steps = plan is not None and self._steps_frames(plan)
        return _FRAME_MS if steps else _TICK_MS

    def _position_ns(self) -> float:
        elapsed = self._clock() - self._began
        return self._base_ns + elapsed * self._speed * NS_PER_S

    def _rebase(self, number: int) -> None:
        """Let time pass from the start of a frame on."""
        self._number = number
        self._began = self._clock()
        self._base_ns = (
            0.0 if self._schedule is None else self._schedule.begin_ns(number)
        )

    def _go(self, number: int) -> None:
        assert self._schedule is not None
        self._number = number
        target = self._schedule.playhead(number)
        self._is_stepping = True
        try:
            self._session.go_to(target.frame, target.movie)
        finally:
            self._is_stepping = False
