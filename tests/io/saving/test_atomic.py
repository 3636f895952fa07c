"""A file is there whole, or the old one is there untouched."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from napari_insitu_tem.io.saving.atomic import saving, write_bytes, write_text
from napari_insitu_tem.model.errors import SaveError


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_text_arrives_as_utf8_with_its_own_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert write_text(path, "µm,å\n1\r\n") == path
    assert path.read_bytes() == "µm,å\n1\r\n".encode()
    assert files_in(tmp_path) == {"a.csv"}


def test_text_that_utf8_cannot_hold_is_escaped(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "caf\udce9")
    assert path.read_bytes() == b"caf\\udce9"


def test_an_existing_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    path.chmod(0o640)
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    link.symlink_to(real)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_the_longest_name_the_system_allows_can_be_saved(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 251 + ".csv")
    write_bytes(path, b"x")
    assert path.read_bytes() == b"x"


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize(
    ("code", "word"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "may not be written"),
        (errno.EROFS, "may not be written"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_failure_at_any_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int, word: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(SaveError, match=word) as caught:
        write_bytes(path, b"new")
    assert "a.csv" in caught.value.message
    assert "untouched" in caught.value.hint
    assert path.read_text() == "old"
    assert files_in(tmp_path) == {"a.csv"}


def test_a_stop_by_the_user_in_the_middle_leaves_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "a.csv", b"new")
    assert files_in(tmp_path) == set()


def test_a_folder_that_has_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match=r"unplugged is not there"):
        write_bytes(tmp_path / "unplugged" / "a.csv", b"new")


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(SaveError, match="in the way"):
        write_bytes(tmp_path / "a.csv", b"new")
    assert files_in(tmp_path) == {"a.csv"}


_LIMITED = """
import resource, sys
from pathlib import Path
from napari_insitu_tem.io.saving.atomic import write_bytes
from napari_insitu_tem.model.errors import SaveError
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_bytes(Path(sys.argv[1]), b"x" * 100_000)
except SaveError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="POSIX limits")
def test_a_real_write_that_stops_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    run = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "limit on the size" in run.stdout
    assert path.read_text() == "old"
    assert files_in(tmp_path) == {"a.csv"}


def test_a_disk_that_numpy_found_full_is_said_to_be_full(tmp_path):
    with pytest.raises(SaveError, match="the disk is full"), saving(tmp_path / "a.tif"):
        raise OSError("32000 requested and 25488 written")
