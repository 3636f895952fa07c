"""Run the project's checks, each with its name and its time.

    python scripts/check.py lint|docs|tests...

Every step runs, also after one has failed. Pytest comes last, so that its summary is
the last thing on the screen when all is well.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

# Material for MkDocs advertises its successor on every build.
os.environ["NO_MKDOCS_2_WARNING"] = "1"

CHECKOUT = Path(__file__).resolve().parents[1]
PYTHON = [sys.executable, "-m"]
STEPS = {
    "lint": {
        "ruff check": [*PYTHON, "ruff", "check", "."],
        "ruff format": [*PYTHON, "ruff", "format", "--check", "."],
        "mypy": [*PYTHON, "mypy"],
        "import layers": [f"{sysconfig.get_path('scripts')}/lint-imports", "--no-logo"],
        "napari manifest": [*PYTHON, "npe2", "validate", "napari-insitu-tem"],
    },
    "docs": {"docs": [*PYTHON, "mkdocs", "build", "--strict", "--quiet"]},
    # Two processes; tests/conftest.py says what stays together and in which order.
    "tests": {"pytest": [*PYTHON, "pytest", "-q", "-n2", "--no-loadscope-reorder"]},
}


def main(groups: list[str]) -> int:
    """Run the steps of the named groups; return the exit status."""
    if not groups or set(groups) - set(STEPS):
        sys.exit(__doc__)
    steps = {name: step for group in groups for name, step in STEPS[group].items()}
    failed = [name for name, step in steps.items() if not passes(name, step)]
    if failed:
        counts = f"{len(steps) - len(failed)} passed, {len(failed)} failed"
        print(f"\nSteps: {counts} ({', '.join(failed)})")
    return len(failed) > 0


def passes(name: str, command: list[str]) -> bool:
    """Run one step and say how it went; pytest's own summary says it for the tests."""
    print(f"--- {name}", flush=True)
    began = time.monotonic()
    good = subprocess.run(command, cwd=CHECKOUT, check=False).returncode == 0
    if name != "pytest":
        word = "ok" if good else "FAILED"
        print(f"    {name}: {word}, {time.monotonic() - began:.1f} s", flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
