"""What is played, and for how long."""

from __future__ import annotations

import numpy as np

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.state.session import Playhead
from napari_insitu_tem.widgets.timeline.schedule import schedule

S = 10**9


def movie(name: str, times_s: object, **more: object) -> Movie:
    return Movie.from_array(
        np.zeros((np.size(times_s), 2, 2), np.uint8), name=name, times_s=times_s, **more
    )


def played(plan: object) -> list[tuple[str, int]]:
    heads = [plan.playhead(i) for i in range(len(plan))]
    return [(head.movie, head.frame) for head in heads]


def test_frames_show_until_the_next_one_starts() -> None:
    plan = schedule(Experiment(movie("a", [0, 1, 2.5, 3.5])))
    assert plan.ends_ns.tolist() == [1 * S, int(2.5 * S), int(3.5 * S), int(4.5 * S)]
    assert [plan.at(t * S) for t in (0, 0.99, 1, 2.6, 4.4, 99)] == [0, 0, 1, 2, 3, 3]


def test_empty_time_takes_no_time() -> None:
    gap = schedule(Experiment(movie("a", [0, 1, 2, 100, 101])))
    assert gap.total_ns == 5 * S
    far = Experiment(movies=[movie("a", [0, 1]), movie("b", [1000, 1001])])
    assert schedule(far).total_ns == 4 * S
    assert played(schedule(far)) == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]


def test_range_takes_the_frames_that_show_in_it() -> None:
    experiment = Experiment(movie("a", np.arange(10.0)))
    plan = schedule(experiment, (int(2.5 * S), 5 * S))
    assert [frame for _, frame in played(plan)] == [2, 3, 4]
    assert not len(schedule(experiment, (50 * S, 60 * S)))


def test_of_overlapping_movies_the_first_named_is_played() -> None:
    both = Experiment(movies=[movie("a", [0, 1, 2]), movie("b", [0.5, 1.5, 2.5, 3.5])])
    assert played(schedule(both, first="a")) == [
        ("a", 0),
        ("a", 1),
        ("a", 2),
        ("b", 3),
    ]
    assert {name for name, _ in played(schedule(both, first="b"))} == {"a", "b"}
    assert ("a", 0) in played(schedule(both, first="b"))


def test_frames_out_of_order_are_played_in_the_order_of_time() -> None:
    plan = schedule(Experiment(movie("a", [2, 0, 1])))
    assert [frame for _, frame in played(plan)] == [1, 2, 0]


def test_movie_without_times_is_played_evenly_and_alone() -> None:
    still = Movie.from_array(np.zeros((3, 2, 2), np.uint8), name="still")
    experiment = Experiment(movies=[still, movie("a", [0, 1])])
    assert not schedule(experiment, first="still").is_timed
    assert len(schedule(experiment, first="still")) == 3
    assert played(schedule(experiment, first="a")) == [("a", 0), ("a", 1)]


def test_place_of_a_frame() -> None:
    plan = schedule(Experiment(movie("a", [0, 1, 2])), (1 * S, 2 * S))
    assert plan.number_of(Playhead("a", 1)) == 0
    assert plan.number_of(Playhead("a", 2)) is None
    assert plan.number_of(Playhead("other", 1)) is None
    assert plan.number_of(None) is None


def test_one_frame_and_none() -> None:
    assert schedule(Experiment(movie("a", [5], exposures_s=0.5))).total_ns == S // 2
    assert schedule(Experiment()).total_ns == 0
