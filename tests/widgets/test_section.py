"""Sections fold, and sentences wrap without asking for more width."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from napari_insitu_tem.widgets.section import Section, sentence


def test_heading_folds_and_unfolds_what_is_under_it(qtbot):
    section = Section("Pixel size", is_open=False)
    qtbot.addWidget(section)
    section.rows.addWidget(QLabel("0.5 nm/px"))
    section.show()
    assert not section.body.isVisible()
    section.heading.click()
    assert section.body.isVisible()
    assert section.is_open


def test_long_sentence_wraps_in_a_narrow_dock_and_none_of_it_is_cut_off(qtbot):
    label = sentence("many words that have to be read " * 10)
    body = QWidget()
    column = QVBoxLayout(body)
    column.addWidget(label)
    column.addStretch()
    area = QScrollArea()
    area.setWidget(body)
    area.setWidgetResizable(True)
    qtbot.addWidget(area)
    area.resize(200, 100)
    area.show()
    assert body.width() <= area.viewport().width()
    assert label.height() >= label.heightForWidth(label.width())
    assert body.height() < 2 * label.heightForWidth(label.width())
