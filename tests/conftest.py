"""Fixtures and rules for every test."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# A developer's own settings, caches and autosaves are never read nor written. This
# has to happen before anything imports napari, which reads its settings on import.
_PRIVATE = Path(tempfile.mkdtemp(prefix="insitu-tem-tests-"))
os.environ["NAPARI_CONFIG"] = str(_PRIVATE / "settings.yaml")
for _name in ("CONFIG", "CACHE", "DATA", "STATE"):
    os.environ[f"XDG_{_name}_HOME"] = str(_PRIVATE / _name.lower())

import numpy as np  # noqa: E402
import pytest  # noqa: E402

_NUMBERS = itertools.count()
TESTS = Path(__file__).resolve().parent
CHECKOUT = TESTS.parent
WINDOW_FOLDERS = ("tests/widgets/", "tests/integration/")
PATIENCE_S = 15
GUI_FIXTURES = {"qtbot", "qapp", "make_napari_viewer", "make_napari_viewer_proxy"}


def pytest_unconfigure() -> None:
    """Remove the private settings folder."""
    shutil.rmtree(_PRIVATE, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a display as `gui`, what reads instrument files as `real`."""
    no_display = sys.platform.startswith("linux") and not os.environ.get("DISPLAY")
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if TESTS / "widgets" in item.path.parents or fixtures & GUI_FIXTURES:
            item.add_marker("gui")
            if no_display:
                item.add_marker(pytest.mark.skip(reason="needs a display; see README"))
        if "shared_data" in fixtures:
            item.add_marker("real")
    # The long ones first, so that no process waits for them at the end.
    items.sort(key=lambda item: item.get_closest_marker("gui") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With several processes: a file stays in one, and all windows in the same one.

    Windows of two processes on one screen would take the focus from each other.
    """
    from xdist.scheduler import LoadScopeScheduling

    class OneProcessForWindows(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            return "windows" if file.startswith(WINDOW_FOLDERS) else file

    return OneProcessForWindows(config, log)


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same on every run."""
    return np.random.default_rng(20260101)


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a state folder: no test is offered what another left unsaved."""
    monkeypatch.setenv("XDG_STATE_HOME", str(_PRIVATE / f"state-{next(_NUMBERS)}"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real instrument files; the test is skipped where it is not."""
    named = os.environ.get("NAPARI_INSITU_TEM_TEST_DATA")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real instrument files: set NAPARI_INSITU_TEM_TEST_DATA")
    return folder


@pytest.fixture(autouse=True)
def _no_window_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a GUI test that leaves a window of its own on the screen."""
    if request.node.get_closest_marker("gui") is None:
        yield
        return
    from qtpy.QtWidgets import QApplication

    before = {id(w) for w in QApplication.topLevelWidgets()}
    yield
    after = QApplication.topLevelWidgets()
    left = [w for w in after if id(w) not in before and w.isVisible()]
    names = [f"{type(w).__name__} {w.windowTitle()!r}" for w in left]
    for widget in left:
        widget.close()
    assert not left, f"windows left open: {names}"


@pytest.fixture(autouse=True)
def _no_dialog_waits_forever(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close a dialog that nobody answers, and fail the test that opened it.

    A modal dialog runs Qt's own loop, which the time limit of a test cannot interrupt.
    """
    if request.node.get_closest_marker("gui") is None:
        yield
        return
    app = request.getfixturevalue("qapp")
    from qtpy.QtCore import QTimer

    waiting: list[str] = []
    seen: list[int] = []

    def look() -> None:
        dialog = app.activeModalWidget()
        seen[:] = [] if dialog is None else [*seen, id(dialog)]
        if len(seen) > PATIENCE_S and set(seen[-PATIENCE_S:]) == {id(dialog)}:
            text = getattr(dialog, "text", str)()
            waiting.append(f"{type(dialog).__name__} {dialog.windowTitle()!r} {text!r}")
            getattr(dialog, "reject", dialog.close)()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(1000)
    yield
    timer.stop()
    assert not waiting, f"dialogs that waited for an answer: {waiting}"
