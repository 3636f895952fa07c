"""The package is light to import and gives its functions by name."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import napari_insitu_tem.measure as measure


def test_importing_it_loads_no_numerical_library():
    code = (
        "import sys, napari_insitu_tem.measure;"
        "heavy = {'numpy', 'pandas', 'scipy', 'skimage', 'napari', 'qtpy'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_tables_load_without_scipy():
    code = (
        "import sys, napari_insitu_tem.measure.tables;"
        "import napari_insitu_tem.measure.snapping;"
        "sys.exit(', '.join({'scipy', 'skimage'} & set(sys.modules)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", measure.__all__)
def test_every_public_name_is_there(name):
    assert getattr(measure, name).__doc__
    assert name in dir(measure)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = measure.nothing


def test_a_function_is_not_hidden_by_a_module_of_its_name():
    names = {module.name for module in pkgutil.iter_modules(measure.__path__)}
    assert not names & set(measure.__all__)
