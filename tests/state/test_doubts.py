"""Doubted rows are listed in order and reached one after the other."""

from __future__ import annotations

import pytest

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.fronts import flags as front_flags
from napari_insitu_tem.state.doubts import doubts, go_to_doubt, in_words
from tracking_scene import make_session, pick


@pytest.fixture
def session():
    session = make_session()
    for frame, flag in ((30, "jump"), (3, ""), (12, "low_contrast")):
        row = pick(session, frame, 60.0).changed(flag=flag)
        session.edit("flag", session.document.with_records([row]))
    session.select([])
    session.go_to(0)
    return session


def test_they_are_listed_by_frame(session):
    found = doubts(session)
    assert [(d.frame, d.flag, d.name) for d in found] == [
        (12, "low_contrast", "front 1"),
        (30, "jump", "front 1"),
    ]
    assert doubts(session, ["sei"]) == []


def test_one_after_the_other_and_round(session):
    said = []
    session.message.connect(said.append)
    frames = []
    for _ in range(3):
        go_to_doubt(session)
        frames.append(session.playhead.frame)
    assert frames == [12, 30, 12]
    assert said[0] == (
        "Doubted row 1 of 2, front 1, frame 12: no step in brightness stands out from "
        "the noise."
    )
    go_to_doubt(session, -1)
    assert session.playhead.frame == 30
    session.select([])
    session.go_to(20)
    assert go_to_doubt(session, -1).frame == 12


def test_none_is_said(session):
    said = []
    session.message.connect(said.append)
    assert go_to_doubt(session, kinds=["sei"]) is None
    assert said == ["No row is doubted."]


@pytest.mark.parametrize("module", [flags, front_flags])
def test_every_flag_has_its_reason(module):
    words = {v for k, v in vars(module).items() if k.isupper() and isinstance(v, str)}
    assert all(in_words(word) != f"{word.replace('_', ' ')}." for word in words)
