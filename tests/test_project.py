"""Promises of the repository itself: versions, extras, layers, a light import."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import napari_insitu_tem

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGE = CHECKOUT / "src" / "napari_insitu_tem"
SCREEN = {
    "napari",
    "qtpy",
    "PyQt6",
    "PySide6",
    "magicgui",
    "superqt",
    "pyqtgraph",
    "vispy",
}
NUMERICAL = {"numpy", "pandas", "scipy", "skimage", "dask", "tifffile", "mrcfile"}


@pytest.fixture(scope="module")
def pyproject() -> dict:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))


def loaded_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in done.stdout.split()}


def test_importing_the_package_loads_nothing_heavy():
    loaded = loaded_after("import napari_insitu_tem")
    assert "napari_insitu_tem" in loaded
    assert not loaded & (SCREEN | NUMERICAL)


@pytest.mark.parametrize("name", ["read_movie", "read_trace", "Experiment"])
def test_scripting_loads_no_screen_library(name):
    loaded = loaded_after(f"from napari_insitu_tem import {name}")
    assert not loaded & (SCREEN | {"scipy", "skimage"})


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = napari_insitu_tem.no_such_name


def test_every_part_is_under_an_import_contract(pyproject):
    parts = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    parts |= {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    layers, screen = pyproject["tool"]["importlinter"]["contracts"]
    named = {
        name.strip(" ()") for layer in layers["layers"] for name in layer.split(":")
    }
    assert parts <= named
    prefix = "napari_insitu_tem."
    without_screen = {m.removeprefix(prefix) for m in screen["source_modules"]}
    assert without_screen == parts - {"cli", "layers", "widgets"}
    assert set(screen["forbidden_modules"]) == SCREEN


def test_dependency_groups_equal_the_extras_of_the_same_name(pyproject):
    extras = pyproject["project"]["optional-dependencies"]
    for name, packages in pyproject["dependency-groups"].items():
        assert packages == extras[name]


def test_extra_all_brings_every_format(pyproject):
    extras = pyproject["project"]["optional-dependencies"]
    for_developers = set(pyproject["dependency-groups"])
    own = next(line for line in extras["all"] if line.startswith("napari-insitu-tem["))
    brought = set(own.removeprefix("napari-insitu-tem[").rstrip("]").split(","))
    assert brought == set(extras) - for_developers - {"all"}


def test_core_dependencies_choose_no_qt_binding(pyproject):
    core = " ".join(pyproject["project"]["dependencies"]).lower()
    assert "pyqt5" not in core
    assert "pyqt6" not in core
    assert "pyside" not in core
    assert "napari[" not in core


def test_citation_gives_the_version_of_the_package():
    citation = yaml.safe_load((CHECKOUT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == napari_insitu_tem.__version__


def test_continuous_integration_installs_the_libraries_that_bootstrap_wants():
    workflow = (CHECKOUT / ".github" / "workflows" / "ci.yml").read_text()
    bootstrap = (CHECKOUT / "scripts" / "bootstrap.py").read_text()
    listed = bootstrap.split("QT_PACKAGES = [")[1].split("]")[0]
    packages = [line.strip(' ",') for line in listed.split() if line]
    assert packages
    assert [name for name in packages if name not in workflow] == []
