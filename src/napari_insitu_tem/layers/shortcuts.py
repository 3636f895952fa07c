"""Keys of the plugin on the canvas.

None of them is an arrow key, and none is used by napari's Image, Shapes or Points
layers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_insitu_tem.layers.tracking import tracking_of
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.state.doubts import go_to_doubt
from napari_insitu_tem.state.events import mark_event
from napari_insitu_tem.state.measuring import copy_forward, set_reference
from napari_insitu_tem.state.tracking.plan import Direction

if TYPE_CHECKING:
    from napari_insitu_tem.layers.viewer_link import ViewerLink

#: Key, what it does, for the documentation and the docks' tooltips.
SHORTCUTS: tuple[tuple[str, str], ...] = (
    ("Control-Z", "Undo the last edit of an annotation"),
    ("Control-Shift-Z", "Redo it"),
    ("M", "Draw with the last used tool, or stop drawing"),
    ("N", "Copy the last shape to the next frame, snapped"),
    ("Shift-N", "Copy the last shape to the previous frame, snapped"),
    ("K", "Track forward: follow what is measured to the last frame"),
    ("Shift-K", "Track backward: follow it to the first frame"),
    ("Control-K", "Track all: follow it both ways"),
    ("J", "Bring up the next doubted row of any kind, and say why"),
    ("Shift-J", "Bring up the doubted row before"),
    ("Shift-R", "Take this frame as the object's reference"),
)

KeyAction = Callable[["ViewerLink"], None]


def bind_shortcuts(viewer: Any, link: ViewerLink) -> None:
    """Bind all keys, the events' keys included."""
    actions: dict[str, KeyAction] = {
        "Control-Z": _undo,
        "Control-Shift-Z": _redo,
        "M": _toggle_drawing,
        "N": partial(_copy, direction=1),
        "Shift-N": partial(_copy, direction=-1),
        "K": partial(_track, direction="forward"),
        "Shift-K": partial(_track, direction="backward"),
        "Control-K": partial(_track, direction="all"),
        "J": partial(_go_to_doubt, direction=1),
        "Shift-J": partial(_go_to_doubt, direction=-1),
        "Shift-R": _take_reference,
    }
    for term in link.session.document.vocabulary:
        if term.key:
            actions[term.key] = partial(_event, label=term.label)
            actions[f"Shift-{term.key}"] = partial(_span, label=term.label)
    for key, action in actions.items():
        viewer.bind_key(key, _calling(action, link), overwrite=True)
    link.bound_keys = tuple(actions)


def unbind_shortcuts(viewer: Any, link: ViewerLink) -> None:
    """Free all keys."""
    for key in link.bound_keys:
        viewer.bind_key(key, None)
    link.bound_keys = ()


def _calling(action: KeyAction, link: ViewerLink) -> Callable[[Any], None]:
    """A key's function that keeps neither link nor viewer alive."""
    import weakref

    reference = weakref.ref(link)

    def run(viewer: Any) -> None:
        present = reference()
        if present is None:
            return
        try:
            action(present)
        except InsituTemError as error:
            present.session.say(str(error))

    return run


def _undo(link: ViewerLink) -> None:
    pen = link.pen()
    if pen is not None and pen.cancel():
        return
    done = link.session.undo()
    link.session.say(f"Undid: {done}" if done else "Nothing to undo.")


def _redo(link: ViewerLink) -> None:
    done = link.session.redo()
    link.session.say(f"Did again: {done}" if done else "Nothing to redo.")


def _toggle_drawing(link: ViewerLink) -> None:
    toolbox = link.session.toolbox
    toolbox.activate("" if toolbox.active else toolbox.last)


def _copy(link: ViewerLink, direction: int) -> None:
    toolbox = link.session.toolbox
    kind = toolbox.active or toolbox.last
    if copy_forward(link.session, toolbox[kind], direction) is None:
        link.session.say("There is no shape to copy yet: draw one first.")


def _track(link: ViewerLink, direction: Direction) -> None:
    """Follow the kind that is drawn, else that of the selected row."""
    session = link.session
    records = session.document.records
    chosen = {records[key].kind for key in session.selection if key in records}
    kind = session.toolbox.active or session.toolbox.last
    if not session.toolbox.active and len(chosen) == 1:
        kind = chosen.pop()
    tracking_of(session).track(kind, direction)


def _go_to_doubt(link: ViewerLink, direction: int) -> None:
    go_to_doubt(link.session, direction)


def _take_reference(link: ViewerLink) -> None:
    session = link.session
    name = session.toolbox["expansion"].object
    if session.playhead is not None:
        set_reference(session, name, [session.playhead.frame])
        session.say(f"Frame {session.playhead.frame} is the reference of {name}.")


def _event(link: ViewerLink, label: str) -> None:
    mark_event(link.session, label, position=_place(link))


def _span(link: ViewerLink, label: str) -> None:
    mark_event(link.session, label, position=_place(link), with_duration=True)


def _place(link: ViewerLink) -> tuple[float, float] | None:
    """Under the mouse; where it is elsewhere, the middle of what is seen."""
    return link.cursor_position() or link.middle_of_view()
