"""Theme: colours that follow napari's, and a palette that everyone can tell apart.

Signals and objects have colours that are distinct with the common forms of colour
blindness (after Okabe and Ito), with a darker set for light backgrounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: In the order of hues that objects have on the canvas.
_SERIES_ON_DARK = (
    "#E69F00",
    "#48E6FC",
    "#1FC79A",
    "#F0E442",
    "#D15827",
    "#DB8CC4",
    "#8F93FF",
)
_SERIES_ON_LIGHT = (
    "#BA742D",
    "#0092D1",
    "#00805F",
    "#795F0E",
    "#64431F",
    "#A8457F",
    "#4F3CB6",
)
#: Potential, current, charge.
_SIGNALS_ON_DARK = ("#56B4E9", "#E69F00", "#1FC79A")
_SIGNALS_ON_LIGHT = ("#0072B2", "#B26A00", "#00805F")


@dataclass(frozen=True)
class Theme:
    """Colours of one look, as hex text.

    Attributes
    ----------
    is_dark
        Whether text is lighter than its background.
    background
        Of the widget around the lanes.
    lane
        Behind the curves.
    line
        Separators, axes, ticks.
    text, faint_text
        Text, and text of lesser importance.
    playhead, selection
        The current moment; the selected rows and the selected stretch of time.
    warning
        Sentences the user should act on.
    potential, current, charge
        The signals.
    series
        Objects and fronts, in the order of their appearance.
    font_pt
        Size of the text in points.
    """

    is_dark: bool
    background: str
    lane: str
    line: str
    text: str
    faint_text: str
    playhead: str
    selection: str
    warning: str
    potential: str
    current: str
    charge: str
    series: tuple[str, ...]
    font_pt: float = 9.0

    def series_colour(self, index: int) -> str:
        """Colour of the object number `index`; the colours repeat."""
        return self.series[index % len(self.series)]

    @classmethod
    def from_colours(
        cls,
        *,
        background: str,
        canvas: str,
        text: str,
        current: str,
        font_pt: float = 9.0,
    ) -> Theme:
        """A theme from the colours that napari's own themes consist of.

        Parameters
        ----------
        background, canvas, text, current
            Hex colours of the fields of the same names in napari's themes.
        font_pt
            Size of the text in points.
        """
        is_dark = luminance(text) > luminance(background)
        signals = _SIGNALS_ON_DARK if is_dark else _SIGNALS_ON_LIGHT
        return cls(
            is_dark=is_dark,
            background=background,
            lane=mix(background, canvas, 0.55),
            line=mix(background, text, 0.28),
            text=text,
            faint_text=mix(background, text, 0.68),
            playhead="#FFFFFF" if is_dark else "#111114",
            selection=mix(current, text, 0.35 if is_dark else 0.25),
            warning="#F2C744" if is_dark else "#7A5600",
            potential=signals[0],
            current=signals[1],
            charge=signals[2],
            series=_SERIES_ON_DARK if is_dark else _SERIES_ON_LIGHT,
            font_pt=font_pt,
        )


def luminance(colour: str) -> float:
    """Relative luminance of a hex colour, 0 to 1 (WCAG 2.2)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (part / 255 for part in _parts(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two hex colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(one: str, other: str, part: float) -> str:
    """The colour that lies the given part of the way from one to the other."""
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def _parts(colour: str) -> Sequence[int]:
    """Red, green, blue of `#rgb` or `#rrggbb`, each 0 to 255."""
    digits = colour.lstrip("#")
    if len(digits) in (3, 4):
        digits = "".join(digit * 2 for digit in digits)
    return [int(digits[i : i + 2], 16) for i in (0, 2, 4)]


DARK = Theme.from_colours(
    background="#23242b", canvas="#000000", text="#f0f1f2", current="#4560c4"
)
LIGHT = Theme.from_colours(
    background="#ebe7e6", canvas="#ffffff", text="#1e1e21", current="#a0b8ff"
)


def napari_theme(name: str) -> Theme:
    """The colours of a theme of napari; "system" is the one of the desktop.

    Parameters
    ----------
    name
        As in `viewer.theme`.
    """
    from napari.utils.theme import get_system_theme, get_theme

    theme = get_theme(get_system_theme() if name == "system" else name)
    return Theme.from_colours(
        background=theme.background.as_hex(),
        canvas=theme.canvas.as_hex(),
        text=theme.text.as_hex(),
        current=theme.current.as_hex(),
        font_pt=float(str(theme.font_size).removesuffix("pt")),
    )
