"""Rate laws of fronts: asked for, fitted, and kept in the document."""

from __future__ import annotations

import weakref

from psygnal import Signal

from napari_insitu_tem.model.law_basis import is_current
from napari_insitu_tem.model.rate_law import FrontLaw, law_key
from napari_insitu_tem.state.laws.report import LawReport
from napari_insitu_tem.state.session import Change, Session


class Laws:
    """The reports of the rate laws that the document keeps.

    They are there after undo, after opening, and when their rows have changed since:
    then they are not current any more.

    Signals
    -------
    changed()
        A report came, went, or is current no longer or again.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        self._session: Session = weakref.proxy(session)
        self._reports = self._made()
        session.document_changed.connect(self._on_document)
        session.experiment_changed.connect(self._refresh)

    def of(self, path_id: str, name: str, front: str) -> LawReport | None:
        """The report of a front on a path."""
        return self._reports.get(law_key(path_id, name, front))

    def every(self, path_id: str | None = None) -> list[LawReport]:
        """All reports, or those of a path."""
        return [r for r in self._reports.values() if path_id in (None, r.law.path_id)]

    def keep(self, law: FrontLaw) -> None:
        """Keep what was fitted, as one step."""
        document = self._session.document.with_law(law)
        self._session.edit(f"fit rate law of {law.front or 'front'}", document)

    def forget(self, law: FrontLaw) -> None:
        """Take the laws of a front away, as one step."""
        if law.key in self._session.document.laws:
            document = self._session.document.without_law(law.key)
            self._session.edit(f"forget rate law of {law.front or 'front'}", document)

    def _on_document(self, change: Change) -> None:
        if not change.is_preview and (self._reports or change.after.laws):
            self._refresh()

    def _refresh(self) -> None:
        fresh = self._made()
        if fresh != self._reports:
            self._reports = fresh
            self.changed.emit()

    def _made(self) -> dict[str, LawReport]:
        document = self._session.document
        return {
            key: LawReport(law, is_current(document, law))
            for key, law in document.laws.items()
        }


_STORES: weakref.WeakKeyDictionary[Session, Laws] = weakref.WeakKeyDictionary()


def laws_of(session: Session) -> Laws:
    """The reports that all widgets of a session share."""
    if session not in _STORES:
        _STORES[session] = Laws(session)
    return _STORES[session]
