"""Measure the accuracy of the engine, print it, write `docs/accuracy.md`.

    python scripts/accuracy [--repeats 1.0] [--only NAME...]

With `--only` the other tables of the page stay. The exit status says whether every
bar was met.
"""

from __future__ import annotations

import argparse
import re
import time
from importlib import import_module
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
COLUMNS = ("test", "condition", "measured", "bound_or_peer", "bar", "passed")
HEADER = ("what", "simulated", "measured", "bound or peer", "bar", "met")

INTRODUCTION = """# Accuracy

How good the measurements are, on simulated images with a known truth: the electrons are
counted (shot noise), the seeds are fixed. Each figure stands beside the Cramér-Rao
bound (CRLB: no unbiased estimate scatters less) or beside another program on the same
data. `make accuracy` measures all of it again and writes this page; a bar that is not
met says so. Nothing here was tuned to a real movie: real images have structure, drift
and charging that no simulation has, so take these figures as the best case.
"""


def names() -> list[str]:
    """The tables there are: one module each."""
    here = Path(__file__).parent
    return sorted(
        path.stem
        for path in here.glob("*.py")
        if path.stem not in ("__main__", "table") and "rows" in path.read_text()
    )


def main() -> int:
    """Run the tables; return 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=float, default=1.0)
    parser.add_argument("--only", nargs="*", default=None, metavar="NAME")
    options = parser.parse_args()
    met = True
    for name in options.only or names():
        module, began = import_module(name), time.monotonic()
        rows = module.rows(repeats=options.repeats)
        # Read just now: another run may have written its tables meanwhile.
        parts = {**written(), name: section(name, module.__doc__ or name, rows)}
        print(parts[name], f"({time.monotonic() - began:.0f} s)\n", flush=True)
        met &= all(row["passed"] for row in rows)
        page = [INTRODUCTION, *(parts[known] for known in names() if known in parts)]
        PAGE.write_text("\n".join(page), encoding="utf-8")
    return int(not met)


def written() -> dict[str, str]:
    """Name to table, of the page as it is."""
    if not PAGE.exists():
        return {}
    marked = re.split(
        r"^<!-- (\w+) -->\n", PAGE.read_text(encoding="utf-8"), flags=re.M
    )
    return {
        name: f"<!-- {name} -->\n{part.strip()}\n"
        for name, part in zip(marked[1::2], marked[2::2], strict=True)
    }


def section(name: str, docstring: str, rows: list[dict[str, object]]) -> str:
    """One table under the first sentence of its module, as Markdown."""
    sentence = docstring.split("\n\n")[0].replace("\n", " ").rstrip(".")
    lines = [f"<!-- {name} -->", f"## {sentence}", ""]
    lines += [_line(HEADER), _line(["---"] * len(HEADER))]
    for row in rows:
        cells = [str(row[column]).replace("|", "/") for column in COLUMNS[:-1]]
        lines.append(_line([*cells, "yes" if row["passed"] else "**no**"]))
    return "\n".join(lines) + "\n"


def _line(cells: object) -> str:
    return "| " + " | ".join(cells) + " |"  # type: ignore[arg-type]


if __name__ == "__main__":
    raise SystemExit(main())
