"""How the plugin recognises its own layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.layers import Layer

#: Under this key a layer's `metadata` holds what the plugin knows of it.
KEY = "napari_insitu_tem"


def about(layer: Layer) -> dict[str, Any]:
    """What the plugin knows of a layer; empty for layers of others."""
    found = layer.metadata.get(KEY)
    return found if isinstance(found, dict) else {}


def role(layer: Layer) -> str:
    """`movie`, `annotations` or "" for layers of others."""
    return str(about(layer).get("role", ""))
