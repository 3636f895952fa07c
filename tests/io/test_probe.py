"""The first look at a path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from napari_insitu_tem.io.probe import HEAD_BYTES, probe
from napari_insitu_tem.model.errors import ReadError


def test_file(tmp_path):
    path = tmp_path / "A.Tif"
    path.write_bytes(b"x" * (HEAD_BYTES + 10))
    looked = probe(str(path))
    assert looked.path == path
    assert len(looked.head) == HEAD_BYTES
    assert looked.size == HEAD_BYTES + 10
    assert not looked.is_dir
    assert looked.extension == ".tif"


def test_folder(tmp_path):
    looked = probe(tmp_path)
    assert looked.is_dir
    assert looked.head == b""


@pytest.mark.parametrize("name", ["nope.tif", "file/inside.tif", "\0bad"])
def test_missing(tmp_path, name):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReadError) as caught:
        probe(tmp_path / name)
    assert caught.value.message.endswith(".")


def test_empty(tmp_path):
    path = tmp_path / "empty.mrc"
    path.touch()
    with pytest.raises(ReadError, match=r"empty\.mrc is empty") as caught:
        probe(path)
    assert caught.value.hint
    assert caught.value.path == path


def test_locked_or_forbidden(tmp_path, monkeypatch):
    path = tmp_path / "locked.tif"
    path.write_bytes(b"x")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(
        ReadError, match=r"locked\.tif may not be read.*locked"
    ) as caught:
        probe(path)
    assert "Close the other program" in caught.value.hint


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReadError, match="neither a file nor a folder"):
        probe(tmp_path / "pipe")
