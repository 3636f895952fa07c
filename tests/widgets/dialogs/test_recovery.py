"""Unsaved sessions: recover one, discard some, or decide later."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from napari_insitu_tem.widgets.dialogs.recovery import RecoveryDialog


class Unsaved(SimpleNamespace):
    """Stands in for a recovery and remembers its fate."""

    def __init__(self, name):
        files = SimpleNamespace(name="wire.tif"), SimpleNamespace(name="gcd.mpt")
        super().__init__(name=name, fate="", movies=[files[0]], traces=[files[1]])

    def describe(self):
        return f"{self.name}: 3 unsaved edits"

    def discard(self):
        self.fate = "discarded"

    def leave(self):
        self.fate = "left"


@pytest.fixture
def dialog(qtbot):
    dialog = RecoveryDialog([Unsaved("new"), Unsaved("old")])
    dialog.items = list(dialog._recoveries)
    dialog.wanted = []
    dialog.recover.connect(dialog.wanted.append)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def fates(dialog):
    return [item.fate for item in dialog.items]


def test_sessions_are_described(dialog):
    assert dialog.list.item(0).text() == "new: 3 unsaved edits\nwire.tif, gcd.mpt"


def test_one_is_recovered_and_the_other_is_offered_again(dialog):
    dialog.list.setCurrentRow(1)
    dialog.recover_button.click()
    assert dialog.wanted == [dialog.items[1]]
    assert fates(dialog) == ["left", ""]
    assert not dialog.isVisible()


def test_discarding_goes_on_until_the_list_is_empty(dialog):
    dialog.discard_button.click()
    assert dialog.isVisible()
    dialog.discard_button.click()
    assert fates(dialog) == ["discarded", "discarded"]
    assert not dialog.isVisible()


@pytest.mark.parametrize("way", ["later_button", "close"])
def test_later_and_closing_lose_nothing(dialog, way):
    if way == "close":
        dialog.close()
    else:
        dialog.later_button.click()
    assert fates(dialog) == ["left", "left"]
    assert dialog.wanted == []
