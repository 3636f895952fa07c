"""In a napari window: the slider keeps its keys, and nothing is left behind."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from mouse import Mouse
from napari_insitu_tem.widgets.cyclic import CyclicView
from napari_insitu_tem.widgets.theme import napari_theme
from napari_insitu_tem.widgets.timeline import TimelineWidget


def test_arrow_keys_reach_the_slider_after_a_click_on_the_timeline(
    make_napari_viewer: Any, qtbot: Any, session: Any
) -> None:
    viewer = make_napari_viewer(show=True, strict_qt="raise")
    viewer.add_image(np.zeros((50, 8, 8), np.uint8), contrast_limits=(0, 1))
    timeline, cyclic = TimelineWidget(session), CyclicView(session)
    viewer.window.add_dock_widget(timeline, area="bottom", name="Timeline")
    viewer.window.add_dock_widget(cyclic, area="right", name="Cyclic view")
    for name in ("dark", "light"):
        timeline.set_theme(napari_theme(name))
        cyclic.set_theme(napari_theme(name))
    viewer.dims.set_current_step(0, 10)
    row = next(row for row in timeline.stack.rows if row.key == "potential")
    qtbot.waitUntil(lambda: row.view.plot_rect().width() > 500)
    QApplication.processEvents()
    place = Mouse(row.view).at(40.5).toPoint()
    qtbot.mouseClick(row.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.playhead.frame == 15
    qtbot.keyClick(viewer.window._qt_window.focusWidget(), Qt.Key.Key_Right)
    assert viewer.dims.current_step[0] == 11
