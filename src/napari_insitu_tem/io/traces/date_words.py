"""Words in dates that are not English: halves of the day, months."""

from __future__ import annotations

import re

#: Half of the day, as it stands beside a clock of twelve hours.
_HALF_WORDS = {
    "AM": ("上午", "午前", "오전", "πμ", "π.μ."),
    "PM": ("下午", "午後", "오후", "μμ", "μ.μ."),
}
#: Encodings of files that are read as Windows-1252, since they have few such letters.
_ENCODINGS = ("gb18030", "shift_jis", "cp949", "big5", "cp1253")
#: The first letters of the months, beside the English ones.
_MONTH_WORDS = {
    "Jan": ("jan", "ene", "gen", "янв"),
    "Feb": ("fév", "fev", "feb", "фев"),
    "Mar": ("mär", "mrz", "maa", "mar"),
    "Apr": ("avr", "abr", "apr"),
    "May": ("mai", "mei", "mag", "maj", "may", "мая", "май"),
    "Jun": ("juin", "jun", "giu", "июн"),
    "Jul": ("juil", "jul", "lug", "июл"),
    "Aug": ("aoû", "aou", "ago", "aug", "авг"),
    "Sep": ("set", "sep", "сен"),
    "Oct": ("okt", "ott", "out", "oct", "окт"),
    "Nov": ("nov", "ноя"),
    "Dec": ("dez", "déc", "dic", "dec", "дек"),
}


def _halves() -> dict[str, str]:
    """Every form of a word for half of the day, also read in the wrong encoding."""
    found: dict[str, str] = {}
    for half, words in _HALF_WORDS.items():
        for word in words:
            found[word] = half
            for encoding in _ENCODINGS:
                try:
                    wrong = word.encode(encoding).decode("cp1252")
                except UnicodeError:
                    continue
                found.setdefault(wrong, half)
    return found


_HALVES = _halves()
_HALF = re.compile("|".join(map(re.escape, sorted(_HALVES, key=len, reverse=True))))
_BEFORE = re.compile(r"\b([AP])\.?\s?M\b\.?\s*(?=\d{1,2}[:.]\d{2})", re.IGNORECASE)
_CLOCK = re.compile(r"(?<!\d)\d{1,2}([:.])\d{2}(?:\1\d{2}(?:[.,:]\d{1,9})?)?(?!\d)")
_MONTHS = {word: month for month, words in _MONTH_WORDS.items() for word in words}
_NAMED = re.compile(
    r"(?<!\d)(\d{1,2})\.?[-\s]{1,2}(?:de\s+)?("
    + "|".join(sorted(_MONTHS, key=len, reverse=True))
    + r")[^\W\d_]*\.?[-,\s]{1,2}(?:de\s+)?(\d{4})\b",
    re.IGNORECASE,
)
_KOREAN = re.compile(r"(?<!\d)(\d{4})\.\s(\d{1,2})\.\s(\d{1,2})\.")


def in_english(text: str) -> str:
    """The text with months in English, and AM or PM behind the time of day."""
    if not text.isascii():
        text = _KOREAN.sub(r"\1-\2-\3", text)
        if match := _HALF.search(text):
            bare = f"{text[: match.start()]} {text[match.end() :]}"
            return _with_half(_months(bare), _HALVES[match[0]])
    elif not any(c.isalpha() for c in text):
        return text
    if match := _BEFORE.search(text):
        bare = text[: match.start()] + text[match.end() :]
        return _with_half(_months(bare), f"{match[1].upper()}M")
    return _months(text)


def _months(text: str) -> str:
    def english(match: re.Match[str]) -> str:
        return f"{match[1]} {_MONTHS[match[2].lower()]} {match[3]}"

    return _NAMED.sub(english, text, count=1)


def _with_half(text: str, half: str) -> str:
    """The half of the day behind the last time of day in a text."""
    clocks = list(_CLOCK.finditer(text))
    clocks = [clock for clock in clocks if clock[1] == ":"] or clocks
    if not clocks:
        return text
    end = clocks[-1].end()
    return f"{text[:end]} {half}{text[end:]}"
