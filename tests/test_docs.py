"""The documentation says what the program does: tables, examples, options, pictures."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from napari_insitu_tem.cli import main
from napari_insitu_tem.io.saving.experiment_folder import save_experiment
from napari_insitu_tem.measure import edges, flags
from napari_insitu_tem.measure.tables import tables
from napari_insitu_tem.report.bundle import export_bundle
from napari_insitu_tem.samples import find_sample, open_sample

CHECKOUT = Path(__file__).resolve().parents[1]
DOCS = CHECKOUT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), CHECKOUT / "README.md"])
MAX_IMAGE_BYTES = 3 * 2**20


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def script(name: str) -> ModuleType:
    """A module of `scripts/`, which is no package."""
    spec = importlib.util.spec_from_file_location(name, CHECKOUT / f"scripts/{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks_of(page: Path) -> list[tuple[int, str]]:
    """Line number and text of every Python block of a page."""
    text = text_of(page)
    found = re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(text[: m.start()].count("\n") + 1, m[1]) for m in found]


def name_of(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


# -- tables --------------------------------------------------------------------------


def test_generated_tables_are_up_to_date():
    made = script("make_docs_tables")
    assert [name_of(page) for page in made.outdated()] == [], (
        "run python scripts/make_docs_tables.py"
    )


def test_an_outdated_table_is_noticed(tmp_path):
    made = script("make_docs_tables")
    page = tmp_path / "page.md"
    page.write_text("<!-- table: shortcuts -->\nold\n<!-- end -->\n", encoding="utf-8")
    assert made.outdated(tmp_path, page) == [page, page]
    assert "Ctrl+Z" in made.filled(text_of(page))


def test_every_table_that_is_made_is_on_a_page():
    made = script("make_docs_tables")
    written = "".join(text_of(page) for page in DOCS.rglob("*.md"))
    assert [n for n in made.TABLES if f"<!-- table: {n} -->" not in written] == []


@pytest.mark.parametrize("module", [flags, edges])
def test_every_flag_is_explained(module):
    words = {
        value
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    }
    assert words
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", text_of(DOCS / "flags.md"), re.M))
    assert words <= explained


# -- examples --------------------------------------------------------------------------


@pytest.fixture
def wire_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples name."""
    sample = find_sample("si_nanowire")
    shutil.copy(sample.movie, tmp_path / "wire.tif")
    shutil.copy(sample.trace, tmp_path / "wire.mpt")
    experiment = open_sample("si_nanowire")
    made = tables(experiment)
    export_bundle(experiment, made, tmp_path / "wire-export")
    save_experiment(experiment, tmp_path / "wire.insitu", made)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks_of(page)], ids=name_of
)
def test_every_python_example_runs(page, wire_folder):
    """The blocks of a page run one after the other, as a reader would."""
    names: dict[str, Any] = {"__name__": "example"}
    for line, code in blocks_of(page):
        lines = "\n" * line  # so that an error names the line of the page
        exec(compile(lines + code, str(page), "exec"), names)


# -- commands --------------------------------------------------------------------------


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([command, "--help"] if command else ["--help"])
    return capsys.readouterr().out


def test_the_page_of_the_command_line_knows_every_command_and_option(capsys):
    page = text_of(DOCS / "cli.md")
    commands = re.findall(r"^    (\w+) +", help_of("", capsys), re.M)
    assert commands
    for command in commands:
        assert f"napari-insitu-tem {command}" in page
        options = set(re.findall(r"--[a-z]+", help_of(command, capsys))) - {"--help"}
        assert options <= set(re.findall(r"--[a-z]+", page))


# -- pictures --------------------------------------------------------------------------


def test_every_picture_is_used_and_all_are_small():
    images = {path.name: path for path in (DOCS / "images").glob("*.png")}
    used = {
        Path(name).name
        for page in DOCS.rglob("*.md")
        for name in re.findall(r"\]\(([^)]+\.png)\)", text_of(page))
    }
    assert used == set(images)
    assert sum(path.stat().st_size for path in images.values()) < MAX_IMAGE_BYTES
