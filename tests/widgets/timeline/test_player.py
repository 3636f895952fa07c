"""Playing by real time, with a clock that the test turns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.player import EVERY_FRAME, Player

S = 10**9


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session() -> Session:
    times = [0, 1, 2, 3, 4, 100, 101, 102]
    movie = Movie.from_array(np.zeros((8, 2, 2), np.uint8), name="a", times_s=times)
    return Session(Experiment(movie))


@pytest.fixture
def player(qapp: Any, session: Session, clock: Clock) -> Player:
    player = Player(session, clock=clock)
    session.playhead_changed.connect(player.follow)
    yield player
    player.stop()


def shown_at(player: Player, clock: Clock, session: Session, moment: float) -> int:
    clock.now = moment
    player.tick()
    return session.playhead.frame


def test_frames_follow_real_time_and_skip_empty_time(player, clock, session) -> None:
    player.start()
    seen = [shown_at(player, clock, session, t) for t in (0.5, 1.5, 3.2, 5.5, 6.9)]
    assert seen == [0, 1, 3, 5, 6]


def test_speed_changes_from_here_on(player, clock, session) -> None:
    player.start()
    assert shown_at(player, clock, session, 1.5) == 1
    player.set_speed(2.0)
    assert shown_at(player, clock, session, 2.6) == 3


def test_last_frame_is_shown_before_it_stops(player, clock, session, qtbot) -> None:
    said = []
    player.playing_changed.connect(said.append)
    player.start()
    assert shown_at(player, clock, session, 1000.0) == 7
    assert player.is_playing
    player.tick()
    assert not player.is_playing
    assert session.playhead.frame == 7
    assert said == [True, False]


def test_loop_shows_the_last_frame_and_begins_again(player, clock, session) -> None:
    player.loops = True
    player.start()
    frames = [shown_at(player, clock, session, t) for t in (7.5, 8.5, 8.51, 9.6)]
    assert frames == [7, 0, 0, 1]


def test_only_the_selected_stretch_is_played(player, clock, session) -> None:
    session.set_range((2 * S, 4 * S))
    player.loops = True
    player.start()
    assert session.playhead.frame == 2
    frames = [shown_at(player, clock, session, t) for t in (1.5, 2.5, 2.6)]
    assert frames == [3, 2, 2]


def test_playing_goes_on_from_where_the_user_went(player, clock, session) -> None:
    player.start()
    shown_at(player, clock, session, 0.5)
    session.go_to(5)
    assert shown_at(player, clock, session, 0.6) == 5
    assert shown_at(player, clock, session, 1.6) == 6


def test_every_frame_is_shown_once(player, clock, session) -> None:
    player.set_speed(EVERY_FRAME)
    player.start()
    seen = [session.playhead.frame]
    while player.is_playing:
        player.tick()
        seen.append(session.playhead.frame)
    assert seen == [*range(8), 7]


def test_starts_over_at_the_end(player, session) -> None:
    session.go_to(7)
    player.start()
    assert session.playhead.frame == 0


def test_nothing_to_play(player, session) -> None:
    session.set_range((50 * S, 60 * S))
    assert not player.start()
    assert not player.is_playing
    session.open(Experiment())
    assert not player.start()


def test_timer_ticks(player, session, qtbot) -> None:
    player._clock = lambda: 1e3 if player.is_playing else 0.0
    player.start()
    player._began = 0.0
    qtbot.waitUntil(lambda: not player.is_playing, timeout=2000)
    assert session.playhead.frame == 7
