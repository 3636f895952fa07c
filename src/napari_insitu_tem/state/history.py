"""Undo and redo: the list of documents an experiment went through."""

from __future__ import annotations

from dataclasses import dataclass

from napari_insitu_tem.model.document import Document


@dataclass(frozen=True)
class Edit:
    """One action of the user.

    Attributes
    ----------
    label
        What was done, for the menu: "Undo draw diameter".
    before, after
        The documents; they share what did not change.
    """

    label: str
    before: Document
    after: Document


class History:
    """Edits of one experiment; another experiment has another history.

    Parameters
    ----------
    is_saved
        Whether the document it starts from is on disk.
    """

    def __init__(self, *, is_saved: bool = True) -> None:
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self._saved_at: Edit | None = None if is_saved else _NEVER
        self._merge_key = ""

    @property
    def undo_label(self) -> str:
        """What `undo` would take back, "" for nothing."""
        return self._done[-1].label if self._done else ""

    @property
    def redo_label(self) -> str:
        """What `redo` would do again, "" for nothing."""
        return self._undone[-1].label if self._undone else ""

    @property
    def is_saved(self) -> bool:
        """Whether the present document is the one last saved."""
        return (self._done[-1] if self._done else None) is self._saved_at

    def mark_saved(self) -> None:
        """Remember that the present document is on disk."""
        self._saved_at = self._done[-1] if self._done else None
        self._merge_key = ""

    def push(
        self, edit: Edit, *, merge_key: str = "", onto: Document | None = None
    ) -> Edit:
        """Add an edit; what was undone is forgotten. Returns what is stored.

        Parameters
        ----------
        edit
            The edit.
        merge_key
            Edits in a row with the same non-empty key are one step (each key stroke in
            a number field).
        onto
            An edit that follows from the one that ended with this document is one step
            with it, if nothing was done or saved since.
        """
        self._undone.clear()
        is_same = bool(merge_key) and merge_key == self._merge_key
        follows = bool(self._done) and self._done[-1].after is onto
        if (is_same or follows) and not self.is_saved:
            first = self._done.pop()
            edit = Edit(edit.label, first.before, edit.after)
        self._done.append(edit)
        self._merge_key = merge_key
        return edit

    def undo(self) -> Edit | None:
        """Step back; the edit taken back, or None."""
        return self._step(self._done, self._undone)

    def redo(self) -> Edit | None:
        """Step forward again; the edit done again, or None."""
        return self._step(self._undone, self._done)

    def _step(self, source: list[Edit], target: list[Edit]) -> Edit | None:
        self._merge_key = ""
        if not source:
            return None
        edit = source.pop()
        target.append(edit)
        return edit


#: Where a history was saved that never was; no edit is ever this one.
_NEVER = Edit("", Document(), Document())
