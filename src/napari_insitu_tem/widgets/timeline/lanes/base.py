"""Lane: one row of the timeline. A kind of lane is one file and one registration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from psygnal import Signal
from qtpy.QtCore import Qt

from napari_insitu_tem.state.session import Change, Playhead, Session
from napari_insitu_tem.widgets.theme import DARK, Theme
from napari_insitu_tem.widgets.timeline.gestures import Gesture, Mouse
from napari_insitu_tem.widgets.timeline.lane_view import LaneView


class Options:
    """Switches of the timeline that lanes look at.

    Attributes
    ----------
    alignment_unlocked
        Movies may be dragged along the trace.
    values_follow_view
        Value axes fit what is visible instead of all there is.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.alignment_unlocked = False
        self.values_follow_view = False

    def set(self, **switches: bool) -> None:
        """Change switches and tell the lanes."""
        for name, value in switches.items():
            if not hasattr(self, name):
                raise AttributeError(name)
            setattr(self, name, value)
        self.changed.emit()


@dataclass(frozen=True)
class Choice:
    """Something a lane's menu offers.

    Attributes
    ----------
    text
        What the menu says.
    key
        Given back to `Lane.choose`.
    is_on
        Whether it holds now.
    """

    text: str
    key: str
    is_on: bool = False


class Lane:
    """Draws one kind of thing against time.

    Parameters
    ----------
    session
        What is shown.
    view
        Where it is drawn; the lane adds its items to `view.box`.
    options
        Switches of the timeline.
    variant
        Which lane of its kind it is, "" where there is only one.

    Signals
    -------
    labels_changed()
        Title, unit, legend or height are different.
    """

    #: Short name, unique among the kinds of lanes.
    kind: ClassVar[str] = ""
    #: Parts of the document on which it depends whether the lane is wanted.
    wanted_by: ClassVar[tuple[str, ...]] = ()
    #: Whether it shows before the user has chosen.
    shown_at_first: ClassVar[bool] = True
    #: Whether it is made only once the user adds it: its data may be many or dear.
    made_when_asked: ClassVar[bool] = False
    #: Whether it gets a share of the room that is left.
    stretches: ClassVar[bool] = True

    labels_changed = Signal()

    def __init__(
        self, session: Session, view: LaneView, options: Options, variant: str = ""
    ) -> None:
        self.session = session
        self.view = view
        self.options = options
        self.variant = variant
        self.theme: Theme = DARK
        self.build()

    # -- which lanes there are ------------------------------------------------------

    @classmethod
    def is_wanted(cls, session: Session) -> bool:
        """Whether the experiment has something for this kind of lane."""
        return True

    @classmethod
    def usual(cls, session: Session) -> tuple[str, ...]:
        """Variants that are made unasked, of a lane that is made when asked for."""
        return ()

    @classmethod
    def variants(cls, session: Session) -> tuple[str, ...]:
        """The lanes of this kind that the experiment wants, by variant."""
        return ("",) if cls.is_wanted(session) else ()

    @classmethod
    def offer(cls, session: Session, variant: str) -> str:
        """What the menu calls a lane that is still to be added."""
        return variant or cls.kind

    @classmethod
    def key_of(cls, variant: str) -> str:
        """Name of a lane of this kind among all."""
        return f"{cls.kind}:{variant}" if variant else cls.kind

    @property
    def key(self) -> str:
        """Name of this lane among all."""
        return self.key_of(self.variant)

    # -- labels ---------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What is shown."""
        return self.kind

    @property
    def unit(self) -> str:
        """Unit of the value axis, "" for none."""
        return ""

    @property
    def colour(self) -> str:
        """Colour of the title."""
        return self.theme.text

    @property
    def legend(self) -> Sequence[tuple[str, str]]:
        """(colour, name) of what the lane tells apart."""
        return ()

    @property
    def preferred_height(self) -> int:
        """Pixels that suit the lane."""
        return 84

    @property
    def least_height(self) -> int:
        """Pixels that it needs."""
        return 38

    # -- drawing --------------------------------------------------------------------

    def build(self) -> None:
        """Add the items; called once."""

    def update(self, change: Change | None) -> None:
        """Show what the session holds now.

        Parameters
        ----------
        change
            What happened to the document; None when anything may be different.
        """

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.theme = theme

    def playhead_moved(self, playhead: Playhead | None) -> None:
        """Another frame is current: time for a highlight, not for drawing anew."""

    def selection_changed(self) -> None:
        """Other rows are selected."""

    def options_changed(self) -> None:
        """A switch of the timeline changed."""

    def value_bounds(
        self, window: tuple[float, float] | None
    ) -> tuple[float, float] | None:
        """Least and largest value; of the given stretch of time, or of all (None)."""
        return None

    def close(self) -> None:
        """Let go of what outlives the view."""

    # -- talking to the user ----------------------------------------------------------

    def text_at(self, time_s: float) -> str:
        """The lane's value at a time, for the readout; "" for none."""
        return ""

    def tip_at(self, mouse: Mouse) -> str:
        """What lies under the mouse, in words; "" for nothing."""
        return ""

    def cursor_at(self, mouse: Mouse) -> Qt.CursorShape | None:
        """Shape of the mouse over the lane, None for the usual one."""
        return None

    def gesture_at(self, mouse: Mouse) -> Gesture | None:
        """What a press here does, where the lane handles it itself."""
        return None

    def choices(self) -> Sequence[Choice]:
        """What the lane's menu offers."""
        return ()

    def choose(self, key: str) -> None:
        """The user took a choice."""


def touches(change: Change | None, *parts: str) -> bool:
    """Whether a change concerns one of the named parts of the document."""
    if change is None:
        return True
    before, after = change.before, change.after
    return any(getattr(before, part) is not getattr(after, part) for part in parts)


def touches_rows(change: Change | None, *kinds: str) -> bool:
    """Whether a change concerns rows of one of these kinds."""
    if change is None:
        return True
    before, after = change.before.records, change.after.records
    if before is after:
        return False
    fresh = [row for key, row in after.items() if before.get(key) is not row]
    gone = [row for key, row in before.items() if key not in after]
    return any(row.kind in kinds for row in (*fresh, *gone))


def finite_bounds(*arrays: np.ndarray) -> tuple[float, float] | None:
    """Least and largest finite number of several arrays; None without one."""
    values = np.concatenate([np.asarray(a, float).ravel() for a in arrays])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else None
