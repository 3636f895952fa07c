"""The selected row in words, with what can be changed about it."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pandas as pd
from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QFormLayout, QGroupBox, QLabel, QLineEdit, QWidget

from napari_insitu_tem.layers.readout import with_prefix
from napari_insitu_tem.model.rounding import rounded, unit_text
from napari_insitu_tem.state.doubts import in_words
from napari_insitu_tem.state.measuring import change_records
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.measuring.name_box import NameBox


class RowView(QGroupBox):
    """Value, uncertainty and moment of the selected row; its object and comment.

    Parameters
    ----------
    session
        The open experiment.
    kind
        The kind of rows shown.
    quantity
        The only quantity of which rows are shown; "" for all.
    """

    def __init__(
        self,
        session: Session,
        kind: str,
        quantity: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Selected row", parent)
        self._session = session
        self._kind = kind
        self._quantity = quantity
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setMinimumHeight(74)
        self._object = NameBox("Give the selected rows to another object")
        self._comment = QLineEdit()
        self._comment.setPlaceholderText("free text, saved with the row")
        form = QFormLayout(self)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(self._text)
        form.addRow("Object", self._object)
        form.addRow("Comment", self._comment)
        self._object.name_changed.connect(self._on_object)
        self._comment.editingFinished.connect(self._on_comment)

    def refresh(self) -> None:
        """Show the selected row, or the one on this frame, as it is now."""
        table = self._session.table(self._kind)
        rows = table.iloc[self._chosen(table)]
        self._object.setEnabled(len(rows) > 0)
        self._comment.setEnabled(len(rows) > 0)
        row = rows.iloc[-1] if len(rows) else None
        self._text.setText(_in_words(row, len(rows), self._kind))
        names = self._session.document.object_names()
        self._object.show_names(names, "" if row is None else str(row["object"]))
        if not self._comment.hasFocus():
            with QSignalBlocker(self._comment):
                self._comment.setText("" if row is None else str(row["comment"]))

    def _chosen(self, table: pd.DataFrame) -> list[int]:
        """Places in the table: selected rows, else the one of this frame and object."""
        session = self._session
        mine = np.ones(len(table), dtype=bool)
        if self._quantity:
            mine = (table["quantity"] == self._quantity).to_numpy(bool)
        chosen = mine & table["id"].isin(session.selection).to_numpy(bool)
        here = session.playhead
        if chosen.any() or here is None:
            return [int(place) for place in np.flatnonzero(chosen)]
        wanted = (here.frame, here.movie, session.toolbox[self._kind].object)
        for name, cell in zip(("frame", "movie", "object"), wanted, strict=True):
            mine = mine & (table[name] == cell).to_numpy(bool)
        return [int(place) for place in np.flatnonzero(mine)][-1:]

    def ids(self) -> list[str]:
        """Ids of the rows that are shown."""
        table = self._session.table(self._kind)
        return [str(table["id"].iat[place]) for place in self._chosen(table)]

    def _on_object(self, name: str) -> None:
        change_records(self._session, self.ids(), f"give row to {name}", object=name)

    def _on_comment(self) -> None:
        text = self._comment.text()
        change_records(self._session, self.ids(), "edit comment", comment=text)


def _in_words(row: Any, count: int, kind: str) -> str:
    if row is None:
        return "<i>None on this frame yet. Draw one.</i>"
    lines = [f"<b style='font-size:large'>{_value(row)}</b>"]
    lines += [text for text in (_change(row), _kind_words(row, kind)) if text]
    lines.append(_moment(row))
    if row["flag"]:
        lines.append(
            f"<span style='color:#FF8A65'>Doubtful ({html.escape(row['flag'])}): "
            f"{html.escape(in_words(row['flag']))}</span>"
        )
    if count > 1:
        lines.append(f"<i>and {count - 1} more selected</i>")
    return "<br>".join(lines)


def _value(row: Any) -> str:
    if row["kind"] == "event":
        lasted = row["duration_s"]
        more = f", {lasted:.3g} s" if not pd.isna(lasted) and lasted > 0 else ""
        return f"{html.escape(str(row['label']))}{more}"
    if pd.isna(row["value"]):
        return "no value"
    unit = html.escape(unit_text(str(row["unit"])))
    return f"{_sure(row['value'], row['u_value'])} {unit}"


def _sure(value: float, u_value: float | None, plain: int = 5, sign: str = "") -> str:
    """A number with its uncertainty, both to two digits of the latter."""
    text, spread = rounded(value, u_value, plain)
    plus = sign if not text.startswith("-") else ""
    return f"{plus}{text} &plusmn; {spread}" if spread else f"{plus}{text}"


def _change(row: Any) -> str:
    """Expansion against the reference."""
    if "change_percent" not in row or pd.isna(row["change_percent"]):
        return ""
    text = _sure(row["change_percent"], row["u_change_percent"], 3, "+")
    frames = html.escape(str(row["reference_frame"])).split()
    text += f" % against frame{'s' * (len(frames) > 1)} {', '.join(frames)}"
    if not pd.isna(row["volume_change_percent"]):
        volume = row["volume_change_percent"], row["u_volume_change_percent"]
        text += f"; volume {_sure(*volume, 3, '+')} %"
    return text


def _kind_words(row: Any, kind: str) -> str:
    """What a kind adds."""
    if kind == "expansion" and row["quantity"] == "d_spacing":
        return _lattice_words(row)
    if kind == "front" and not pd.isna(row["velocity_nm_per_s"]):
        speed = _sure(row["velocity_nm_per_s"], row["u_velocity_nm_per_s"], 4)
        return f"velocity {speed} nm/s"
    if kind == "sei" and "shell_px" in row and not pd.isna(row["shell_px"]):
        return _wire_words(row)
    if kind == "sei" and not pd.isna(row["thickness_sd_nm"]):
        text = (
            f"SD {row['thickness_sd_nm']:.3g}, "
            f"{row['thickness_min_nm']:.3g} to {row['thickness_max_nm']:.3g} nm, "
            f"{row['n_samples']} places, coverage {100 * row['coverage']:.0f} %"
        )
        if not pd.isna(row["t_over_r"]):
            text += f", t/r {_sure(row['t_over_r'], row.get('u_t_over_r'), 3)}"
        return text
    if kind == "event" and not pd.isna(row["charge_passed_C"]):
        return f"charge passed {with_prefix(row['charge_passed_C'], 'C')}"
    return ""


def _wire_words(row: Any) -> str:
    """Core radius and t/r of a coated wire."""
    core, u_core = row["core_radius_px"], row.get("u_core_radius_px")
    unit = "px"
    if not pd.isna(row["radius_nm"]):
        core, u_core, unit = row["radius_nm"], row["u_radius_nm"], "nm"
    return (
        f"t/r {_sure(row['t_over_r'], row.get('u_t_over_r'), 3)}<br>"
        f"core radius {_sure(core, u_core)} {unit}"
    )


def _lattice_words(row: Any) -> str:
    """The spacing in angstrom, as crystallographers say it, and its direction."""
    if pd.isna(row["value"]):
        return ""
    turn = f"direction {row['orientation_deg']:.1f}&deg;"
    if row["unit"] != "nm":
        return turn
    return f"{_sure(10 * row['value'], 10 * row['u_value'])} &Aring;, {turn}"


def _moment(row: Any) -> str:
    parts = [f"frame {row['frame']}"]
    if not pd.isna(row["time_s"]):
        parts.append(f"{row['time_s']:.2f} s")
    if not pd.isna(row["potential_V"]):
        parts.append(f"{row['potential_V']:+.3f} V")
    if not pd.isna(row["current_A"]):
        parts.append(with_prefix(row["current_A"], "A"))
    if not pd.isna(row["charge_C"]):
        parts.append(with_prefix(row["charge_C"], "C"))
    if row["method"] == "tracked":
        parts.append("tracked")
    return ", ".join(parts)
