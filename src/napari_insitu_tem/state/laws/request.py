"""What is asked of a rate law: which laws, of which front, with what known."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_insitu_tem.measure.laws.base import (
    LINEAR,
    LINEAR_PARABOLIC,
    PARABOLIC,
    POWER,
)
from napari_insitu_tem.model.counting import Counting
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.rate_law import LawRequest
from napari_insitu_tem.state.kymographs import Followed, kymographs_of
from napari_insitu_tem.state.measuring import path_record
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking.front_rows import Following, FrontRows
from napari_insitu_tem.state.tracking.plan import chosen_frames

__all__ = ["COMPARED", "FrontData", "LawRequest"]

#: Laws that are compared, by geometry: a power law describes a planar front only.
COMPARED = {
    "planar": (LINEAR, PARABOLIC, LINEAR_PARABOLIC, POWER),
    "cylinder": (LINEAR, PARABOLIC, LINEAR_PARABOLIC),
    "sphere": (LINEAR, PARABOLIC, LINEAR_PARABOLIC),
}


@dataclass(frozen=True, eq=False)
class FrontData:
    """The front that the tool is set to, and the frames in which it has rows.

    Attributes
    ----------
    given
        The rows of its object on its path.
    front
        Its name.
    frames
        From its first row to its last, in the selected stretch of time if there is one.
    counting
        The gain of the movie's counts; None where it is not known.
    """

    given: FrontRows
    front: str
    frames: range
    counting: Counting | None = None

    @classmethod
    def of(cls, session: Session) -> FrontData:
        """The front of the tool as it is now.

        Raises
        ------
        MeasurementError
            It has too few rows there.
        """
        tool = session.toolbox["front"]
        path = path_record(session, tool)
        given = FrontRows.of(session.document, path, tool.object.strip())
        front = str(tool.get("front"))
        allowed = chosen_frames(session, path.movie)
        mine = [
            row.frame
            for row in given.rows
            if row.get("front") == front and row.frame in allowed
        ]
        if len(set(mine)) < 2:
            raise MeasurementError(
                f"{front or 'The front'} has too few rows for a rate law.",
                hint="Track it first, or choose another front.",
            )
        counting = session.document.counting(path.movie)
        return cls(given, front, range(min(mine), max(mine) + 1), counting)

    def following(self, u_pick_px: float) -> Following:
        """What has to be followed for the likelihood of each frame.

        Where no row of the front is the user's own, the surest one holds it.
        """
        given = self.given
        own = [r for r in given.picks if r.get("front") == self.front]
        if not any(row.frame in self.frames for row in own):
            mine = [r for r in given.tracked if r.get("front") == self.front]
            mine = [r for r in mine if r.frame in self.frames]
            surest = min(mine, key=lambda row: row.u_pick_px or 1.0)
            rows = (*given.rows, surest.changed(method="snapped"))
            given = replace(given, rows=rows)
        names = given.fronts_in(self.frames)
        return Following(given, self.frames, names, u_pick_px, self.counting)

    def kept(self, session: Session, u_pick_px: float) -> Followed | None:
        """A track of these frames, and maybe more, that still holds; else None."""
        store = kymographs_of(session)
        followed = store.followed.get(self.given.path.id)
        if followed is None or followed.order != store.order(self.given.path):
            return None
        if followed.counting != self.counting:
            return None
        if followed.object != self.given.object or self.front not in followed.names:
            return None
        if not set(self.frames) <= set(followed.frames):
            return None
        names = self.given.fronts_in(followed.frames)
        now = Following(self.given, followed.frames, names, u_pick_px)
        same = names == followed.names and repr(now.anchors()) == repr(followed.anchors)
        return followed if same else None
