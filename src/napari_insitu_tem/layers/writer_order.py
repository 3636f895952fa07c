"""Which plugin writes the CSV of a layer when the user does not choose one."""

from __future__ import annotations

from typing import Any

from napari_insitu_tem.layers.docks import PLUGIN


def write_before_others() -> None:
    """Let measurements be saved with their columns by default.

    napari takes, and offers first in its dialog, the writer that was registered first:
    its own, which keeps the vertices of a layer and drops its table. npe2 knows no
    priority of writers; where its list is not what it was, the order stays.
    """
    from npe2 import PluginManager

    contributions = getattr(PluginManager.instance(), "_contrib", None)
    writers = getattr(contributions, "_writers", None)
    if isinstance(writers, list):
        writers.sort(key=lambda entry: not _is_ours(entry))


def _is_ours(entry: Any) -> bool:
    command = getattr(entry[-1], "command", "") if isinstance(entry, tuple) else ""
    return str(command).startswith(f"{PLUGIN}.")
