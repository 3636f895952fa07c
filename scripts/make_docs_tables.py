"""Write the tables of the documentation from the code that they describe.

    python scripts/make_docs_tables.py            # brings the pages in docs/ up to date
    python scripts/make_docs_tables.py --check    # only says which are not

A page holds a table between two comments, `<!-- table: NAME -->` and `<!-- end -->`;
what stands between them is replaced. So are the suffixes for which napari asks the
plugin, in its manifest, between `# suffixes: KIND` and `# end`. A test checks that all
are up to date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from napari_insitu_tem.io.formats import formats
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.layers.shortcuts import SHORTCUTS
from napari_insitu_tem.model.columns import (
    COMMON,
    DOSE_COLUMNS,
    KINDS,
    SIGNAL_COLUMNS,
    U_PICK,
    Column,
)
from napari_insitu_tem.model.document import DEFAULT_VOCABULARY
from napari_insitu_tem.model.law_columns import LAW_COLUMNS

DOCS = Path(__file__).resolve().parents[1] / "docs"
MANIFEST = DOCS.parent / "src" / "napari_insitu_tem" / "napari.yaml"
_TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SUFFIXES = re.compile(r"(( *)# suffixes: ([a-z]+)\n).*?( *# end\n)", re.DOTALL)


def filled(page: str) -> str:
    """A page, or the manifest, with its tables as they are now.

    Raises
    ------
    KeyError
        It asks for a table that is not made here.
    """
    page = _TABLE.sub(lambda m: f"{m[1]}\n{TABLES[m[2]]()}\n{m[3]}", page)
    return _SUFFIXES.sub(lambda m: f"{m[1]}{suffixes(m[3], m[2])}{m[4]}", page)


def outdated(folder: Path = DOCS, manifest: Path = MANIFEST) -> list[Path]:
    """The pages, and the manifest, that are not as the code is."""
    pages = [*sorted(folder.rglob("*.md")), manifest]
    return [page for page in pages if filled(_text(page)) != _text(page)]


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n"
        for line in lines
    )


def columns_table(columns: Sequence[Column]) -> str:
    """Name, type, unit and meaning of columns; those of the user in bold."""
    return _rows(
        ("column", "type", "unit", "meaning"),
        [
            (
                f"**`{c.name}`**" if c.authored else f"`{c.name}`",
                c.type,
                c.unit,
                c.description,
            )
            for c in columns
        ],
    )


def formats_list(kind: str) -> str:
    """What is known of each format of movies or traces."""
    return "\n".join(_format(one) for one in formats() if one.kind == kind)


def suffixes(kind: str, indent: str) -> str:
    """Each suffix of movies or traces once, as lines of YAML."""
    of_kind = (one.extensions for one in formats() if one.kind == kind)
    once = dict.fromkeys(suffix for extensions in of_kind for suffix in extensions)
    return "".join(f'{indent}- "*{suffix}"\n' for suffix in once)


def _format(one: Format) -> str:
    library = f"the library `{one.library}`" if one.library else "the plugin's own code"
    extra = f", extra `{one.extra}`" if one.extra else ""
    maker = one.maker.removesuffix(", ...")
    others = " and others" if maker != one.maker else ""
    endings = " ".join(f"`{ending}`" for ending in one.extensions)
    return (
        f"### {one.name}\n\n"
        f"{endings} · from {maker}{others} · read by {library}{extra}\n\n"
        f"- **Read:** {one.reads}.\n"
        f"- **Not read:** {one.missing}.\n"
    )


def shortcuts_table() -> str:
    """The keys on the canvas."""
    return _rows(
        ("key", "what it does"),
        [(f"`{_key(key)}`", f"{what}.") for key, what in SHORTCUTS],
    )


def vocabulary_table() -> str:
    """The words that a new experiment has for events, with their keys."""
    return _rows(
        ("event", "marks it", "begins or ends it"),
        [
            (term.label, f"`{term.key}`", f"`Shift+{term.key}`")
            for term in DEFAULT_VOCABULARY
        ],
    )


def _key(key: str) -> str:
    """As a keyboard has it: "Control-Shift-Z" is "Ctrl+Shift+Z"."""
    return key.replace("Control", "Ctrl").replace("-", "+")


TABLES: dict[str, Callable[[], str]] = {
    "columns-common": partial(columns_table, COMMON),
    "columns-pick": partial(columns_table, (U_PICK,)),
    "columns-dose": partial(columns_table, DOSE_COLUMNS),
    **{
        f"columns-{kind.name}": partial(columns_table, kind.columns)
        for kind in KINDS.values()
        if kind.columns
    },
    **{
        f"options-{kind.name}": partial(columns_table, kind.options)
        for kind in KINDS.values()
        if kind.options
    },
    "columns-laws": partial(columns_table, LAW_COLUMNS),
    "columns-signals": partial(columns_table, SIGNAL_COLUMNS),
    "formats-movie": partial(formats_list, "movie"),
    "formats-trace": partial(formats_list, "trace"),
    "shortcuts": shortcuts_table,
    "vocabulary": vocabulary_table,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or say which are not up to date; the exit status."""
    pages = outdated()
    if "--check" in arguments:
        for page in pages:
            print(f"{page.relative_to(DOCS.parent)} is not up to date.")
        return len(pages) > 0
    for page in pages:
        page.write_text(filled(_text(page)), encoding="utf-8")
        print(f"{page.relative_to(DOCS.parent)} brought up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
