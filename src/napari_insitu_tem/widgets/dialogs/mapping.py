"""Which column of a text table is what, asked with the table in view."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_insitu_tem.model.column_mapping import (
    ROLES,
    ColumnChoice,
    ColumnMapping,
    DateOrder,
    Role,
    TablePreview,
)
from napari_insitu_tem.widgets.section import sentence

_WORDS: dict[Role, str] = {
    "time_s": "Time",
    "potential_V": "Potential",
    "current_A": "Current",
    "charge_C": "Charge",
    "cycle": "Cycle",
    "step": "Step",
}

#: Units offered for each role, the usual one first.
_UNITS: dict[Role, tuple[str, ...]] = {
    "time_s": ("s", "ms", "min", "h", "d", "h:m:s", "date"),
    "potential_V": ("V", "mV"),
    "current_A": ("A", "mA", "µA", "nA", "pA"),
    "charge_C": ("C", "mC", "µC", "Ah", "mAh", "µAh"),
}

_ORDERS: dict[DateOrder, str] = {
    "": "as the dates show",
    "dmy": "day, month, year",
    "mdy": "month, day, year",
    "ymd": "year, month, day",
}

_NONE = "(not in this file)"


class RoleRow(QWidget):
    """The column and the unit of one role.

    Signals
    -------
    changed()
        Another column or unit was chosen.
    """

    changed = Signal()

    def __init__(self, role: Role, preview: TablePreview) -> None:
        super().__init__()
        self.role = role
        self._found = dict(zip(preview.columns, preview.units, strict=True))
        self.column = QComboBox()
        self.column.addItem(_NONE)
        self.column.addItems(preview.columns)
        self.column.setMinimumContentsLength(16)
        self.unit = QComboBox()
        self.unit.addItems(_UNITS.get(role, ()))
        self.unit.setVisible(role in _UNITS)
        self._show(preview.suggested.columns.get(role))
        self.column.activated.connect(self._on_column)
        self.unit.activated.connect(self.changed)

    def _show(self, choice: ColumnChoice | None) -> None:
        if choice is not None:
            self.column.setCurrentText(choice.column)
            self._show_unit(choice.unit or self._found.get(choice.column, ""))
        self.unit.setEnabled(choice is not None)

    def _show_unit(self, unit: str) -> None:
        """Choose a unit; one that is not offered yet is added."""
        if unit and self.role in _UNITS:
            if self.unit.findText(unit) < 0:
                self.unit.addItem(unit)
            self.unit.setCurrentText(unit)

    def _on_column(self) -> None:
        choice = self.choice
        self.unit.setEnabled(choice is not None)
        if choice is not None:
            self._show_unit(self._found.get(choice.column, ""))
        self.changed.emit()

    @property
    def choice(self) -> ColumnChoice | None:
        """What is chosen; None for a role that the file does not have."""
        if self.column.currentIndex() <= 0:
            return None
        return ColumnChoice(self.column.currentText(), self.unit.currentText())


class MappingDialog(QDialog):
    """Shows a table and asks which column is what.

    Parameters
    ----------
    preview
        The table as it was understood.
    parent
        The Qt parent.
    """

    def __init__(self, preview: TablePreview, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview = preview
        self.setWindowTitle(f"Columns of {preview.path.name}")
        self.roles = {role: RoleRow(role, preview) for role in ROLES}
        self.order = QComboBox()
        self.order.addItems(list(_ORDERS.values()))
        self.order_label = QLabel("Dates are written")
        self.flip = QCheckBox(
            "Cathodic current is positive in this file: turn it round"
        )
        self.remember = QCheckBox("Read all files of this layout in this way")
        self.remember.setChecked(True)
        self.table = _table(preview)
        self.problem = sentence()
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open
            | QDialogButtonBox.StandardButton.Cancel
        )
        for button in self.buttons.buttons():
            button.setIcon(QIcon())
        self._build()
        self._connect()
        self._show_order(preview.suggested.date_order)
        self.flip.setChecked(preview.suggested.flip_current)
        self._refresh()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(8)
        doubts = "\n".join(self._preview.doubts)
        column.addWidget(
            sentence(f"Which column of {self._preview.path.name} is what?\n{doubts}")
        )
        column.addWidget(self.table, 1)
        layout = sentence(f"Read as: {self._preview.layout}")
        layout.setEnabled(False)
        column.addWidget(layout)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(2, 1)
        for place, (role, row) in enumerate(self.roles.items()):
            grid.addWidget(QLabel(_WORDS[role]), place, 0)
            grid.addWidget(row.column, place, 1)
            grid.addWidget(row.unit, place, 2)
        grid.addWidget(self.order_label, len(self.roles), 0)
        grid.addWidget(self.order, len(self.roles), 1)
        column.addLayout(grid)
        for part in (self.flip, self.remember, self.problem, self.buttons):
            column.addWidget(part)
        self.resize(720, 620)

    def _connect(self) -> None:
        for row in self.roles.values():
            row.changed.connect(self._refresh)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _show_order(self, order: DateOrder) -> None:
        self.order.setCurrentText(_ORDERS[order])

    def _refresh(self) -> None:
        """Mark the chosen columns in the table, and say what is missing."""
        chosen = self._chosen()
        by_column = {c.column: _WORDS[role].lower() for role, c in chosen.items()}
        for place, name in enumerate(self._preview.columns):
            role = by_column.get(name)
            item = self.table.horizontalHeaderItem(place)
            if item is not None:
                item.setText(f"{name}\n{role or ' '}")
        self.table.resizeColumnsToContents()
        time = chosen.get("time_s")
        has_dates = time is not None and time.unit == "date"
        self.order.setVisible(has_dates)
        self.order_label.setVisible(has_dates)
        problem = self._what_is_wrong(chosen)
        self.problem.setText(problem)
        self.buttons.button(QDialogButtonBox.StandardButton.Open).setEnabled(
            not problem
        )

    def _chosen(self) -> dict[Role, ColumnChoice]:
        pairs = ((role, row.choice) for role, row in self.roles.items())
        return {role: choice for role, choice in pairs if choice is not None}

    @staticmethod
    def _what_is_wrong(chosen: Mapping[Role, ColumnChoice]) -> str:
        if "time_s" not in chosen:
            return "Choose the column of the time."
        if "potential_V" not in chosen and "current_A" not in chosen:
            return "Choose the column of the potential, of the current, or of both."
        names = [choice.column for choice in chosen.values()]
        double = next((name for name in names if names.count(name) > 1), "")
        return f"The column {double} is chosen twice." if double else ""

    @property
    def mapping(self) -> ColumnMapping:
        """The answer."""
        order = list(_ORDERS)[self.order.currentIndex()]
        has_dates = self.order.isVisibleTo(self)
        return ColumnMapping(
            self._chosen(), order if has_dates else "", self.flip.isChecked()
        )


def _table(preview: TablePreview) -> QTableWidget:
    """The first rows, as they stand in the file."""
    table = QTableWidget(len(preview.rows), len(preview.columns))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setHorizontalHeaderLabels(list(preview.columns))
    with QSignalBlocker(table):
        for y, row in enumerate(preview.rows):
            for x, cell in enumerate(row):
                table.setItem(y, x, QTableWidgetItem(cell))
    return table
