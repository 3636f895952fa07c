"""Shapes that are drawn anew at every step without compiling their shader anew.

vispy gives a mesh a new colour function whenever its data change, and with it a new
shader, although the function is always the same: half of what a Shapes layer costs when
one scrubs through a movie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.layers import Layer

#: napari's names for the meshes of a Shapes layer.
_MESHES = ("shape_faces", "shape_highlights")


def keep_shaders(viewer: Any, layer: Layer) -> None:
    """Let the meshes of a Shapes layer keep their shader.

    Parameters
    ----------
    viewer
        Where the layer is; nothing is done without a window, or where napari and vispy
        are built in another way.
    layer
        Any layer.
    """
    window = getattr(viewer, "window", None)
    visuals = getattr(getattr(window, "_qt_viewer", None), "canvas", None)
    visual = getattr(visuals, "layer_to_visual", {}).get(layer)
    for name in _MESHES:
        mesh = getattr(getattr(visual, "node", None), name, None)
        if hasattr(mesh, "_build_color_transform"):
            _keep(mesh)


def _keep(mesh: Any) -> None:
    """Give the mesh the same function for all colours that need no colour map."""
    build = type(mesh)._build_color_transform
    plain: list[Any] = []

    def build_once(colours: Any) -> Any:
        if colours.ndim == 2 and colours.shape[1] == 1:
            return build(mesh, colours)
        if not plain:
            plain.append(build(mesh, colours))
        return plain[0]

    mesh._build_color_transform = build_once
