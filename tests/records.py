"""Records of several makers written with known content, and damage done to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

NASTY = [
    b"\x00", b"\xff\xfe", b"\t\t\t\t", b"\n\n", b"\"", b"'", b",", b";", b"1e999", b"-",
    b"nan", b"inf", b"99/99/9999", b"0000-00-00 00:00:00", b"9" * 400, b"1e308",
    b"TABLE", b"CURVE\tTABLE\n", b"Nb header lines : 99999999", b"Loop 1 from point "
    b"number 999999 to -1", b"time/s\tEwe/V", b"\xb5", b"\xe2\x82", b"1:2:3", b"=cmd()",
]  # fmt: skip


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """One to four cuts, flips, insertions, repeats or another encoding."""
    for _ in range(int(rng.integers(1, 5))):
        a, b = sorted(int(i) for i in rng.integers(0, len(data) + 1, 2))
        kind = int(rng.integers(0, 8))
        if kind == 0:
            data = data[:a]
        elif kind == 1:
            data = data[:a] + data[min(a + int(rng.integers(1, 60)), len(data)) :]
        elif kind == 2:
            data = data[:a] + NASTY[int(rng.integers(len(NASTY)))] + data[a:]
        elif kind == 3:
            flipped = bytearray(data)
            for i in rng.integers(0, max(len(data), 1), 8):
                if data:
                    flipped[int(i)] ^= 1 << int(rng.integers(8))
            data = bytes(flipped)
        elif kind == 4:
            data = data[:b] + data[a:b] * int(rng.integers(1, 3)) + data[b:]
        elif kind == 5:
            data = data.replace(b"\r\n", b"\r").replace(b"\t", b";")
        elif kind == 6:
            data = data.decode("latin-1").encode(
                ["utf-8", "utf-16", "utf-32-be"][int(rng.integers(3))]
            )
        else:
            data = data.replace(b"E+0", b"E+3", int(rng.integers(1, 5)))
        data = data[:60_000] or b"\n"
    return data


def chi_text(
    technique: str,
    header: str,
    rows: Sequence[Sequence[object]],
    settings: Sequence[str] = (),
    *,
    delimiter: str = ", ",
    date: str = "Oct. 4, 2024   17:30:00",
) -> str:
    """A CH Instruments text; without a technique only its settings and table."""
    top = [
        date,
        technique,
        "File: c:\\chi\\a.bin",
        "Data Source:  Experiment",
        "Instrument Model:  CHI760E",
        "Header: ",
        "Note: ",
        "",
    ]
    lines = [*(top if technique else []), *settings, "", "Results:", ""]
    lines += ["Channel 1:", "Segment 1:", "Ep = -0.250V", "ip = 1.2e-5A", ""]
    lines += [delimiter.join(header.split("|")), ""]
    lines += [delimiter.join(str(cell) for cell in row) for row in rows]
    return "\r\n".join(lines) + "\r\n"
