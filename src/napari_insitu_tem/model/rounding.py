"""Numbers for the user: as many digits as their uncertainty allows."""

from __future__ import annotations

import math

#: Beyond these a number is written with a power of ten.
_MOST_DECIMALS, _LARGEST = 6, 1e7

_POWERS = str.maketrans({"2": "²", "3": "³"})


def rounded(value: float, u_value: float | None, plain: int = 5) -> tuple[str, str]:
    """A number and its uncertainty, both to two significant digits of the latter.

    Parameters
    ----------
    value, u_value
        The uncertainty may be unknown: None or NaN.
    plain
        Significant digits where it is.

    Returns
    -------
    (str, str)
        The second is "" where the uncertainty is unknown or 0.

    Notes
    -----
    As the GUM has it (JCGM 100:2008, section 7.2.6): at most two significant digits of
    an uncertainty, and the value to the same place.

    >>> rounded(11.5693, 0.4512)
    ('11.57', '0.45')
    >>> rounded(12345.6, 178.0)
    ('12350', '180')
    """
    if not math.isfinite(value):
        return "", ""
    if u_value is None or not (math.isfinite(u_value) and u_value > 0):
        return f"{value:.{plain}g}", ""
    place = _place(u_value)
    if place > _MOST_DECIMALS or abs(value) >= _LARGEST or u_value >= _LARGEST:
        return f"{value:.{plain}g}", f"{u_value:.2g}"
    decimals = max(place, 0)
    return (
        f"{round(value, place) + 0.0:.{decimals}f}",
        f"{round(u_value, place):.{decimals}f}",
    )


def _place(u_value: float) -> int:
    """Decimals of two significant digits; 0.0996 rounds to 0.10, which has two."""
    return 1 - math.floor(math.log10(float(f"{u_value:.1e}")))


def unit_text(unit: str) -> str:
    """A unit of the tables as it is written: nm2 is nm².

    >>> unit_text("nm2")
    'nm²'
    """
    return unit.translate(_POWERS)
