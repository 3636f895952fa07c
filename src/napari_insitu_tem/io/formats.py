"""The formats that are read: one line a module, in the order in which ties fall."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_insitu_tem.io.registry import Format

#: Every module of this package named here defines `FORMAT`.
MODULES: tuple[str, ...] = (
    # movies
    "tiff",
    "mrc",
    "dm",
    "dm_folder",
    "ser",
    "tvips",
    "dm5",
    "velox",
    "hdf5",
    "video",
    "image_sequence",
    # traces
    "eclab",
    "eclab_mpr",
    "gamry",
    "chi",
    "palmsens",
    "palmsens_csv",
    "versastudio",
    "maccor",
    "bdf",
    "digiheater",
    "protochips",
    "impulse",
    "neware",
    "zahner",
    "tdms",
    "excel",
    "delimited",
)


@cache
def formats() -> tuple[Format, ...]:
    """Every known format."""
    package = __package__
    return tuple(import_module(f"{package}.{name}").FORMAT for name in MODULES)
