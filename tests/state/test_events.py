"""Instants, spans and the vocabulary."""

from __future__ import annotations

import pytest

from napari_insitu_tem.model.document import EventTerm
from napari_insitu_tem.model.errors import ExperimentError, MeasurementError
from napari_insitu_tem.state.events import mark_event, open_event, set_vocabulary
from napari_insitu_tem.state.session import Session


def test_an_instant_has_no_duration(session):
    session.go_to(3)
    mark_event(session, "crack", position=(5.0, 6.0))
    row = session.table("event").iloc[0]
    assert (row["label"], row["frame"], row["end_frame"]) == ("crack", 3, 3)
    assert row["geometry"] == "POINT (6.0 5.0)"


def test_a_span_ends_by_the_second_mark_and_has_its_charge(session):
    session.go_to(2)
    mark_event(session, "gas bubble", with_duration=True)
    assert open_event(session, "gas bubble") is not None
    session.go_to(8)
    mark_event(session, "gas bubble", with_duration=True)
    assert open_event(session, "gas bubble") is None
    row = session.table("event").iloc[0]
    assert (row["frame"], row["end_frame"]) == (2, 8)
    assert row["duration_s"] == pytest.approx(3.4)
    assert row["charge_passed_C"] == pytest.approx(3.4e-9)
    assert row["potential_mean_V"] == pytest.approx(0.1 * (1.0 + 4.4) / 2)
    assert session.undo() == "end event gas bubble"


def test_a_span_marked_backwards_is_turned_round(session):
    session.go_to(8)
    mark_event(session, "crack", with_duration=True)
    session.go_to(2)
    ended = mark_event(session, "crack", with_duration=True)
    assert (ended.frame, ended.get("end_frame")) == (2, 8)


def test_without_a_movie_an_event_says_so():
    with pytest.raises(MeasurementError, match="Open a movie"):
        mark_event(Session(), "crack")


def test_the_vocabulary_can_be_changed_and_taken_back(session):
    before = session.document.vocabulary
    set_vocabulary(session, [*before, EventTerm("dendrite", "#ffffff", "F9")])
    assert session.document.vocabulary[-1].label == "dendrite"
    session.undo()
    assert session.document.vocabulary == before


@pytest.mark.parametrize(
    ("term", "sentence"),
    [
        (EventTerm("crack", "#ffffff"), "the word 'crack'"),
        (EventTerm("new", "#ffffff", "F2"), "the key 'F2'"),
        (EventTerm("  ", "#ffffff"), "needs a word"),
    ],
)
def test_a_double_or_empty_word_is_refused(session, term, sentence):
    with pytest.raises(ExperimentError, match=sentence):
        set_vocabulary(session, [*session.document.vocabulary, term])
