"""napari's menus and a script open the same docks, each once."""

from __future__ import annotations

import npe2
import pytest
from napari._app_model import get_app_model
from qtpy.QtCore import Qt

from napari_insitu_tem.layers.docks import AREAS, PLUGIN, show_dock

MEASURING = ("expansion", "lattice", "front", "sei", "events")


@pytest.fixture
def manifest():
    return npe2.PluginManifest.from_distribution(PLUGIN)


def choose(name):
    """Choose a command as a menu does."""
    get_app_model().commands.execute_command(f"{PLUGIN}.{name}").result()


def area(viewer, dock):
    return viewer.window._qt_window.dockWidgetArea(
        viewer.window._wrapped_dock_widgets[f"{dock} ({PLUGIN})"]
    )


def test_every_dock_of_the_manifest_has_its_side(manifest):
    docks = [widget.display_name for widget in manifest.contributions.widgets]
    assert set(docks) == set(AREAS)
    assert manifest.display_name == manifest.name == PLUGIN


@pytest.mark.parametrize("name", AREAS)
def test_every_dock_opens_on_its_side_and_once(make_napari_viewer, name):
    viewer = make_napari_viewer()
    widget = show_dock(viewer, name)
    assert show_dock(viewer, name) is widget
    assert list(viewer.window.dock_widgets) == [f"{name} ({PLUGIN})"]
    sides = {
        "right": Qt.DockWidgetArea.RightDockWidgetArea,
        "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
    }
    assert area(viewer, name) == sides[AREAS[name]]


def test_menu_and_script_share_a_dock(make_napari_viewer):
    viewer = make_napari_viewer()
    choose("timeline")
    widget = viewer.window.dock_widgets[f"Timeline ({PLUGIN})"]
    assert show_dock(viewer, "Timeline") is widget
    assert area(viewer, "Timeline") == Qt.DockWidgetArea.BottomDockWidgetArea


def test_docks_of_two_viewers_are_two(make_napari_viewer):
    one, two = make_napari_viewer(), make_napari_viewer()
    first, second = show_dock(one, "Experiment"), show_dock(two, "Experiment")
    assert first is not second
    assert first.session is not second.session


def test_measuring_docks_are_in_the_measure_menu(make_napari_viewer):
    make_napari_viewer()
    items = get_app_model().menus.get_menu("napari/layers/measure")
    commands = {item.command.id for item in items if hasattr(item, "command")}
    assert {f"{PLUGIN}.{name}" for name in MEASURING} <= commands


def test_colours_of_timeline_and_cyclic_view_follow_the_theme(make_napari_viewer):
    viewer = make_napari_viewer()
    viewer.theme = "dark"
    docks = [show_dock(viewer, name) for name in ("Timeline", "Cyclic view")]
    dark = [dock.grab().toImage().pixelColor(2, 2).lightness() for dock in docks]
    viewer.theme = "light"
    light = [dock.grab().toImage().pixelColor(2, 2).lightness() for dock in docks]
    assert max(dark) < 100 < min(light)


@pytest.mark.parametrize(
    "name",
    ["a.tif", "A.TIF", "run_7.MRC", "GCD.mpt", "CV.DTA", "x.Csv", "t.ome.tiff"],
)
def test_files_find_the_reader_whatever_the_case_of_their_ending(name):
    readers = npe2.PluginManager.instance().iter_compatible_readers([name])
    assert f"{PLUGIN}.read" in {reader.command for reader in readers}
