"""Numbers as the timeline writes them: SI prefixes, seconds, h:mm:ss."""

from __future__ import annotations

import math

_PREFIXES = (
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
    (1e-3, "m"),
    (1e-6, "µ"),
    (1e-9, "n"),
    (1e-12, "p"),
    (1e-15, "f"),
)

#: Moments from here on are easier to read as h:mm:ss.
LONG_S = 3600.0


def si_scale(largest: float, unit: str) -> tuple[float, str]:
    """The prefix that suits numbers up to `largest`.

    Returns
    -------
    factor, text
        Multiply values in `unit` by the factor to get them in the prefixed unit:
        (1e9, "nA") for 2e-8 A.
    """
    size = abs(largest)
    if not (math.isfinite(size) and size > 0):
        return 1.0, unit
    for scale, prefix in _PREFIXES:
        if size >= scale * 0.9995:
            return 1.0 / scale, prefix + unit
    scale, prefix = _PREFIXES[-1]
    return 1.0 / scale, prefix + unit


def quantity_text(value: float, unit: str) -> str:
    """A number with four digits and an SI prefix: "-12.30 nA"; a dash for none."""
    if not math.isfinite(value):
        return "–"
    factor, prefixed = si_scale(value, unit)
    scaled = value * factor
    digits = 3 - min(max(math.floor(math.log10(abs(scaled))), 0), 3) if scaled else 0
    return f"{_signed(f'{scaled:.{digits}f}')} {prefixed}"


def potential_text(value: float, reference: str = "") -> str:
    """A potential with its sign: "+0.3125 V vs Li/Li+"; a dash for none."""
    if not math.isfinite(value):
        return "–"
    against = f" vs {reference}" if reference else ""
    return f"{_signed(f'{value:+.4f}')} V{against}"


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def clock_text(seconds: float, digits: int = 0) -> str:
    """Hours, minutes and seconds: "1:02:03", "-0:00:01.50"."""
    ticks = round(abs(seconds) * 10**digits)
    whole, part = divmod(ticks, 10**digits)
    sign = "−" if seconds < 0 and ticks else ""
    hours, rest = divmod(whole, 3600)
    text = f"{sign}{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{text}.{part:0{digits}d}" if digits else text


def time_text(seconds: float, digits: int = 3) -> str:
    """Seconds, and from an hour on also h:mm:ss: "5025.500 s (1:23:45)"."""
    text = f"{_signed(f'{seconds:.{digits}f}')} s"
    if abs(seconds) >= LONG_S:
        text += f" ({clock_text(math.floor(seconds))})"
    return text


def length_text(seconds: float) -> str:
    """A length of time in the unit that suits it: "340 ms", "12.5 s", "3 h 05 min"."""
    size = abs(seconds)
    if size < 1:
        return f"{size * 1e3:.3g} ms"
    if size < 120:
        return f"{size:.3g} s"
    minutes = round(size / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest:02d} min"
    return f"{hours / 24:.1f} days"


def _signed(text: str) -> str:
    """A true minus sign, as wide as a plus."""
    return text.replace("-", "−", 1) if text.startswith("-") else text
