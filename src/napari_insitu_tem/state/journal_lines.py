"""What the lines of a journal say: a header, then one edit a line."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import napari_insitu_tem
from napari_insitu_tem.io.json_text import to_json
from napari_insitu_tem.io.saving.document_json import (
    PARTS,
    document_values,
    part_from_values,
    part_values,
    record_values,
)
from napari_insitu_tem.io.saving.experiment_sources import glance_at_entries
from napari_insitu_tem.model.document import Document, changed_records
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.timebase import utc_now

FORMAT = "napari-insitu-tem journal"
VERSION = 1


def header_line(
    experiment: Experiment, document: Document, *, edits: int, last: str
) -> bytes:
    """The first line: where it all starts from.

    Parameters
    ----------
    experiment
        Gives the sources, the view and the folder it was saved to.
    document
        The document that the edits follow on.
    edits, last
        Number of edits in this document that are nowhere else on disk, and the label
        of the last.
    """
    return _line(
        {
            "format": FORMAT,
            "version": VERSION,
            "program": napari_insitu_tem.__version__,
            "process": os.getpid(),
            "computer": platform.node(),
            "at": utc_now(),
            "edits": edits,
            "last": last,
            "name": experiment.name,
            "folder": None if experiment.folder is None else str(experiment.folder),
            "view": experiment.view,
            "carried": {
                key: experiment.carried.get(key, {}) for key in ("file", "document")
            },
            "sources": _sources(experiment),
            "document": document_values(document),
        }
    )


def sources_line(experiment: Experiment) -> bytes:
    """A line that says that movies or traces came or went."""
    return _line({"at": utc_now(), "sources": _sources(experiment)})


def edit_line(label: str, before: Document, after: Document) -> bytes:
    """A line with the difference of two documents."""
    values: dict[str, Any] = {"edit": label, "at": utc_now()}
    if after.records is not before.records:
        values.update(_record_changes(before, after))
    parts = {
        part: part_values(after, part)
        for part in PARTS
        if part != "records" and getattr(after, part) is not getattr(before, part)
    }
    return _line({**values, "parts": parts} if parts else values)


def apply_edit(document: Document, values: Mapping[str, Any], path: Path) -> Document:
    """The document after the edit of a line.

    Raises
    ------
    ReadError
        The line is damaged.
    """
    parts = {
        part: part_from_values(part, value, path)
        for part, value in values.get("parts", {}).items()
        if part in PARTS
    }
    if "set" in values:
        changed = part_from_values("records", values["set"], path)
        records = {**document.records, **changed}
        for gone in values["gone"]:
            records.pop(gone, None)
        order = values.get("order", records)
        parts["records"] = MappingProxyType({k: records[k] for k in order})
    return replace(document, **parts)


def _record_changes(before: Document, after: Document) -> dict[str, Any]:
    touched, gone = changed_records(before, after)
    changed = [r for key, r in after.records.items() if key in touched]
    values: dict[str, Any] = {
        "set": [record_values(record) for record in changed],
        "gone": sorted(gone),
    }
    # New rows come last; only an undo may put one back between others.
    plain = {**before.records, **{record.id: record for record in changed}}
    expected = [key for key in plain if key not in gone]
    if expected != list(after.records):
        values["order"] = list(after.records)
    return values


def _sources(experiment: Experiment) -> dict[str, Any]:
    folder = experiment.folder or Path.cwd()
    movies, traces = glance_at_entries(experiment, folder)
    return {
        "movies": [entry.model_dump() for entry in movies],
        "traces": [entry.model_dump() for entry in traces],
    }


def _line(values: dict[str, Any]) -> bytes:
    return to_json(values) + b"\n"
