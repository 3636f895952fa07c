"""Further columns of a record in words: "temperature_degC" is "Temperature (°C)"."""

from __future__ import annotations

from napari_insitu_tem.io.tables.column_names import Label, known_unit, read_label

#: Endings of names that are units, beside those of other tables.
_ENDINGS = {"percent": "%", "sccm": "sccm", "kohm": "kΩ"}
_SYMBOLS = {"degC": "°C", "deg C": "°C", "oC": "°C", "Ohm": "Ω", "ohm": "Ω"}


def column_title(column: str) -> str:
    """Its name and unit: "Temperature (°C)"."""
    label = column_label(column)
    unit = symbol_of(label)
    return f"{name_of(label)} ({unit})" if unit else name_of(label)


def column_label(column: str) -> Label:
    """Name and unit of a column: "temperature_degC" as well as "Gas flow (sccm)"."""
    label = read_label(column)
    name, _, ending = label.name.rpartition("_")
    unit = _ENDINGS.get(ending, known_unit(ending))
    if label.unit or not (name and unit):
        return label
    return Label(column, name, unit)


def name_of(label: Label) -> str:
    """The name in words, its first letter a capital."""
    name = label.name.strip("<> ").replace("_", " ").strip() or label.text
    return name[:1].upper() + name[1:]


def symbol_of(label: Label) -> str:
    """The unit as it is written on a label."""
    return _SYMBOLS.get(label.unit, label.unit)
