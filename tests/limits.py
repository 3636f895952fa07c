"""What reading a damaged file may take: two seconds and 500 MB."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Damaged files of each kind on every run, and with `-m slow`.
FEW, MANY = 200, 3000
PATIENCE_S = 2.0
MEMORY_BYTES = 500e6
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Patience:
    """Counts what took too long.

    Attributes
    ----------
    slow
        Number of the reading, and its seconds.
    """

    def __init__(self) -> None:
        self.slow: list[tuple[int, float]] = []
        self._count = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read one file inside."""
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        if took > PATIENCE_S:
            self.slow.append((self._count, took))
        self._count += 1


@contextmanager
def limits() -> Iterator[Patience]:
    """Read damaged files inside; fails where one took too long, or too much memory."""
    patience, before = Patience(), _peak_memory(reset=True)
    yield patience
    assert not patience.slow
    assert _peak_memory() - before < MEMORY_BYTES


def _peak_memory(reset: bool = False) -> float:
    """Bytes of the largest resident set since the last reset; 0 where not told."""
    if not STATUS.exists():
        return 0.0
    if reset:
        CLEAR.write_text("5")
    line = next(x for x in STATUS.read_text().splitlines() if x.startswith("VmHWM"))
    return float(line.split()[1]) * 1024
