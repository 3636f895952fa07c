"""Frames of several files one after the other, as one source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.movie import FrameSource


class JoinedFrames:
    """The frames of several sources of one size and type, in their order.

    Satisfies `FrameSource`.
    """

    def __init__(self, sources: Sequence[FrameSource]) -> None:
        self._sources = sources
        self._stops = np.cumsum([source.shape[0] for source in sources])
        self.shape: tuple[int, ...] = (int(self._stops[-1]), *sources[0].shape[1:])
        self.dtype: np.dtype[Any] = sources[0].dtype

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`."""
        part = int(np.searchsorted(self._stops, index, side="right"))
        before = int(self._stops[part - 1]) if part else 0
        return self._sources[part].read_frame(index - before)

    def close(self) -> None:
        """Release the files."""
        for source in self._sources:
            source.close()
