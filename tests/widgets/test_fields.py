"""Number fields: the point, the comma, the wheel, and "none"."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QLocale, QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

from napari_insitu_tem.widgets.fields import NumberField


@pytest.fixture
def field(qtbot):
    field = NumberField("s", lowest=-100, highest=100)
    qtbot.addWidget(field)
    return field


def typed(qtbot, field, text):
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    return field.value()


@pytest.mark.parametrize("text", ["12.5", "12,5"])
def test_point_and_comma_mean_the_same_whatever_the_locale(qtbot, text):
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German))
    try:
        field = NumberField("s", highest=100)
        qtbot.addWidget(field)
        assert typed(qtbot, field, text) == 12.5
        assert field.text() == "12.5 s"
    finally:
        QLocale.setDefault(before)


def test_value_counts_when_enter_is_pressed_not_with_each_key(qtbot, field):
    values = []
    field.valueChanged.connect(values.append)
    typed(qtbot, field, "-7.25")
    assert values == [-7.25]


def test_wheel_without_the_focus_changes_nothing(qtbot, field):
    field.setValue(5)
    wheel = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, wheel)
    assert field.value() == 5
    assert not wheel.isAccepted()


def test_zeros_at_the_end_are_shown_only_where_wanted(qtbot):
    fixed, short = NumberField("s", fixed=True), NumberField("nm/px", decimals=6)
    for field in (fixed, short):
        qtbot.addWidget(field)
        field.setValue(2.5)
    assert (fixed.text(), short.text()) == ("2.500 s", "2.5 nm/px")


def test_a_field_may_hold_no_number(qtbot):
    field = NumberField("s", empty="unknown")
    qtbot.addWidget(field)
    field.show_number(None)
    assert (field.text(), field.number) == ("unknown", None)
    field.show_number(0.5)
    assert field.number == 0.5


def test_showing_a_number_announces_nothing(field):
    values = []
    field.valueChanged.connect(values.append)
    field.show_number(3.0)
    assert (field.value(), values) == (3.0, [])


def test_whole_numbers_keep_their_zeros(qtbot):
    field = NumberField("", decimals=0)
    qtbot.addWidget(field)
    for value in (0, 40, 100):
        field.setValue(value)
        assert field.lineEdit().text() == str(value)
