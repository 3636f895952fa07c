"""Rate laws of fronts: asked for, fitted, and kept while they hold."""

from __future__ import annotations

import weakref

from psygnal import Signal

from napari_insitu_tem.state.laws.report import LawReport
from napari_insitu_tem.state.session import Change, Session

#: Path's id, object, front.
_Key = tuple[str, str, str]


class Laws:
    """The last report of each front, until what it was fitted to changes.

    It is not saved with the experiment: it follows from the rows and the movie.

    Signals
    -------
    changed()
        A report came or went.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        self._reports: dict[_Key, LawReport] = {}
        session.document_changed.connect(self._on_document)
        session.experiment_changed.connect(self._on_experiment)

    def of(self, path_id: str, name: str, front: str) -> LawReport | None:
        """The report of a front on a path."""
        return self._reports.get((path_id, name, front))

    def every(self, path_id: str | None = None) -> list[LawReport]:
        """All reports, or those of a path."""
        return [r for k, r in self._reports.items() if path_id in (None, k[0])]

    def keep(self, report: LawReport) -> None:
        """Keep a report and tell those who show it."""
        key = report.path.id, report.object, report.front
        self._reports[key] = report
        self.changed.emit()

    def forget(self, report: LawReport) -> None:
        """Take a report away."""
        self._reports.pop((report.path.id, report.object, report.front), None)
        self.changed.emit()

    def _on_experiment(self) -> None:
        if self._reports:
            self._reports.clear()
            self.changed.emit()

    def _on_document(self, change: Change) -> None:
        if change.is_preview or not self._reports:
            return
        before, after = change.before, change.after
        parts = ("alignments", "calibrations", "intervals", "flipped", "drifts")
        stale = any(getattr(before, p) is not getattr(after, p) for p in parts)
        gone = [
            key
            for key, report in self._reports.items()
            if stale or _concerns(change, report)
        ]
        for key in gone:
            del self._reports[key]
        if gone:
            self.changed.emit()


def _concerns(change: Change, report: LawReport) -> bool:
    """Whether rows changed on which a report rests."""
    before, after = change.before.records, change.after.records
    if before is after:
        return False
    rows = [row for key, row in after.items() if before.get(key) is not row]
    rows += [row for key, row in before.items() if after.get(key) is not row]
    return any(
        row.id == report.path.id
        or (
            row.kind == "front"
            and row.get("path") == report.path.object
            and row.object == report.object
        )
        for row in rows
    )


_STORES: weakref.WeakKeyDictionary[Session, Laws] = weakref.WeakKeyDictionary()


def laws_of(session: Session) -> Laws:
    """The reports that all widgets of a session share."""
    if session not in _STORES:
        _STORES[session] = Laws(session)
    return _STORES[session]
