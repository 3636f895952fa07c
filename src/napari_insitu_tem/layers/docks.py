"""Showing the plugin's docks where they belong, once a viewer."""

from __future__ import annotations

from typing import Any

PLUGIN = "napari-insitu-tem"

#: Dock name in the manifest -> side of the window.
AREAS: dict[str, str] = {
    "Experiment": "right",
    "Expansion": "right",
    "Lattice spacing": "right",
    "Front position": "right",
    "SEI thickness": "right",
    "Events": "right",
    "Drift": "right",
    "Beam dose": "right",
    "Export": "right",
    "Timeline": "bottom",
    "Cyclic view": "bottom",
}

#: Part of the window's height that the timeline takes at first.
BOTTOM_SHARE = 0.38


def show_dock(viewer: Any, name: str) -> Any:
    """Show a dock and return its widget; None for a viewer without a window.

    A dock that is already there is raised. Docks of one side share it as tabs on the
    right, side by side at the bottom.

    Parameters
    ----------
    viewer
        A napari viewer.
    name
        A key of `AREAS`.
    """
    viewer = getattr(viewer, "__wrapped__", viewer)
    window = getattr(viewer, "window", None)
    if window is None:
        return None
    title = f"{name} ({PLUGIN})"
    if title not in window.dock_widgets:
        dock, _ = window.add_plugin_dock_widget(PLUGIN, name)
        _place(window, dock, name)
    widget = window.dock_widgets[title]
    _dock_of(window, title).raise_()
    return widget


def _dock_of(window: Any, title: str) -> Any:
    return window._wrapped_dock_widgets[title]


def _place(window: Any, dock: Any, name: str) -> None:
    """Move a new dock to its side of the window."""
    from qtpy.QtCore import Qt

    main = window._qt_window
    side = {
        "right": Qt.DockWidgetArea.RightDockWidgetArea,
        "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
    }[AREAS[name]]
    neighbours = [
        other
        for title, other in window._wrapped_dock_widgets.items()
        if other is not dock
        and title.endswith(f"({PLUGIN})")
        and AREAS.get(title.rsplit(" (", 1)[0]) == AREAS[name]
    ]
    # The plugin's name would leave no room for the dock's in a row of tabs.
    dock.setWindowTitle(name)
    # The timeline sits under the canvas; the columns beside it keep their height.
    for corner, owner in (
        (Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
        (Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
    ):
        main.setCorner(corner, owner)
    main.addDockWidget(side, dock)
    if AREAS[name] == "bottom" and not neighbours:
        height = int(BOTTOM_SHARE * main.height())
        main.resizeDocks([dock], [height], Qt.Orientation.Vertical)
    if neighbours and AREAS[name] == "right":
        main.tabifyDockWidget(neighbours[0], dock)
    elif neighbours:
        main.splitDockWidget(neighbours[0], dock, Qt.Orientation.Horizontal)
    dock.show()
