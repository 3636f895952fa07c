"""What a column of a text table is, by its name and unit: the vocabulary, as data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from napari_insitu_tem.model.column_mapping import Role

#: symbol -> (dimension, factor to s, V, A, C)
UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(
        ("s", "sec", "secs", "second", "seconds", "秒", "초"), ("time", 1.0)
    ),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), ("time", 1e-3)),
    **dict.fromkeys(("µs", "microsecond", "microseconds"), ("time", 1e-6)),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "分", "分钟"), ("time", 60.0)),
    **dict.fromkeys(("h", "hr", "Hr", "hrs", "hour", "hours"), ("time", 3600.0)),
    **dict.fromkeys(("小时",), ("time", 3600.0)),
    **dict.fromkeys(("d", "day", "days"), ("time", 86400.0)),
    **dict.fromkeys(("V", "volt", "volts"), ("potential", 1.0)),
    **dict.fromkeys(("mV", "millivolt", "millivolts"), ("potential", 1e-3)),
    **dict.fromkeys(("µV",), ("potential", 1e-6)),
    **dict.fromkeys(("kV",), ("potential", 1e3)),
    **dict.fromkeys(("A", "amp", "amps", "ampere", "amperes"), ("current", 1.0)),
    **dict.fromkeys(("mA", "milliampere", "milliamperes"), ("current", 1e-3)),
    **dict.fromkeys(("mAmp", "mAmps", "milliamp", "milliamps"), ("current", 1e-3)),
    **dict.fromkeys(("microamp", "microamps"), ("current", 1e-6)),
    **dict.fromkeys(("nanoamp", "nanoamps"), ("current", 1e-9)),
    **dict.fromkeys(("µA", "microampere", "microamperes"), ("current", 1e-6)),
    **dict.fromkeys(("nA", "nanoampere", "nanoamperes"), ("current", 1e-9)),
    **dict.fromkeys(("pA", "picoampere", "picoamperes"), ("current", 1e-12)),
    **dict.fromkeys(("C", "coulomb", "coulombs"), ("charge", 1.0)),
    **dict.fromkeys(("mC",), ("charge", 1e-3)),
    **dict.fromkeys(("µC", "microcoulomb"), ("charge", 1e-6)),
    **dict.fromkeys(("nC",), ("charge", 1e-9)),
    **dict.fromkeys(("Ah", "AH", "A.h", "A·h", "A-hr", "Ahr"), ("charge", 3600.0)),
    **dict.fromkeys(("mAh", "mAH", "mA.h", "mA·h", "mAhr"), ("charge", 3.6)),
    **dict.fromkeys(("µAh", "µA.h", "µA·h"), ("charge", 3.6e-3)),
    **dict.fromkeys(("Hz", "kHz"), ("frequency", 1.0)),
    **dict.fromkeys(("Ohm", "ohm", "ohms", "Ω", "kOhm", "MOhm"), ("impedance", 1.0)),
    **dict.fromkeys(("deg", "°", "rad"), ("angle", 1.0)),
    **dict.fromkeys(("°C", "degC", "deg C", "K", "oC"), ("temperature", 1.0)),
    **dict.fromkeys(("W", "mW", "µW"), ("power", 1.0)),
    **dict.fromkeys(("Wh", "WH", "W.h", "mWh", "mWH", "mW.h"), ("energy", 1.0)),
    **dict.fromkeys(("µF", "nF", "F"), ("capacitance", 1.0)),
    **dict.fromkeys(("mbar", "bar", "Pa", "kPa", "Torr", "torr"), ("pressure", 1.0)),
    **dict.fromkeys(("A/cm2", "mA/cm2", "µA/cm2"), ("current density", 1.0)),
    **dict.fromkeys(("mAh/g", "Ah/kg"), ("specific charge", 1.0)),
    **dict.fromkeys(("#", "1", "n", "bits", "%", "-", "a.u.", "none"), ("number", 1.0)),
}

#: The dimension of each role.
DIMENSIONS: dict[Role, str] = {
    "time_s": "time",
    "potential_V": "potential",
    "current_A": "current",
    "charge_C": "charge",
    "cycle": "number",
    "step": "number",
}

#: Names as `plain` gives them, the surest first.
NAMES: dict[Role, tuple[str, ...]] = {
    "time_s": (
        "test time", "total time", "cumulative time", "elapsed time", "time elapsed",
        "run time", "testtime", "totaltime", "runtime", "experiment time", "exp time",
        "elapsed", "prog time", "programmdauer", "总时间", "测试时间", "累计时间",
        "経過時間", "測定時間", "경과시간", "time", "t", "zeit", "temps", "tiempo",
        "tempo", "tijd", "时间", "時間", "시간", "uhrzeit", "heure", "hora",
        "corrected time", "relative time", "test",
    ),
    "potential_V": (
        "ewe", "vf", "we potential", "we 1 potential", "working electrode potential",
        "working electrode", "e we", "potential", "e", "ecell", "voltage",
        "cell voltage", "e cell", "vcell",
        "v", "u", "volt", "volts", "measured potential", "measured voltage", "vmeas",
        "ocp", "ocv", "potenzial", "spannung", "tension", "tensione", "potentiel",
        "potencial", "potenziale", "voltaje", "tensão", "spanning", "电压", "电位",
        "電圧", "電位", "電壓", "전압", "전위",
    ),
    "current_A": (
        "i", "im", "current", "we 1 current", "we current", "i we", "cell current",
        "measured current", "imeas", "strom", "courant", "corriente", "corrente",
        "cur", "amps",
        "intensité", "stroom", "电流", "電流", "전류",
    ),
    "charge_C": (
        "q qo", "charge", "we 1 charge", "q", "net capacity", "net charge",
        "cumulative charge",
    ),
    "cycle": (
        "cycle number", "cycle index", "cycle", "cycle count", "cycle id", "cycle no",
        "cycle c", "cyc count", "cyc", "cycno", "scan", "zyklus", "循环号", "循环序号",
        "サイクル", "サイクル数",
    ),
    "step": (
        "ns", "step index", "step number", "step count", "step", "step id", "step no",
        "segment", "schritt", "工步号", "工步序号", "ステップ", "line",
    ),
}  # fmt: skip

#: Names that mean a role only together with a unit: "Test (Min)".
_NEED_UNIT = frozenset(("test",))
#: Names that mean a role only beside another one: the line of Basytec's program, and
#: the charge of a Squidstat, in which what flows out counts against what flowed in.
_NEED_OTHER = {"line": "command", "cumulative charge": "working electrode"}

#: Time of a step, not of the record: never taken unasked.
STEP_TIMES = frozenset(
    ("step time", "steptime", "t step", "t set", "t cyc", "step duration",
     "dchg time", "chg time", "schrittdauer", "schrittzeit", "工步时间")
)  # fmt: skip

#: Columns that hold date and time of day.
STAMP_NAMES = frozenset(
    ("date time", "datetime", "timestamp", "time stamp", "date and time", "date",
     "date stamp", "absolute time", "system time", "real time", "realtime", "dpt time",
     "date time iso string", "abs time", "datum", "utc", "time utc", "local time",
     "zeitstempel", "systime", "sys time", "fecha", "绝对时间", "系统时间", "日期",
     "日時", "日付", "測定日時")
)  # fmt: skip

#: Columns that hold the time of day beside a date of its own.
DAY_TIMES = frozenset(
    ("time", "uhrzeit", "zeit", "heure", "hora", "ora", "tijd", "clock", "time of day",
     "clock time", "时间", "時刻")
)  # fmt: skip

#: Columns that hold seconds since 1970 in UTC.
UNIX_NAMES = frozenset(("unix time", "unix timestamp", "epoch", "posix time"))

#: What an impedance spectrum is known by.
FREQUENCY_NAMES = frozenset(("freq", "frequency", "f", "frequenz"))
IMPEDANCE_NAMES = frozenset(
    ("re z", "im z", "zreal", "zimag", "zre", "zimg", "z", "z a", "z b", "zmod", "zphz",
     "phase z", "z real", "z imag", "z re", "z im", "phase", "abs z",
     "z1", "z2")
)  # fmt: skip

_MICRO = str.maketrans({"\u03bc": "µ", "\u00b2": "2", "\u2126": "Ω"})
_MICRO_PREFIX = re.compile(r"^(?:\ufffd|u|Âµ)(?=(?:s|V|A|C|F|W|Ah|A\.h)\b)")
_BRACKETED = re.compile(r"^(?P<name>.*?)\s*[\[({](?P<unit>[^\[\](){}]*)[\])}]\s*$")
_MISBRACKETED = re.compile(r"^<(?P<name>[^<>/]+)/(?P<unit>[^<>]+)>$")
_CLOCK_FORM = re.compile(
    r"^(?P<name>.*?)\s*[\[(][^\[\]()]*\bh+:m[^\[\]()]*[\])]\s*$", re.IGNORECASE
)
_BRACKETS = " ()[]{}"
#: Signs of full width, as Chinese and Japanese programs write them.
_FULL_WIDTH = str.maketrans("（）［］／：\u3000", "()[]/: ")
_VERSUS = re.compile(r"\s+(?:vs\.?|versus)\s+(?P<reference>.+)$", re.IGNORECASE)
#: Between the words of "ElapsedTime"; of "mAh", "dQ" or "pH" are none.
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])")
_IN = re.compile(r"^(?P<name>.*\S)\s+in\s+(?P<unit>\S+)$")
#: Units in lower case, understood behind a name only.
_LOWER = {"v": "V", "mv": "mV", "uv": "µV", "a": "A", "ma": "mA", "ua": "µA",
          "ah": "Ah", "mah": "mAh", "wh": "Wh", "mwh": "mWh"}  # fmt: skip
_LEADING = re.compile(r'^[\s~#%"\']+(?=\S)')


@dataclass(frozen=True)
class Label:
    """A header cell taken apart.

    Attributes
    ----------
    text
        As it stands in the file.
    name
        Without the unit.
    unit
        A symbol of `UNITS`, or empty.
    reference
        What a potential is measured against, where the cell says so.
    """

    text: str
    name: str
    unit: str = ""
    reference: str = ""

    @property
    def plain(self) -> str:
        """The name in lower case, words and digits only; see `plain`."""
        return plain(self.name)

    @property
    def dimension(self) -> str:
        """Dimension of the unit, empty where there is none."""
        return UNITS[self.unit][0] if self.unit else ""

    @property
    def is_average(self) -> bool:
        """Written in angle brackets: the mean since the sample before."""
        return "<" in self.text


def plain(name: str) -> str:
    """Lower case, words and digits only; `|x|` becomes `abs x`."""
    text = re.sub(r"\|([^|]*)\|", r" abs \1 ", name.lower())
    return " ".join(re.findall(r"[^\W_]+", text))


def known_unit(text: str) -> str:
    """The symbol of `UNITS` that a text means, empty for none."""
    text = text.strip().strip("\"'").translate(_MICRO).replace("\u2070C", "°C")
    text = text.replace("Â°", "°").replace("\ufffdC", "°C").replace(" h", "h")
    text = text.replace("\u2103", "°C").removesuffix(".")
    text = _MICRO_PREFIX.sub("µ", text)
    if text in UNITS:
        return text
    lower = text.lower()
    return lower if len(lower) > 2 and lower in UNITS else ""


def read_label(text: str, unit: str = "") -> Label:
    """Take a header cell apart.

    `name/unit`, `<name>/unit`, `<name/unit>`, `name (unit)`, `name[unit]`,
    `name / unit`, `name, unit`, `name_unit`, `name unit` and a bare unit are
    understood.

    Parameters
    ----------
    unit
        From a line of units of its own, if the file has one.
    """
    text, unit = text.translate(_FULL_WIDTH), unit.translate(_FULL_WIDTH)
    cell = _LEADING.sub("", text.strip().strip('"')).strip()
    if unit.strip(_BRACKETS):
        symbol, reference = _unit_and_reference(unit.strip(_BRACKETS))
        bare, found, named = _split(cell)
        if symbol or not found:
            return Label(text.strip(), bare if found else cell, symbol, reference)
        return Label(text.strip(), bare, found, named)
    name, symbol, reference = _split(cell)
    return Label(text.strip(), name, symbol, reference)


def _split(cell: str) -> tuple[str, str, str]:
    """Name, unit and reference of a header cell."""
    if symbol := known_unit(cell):
        return "", symbol, ""
    if match := _CLOCK_FORM.match(cell):  # "Time (h:min:s.ms)": how it is written
        return match["name"], "", ""
    if match := _MISBRACKETED.match(cell):
        return f"<{match['name']}>", *_unit_and_reference(match["unit"])
    if match := _BRACKETED.match(cell):
        symbol, reference = _unit_and_reference(match["unit"])
        if match["unit"].strip() == "S" and plain(match["name"]).endswith("time"):
            symbol = "s"  # not siemens
        if symbol:
            return _versus(match["name"], symbol, reference)
    return _with_loose_unit(cell)


def _with_loose_unit(cell: str) -> tuple[str, str, str]:
    """Name, unit and reference where the unit stands in no brackets."""
    for position in [i for i, c in enumerate(cell) if c == "/"]:
        symbol, reference = _unit_and_reference(cell[position + 1 :])
        if symbol:
            return _versus(cell[:position], symbol, reference)
    if match := _IN.match(cell):
        symbol, reference = _unit_and_reference(match["unit"])
        if symbol:
            return _versus(match["name"], symbol, reference)
    for separator in (",", "_", ".", " "):
        name, _, tail = cell.rpartition(separator)
        symbol = known_unit(tail)
        if name and symbol and _fits(name, symbol):
            return _versus(name, symbol, "")
    return _versus(cell, "", "")


def _versus(name: str, symbol: str, reference: str) -> tuple[str, str, str]:
    """Move "vs X" from the name to the reference."""
    if match := _VERSUS.search(name):
        return name[: match.start()].strip(), symbol, reference or match["reference"]
    return name.strip(), symbol, reference


def _unit_and_reference(text: str) -> tuple[str, str]:
    """`V vs. Li/Li+` is the unit V and the reference Li/Li+."""
    text = text.strip()
    if match := _VERSUS.search(text):
        symbol = known_unit(text[: match.start()])
        reference = match["reference"].strip()
        return symbol, "" if reference.lower().strip(".") == "ref" else reference
    return known_unit(text) or _LOWER.get(text, ""), ""


def _fits(name: str, symbol: str) -> bool:
    """Whether a loosely attached unit belongs to a name: `Channel A` is no current."""
    dimension = UNITS[symbol][0]
    word = plain(_CAMEL.sub(" ", name))
    if dimension == "time" and (
        word in STEP_TIMES | STAMP_NAMES or word.endswith("time")
    ):
        return True
    for role, names in NAMES.items():
        if DIMENSIONS[role] == dimension and word in names:
            return True
    return dimension in {"charge", "energy"} and "capacity" in word


def candidates(labels: Sequence[Label], role: Role) -> list[int]:
    """The columns that may be a role, the surest first.

    A name must be known, and a unit, where there is one, must be of the role's kind.
    """
    found = []
    names = {label.plain for label in labels}
    for index, label in enumerate(labels):
        rank = _rank(label, role)
        if rank is not None and _NEED_OTHER.get(label.plain, label.plain) in names:
            found.append((rank, index))
    return [index for _, index in sorted(found)]


def _rank(label: Label, role: Role) -> tuple[int, int] | None:
    fits = label.dimension in ("", DIMENSIONS[role])
    if not label.name:  # a bare unit is its own name
        counter = role in ("cycle", "step")
        return (len(NAMES[role]), 0) if label.unit and fits and not counter else None
    spoken = [label.plain, plain(_CAMEL.sub(" ", label.name))]
    name = next((name for name in spoken if name in NAMES[role]), "")
    if not fits or not name or (name in _NEED_UNIT and not label.unit):
        return None
    return NAMES[role].index(name), int(label.is_average)


def units_for(role: Role) -> tuple[str, ...]:
    """The units a user may choose for a role, the usual ones first."""
    if role in ("cycle", "step"):
        return ("",)
    usual = {
        "time_s": ("s", "ms", "µs", "min", "h", "d", "h:m:s", "date"),
        "potential_V": ("V", "mV", "µV", "kV"),
        "current_A": ("A", "mA", "µA", "nA", "pA"),
        "charge_C": ("C", "mC", "µC", "nC", "Ah", "mAh", "µAh"),
    }
    return usual[role]


def factor(unit: str) -> float:
    """What a number in `unit` is multiplied by to be in s, V, A or C.

    Raises
    ------
    ValueError
        The unit is not known.
    """
    symbol = known_unit(unit)
    if not symbol:
        raise ValueError(f"unknown unit {unit!r}")
    return UNITS[symbol][1]
