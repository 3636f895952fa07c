"""Bodies with a known outline, those of the table of accuracy."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCENES = Path(__file__).parents[3] / "scripts" / "accuracy" / "outline_scenes.py"


@pytest.fixture(scope="session")
def scene():
    """The class of a body in the middle of a frame."""
    spec = importlib.util.spec_from_file_location("outline_scenes", SCENES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Scene
