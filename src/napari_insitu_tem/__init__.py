"""In-situ TEM movies and potentiostat records on one time axis.

The names below are imported when they are first used, so that importing the package
itself loads neither napari nor Qt nor a numerical library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_insitu_tem.io.registry import read_movie, read_trace
    from napari_insitu_tem.model.experiment import Experiment

__version__ = "0.1.0"

__all__ = ["Experiment", "__version__", "read_movie", "read_trace"]

_HOME = {
    "Experiment": "napari_insitu_tem.model.experiment",
    "read_movie": "napari_insitu_tem.io.registry",
    "read_trace": "napari_insitu_tem.io.registry",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, also those that are not imported yet."""
    return sorted(__all__)
