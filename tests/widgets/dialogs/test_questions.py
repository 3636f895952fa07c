"""Short questions: every button means what it says, closing the window means no."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtWidgets import QInputDialog, QMessageBox

from napari_insitu_tem.widgets.dialogs.questions import (
    ask_fate_of_edits,
    ask_interval,
    ask_replace_folder,
    ask_to_accept,
    ask_to_locate,
)


@pytest.fixture
def answer(monkeypatch):
    """Press the button of a text when the question comes; "" closes it instead."""
    asked = []

    def set_answer(text):
        def exec_(box):
            asked.append(f"{box.text()} {box.informativeText()}")
            buttons = {button.text(): button for button in box.buttons()}
            clicked = buttons[text] if text else box.escapeButton()
            monkeypatch.setattr(QMessageBox, "clickedButton", lambda _: clicked)

        monkeypatch.setattr(QMessageBox, "exec", exec_)
        return asked

    return set_answer


@pytest.mark.parametrize(
    ("button", "fate"),
    [("Save", "save"), ("Don't save", "discard"), ("", "cancel")],
)
def test_fate_of_unsaved_edits(qapp, answer, button, fate):
    asked = answer(button)
    assert ask_fate_of_edits(None, "wire") == fate
    assert "wire has edits that are not saved" in asked[0]


@pytest.mark.parametrize(("button", "expected"), [("Replace", True), ("", False)])
def test_replacing_an_experiment(qapp, answer, button, expected):
    asked = answer(button)
    assert ask_replace_folder(None, Path("/data/wire.insitu")) is expected
    assert "wire.insitu" in asked[0]


@pytest.mark.parametrize(
    ("button", "expected"), [("Locate…", True), ("Go on without it", False)]
)
def test_locating_a_moved_file(qapp, answer, button, expected):
    asked = answer(button)
    assert ask_to_locate(None, Path("/data/wire.tif")) is expected
    assert "/data/wire.tif" in asked[0]


@pytest.mark.parametrize(
    ("button", "expected"), [("Use it all the same", True), ("Don't use it", False)]
)
def test_file_with_other_content(qapp, answer, button, expected):
    asked = answer(button)
    found, old = Path("/new/wire.tif"), Path("/old/wire.tif")
    assert ask_to_accept(None, old, found) is expected
    assert str(old) in asked[0]
    assert str(found) in asked[0]


def test_frame_interval_is_a_number_or_later(qapp, monkeypatch):
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_: (0.04, True))
    assert ask_interval(None, "wire", 20) == 0.04
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_: (1.0, False))
    assert ask_interval(None, "wire", 20) is None
