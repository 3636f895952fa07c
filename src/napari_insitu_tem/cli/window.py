"""`open`: the window of napari with files in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_insitu_tem.model.errors import ExperimentError

#: Of a window that is opened for the first time, in pixels.
_FIRST_SIZE = (1366, 820)


def open_window(
    paths: Sequence[Path], *, offset_s: float | None = None, dataset: str = ""
) -> int:
    """Open files in a new window and stay until it is closed.

    A file that cannot be read is said there; the window stays open.

    Raises
    ------
    ExperimentError
        There is no display or no Qt.
    """
    need_display()
    viewer = new_viewer()
    dock = _experiment_dock(viewer)

    def align(_: Any) -> None:
        if offset_s is not None:
            align_all(dock.session, offset_s)

    dock.opener.open(list(paths), then=align, dataset=dataset)
    run()
    return 0


def need_display() -> None:
    """Say in words what would otherwise end the program inside Qt.

    Raises
    ------
    ExperimentError
        There is no display or no Qt.
    """
    has_screen = any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))
    other = os.environ.get("QT_QPA_PLATFORM", "")
    if sys.platform.startswith("linux") and not has_screen and not other:
        raise ExperimentError(
            "There is no display to show a window on.",
            hint="Log in with a desktop, or use a virtual display: "
            "xvfb-run -a napari-insitu-tem ...",
        )
    try:
        import qtpy.QtWidgets  # noqa: F401
    except ImportError as error:
        raise ExperimentError(
            f"Qt cannot be loaded: {error}".rstrip(".") + ".",
            hint='Install it with: pip install "napari-insitu-tem[all]", '
            "and see what napari-insitu-tem doctor says.",
        ) from error


def new_viewer() -> Any:
    """A napari window with the docks of the plugin, empty."""
    import napari

    from napari_insitu_tem.layers.opening import show_docks

    viewer = napari.Viewer(title="napari-insitu-tem", show_welcome_screen=False)
    if napari.settings.get_settings().application.window_size is None:
        _take_room(viewer.window)
    show_docks(viewer)
    return viewer


def _take_room(window: Any) -> None:
    """Make a window that never had a size as large as timeline and docks need."""
    screen = window._qt_window.screen().availableSize()
    width, height = _FIRST_SIZE
    window.resize(min(width, screen.width()), min(height, screen.height()))


def _experiment_dock(viewer: Any) -> Any:
    from napari_insitu_tem.layers.docks import show_dock

    return show_dock(viewer, "Experiment")


def align_all(session: Any, offset_s: float) -> None:
    """Align every open movie by the same typed offset."""
    from napari_insitu_tem.state.aligning import with_offset

    for movie in session.experiment.movies:
        document = with_offset(session, movie.name, offset_s)
        session.edit(f"type offset of {movie.name}", document)


def run() -> None:
    """Run napari until its last window is closed."""
    import napari

    napari.run()
