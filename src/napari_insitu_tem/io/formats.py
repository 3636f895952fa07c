"""The formats that are read: one line a module, in the order in which ties fall."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_insitu_tem.io.registry import Format

#: Every module of this package named here defines `FORMAT`.
MODULES: tuple[str, ...] = (
    "movies.tiff",
    "movies.mrc",
    "movies.dm",
    "movies.dm_folder",
    "movies.ser",
    "movies.tvips",
    "movies.seq",
    "movies.dm5",
    "movies.velox",
    "movies.ndata",
    "movies.hdf5",
    "movies.ome_zarr",
    "movies.npy",
    "movies.video",
    "movies.image_sequence",
    "traces.eclab",
    "traces.eclab_mpr",
    "traces.gamry",
    "traces.chi",
    "traces.palmsens",
    "traces.palmsens_csv",
    "traces.versastudio",
    "traces.maccor",
    "traces.keithley",
    "traces.bdf",
    "traces.digiheater",
    "traces.protochips",
    "traces.impulse",
    "traces.neware",
    "traces.zahner",
    "traces.tdms",
    "traces.lvm",
    "traces.excel",
    "traces.parquet",
    "traces.delimited",
)


@cache
def formats() -> tuple[Format, ...]:
    """Every known format."""
    package = __package__
    return tuple(import_module(f"{package}.{name}").FORMAT for name in MODULES)
