"""The list of what is open: facts, time base, polarity, warnings, taking out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.experiment.files import FilesSection
from stamped import stamped_movie, stamped_trace


def section_of(qtbot, session):
    section = FilesSection(session)
    session.document_changed.connect(section.refresh)
    session.experiment_changed.connect(section.rebuild)
    qtbot.addWidget(section)
    section.show()
    return section


@pytest.fixture
def section(qtbot, session):
    return section_of(qtbot, session)


def test_every_file_has_a_card_in_the_order_of_opening(section, session):
    session.add_movie(stamped_movie("second"))
    assert [card.name for card in section.cards] == ["wire", "second", "gcd"]
    assert not section.nothing.isVisible()


def test_taking_a_file_out_leaves_the_others(section, session):
    section.cards[1].remove_button.click()
    assert [card.name for card in section.cards] == ["wire"]
    assert not session.experiment.has_trace


def test_time_base_is_told_in_words(qtbot):
    times = np.delete(np.arange(24) * 0.5, [5, 6, 7, 8])
    section = section_of(qtbot, Session(Experiment(stamped_movie(times_s=times))))
    text = section.cards[0].audit.text()
    assert text.startswith("20 frames, 0.500 s apart, 1 gap, longest 2.5 s")


def test_frame_interval_is_asked_for_only_where_the_file_has_no_times(qtbot, session):
    timeless = stamped_movie("timeless", times_s=None)
    session.experiment.add_movie(timeless)
    section = section_of(qtbot, session)
    wire, other = section.cards[0], section.cards[1]
    assert not wire.interval.isVisible()
    assert "no times in the file" in other.audit.text()
    other.interval.selectAll()
    qtbot.keyClicks(other.interval, "0.04")
    qtbot.keyClick(other.interval, Qt.Key.Key_Return)
    assert session.document.intervals == {"timeless": 0.04}
    assert "0.04 s apart" in other.audit.text()
    session.undo()
    assert other.interval.number is None


def test_sign_of_the_current_is_changed_once_and_taken_back(section, session):
    card = section.cards[1]
    card.flip.click()
    assert session.experiment.trace().values("current_A")[0] == -1e-9
    assert card.flipped.isVisible()
    session.undo()
    assert session.experiment.trace().values("current_A")[0] == 1e-9
    assert not card.flip.isChecked()


def test_trace_without_current_offers_no_change_of_sign(qtbot):
    trace = stamped_trace()
    table = trace.frame.drop(columns=["current_A", "charge_C"])
    section = section_of(qtbot, Session(Experiment(trace=replace(trace, frame=table))))
    assert not section.cards[0].flip.isVisible()


def test_many_warnings_are_all_there_but_do_not_flood_the_dock(qtbot):
    warnings = tuple(f"warning {i}" for i in range(6))
    trace = replace(stamped_trace(), warnings=warnings)
    section = section_of(qtbot, Session(Experiment(trace=trace)))
    from qtpy.QtWidgets import QLabel, QPushButton

    def shown():
        labels = section.cards[0].findChildren(QLabel)
        return {x.text() for x in labels if x.isVisible()} & set(warnings)

    assert shown() == set(warnings[:3])
    (more,) = section.cards[0].findChildren(QPushButton)
    assert more.text() == "3 more"
    more.click()
    assert shown() == set(warnings)


def test_cards_stay_while_rows_are_edited(section, session):
    cards = list(section.cards)
    settings = replace(session.document.settings, observer="A")
    session.edit("observer", replace(session.document, settings=settings))
    assert section.cards == cards
