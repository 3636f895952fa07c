"""Spellings of length and time units met in image files, as factors."""

from __future__ import annotations

_LENGTH_NM = {
    1e-3: ("pm", "picometer", "picometre", "picometers"),
    0.1: ("a", "å", "ang", "angstrom", "angstroms", "ångström", "ångstrom"),
    1.0: ("nm", "nanometer", "nanometre", "nanometers", "nanometres"),
    1e3: ("um", "µm", "μm", "micron", "microns", "micrometer", "micrometre"),
    1e6: ("mm", "millimeter", "millimetre"),
    1e7: ("cm", "centimeter", "centimetre"),
    1e9: ("m", "meter", "metre"),
    2.54e7: ("inch", "inches", "in"),
}
_TIME_S = {
    1e-9: ("ns", "nsec", "nanosecond", "nanoseconds"),
    1e-6: ("us", "µs", "μs", "usec", "microsecond", "microseconds"),
    1e-3: ("ms", "msec", "msecs", "millisecond", "milliseconds"),
    1.0: ("s", "sec", "secs", "second", "seconds"),
    60.0: ("min", "mins", "minute", "minutes"),
    3600.0: ("h", "hr", "hrs", "hour", "hours"),
    86400.0: ("d", "day", "days"),
}
_LENGTHS = {name: factor for factor, names in _LENGTH_NM.items() for name in names}
_TIMES = {name: factor for factor, names in _TIME_S.items() for name in names}


def clean_unit(text: object) -> str:
    """A unit as text, in lower case, with ImageJ's escapes undone."""
    plain = str(text or "").strip().strip("\x00").lower()
    for escape, sign in (("\\u00b5", "µ"), ("\\u03bc", "μ"), ("\\u00c5", "å")):
        plain = plain.replace(escape, sign)
    return plain


def nm_per(unit: object) -> float | None:
    """Nanometres in a unit of length; None where it is not one."""
    return _LENGTHS.get(clean_unit(unit))


def seconds_per(unit: object) -> float | None:
    """Seconds in a unit of time; None where it is not one."""
    return _TIMES.get(clean_unit(unit))


def is_reciprocal(unit: object) -> bool:
    """Whether a unit is one over a length or an angle: a diffraction pattern."""
    plain = clean_unit(unit)
    over = plain.startswith("1/") or plain.endswith(("-1", "^-1", "⁻¹"))
    return over or plain in ("rad", "mrad", "µrad", "deg", "degree")
