"""Header cells: name, unit, reference, and what a column is."""

from __future__ import annotations

import pytest

from napari_insitu_tem.io.tables.column_names import (
    candidates,
    factor,
    known_unit,
    plain,
    read_label,
    units_for,
)
from napari_insitu_tem.model.column_mapping import ROLES


@pytest.mark.parametrize(
    ("cell", "name", "unit"),
    [
        ("<Ewe/V>", "<Ewe>", "V"),
        ("<I>/mA", "<I>", "mA"),
        ("(Q-Qo)/mA.h", "(Q-Qo)", "mA.h"),
        ("Q charge/discharge/mA.h", "Q charge/discharge", "mA.h"),
        ("ox/red", "ox/red", ""),
        ("|Ewe|/V", "|Ewe|", "V"),
        ("WE(1).Potential (V)", "WE(1).Potential", "V"),
        ("Run Time (h)", "Run Time", "h"),
        ("T1[\ufffdC]", "T1", "°C"),
        ("voltage_V", "voltage", "V"),
        ("test_time_second", "test_time", "second"),
        ("Current mA", "Current", "mA"),
        ("Channel A", "Channel A", ""),
        ("sample_A", "sample_A", ""),
        ("µA", "", "µA"),
        ('"Time (s)"', "Time", "s"),
    ],
)
def test_a_header_cell_is_taken_apart(cell, name, unit) -> None:
    label = read_label(cell)
    assert (label.name, label.unit) == (name, unit)


def test_a_line_of_units_goes_before_the_cell() -> None:
    label = read_label("Vf", "V vs. Ref.")
    assert (label.unit, label.reference) == ("V", "")
    assert read_label("E", "mV vs. Ag/AgCl").reference == "Ag/AgCl"
    assert read_label("Time (s)", "ms").unit == "ms"


@pytest.mark.parametrize(
    ("cell", "role"),
    [
        ("time/s", "time_s"), ("T", "time_s"), ("Ewe/V", "potential_V"),
        ("Vf", "potential_V"), ("I/mA", "current_A"), ("Im", "current_A"),
        ("(Q-Qo)/C", "charge_C"), ("cycle number", "cycle"), ("Ns", "step"),
    ],
)  # fmt: skip
def test_a_name_has_one_role(cell, role) -> None:
    label = read_label(cell)
    assert [r for r in ROLES if candidates([label], r)] == [role]


@pytest.mark.parametrize(
    "cell",
    ["control/V/mA", "control/V", "control/mA", "|I|/A", "|Ewe|/V", "Ece/V",
     "Ewe-Ece/V", "Potential applied (V)", "dQ/C", "step time/s", "T (°C)",
     "current density (mA/cm2)", "E (Wh)", "Analog IN 1/V", "Capacity/mA.h"],
)  # fmt: skip
def test_a_name_without_a_role(cell) -> None:
    assert not any(candidates([read_label(cell)], role) for role in ROLES)


def test_the_surest_name_comes_first() -> None:
    labels = [read_label(c) for c in ("Ecell/V", "<Ewe>/V", "Ewe/V", "I/mA")]
    assert candidates(labels, "potential_V") == [2, 1, 0]


def test_every_unit_that_is_offered_is_known() -> None:
    for role in ROLES:
        for unit in units_for(role):
            if unit not in ("", "h:m:s", "date"):
                assert factor(unit) > 0
    assert factor("uA") == factor("\u03bcA") == pytest.approx(1e-6)
    assert factor("mA.h") == factor("mAh") == pytest.approx(3.6)
    with pytest.raises(ValueError, match="furlong"):
        factor("furlong")


def test_case_matters_where_it_must() -> None:
    assert known_unit("ms") == "ms" and known_unit("MS") == ""
    assert known_unit("mv") == "" and known_unit("Seconds") == "seconds"


def test_plain_names() -> None:
    assert plain("<Ewe>") == "ewe" and plain("|Ewe|") == "abs ewe"
    assert plain("Cycle_Number ") == "cycle number"


@pytest.mark.parametrize(
    ("unit", "seconds"),
    [
        *[(unit, 1.0) for unit in ("s", "sec", "Sec.", "seconds", "\u79d2")],
        *[(unit, 60.0) for unit in ("min", "mins", "Minutes", "\u5206\u949f")],
        *[(unit, 3600.0) for unit in ("h", "hr", "Hr", "hrs", "hours", "Hours")],
        *[(unit, 3600.0) for unit in ("\u5c0f\u65f6",)],
        *[(unit, 1e-3) for unit in ("ms", "msec", "milliseconds")],
    ],
)
def test_units_of_time(unit, seconds) -> None:
    label = read_label(f"Time ({unit})")
    assert factor(label.unit) == seconds
    assert label.plain == "time"


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("电压（V）", "电压", "V"),
        ("温度［℃］", "温度", "°C"),
        ("Total Time (S)", "Total Time", "s"),
        ("Conductance (S)", "Conductance (S)", ""),
    ],
)
def test_signs_of_full_width_and_a_capital_second(text, name, unit) -> None:
    label = read_label(text)
    assert (label.name, label.unit) == (name, unit)
