"""Menus of the timeline: which lanes show, and what a lane offers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, get_args

from qtpy.QtGui import QAction, QActionGroup
from qtpy.QtWidgets import QMenu

from napari_insitu_tem.widgets.timeline.axis import TimeStyle
from napari_insitu_tem.widgets.timeline.lanes.base import Lane

if TYPE_CHECKING:
    from napari_insitu_tem.widgets.timeline.widget import TimelineWidget

_STYLES: dict[TimeStyle, str] = {
    "auto": "Time: seconds, h:mm:ss from an hour on",
    "seconds": "Time: seconds",
    "clock": "Time: h:mm:ss",
}


def fill_lanes_menu(menu: QMenu, timeline: TimelineWidget) -> None:
    """Offer every lane that the experiment has, and how axes are scaled."""
    menu.clear()
    for row in timeline.stack.rows:
        lane = row.lane
        text = f"{lane.title} ({lane.unit})" if lane.unit else lane.title
        action = _toggle(menu, text, timeline.stack.is_shown(row))
        action.toggled.connect(partial(timeline.stack.show_lane, row.key))
    _offer_lanes(menu, timeline)
    menu.addSeparator()
    options = timeline.options
    follow = _toggle(menu, "Fit values to what is visible", options.values_follow_view)
    follow.toggled.connect(lambda on: options.set(values_follow_view=on))
    group = QActionGroup(menu)
    for style in get_args(TimeStyle):
        action = _toggle(
            menu, _STYLES[style], timeline.axis_row.axis.time_style == style
        )
        action.triggered.connect(partial(timeline.axis_row.set_time_style, style))
        group.addAction(action)


def _offer_lanes(menu: QMenu, timeline: TimelineWidget) -> None:
    """A menu of the lanes that may be added, where there are any."""
    offered = timeline.stack.offered()
    if not offered:
        return
    more = menu.addMenu("Add lane")
    for key, text in offered:
        add = partial(timeline.stack.show_lane, key, True)
        more.addAction(text).triggered.connect(lambda *_, add=add: add())


def lane_menu(timeline: TimelineWidget, lane: Lane | None) -> QMenu:
    """The menu of one lane (None: of the axis); it goes when it closes."""
    menu = QMenu(timeline)
    menu.aboutToHide.connect(menu.deleteLater)
    if lane is None:
        fill_lanes_menu(menu, timeline)
        return menu
    for choice in lane.choices():
        action = _toggle(menu, choice.text, choice.is_on)
        action.triggered.connect(partial(lane.choose, choice.key))
    menu.addSeparator()
    hide = menu.addAction(f"Hide {lane.title}")
    hide.triggered.connect(partial(timeline.stack.show_lane, lane.key, False))
    lanes = menu.addMenu("Lanes and axes")
    fill_lanes_menu(lanes, timeline)
    menu.addSeparator()
    menu.addAction("Show all").triggered.connect(timeline.time_window.fit)
    chosen = menu.addAction("Clear the selected stretch")
    chosen.setEnabled(timeline.session.range_ns is not None)
    chosen.triggered.connect(partial(timeline.session.set_range, None))
    return menu


def _toggle(menu: QMenu, text: str, is_on: bool) -> QAction:
    action = QAction(text, menu)
    action.setCheckable(True)
    action.setChecked(is_on)
    menu.addAction(action)
    return action
