"""File dialogs: what they offer, where they begin, what a cancelled one gives."""

from __future__ import annotations

import pytest
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_insitu_tem.widgets.dialogs import files


@pytest.fixture
def parent(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


@pytest.fixture
def dialogs(monkeypatch):
    """Answers of the system's dialogs, and what they were asked."""
    answers, calls = {}, []

    def replace(name, empty):
        def dialog(*args, **_):
            calls.append(args)
            return answers.get(name, empty)

        monkeypatch.setattr(QFileDialog, name, dialog)

    replace("getOpenFileNames", ([], ""))
    replace("getOpenFileName", ("", ""))
    replace("getSaveFileName", ("", ""))
    replace("getExistingDirectory", "")
    monkeypatch.setattr(files, "_last", [])
    return answers, calls


def test_cancelled_dialogs_give_nothing(parent, dialogs):
    assert files.ask_files(parent) == []
    assert files.ask_experiment(parent) is None
    assert files.ask_experiment_name(parent, "wire.insitu") is None
    assert files.ask_folder(parent, "Export") is None
    assert files.ask_moved_file(parent, "wire.tif") is None


def test_every_readable_format_is_offered(parent, dialogs):
    _, calls = dialogs
    files.ask_files(parent)
    filters = calls[0][3].split(";;")
    for pattern in ("*.tif", "*.mrc", "*.mpt", "*.dta", "*.csv"):
        assert pattern in filters[0]
    assert "*.mpt" not in filters[1]
    assert "*.tif" not in filters[2]


def test_next_dialog_begins_where_the_last_one_ended(parent, dialogs, tmp_path):
    answers, calls = dialogs
    answers["getOpenFileNames"] = ([str(tmp_path / "wire.tif")], "")
    assert files.ask_files(parent) == [tmp_path / "wire.tif"]
    files.ask_experiment_name(parent, "wire.insitu")
    assert calls[-1][2] == str(tmp_path / "wire.insitu")
