"""Numbers as the timeline writes them."""

from __future__ import annotations

import pytest

from napari_insitu_tem.widgets.timeline.axis import TimeAxis, ValueAxis
from napari_insitu_tem.widgets.timeline.formatting import (
    clock_text,
    length_text,
    potential_text,
    quantity_text,
    si_scale,
    time_text,
)


@pytest.mark.parametrize(
    ("largest", "unit"),
    [
        (2.0, "A"),
        (0.5, "mA"),
        (3e-6, "µA"),
        (-2e-8, "nA"),
        (4e-12, "pA"),
        (0.0, "A"),
        (float("nan"), "A"),
    ],
)
def test_prefix_suits_the_largest_value(largest, unit) -> None:
    factor, text = si_scale(largest, "A")
    assert text == unit
    if largest == largest and largest:
        assert 1 <= abs(largest * factor) < 1000


def test_numbers_with_units() -> None:
    assert quantity_text(-12.34e-9, "A") == "−12.34 nA"
    assert quantity_text(1.5, "C") == "1.500 C"
    assert quantity_text(float("nan"), "A") == "–"
    assert potential_text(0.3125, "Li/Li+") == "+0.3125 V vs Li/Li+"
    assert potential_text(-1) == "−1.0000 V"


def test_times() -> None:
    assert time_text(61.5) == "61.500 s"
    assert time_text(5025.5) == "5025.500 s (1:23:45)"
    assert clock_text(-1.5, 2) == "−0:00:01.50"
    assert clock_text(59.9996, 3) == "0:01:00.000"
    assert [length_text(s) for s in (0.34, 12.5, 600, 11100)] == [
        "340 ms",
        "12.5 s",
        "10 min",
        "3 h 05 min",
    ]


@pytest.mark.usefixtures("qapp")
def test_time_axis_counts_in_minutes_and_hours_for_long_records() -> None:
    axis = TimeAxis()
    axis.setRange(0, 300)
    assert not axis.is_clock
    assert axis.tickStrings([0, 60], 1, 60) == ["0", "60"]
    axis.setRange(0, 20_000)
    assert axis.is_clock
    (step, _), _minor = axis.tickSpacing(0, 20_000, 900)
    assert step == 3600
    assert axis.tickStrings([3600, 7200], 1, step) == ["1:00:00", "2:00:00"]
    # Zoomed far in, the fractions are there.
    (step, _), _minor = axis.tickSpacing(5000, 5000.4, 900)
    assert axis.tickStrings([5000.25], 1, step) == ["1:23:20.25"]


@pytest.mark.usefixtures("qapp")
def test_value_axis_has_two_labels_and_equal_digits() -> None:
    axis = ValueAxis("left", 50)
    for low, high in ((0.2, 3.0), (-7.5e-9, 7.5e-9), (100, 101)):
        step = axis.tickSpacing(low, high, 40)[0][0]
        assert high // step - -(-low // step) >= 1
    assert axis.tickStrings([-5e-9, 0.0, 5e-9], 1e9, 5e-9) == ["−5", "0", "5"]
    assert axis.tickStrings([-0.5, 0, 0.5], 1, 0.5) == ["−0.5", "0.0", "0.5"]
