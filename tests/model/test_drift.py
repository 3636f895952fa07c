"""The drift of a movie in the document."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.geometry import Geometry

NAN = float("nan")
SHIFT = [[0.0, 0.0], [1.0, -2.0], [NAN, NAN], [3.0, -4.0]]


def drift(shift=SHIFT, **more):
    return MovieDrift.of(
        shift, np.full((len(shift), 2), 0.1), [""] * len(shift), **more
    )


def test_what_is_not_known_equals_itself():
    assert drift() == drift()
    assert drift() != drift(is_on=False)
    assert drift([[0.0, 0.0], [NAN, NAN]]) != drift([[0.0, 0.0], [1.0, NAN]])


def test_a_frame_without_a_shift_is_shown_as_the_one_before():
    assert drift().shown.tolist() == [[0, 0], [1, -2], [1, -2], [3, -4]]
    late = drift([[NAN, NAN], [2.0, 1.0]])
    assert late.shown.tolist() == [[2, 1], [2, 1]]
    assert drift([[NAN, NAN]]).shown.tolist() == [[0, 0]]


def test_a_path_is_moved_by_the_difference_to_the_frame_it_was_drawn_on():
    moved = drift().path_shift(1)
    assert moved[0].tolist() == [-1.0, 2.0]
    assert moved[3].tolist() == [2.0, -2.0]
    assert np.isnan(moved[2]).all()
    assert drift().u_moved(1, 3) == pytest.approx([0.1 * 2**0.5] * 2)
    assert drift().u_moved(3, 3).tolist() == [0.0, 0.0]


def test_a_shape_is_carried_where_the_drift_is_corrected():
    line = Geometry.of("line", [(5, 5), (5, 9)])
    document = Document().with_drift("film", drift())
    there = document.carried(line, "film", 1, 3)
    assert there.parts == (((7.0, 3.0), (7.0, 7.0)),)
    off = document.with_drift("film", replace(drift(), is_on=False))
    assert off.carried(line, "film", 1, 3) is line
    assert document.carried(line, "other", 1, 3) is line
    assert document.with_drift("film", None).drifts == {}


def test_parts_of_different_length_are_refused():
    with pytest.raises(MeasurementError, match="differ in length"):
        MovieDrift(((0.0, 0.0),), (), ("",))
