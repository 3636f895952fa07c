"""What a saved experiment looked like: frame, camera, contrast, lanes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from napari_insitu_tem.layers.docks import AREAS, PLUGIN
from napari_insitu_tem.layers.viewer_link import ViewerLink, link_of


def view_of(viewer: Any) -> dict[str, Any]:
    """How a viewer shows its experiment, as plain values for JSON."""
    viewer = getattr(viewer, "__wrapped__", viewer)
    link = link_of(viewer)
    playhead = link.session.playhead
    camera = viewer.scene.camera
    return {
        "playhead": (
            None if playhead is None else [playhead.movie, int(playhead.frame)]
        ),
        "camera": {
            "center": [float(v) for v in camera.center],
            "zoom": float(camera.zoom),
        },
        "contrast": {
            movie.name: [float(v) for v in layer.contrast_limits]
            for movie, layer in _grey_layers(link)
        },
        "docks": {
            name: widget.view_state()
            for name, widget in _docks(viewer).items()
            if hasattr(widget, "view_state")
        },
    }


def restore_view(viewer: Any, view: Mapping[str, Any]) -> None:
    """Show an experiment as it was; parts that make no sense are left out."""
    viewer = getattr(viewer, "__wrapped__", viewer)
    link = link_of(viewer)
    _restore_playhead(link, view.get("playhead"))
    _restore_contrast(link, _mapping(view.get("contrast")))
    _restore_camera(viewer, _mapping(view.get("camera")))
    states = _mapping(view.get("docks"))
    for name, widget in _docks(viewer).items():
        if name in states and hasattr(widget, "restore_view_state"):
            widget.restore_view_state(_mapping(states[name]))


def _restore_playhead(link: ViewerLink, value: Any) -> None:
    names = [movie.name for movie in link.session.experiment.movies]
    if isinstance(value, list) and len(value) == 2 and value[0] in names:
        frame = _numbers(value[1:])
        if frame is not None:
            link.session.go_to(int(frame[0]), value[0])


def _restore_contrast(link: ViewerLink, limits: Mapping[str, Any]) -> None:
    for movie, layer in _grey_layers(link):
        values = _numbers(limits.get(movie.name))
        if values is not None and len(values) == 2 and values[0] < values[1]:
            layer.contrast_limits = values


def _restore_camera(viewer: Any, state: Mapping[str, Any]) -> None:
    camera = viewer.scene.camera
    center, zoom = _numbers(state.get("center")), _numbers([state.get("zoom")])
    if center is None or zoom is None or len(center) != 3 or zoom[0] <= 0:
        return
    camera.center = tuple(center)
    camera.zoom = zoom[0]


def _grey_layers(link: ViewerLink) -> list[tuple[Any, Any]]:
    """(movie, image layer) of the movies that have contrast limits."""
    pairs = [(m, link.movie_layer(m.name)) for m in link.session.experiment.movies]
    return [(m, layer) for m, layer in pairs if layer is not None and not m.is_colour]


def _docks(viewer: Any) -> dict[str, Any]:
    """The plugin's docks that are open, by the name in the manifest."""
    window = getattr(viewer, "window", None)
    widgets = {} if window is None else window.dock_widgets
    named = {name: widgets.get(f"{name} ({PLUGIN})") for name in AREAS}
    return {name: widget for name, widget in named.items() if widget is not None}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _numbers(value: Any) -> list[float] | None:
    """A list of finite numbers; None for anything else."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return array.tolist() if array.ndim == 1 and np.isfinite(array).all() else None
