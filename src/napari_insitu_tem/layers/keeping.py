"""Edits of a window are kept until they are saved, however the window ends."""

from __future__ import annotations

from typing import Any

from napari_insitu_tem.layers.ending import when_destroyed
from napari_insitu_tem.state.autosave import Autosave
from napari_insitu_tem.state.session import Session


def keep_safe(viewer: Any, session: Session) -> Autosave | None:
    """Journal a session's edits until its window is gone.

    Parameters
    ----------
    viewer
        A napari viewer; nothing is kept for one without a window (a script).
    session
        Whose edits.
    """
    window = getattr(getattr(viewer, "window", None), "_qt_window", None)
    if window is None:
        return None
    autosave = Autosave(session)
    # Edits that were not saved stay on disk; an empty journal goes.
    when_destroyed(window, autosave.stop)
    return autosave


def is_closing(viewer: Any) -> bool:
    """Whether the layers go because the viewer does.

    `viewer.close()` takes all layers out before the window closes, with nothing before
    that could be listened to but the end of its slicing threads.
    """
    executor = getattr(getattr(viewer, "_layer_slicer", None), "_executor", None)
    return bool(getattr(executor, "_shutdown", False))
