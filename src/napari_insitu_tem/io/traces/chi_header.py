"""What stands above the table of a CH Instruments text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from napari_insitu_tem.io.traces.start_times import read_date
from napari_insitu_tem.model.timebase import StartStamp

_MODEL = re.compile(r"^Instrument Model:\s*CHI", re.IGNORECASE)
_SETTING = re.compile(r"^\s*(?P<key>[A-Za-z][^=:]{0,60}?)\s*=\s*(?P<value>\S.*?)\s*$")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?", re.IGNORECASE)
_SWEEPS = ("cyclic voltammetry", "linear sweep voltammetry", "tafel plot")
_NO_SWEEP = ("pulse", "incr", "amplitude", "frequency", "modulation", "step")
#: As the Chinese edition of the program names the techniques.
_CHINESE = {
    "循环伏安": "Cyclic Voltammetry",
    "线性扫描伏安": "Linear Sweep Voltammetry",
    "塔菲尔": "Tafel Plot",
    "计时电流": "Chronoamperometry",
    "计时电量": "Chronocoulometry",
    "计时库仑": "Chronocoulometry",
    "计时电位": "Chronopotentiometry",
    "电流-时间": "Amperometric i-t Curve",
    "电流时间": "Amperometric i-t Curve",
    "开路电位": "Open Circuit Potential - Time",
    "交流阻抗": "A.C. Impedance",
    "电解": "Bulk Electrolysis with Coulometry",
}


@dataclass(frozen=True)
class ChiHeader:
    """What stands above the table.

    Attributes
    ----------
    technique
        As the program names it; empty without the lines of the head.
    settings
        `Init E (V)` and the others, as text; results of peaks are left out.
    stamp
        Of the first line.
    """

    technique: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    stamp: StartStamp | None = None

    def number(self, key: str) -> float:
        """A setting as a number, NaN where it is none."""
        match = _NUMBER.fullmatch(self.settings.get(key, ""))
        return float(match[0]) if match else float("nan")

    @property
    def begins_anodic(self) -> bool | None:
        """The direction of the first step or sweep; None where it is not said."""
        said = self.settings.get("Init P/N", "").upper()
        return {"P": True, "N": False}.get(said)

    @property
    def is_sweep(self) -> bool:
        """Whether the potential runs at the scan rate, so that times follow from it.

        A technique in a language that is not known is one, if it has a scan rate and
        no pulses, steps or modulation.
        """
        known = self.technique.lower()
        if not known or known.startswith(_SWEEPS):
            return True
        return not known.isascii() and not any(
            word in key.lower() for key in self.settings for word in _NO_SWEEP
        )


def is_model(line: str) -> bool:
    """Whether a line names an instrument of the maker."""
    return _MODEL.match(line) is not None


def _technique(line: str) -> str:
    """The name of the technique, in English where it is known in Chinese.

    A few Chinese characters do not show the encoding of a file, but a line of nothing
    else does.
    """
    if not line.isascii():
        try:
            chinese = line.encode("cp1252").decode("gb18030")
        except UnicodeError:
            chinese = line
        for name, english in _CHINESE.items():
            if name in chinese:
                return english
        return chinese if any("\u4e00" <= c <= "\u9fff" for c in chinese) else line
    return line


def read_header(lines: Sequence[str]) -> ChiHeader:
    """Read the lines above the table."""
    is_full = any(is_model(line) for line in lines[:8])
    date = read_date(lines[0]) if is_full else None
    settings: dict[str, str] = {}
    for line in lines:
        if line.strip() in ("Results:", "Channel 1:"):
            break
        if match := _SETTING.match(line):
            settings.setdefault(match["key"], match["value"])
    return ChiHeader(
        technique=_technique(lines[1].strip()) if is_full and len(lines) > 1 else "",
        settings=settings,
        stamp=date.stamp("header, first line") if date else None,
    )
