"""What all benchmarks share; run them with `make benchmark`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
import pytest

# As in the tests: never the settings of whoever runs this.
os.environ["NAPARI_CONFIG"] = os.path.join(tempfile.mkdtemp(), "settings.yaml")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260101)


@pytest.fixture
def report_memory(capsys: pytest.CaptureFixture[str], benchmark: Any) -> Iterator[None]:
    """Say how much resident memory the benchmark gained."""
    process = psutil.Process()
    before = process.memory_info().rss
    yield
    gained = (process.memory_info().rss - before) / 2**20
    benchmark.extra_info["memory_MB"] = round(gained)
    with capsys.disabled():
        print(f" (memory {gained:+.0f} MB)", end="")
