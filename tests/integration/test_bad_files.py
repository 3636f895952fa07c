"""Files that are nothing we can read: a sentence, and nothing is lost."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import mrcfile
import pytest

from napari_insitu_tem.layers.opening import open_paths
from napari_insitu_tem.layers.viewer_link import ViewerLink
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.samples import find_sample
from odd_files import FRAMES, csv, cut, rows, tiff

SAMPLE = find_sample("si_nanowire")


class State:
    """What must be as it was."""

    def __init__(self, link: ViewerLink) -> None:
        session = link.session
        self.parts = (
            session.experiment,
            session.experiment.movies,
            session.experiment.traces,
            session.document,
            session.playhead,
            tuple(link.viewer.layers),
        )


def refusal(link: ViewerLink, *paths: Path) -> InsituTemError:
    """The error of opening files; all that was open is as it was."""
    before = State(link).parts
    with pytest.raises(InsituTemError) as caught:
        open_paths(link.viewer, paths)
    assert State(link).parts == before
    return caught.value


def _mrc(path: Path) -> None:
    with mrcfile.new(path) as file:
        file.set_data(FRAMES)


def _cut_mrc(path: Path) -> None:
    whole = path.with_name("whole.mrc")
    _mrc(whole)
    cut(path, whole, 300)


def _cut_tiff(path: Path) -> None:
    cut(path, tiff(path.with_name("whole.tif")), 50)


def _folder_of_letters(path: Path) -> None:
    path.mkdir()
    (path / "letter.txt").write_text("Dear colleague,\nthe beam is down.\n")


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "paper.pdf": (lambda p: p.write_bytes(b"%PDF-1.7\n" + b"x" * 999), "PDF"),
    "table.xlsx": (lambda p: p.write_bytes(b"PK\3\4" + bytes(999)), "office|zip"),
    "program.tif": (lambda p: p.write_bytes(b"\x7fELF" + bytes(range(256))), "kind"),
    "diary.mpt": (lambda p: p.write_text("Beam down again.\n" * 9), "columns"),
    "diary.tif": (lambda p: p.write_text("Beam down again.\n" * 9), "columns"),
    "empty.tif": (lambda p: p.touch(), "empty"),
    "empty.mrc": (lambda p: p.touch(), "empty"),
    "empty.mpt": (lambda p: p.touch(), "empty"),
    "empty.DTA": (lambda p: p.touch(), "empty"),
    "empty.csv": (lambda p: p.touch(), "empty"),
    "cut.tif": (_cut_tiff, "damaged"),
    "cut.mrc": (_cut_mrc, "."),
    "cut.mpt": (lambda p: cut(p, SAMPLE.trace, 200), "no table"),
    "frames": (lambda p: p.mkdir(), "folder|image"),
    "letters": (_folder_of_letters, "folder|image"),
    "folder.tif": (lambda p: p.mkdir(), "folder|image"),
    "gone.tif": (lambda p: None, "does not exist"),
    "gone.mpt": (lambda p: None, "does not exist"),
    "no_time.csv": (
        lambda p: csv(p, ["1,2", "3,4", "5,6"], header="Ewe/V,I/mA"),
        "no times",
    ),
    "backwards.csv": (lambda p: csv(p, rows([9, 8, 7, 6, 5, 4])), "backwards"),
    "restarts.csv": (lambda p: csv(p, rows([0, 1, 2, 3, 0, 1, 2])), "backwards"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_a_way_out_and_nothing_changes(link, tmp_path, name):
    path = tmp_path / name
    make, what = BAD[name]
    make(path)
    error = refusal(link, path)
    assert name in error.message
    assert error.hint
    assert re.search(what, error.message, re.IGNORECASE), error.message


@pytest.mark.parametrize("name", ["empty.tif", "backwards.csv"])
def test_one_bad_file_among_good_ones_opens_none(link, tmp_path, name):
    BAD[name][0](tmp_path / name)
    error = refusal(link, SAMPLE.movie, tmp_path / name, SAMPLE.trace)
    assert name in error.message
    open_paths(link.viewer, [SAMPLE.movie, SAMPLE.trace])
    assert [m.name for m in link.session.experiment.movies] == ["wire", "si_nanowire"]


@pytest.mark.parametrize("original", [SAMPLE.movie, SAMPLE.trace])
def test_a_locked_file_is_said_to_be_locked(link, tmp_path, monkeypatch, original):
    path = Path(shutil.copy(original, tmp_path / f"locked{original.suffix}"))
    really_open = Path.open

    def refuse(self, *args, **options):
        if self.name == path.name:
            raise PermissionError(13, "Permission denied")
        return really_open(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    error = refusal(link, path)
    assert f"{path.name} may not be read, or another program has locked" in str(error)
    assert "Close the other program" in error.hint


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_a_file_without_permission_is_said_to_be_so(link, tmp_path):
    path = tiff(tmp_path / "secret.tif")
    path.chmod(0)
    assert "secret.tif may not be read" in refusal(link, path).message
