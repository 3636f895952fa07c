"""Errors meant for the user become a sentence; others are seen."""

from __future__ import annotations

import pytest
from napari.utils.notifications import NotificationSeverity, notification_manager

from napari_insitu_tem.model.errors import CancelledError, ReadError
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.reporting import reporting


@pytest.fixture
def shown():
    """Notifications that napari showed during the test."""
    notification_manager.records.clear()
    yield notification_manager.records
    notification_manager.records.clear()


@pytest.fixture
def said():
    """A session and the list of what it said."""
    session, sentences = Session(), []
    session.message.connect(sentences.append)
    return session, sentences


def test_error_for_the_user_is_shown_and_said_with_its_way_out(shown, said):
    session, sentences = said
    with reporting(session):
        raise ReadError("wire.tif is empty.", hint="Copy it again.")
    (notice,) = shown
    assert notice.severity is NotificationSeverity.ERROR
    assert notice.message == "wire.tif is empty. Copy it again."
    assert sentences == ["wire.tif is empty. Copy it again."]


def test_works_as_a_decorator(shown):
    @reporting()
    def fails():
        raise ReadError("wire.tif is empty.")

    fails()
    fails()
    assert [notice.message for notice in shown] == ["wire.tif is empty."] * 2


def test_what_the_user_stopped_is_said_but_no_error(shown, said):
    session, sentences = said
    with reporting(session):
        raise CancelledError("Opening wire.tif")
    assert not shown
    assert sentences == ["Opening wire.tif was cancelled."]


def test_other_exceptions_pass(shown):
    with pytest.raises(ZeroDivisionError), reporting():
        raise ZeroDivisionError
    assert not shown
