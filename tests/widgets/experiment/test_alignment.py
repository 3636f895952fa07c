"""The alignment in words, typed, from start times, from events, from its history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_insitu_tem.model.alignment import align_by_events
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.experiment.alignment import AlignmentSection
from stamped import NOON, stamped_movie, stamped_trace


def section_of(qtbot, session):
    section = AlignmentSection(session)
    session.document_changed.connect(section.refresh)
    session.experiment_changed.connect(section.refresh)
    session.marking_changed.connect(section.marking.on_marking)
    session.moment_marked.connect(section.marking.on_moment)
    qtbot.addWidget(section)
    section.show()
    return section


@pytest.fixture
def section(qtbot, session):
    return section_of(qtbot, session)


def type_offset(qtbot, section, text):
    section.offset.selectAll()
    qtbot.keyClicks(section.offset, text)
    qtbot.keyClick(section.offset, Qt.Key.Key_Return)


# -- in words ------------------------------------------------------------------------


def test_movie_that_is_not_aligned_says_what_is_assumed(section):
    assert section.state.text().startswith("Not aligned: ")
    assert not section.doubts.isVisible()


def test_whole_hours_between_the_clocks_are_pointed_out(qtbot):
    movie = stamped_movie(start=NOON + timedelta(hours=1))
    session = Session(Experiment(movie, stamped_trace()))
    section = section_of(qtbot, session)
    section.stamps_button.click()
    assert "exactly +1 h" in section.doubts.text()
    assert "do not overlap" in section.doubts.text()
    assert section.doubts.isVisible()


def test_without_a_trace_it_says_what_is_missing(qtbot):
    section = section_of(qtbot, Session(Experiment(stamped_movie())))
    assert not section.body.isEnabled()
    assert "potentiostat" in section.state.text()


def test_start_times_need_both_files(qtbot):
    session = Session(Experiment(stamped_movie(), stamped_trace(start=None)))
    assert not section_of(qtbot, session).stamps_button.isEnabled()


# -- typed ---------------------------------------------------------------------------


def test_typed_offset_is_one_step(qtbot, section, session):
    type_offset(qtbot, section, "-12.5")
    alignment = session.experiment.alignment()
    assert (alignment.offset_s, alignment.method) == (-12.5, "typed")
    assert len(session.document.alignments["wire"]) == 1
    assert session.undo() == "type offset of wire"
    assert session.experiment.alignment().method == "none"
    assert section.offset.value() == 0


def test_steps_of_the_spin_box_show_at_once_and_are_one_undo(qtbot, section, session):
    section.offset.stepUp()
    first = session.experiment.alignment().offset_s
    section.offset.stepUp()
    section.offset.stepUp()
    assert session.experiment.alignment().offset_s > first > 0
    assert not session.history.undo_label
    qtbot.waitUntil(lambda: bool(session.history.undo_label))
    assert len(session.document.alignments["wire"]) == 1
    session.undo()
    assert session.experiment.alignment().method == "none"


def test_undo_while_an_offset_settles_leaves_nothing_behind(qtbot, section, session):
    section.offset.stepUp()
    session.undo()
    section.offset.editingFinished.emit()
    assert session.experiment.alignment().method == "none"
    assert not session.history.undo_label


def test_typed_uncertainty_belongs_to_the_offset(qtbot, section, session):
    type_offset(qtbot, section, "3")
    section.spread.setValue(0.25)
    section.spread.editingFinished.emit()
    alignment = session.experiment.alignment()
    assert (alignment.offset_s, alignment.u_offset_s) == (3.0, 0.25)


def test_typed_offset_does_not_take_over_the_uncertainty_of_a_fit(
    qtbot, section, session
):
    fit = align_by_events([(1.0, 3.0)], u_movie_s=0.1)
    session.edit("align", session.document.with_alignment("wire", fit))
    type_offset(qtbot, section, "30")
    alignment = session.experiment.alignment()
    assert (alignment.offset_s, alignment.method) == (30.0, "typed")
    assert np.isnan(alignment.u_offset_s)
    assert section.spread.number is None
    section.spread.setValue(0.25)
    section.spread.editingFinished.emit()
    type_offset(qtbot, section, "31")
    alignment = session.experiment.alignment()
    assert (alignment.offset_s, alignment.u_offset_s) == (31.0, 0.25)


# -- events --------------------------------------------------------------------------


def mark(session, section, frame, trace_s):
    session.go_to(frame)
    section.marking.mark_button.click()
    assert session.is_marking
    session.mark_moment(int(trace_s * 1e9))


def test_marking_takes_the_frame_then_waits_for_the_timeline(section, session):
    session.go_to(10)
    section.marking.mark_button.click()
    assert session.is_marking
    assert "4.750 s of wire is taken" in section.marking.prompt.text()
    session.go_to(3)  # looking round meanwhile does not change what was taken
    session.mark_moment(17_500_000_000)
    assert session.experiment.alignment().pairs == ((4.75, 17.5),)
    assert section.offset.value() == 12.75
    assert not section.marking.prompt.isVisible()


def test_marking_can_be_stopped_from_here_and_from_elsewhere(section, session):
    button = section.marking.mark_button
    button.click()
    button.click()
    assert not session.is_marking
    button.click()
    session.set_marking(False)
    assert not button.isChecked()
    assert not section.marking.prompt.isVisible()
    assert not session.history.undo_label


def test_pairs_are_listed_with_residuals_and_can_be_removed(section, session):
    for frame, trace_s in ((2, 11.0), (8, 14.2), (18, 19.0)):
        mark(session, section, frame, trace_s)
    table = section.marking.table
    assert table.rowCount() == 3
    assert table.item(1, 0).text() == "3.750"
    assert table.item(1, 1).text() == "14.200"
    assert table.item(1, 2).text() == "+0.133"
    table.selectRow(1)
    section.marking.remove_button.click()
    assert session.experiment.alignment().offset_s == pytest.approx(10.25)
    assert table.rowCount() == 2
    session.undo()
    assert table.rowCount() == 3


def test_movie_without_times_cannot_be_marked(qtbot):
    movie = stamped_movie(times_s=None)
    section = section_of(qtbot, Session(Experiment(movie, stamped_trace())))
    assert not section.marking.mark_button.isEnabled()


# -- history -------------------------------------------------------------------------


def test_earlier_alignments_are_listed_and_one_can_be_used_again(
    qtbot, section, session
):
    for offset in ("1", "2", "3"):
        type_offset(qtbot, section, offset)
    lines = [section.history.item(i).text() for i in range(section.history.count())]
    assert ["+2.000 s" in lines[0], "+1.000 s" in lines[1]] == [True, True]
    section.history.setCurrentRow(1)
    section.again_button.click()
    assert session.experiment.alignment().offset_s == 1.0
    assert section.history.count() == 3


def test_section_follows_the_movie_under_the_playhead(qtbot, section, session):
    type_offset(qtbot, section, "7")
    session.experiment.add_movie(stamped_movie("second"))
    session.go_to(0, "second")
    section.refresh()
    assert section.state.text().startswith("Not aligned")
    type_offset(qtbot, section, "9")
    offsets = {m: session.experiment.alignment(m).offset_s for m in ("wire", "second")}
    assert offsets == {"wire": 7.0, "second": 9.0}


def test_preview_of_other_edits_is_not_taken_for_a_typed_offset(section, session):
    settings = replace(session.document.settings, observer="A")
    section.offset.stepUp()
    session.edit("observer", replace(session.document, settings=settings))
    section.offset.editingFinished.emit()
    assert session.history.undo_label == "observer"
