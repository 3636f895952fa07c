"""The dialog that asks which column is what."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtWidgets import QDialogButtonBox

from napari_insitu_tem.model.column_mapping import (
    ColumnChoice,
    ColumnMapping,
    TablePreview,
)
from napari_insitu_tem.widgets.dialogs.mapping import MappingDialog

SUGGESTED = ColumnMapping(
    {"time_s": ColumnChoice("t", "min"), "potential_V": ColumnChoice("u", "mV")}
)


def preview(suggested=SUGGESTED, columns=("t", "u", "x"), units=("min", "mV", "")):
    return TablePreview(
        path=Path("run.txt"),
        columns=columns,
        units=units,
        rows=(("0", "10", "a"), ("1", "20", "b")),
        suggested=suggested,
        doubts=("The column x has no unit.",),
        signature="abc",
        layout="comma separated",
    )


@pytest.fixture
def dialog_for(qtbot):
    def make(asked):
        dialog = MappingDialog(asked)
        qtbot.addWidget(dialog)
        return dialog

    return make


def choose(row, column):
    row.column.setCurrentText(column)
    row.column.activated.emit(row.column.currentIndex())


def can_open(dialog):
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Open).isEnabled()


def test_suggestion_is_what_an_untouched_dialog_answers(dialog_for):
    dialog = dialog_for(preview())
    assert dialog.mapping == SUGGESTED
    assert can_open(dialog)


def test_table_shows_the_file_and_marks_the_chosen_columns(dialog_for):
    dialog = dialog_for(preview())
    table = dialog.table
    assert table.item(1, 2).text() == "b"
    headers = [table.horizontalHeaderItem(i).text() for i in range(3)]
    assert headers == ["t\ntime", "u\npotential", "x\n "]


def test_choosing_a_column_takes_its_unit(dialog_for):
    asked = preview(columns=("t", "u", "I/mA"), units=("min", "mV", "mA"))
    dialog = dialog_for(asked)
    choose(dialog.roles["current_A"], "I/mA")
    assert dialog.mapping.columns["current_A"] == ColumnChoice("I/mA", "mA")


def test_a_time_and_a_signal_are_needed_and_no_column_twice(dialog_for):
    dialog = dialog_for(preview(ColumnMapping()))
    assert not can_open(dialog)
    assert "time" in dialog.problem.text()
    choose(dialog.roles["time_s"], "t")
    assert "potential" in dialog.problem.text()
    choose(dialog.roles["potential_V"], "t")
    assert "twice" in dialog.problem.text()
    choose(dialog.roles["potential_V"], "u")
    assert can_open(dialog)
    assert dialog.problem.text() == ""


def test_order_of_dates_is_asked_only_for_dates(dialog_for):
    dialog = dialog_for(preview())
    dialog.show()
    assert not dialog.order.isVisible()
    dialog.roles["time_s"].unit.setCurrentText("date")
    dialog.roles["time_s"].unit.activated.emit(0)
    assert dialog.order.isVisible()
    dialog.order.setCurrentText("month, day, year")
    assert dialog.mapping.date_order == "mdy"
    dialog.close()


def test_sign_of_the_current_is_part_of_the_answer(dialog_for):
    dialog = dialog_for(preview())
    dialog.flip.setChecked(True)
    assert dialog.mapping.flip_current


def test_unit_that_is_not_offered_is_kept(dialog_for):
    suggested = ColumnMapping(
        {"time_s": ColumnChoice("t", "µs"), "potential_V": ColumnChoice("u", "kV")}
    )
    assert dialog_for(preview(suggested)).mapping == suggested


def test_the_role_over_a_narrow_column_is_not_cut_off(dialog_for):
    dialog = dialog_for(preview())
    header = dialog.table.horizontalHeader()
    words = header.fontMetrics().horizontalAdvance("potential")
    assert dialog.table.columnWidth(1) >= words
