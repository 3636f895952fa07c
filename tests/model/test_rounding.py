"""Numbers are written to two digits of their uncertainty."""

from __future__ import annotations

import pytest

from napari_insitu_tem.model.rounding import rounded, unit_text

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "u_value", "written"),
    [
        (11.5693, 0.4512, ("11.57", "0.45")),
        (12345.6, 178.0, ("12350", "180")),
        (1.23456, 0.0996, ("1.23", "0.10")),
        (99.96, 9.96, ("100", "10")),
        (-0.0001, 0.45, ("0.00", "0.45")),
        (-3.14159, 0.012, ("-3.142", "0.012")),
        (0.5, 1e-9, ("0.5", "1e-09")),
        (1.23456e9, 3.2e6, ("1.2346e+09", "3.2e+06")),
        (3.14159265, NAN, ("3.1416", "")),
        (3.14159265, None, ("3.1416", "")),
        (12.0, 0.0, ("12", "")),
        (NAN, 1.0, ("", "")),
    ],
)
def test_two_digits_of_the_uncertainty(value, u_value, written):
    assert rounded(value, u_value) == written


def test_powers_are_written_as_powers():
    assert [unit_text(u) for u in ("nm", "nm2", "px3", "s")] == [
        "nm",
        "nm²",
        "px³",
        "s",
    ]
