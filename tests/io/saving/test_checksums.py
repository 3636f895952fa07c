"""Hashes are right, computed once a file, reported and can be stopped."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from napari_insitu_tem.io.saving import checksums
from napari_insitu_tem.io.saving.checksums import Fingerprint, fingerprint, fingerprints
from napari_insitu_tem.model.errors import CancelledError, ReadError


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checksums, "_known", {})
    monkeypatch.setattr(checksums, "_CHUNK", 1000)


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    data = os.urandom(3500)
    path.write_bytes(data)
    found = fingerprint(path)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.bytes == 3500
    assert found.modified_ns == path.stat().st_mtime_ns


def test_an_unchanged_file_is_read_once_and_a_changed_one_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    reads = []

    def report(done: int, total: int, text: str = "") -> None:
        reads.append(text)

    first = fingerprint(path, progress=report)
    assert fingerprint(path, progress=report) == first
    assert reads == ["Checking a"]
    path.write_bytes(b"two")
    os.utime(path, ns=(0, first.modified_ns + 1))
    assert fingerprint(path, progress=report).sha256 != first.sha256
    assert len(reads) == 2


def test_progress_counts_the_bytes_of_all_files(tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b", tmp_path / "empty"]
    for path, size in zip(paths, (2500, 1500, 0), strict=True):
        path.write_bytes(bytes(size))
    seen = []
    fingerprints(
        paths, progress=lambda done, total, text="": seen.append((done, total))
    )
    assert seen == [(0, 4000), (1000, 4000), (2000, 4000), (2500, 4000), (3500, 4000)]


def test_stopping_leaves_no_half_hash(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(5000))

    def stop(done: int, total: int, text: str = "") -> None:
        if done:
            raise CancelledError("anything")

    with pytest.raises(CancelledError, match="Checking"):
        fingerprint(path, progress=stop)
    assert checksums._known == {}
    assert fingerprint(path).sha256 == hashlib.sha256(bytes(5000)).hexdigest()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="gone"):
        fingerprint(tmp_path / "gone")
    assert checksums.known(tmp_path / "gone") is None
    remembered = checksums.remember(tmp_path / "gone", Fingerprint("ab", 1, 2))
    assert checksums.known(tmp_path / "gone") == remembered
