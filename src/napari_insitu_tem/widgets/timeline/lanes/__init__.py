"""The lanes, from top to bottom: one file and one line here for each kind."""

from __future__ import annotations

from napari_insitu_tem.widgets.timeline.lanes.base import Lane
from napari_insitu_tem.widgets.timeline.lanes.change import ChangeLane
from napari_insitu_tem.widgets.timeline.lanes.charge import ChargeLane
from napari_insitu_tem.widgets.timeline.lanes.coverage import CoverageLane
from napari_insitu_tem.widgets.timeline.lanes.current import CurrentLane
from napari_insitu_tem.widgets.timeline.lanes.dose import DoseLane
from napari_insitu_tem.widgets.timeline.lanes.events import EventsLane
from napari_insitu_tem.widgets.timeline.lanes.further import FurtherLane
from napari_insitu_tem.widgets.timeline.lanes.kymograph import KymographLane
from napari_insitu_tem.widgets.timeline.lanes.potential import PotentialLane
from napari_insitu_tem.widgets.timeline.lanes.values import ValuesLane

LANES: list[type[Lane]] = [
    CoverageLane,
    EventsLane,
    PotentialLane,
    CurrentLane,
    ChargeLane,
    FurtherLane,
    DoseLane,
    ChangeLane,
    ValuesLane,
    KymographLane,
]
