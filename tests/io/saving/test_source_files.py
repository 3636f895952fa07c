"""Files are stored so that they are found again, on this computer or on another."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_insitu_tem.io.saving import checksums
from napari_insitu_tem.io.saving.checksums import Fingerprint
from napari_insitu_tem.io.saving.source_files import (
    Finder,
    SourceFile,
    describe_files,
    glance_at_files,
    relative,
)
from napari_insitu_tem.model.errors import ReadError


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checksums, "_known", {})


def write(path: Path, data: bytes = b"data") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_paths_are_relative_with_slashes(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "x.insitu"
    assert relative(tmp_path / "a" / "film.tif", folder) == "../film.tif"
    assert relative(tmp_path / "b" / "film.tif", folder) == "../../b/film.tif"
    assert relative(folder / "in" / "film.tif", folder) == "in/film.tif"


def test_a_path_on_another_drive_is_kept_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_drive(*args: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr("os.path.relpath", other_drive)
    (source,) = describe_files([write(tmp_path / "film.tif")], tmp_path / "x")
    assert source.path == ""
    assert Finder(tmp_path / "x").find([source]) == [tmp_path / "film.tif"]


def test_files_saved_on_windows_are_found_by_their_relative_path(
    tmp_path: Path,
) -> None:
    film = write(tmp_path / "film.tif")
    source = SourceFile(
        path="../film.tif",
        absolute=r"C:\data\film.tif",
        sha256=checksums.fingerprint(film).sha256,
        bytes=4,
    )
    assert Finder(tmp_path / "x.insitu").find([source]) == [film]
    assert SourceFile(absolute=r"C:\data\film.tif").name == "film.tif"


def test_the_right_one_of_two_files_of_a_name_is_taken(tmp_path: Path) -> None:
    right = write(tmp_path / "old" / "film.tif", b"right")
    wrong = write(tmp_path / "new" / "film.tif", b"wrong")
    digest = checksums.fingerprint(right)
    source = SourceFile(
        path="../film.tif", absolute=str(right), sha256=digest.sha256, bytes=5
    )
    assert Finder(tmp_path / "new" / "x.insitu").find([source]) == [right]
    right.unlink()
    with pytest.raises(ReadError, match="SHA-256 differs") as caught:
        Finder(tmp_path / "new" / "x.insitu").find([source])
    assert str(wrong) in caught.value.message
    assert str(right) in caught.value.message


def test_a_folder_may_be_given_for_a_series_and_is_asked_for_once(
    tmp_path: Path,
) -> None:
    paths = [write(tmp_path / "old" / f"{i}.tif", bytes([i])) for i in range(5)]
    sources = describe_files(paths, tmp_path)
    (tmp_path / "old").rename(tmp_path / "new")
    asked = []

    def locate(path: Path, sha256: str) -> Path:
        asked.append(path)
        return tmp_path / "new"

    found = Finder(tmp_path, locate=locate).find(sources)
    assert found == [tmp_path / "new" / f"{i}.tif" for i in range(5)]
    assert asked == [paths[0]]


def test_no_answer_and_a_wrong_answer_leave_it_missing(tmp_path: Path) -> None:
    source = SourceFile(path="film.tif", sha256="ab", bytes=3)
    assert Finder(tmp_path).find([source]) is None
    assert Finder(tmp_path, locate=lambda *_: None).find([source]) is None
    absent = tmp_path / "absent.tif"
    assert Finder(tmp_path, locate=lambda *_: absent).find([source]) is None


def test_a_glance_reads_nothing_but_uses_what_is_known(tmp_path: Path) -> None:
    film = write(tmp_path / "film.tif")
    (source,) = glance_at_files([film], tmp_path)
    assert (source.sha256, source.bytes) == ("", 4)
    digest = checksums.fingerprint(film)
    (source,) = glance_at_files([film], tmp_path)
    assert source.fingerprint == digest
    film.unlink()
    (source,) = glance_at_files([film, tmp_path / "never"], tmp_path)[:1]
    assert source.fingerprint == digest
    assert glance_at_files([tmp_path / "never"], tmp_path)[0].fingerprint == (
        Fingerprint()
    )
