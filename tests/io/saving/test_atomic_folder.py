"""A folder of files is saved as one: all new or all old, also after a kill."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from napari_insitu_tem.io.saving.atomic_folder import (
    KEPT_BACKUPS,
    find_together,
    write_together,
)
from napari_insitu_tem.model.errors import ReadError, SaveError

NAMES = ("annotations/a.csv", "annotations/b.csv", "annotations/c.csv", "main.json")


class KilledError(BaseException):
    """Stands for a killed program: nothing after it runs."""


def state(number: int) -> dict[str, bytes | None]:
    return {name: f"{name} {number}".encode() for name in NAMES}


def seen(folder: Path) -> dict[str, bytes | None]:
    found = {name: find_together(folder, name) for name in NAMES}
    return {k: None if p is None else p.read_bytes() for k, p in found.items()}


def litter(folder: Path) -> list[str]:
    return [path.name for path in folder.glob(".*")]


def fail_on_call(
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    name: str,
    number: int,
    error: BaseException,
    *,
    for_good: bool = False,
) -> Callable[[], int]:
    """Make call `number` (from 1) of a function fail; returns the count of calls."""
    original, calls = getattr(module, name), [0]

    def wrapped(*args: object, **kwargs: object) -> object:
        calls[0] += 1
        if calls[0] == number or (for_good and calls[0] > number):
            raise error
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, wrapped)
    return lambda: calls[0]


def test_files_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "x.insitu"
    write_together(folder, state(1))
    assert seen(folder) == state(1)
    assert sorted(p.name for p in folder.rglob("*") if p.is_file()) == sorted(
        Path(name).name for name in NAMES
    )


def test_a_file_given_as_none_is_removed(tmp_path: Path) -> None:
    write_together(tmp_path, state(1))
    write_together(tmp_path, {**state(2), NAMES[0]: None})
    assert seen(tmp_path) == {**state(2), NAMES[0]: None}
    assert not (tmp_path / NAMES[0]).exists()


def test_the_last_five_replaced_states_are_kept_complete(tmp_path: Path) -> None:
    for number in range(1, 9):
        write_together(tmp_path, state(number))
    for back in range(1, KEPT_BACKUPS + 1):
        assert seen(tmp_path / "backups" / str(back)) == state(8 - back)
    assert len(list((tmp_path / "backups").iterdir())) == KEPT_BACKUPS


@pytest.mark.parametrize("call", range(1, 12))
@pytest.mark.parametrize("name", ["replace", "fsync", "link", "unlink"])
def test_any_failing_step_leaves_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, call: int
) -> None:
    folder = tmp_path / "x.insitu"
    write_together(folder, state(1))
    error = OSError(errno.ENOSPC, "No space left on device")
    try:
        with monkeypatch.context() as patch:
            fail_on_call(patch, os, name, call, error)
            write_together(folder, state(2))
    except SaveError as caught:
        assert "disk is full" in caught.message
        assert "x.insitu" in caught.message
        assert seen(folder) == state(1)
    else:
        # The step is one that the save can do without (a backup, a hint to the disk).
        assert seen(folder) == state(2)
    assert litter(folder) == []
    write_together(folder, state(3))
    assert seen(folder) == state(3)


@pytest.mark.parametrize("call", [1, 2, 3, 4, 5])
def test_renaming_that_fails_for_good_still_reads_as_one_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    write_together(tmp_path, state(1))
    error = OSError(errno.EACCES, "Permission denied")
    with monkeypatch.context() as patch:
        fail_on_call(patch, os, "replace", call, error, for_good=True)
        with pytest.raises(SaveError):
            write_together(tmp_path, state(2))
    assert seen(tmp_path) in (state(1), state(2))
    write_together(tmp_path, state(3))
    assert seen(tmp_path) == state(3)
    assert litter(tmp_path) == []


@pytest.mark.parametrize("removed", [None, "annotations/b.csv"])
@pytest.mark.parametrize("call", range(1, 10))
@pytest.mark.parametrize("name", ["replace", "fsync", "link"])
def test_a_kill_at_any_step_leaves_one_state(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    call: int,
    removed: str | None,
) -> None:
    old = {**state(1), "annotations/c.csv": None}
    new = {**state(2), **({removed: None} if removed else {})}
    write_together(tmp_path, old)
    with monkeypatch.context() as patch:
        # After the kill nothing can be written, renamed or removed any more.
        count = fail_on_call(patch, os, name, call, KilledError(), for_good=True)
        for dead in ("replace", "fsync", "link", "unlink", "rmdir"):
            if dead != name:
                original = getattr(os, dead)
                patch.setattr(os, dead, _dead_after(original, count, call))
        with suppress(KilledError):
            write_together(tmp_path, new)
    assert seen(tmp_path) in (old, new)
    write_together(tmp_path, state(3))
    assert seen(tmp_path) == state(3)
    assert litter(tmp_path) == []


def _dead_after(
    original: Callable[..., object], count: Callable[[], int], call: int
) -> Callable[..., object]:
    def wrapped(*args: object, **kwargs: object) -> object:
        if count() >= call:
            raise KilledError
        return original(*args, **kwargs)

    return wrapped


def test_a_save_that_was_killed_after_its_last_write_is_read_as_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_together(tmp_path, state(1))
    with monkeypatch.context() as patch:
        # The marker takes the first rename; the process dies at the third.
        count = fail_on_call(patch, os, "replace", 3, KilledError(), for_good=True)
        patch.setattr(os, "unlink", _dead_after(os.unlink, count, 3))
        patch.setattr(os, "rmdir", _dead_after(os.rmdir, count, 3))
        with pytest.raises(KilledError):
            write_together(tmp_path, state(2))
    assert (tmp_path / NAMES[3]).read_bytes() == state(1)[NAMES[3]]
    assert seen(tmp_path) == state(2)


def test_reading_a_half_saved_folder_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_a_save_that_was_killed_after_its_last_write_is_read_as_saved(
        tmp_path, monkeypatch
    )
    before = sorted(str(p) for p in tmp_path.rglob("*"))
    seen(tmp_path)
    assert sorted(str(p) for p in tmp_path.rglob("*")) == before


def test_copies_are_made_where_links_are_not_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*args: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    write_together(tmp_path, state(1))
    write_together(tmp_path, state(2))
    assert seen(tmp_path) == state(2)
    assert seen(tmp_path / "backups" / "1") == state(1)


def test_a_new_folder_does_not_stay_behind_when_the_save_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_on_call(
        monkeypatch, os, "replace", 3, OSError(errno.EIO, "Input/output error")
    )
    with pytest.raises(SaveError):
        write_together(tmp_path / "x.insitu", state(1))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_parent_and_a_file_in_the_way_are_said(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="gone is not there"):
        write_together(tmp_path / "gone" / "x.insitu", state(1))
    (tmp_path / "y.insitu").write_text("a file")
    with pytest.raises(SaveError, match="in the way"):
        write_together(tmp_path / "y.insitu", state(1))
    assert (tmp_path / "y.insitu").read_text() == "a file"


def test_a_damaged_marker_is_said_with_the_way_out(tmp_path: Path) -> None:
    write_together(tmp_path, state(1))
    (tmp_path / ".saving.json").write_text("{")
    with pytest.raises(ReadError, match="middle of a save") as caught:
        find_together(tmp_path, NAMES[0])
    assert "backups/1" in caught.value.hint
