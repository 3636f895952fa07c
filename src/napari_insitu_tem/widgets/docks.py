"""Timeline and cyclic view as docks of a viewer: its session and its colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_insitu_tem.layers.docks import AREAS, PLUGIN
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.widgets.cyclic import CyclicView
from napari_insitu_tem.widgets.following import follow
from napari_insitu_tem.widgets.theme import napari_theme
from napari_insitu_tem.widgets.timeline import TimelineWidget

if TYPE_CHECKING:
    import napari.viewer


# napari hands the viewer to a class that says so by this very annotation, and to
# nothing else.


class TimelineDock(TimelineWidget):
    """Potential, current and measurements on one time axis.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(link_of(viewer).session)
        _begin_at_the_bottom("Timeline")
        _follow_theme(self, viewer)


class CyclicDock(CyclicView):
    """Current against potential, with the playhead as a dot.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(link_of(viewer).session)
        _begin_at_the_bottom("Cyclic view")
        _follow_theme(self, viewer)


def _begin_at_the_bottom(name: str) -> None:
    """Let napari's menu put a dock under the canvas until the user moves it."""
    from napari.settings import get_settings

    places = get_settings().application.plugin_widget_positions
    places.setdefault(f"{name} ({PLUGIN})", AREAS[name])


def _follow_theme(widget: Any, viewer: Any) -> None:
    """Keep a widget in the colours of the viewer's theme."""
    viewer = getattr(viewer, "__wrapped__", viewer)

    def apply(event: object = None) -> None:
        widget.set_theme(napari_theme(viewer.theme))

    apply()
    follow(widget, (viewer.events.theme, apply))
