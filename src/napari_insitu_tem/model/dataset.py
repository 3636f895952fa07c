"""Datasets: the images or stacks of one file, of which a movie is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_insitu_tem.model.errors import ReadError

_NAMED = 8


@dataclass(frozen=True)
class Dataset:
    """An image or a stack of images in a file, as it can be chosen.

    Attributes
    ----------
    key
        Which one it is: the same every time that the file is read, and unique in it.
    name
        As the file or the camera calls it; the key where nothing does.
    shape
        As it is stored, or (t, y, x) where the format says which axis is which.
    dtype
        Type of a pixel.
    """

    key: str
    name: str
    shape: tuple[int, ...]
    dtype: str

    def describe(self) -> str:
        """Name, shape and type: "HAADF, 20 x 512 x 512, uint16"."""
        return f"{self.name}, {' × '.join(map(str, self.shape))}, {self.dtype}"


def find_dataset(datasets: Sequence[Dataset], wanted: str, path: Path) -> int:
    """Place of the dataset that is meant by a key, or by a name that only one has.

    Raises
    ------
    ReadError
        None is meant, or more than one; the message says which there are.
    """
    for part in ("key", "name"):
        found = [i for i, d in enumerate(datasets) if getattr(d, part) == wanted]
        if len(found) == 1:
            return found[0]
    there = ", ".join(dataset.key for dataset in datasets[:_NAMED])
    more = f" and {len(datasets) - _NAMED} more" if len(datasets) > _NAMED else ""
    raise ReadError(
        f"{path.name} has no dataset {wanted!r}.",
        hint=f"It has {there}{more}." if there else "It holds one movie only.",
        path=path,
    )
