"""Every file of the collection reads as its manifest says, or says why it does not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "walk_manifests.py"
HEADER = "file format technique rows t_first_s t_last_s E_min_V E_max_V I_min_A I_max_A"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("walk_manifests", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "walk_manifests", module)
    spec.loader.exec_module(module)
    return module


def test_every_file_of_the_collection(script, shared_data) -> None:
    results = list(script.walk(shared_data))
    bad = [f"{r.file}: {r.outcome}: {'; '.join(r.notes)}" for r in results if r.is_bad]
    assert not bad, "\n".join(bad)
    assert len(results) > 250
    assert sum(result.is_series for result in results) > 180


def test_a_disagreement_is_of_a_file_that_is_there(script, shared_data) -> None:
    """An exception that nothing needs is taken out again."""
    text = (shared_data / "potentiostat" / "MANIFEST.tsv").read_text(encoding="utf-8")
    for part, names, reason in script.DISAGREEMENTS:
        assert part in text and names and reason


@pytest.fixture
def collection(tmp_path, eclab) -> Path:
    """One record of three rows, one text without any, and what is said of them."""
    folder = tmp_path / "potentiostat"
    folder.mkdir()
    columns = {"time/s": [0.0, 1.0, 2.0], "Ewe/V": [0.1, 0.2, 0.3]}
    (folder / "a.mpt").write_text(eclab(columns))
    (folder / "b.txt").write_text("nothing in here\n")
    rows = [
        [*HEADER.split(), "start"],
        ["a.mpt", "BioLogic", "CP", "3", "0", "2", "0.1", "0.3", "", "", ""],
        ["b.txt", "text", "", "", "", "", "", "", "", "", ""],
    ]
    lines = ["\t".join(row) for row in rows]
    (folder / "MANIFEST.tsv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_what_is_right_and_what_is_refused(script, collection, capsys) -> None:
    assert script.main([str(collection)]) == 0
    shown = capsys.readouterr().out
    assert "| BioLogic | 1 | 1 | 0 | 0 | 0 |" in shown
    assert "| text | 1 | 0 | 0 | 1 | 0 |" in shown
    assert "| all | 2 | 1 | 0 | 1 | 0 |" in shown


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("\t0.3\t", "\t0.4\t", "E_max_V is 0.3, not 0.4"),
        ("\t3\t", "\t4\t", "rows is 3, not 4"),
        ("b.txt\ttext\t\t\t", "b.txt\ttext\t\t9\t", None),
    ],
)
def test_what_is_wrong(script, collection, capsys, old, new, note) -> None:
    manifest = collection / "potentiostat" / "MANIFEST.tsv"
    text = manifest.read_text().replace(old, new, 1)
    if note is None:  # a series that is refused
        text = text.replace("\t9\t\t", "\t9\t0\t8", 1)
    manifest.write_text(text)
    assert script.main([str(collection)]) == 1
    shown = capsys.readouterr().out
    assert (note or "refused: b.txt") in shown
