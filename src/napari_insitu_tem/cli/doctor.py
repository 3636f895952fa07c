"""`doctor`: what is installed, what is missing, and what that means."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

import napari_insitu_tem
from napari_insitu_tem.io.tables.mapping import settings_folder
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.samples import sample_folder
from napari_insitu_tem.state.journal import journals_folder

_NAME = "napari-insitu-tem"
_NEEDED = ("napari", "qtpy", "pyqtgraph", "numpy", "scipy", "scikit-image", "tifffile")

#: Run on its own: Qt ends a program that it cannot show on this display.
_LOOK_AT_QT = """
import json
import qtpy
from qtpy.QtCore import qVersion
from qtpy.QtGui import QOffscreenSurface, QOpenGLContext
from qtpy.QtWidgets import QApplication
application = QApplication([])
surface, context = QOffscreenSurface(), QOpenGLContext()
surface.create()
found = {"binding": qtpy.API_NAME, "qt": qVersion(), "gl": ""}
found["platform"] = application.platformName()
if context.create() and context.makeCurrent(surface):
    from vispy.gloo import gl
    gl.use_gl("gl2")
    found["gl"] = f"{gl.glGetParameter(gl.GL_VERSION)}"
    found["gl"] += f", {gl.glGetParameter(gl.GL_RENDERER)}"
print("FOUND" + json.dumps(found))
"""


def examine() -> int:
    """Print what was found.

    Returns
    -------
    int
        0 if a window can be opened here.
    """
    print(f"{_NAME} {napari_insitu_tem.__version__}")
    print(f"Python {platform.python_version()}, {platform.platform()}")
    print("\nLibraries")
    for name in _NEEDED:
        print(f"  {name} {_version(name) or 'is missing'}")
    print("\nWindow")
    found = look_at_qt()
    for line in _window_lines(found):
        print(f"  {line}")
    print("\nFormats that need an extra")
    for line in extras_lines():
        print(f"  {line}")
    print("\nFolders")
    for line in _folder_lines():
        print(f"  {line}")
    return 0 if found.get("gl") and _version("napari") else 1


def look_at_qt() -> dict[str, Any]:
    """Binding, Qt, platform and OpenGL; or `error` in words."""
    done = subprocess.run(
        [sys.executable, "-c", _LOOK_AT_QT],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    for line in done.stdout.splitlines():
        if line.startswith("FOUND"):
            return dict(json.loads(line.removeprefix("FOUND")))
    return {"error": _reason(done.stderr, done.returncode)}


def _reason(text: str, status: int) -> str:
    """The line of an output that tells most: Qt's own, else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "could not" in line.lower()]
    return next(iter([*telling, *lines[-1:]]), f"it ended with status {status}")


def _window_lines(found: dict[str, Any]) -> Iterator[str]:
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux"):
        yield f"display {display}" if display else "no display; xvfb-run gives one"
    if "error" in found:
        yield f"Qt does not start: {found['error']}"
        if "No module" in found["error"] or "binding" in found["error"].lower():
            yield f'install Qt with: pip install "{_NAME}[all]"'
        return
    yield f"{found['binding']}, Qt {found['qt']}, platform {found['platform']}"
    yield (
        f"OpenGL {found['gl']}"
        if found["gl"]
        else "no OpenGL: napari cannot draw; install the graphics driver or Mesa"
    )


def extras_lines() -> Iterator[str]:
    """One line for each extra: what it brings and whether it is there."""
    for extra in metadata.metadata(_NAME).get_all("Provides-Extra") or ():
        packages = _packages_of(extra)
        missing = [name for name in packages if _version(name) is None]
        if extra in ("all", "test", "dev", "docs", "bench") or not packages:
            continue
        names = ", ".join(packages)
        if missing:
            yield f'{extra} ({names}): missing, pip install "{_NAME}[{extra}]"'
        else:
            yield f"{extra} ({names}): installed"


def _packages_of(extra: str) -> list[str]:
    """Packages that an extra adds."""
    parsed = [Requirement(text) for text in metadata.requires(_NAME) or ()]
    own = [r for r in parsed if r.marker and "extra" in str(r.marker)]
    return [r.name for r in own if r.marker and r.marker.evaluate({"extra": extra})]


def _folder_lines() -> Iterator[str]:
    yield _folder("settings", settings_folder())
    yield _folder("unsaved edits", journals_folder())
    try:
        yield _folder("sample data", sample_folder())
    except InsituTemError as error:
        yield str(error)


def _folder(what: str, path: Path) -> str:
    place = next(p for p in (path, *path.parents) if p.exists())
    state = "" if os.access(place, os.W_OK) else " (cannot be written to)"
    return f"{what}: {path}{state}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
