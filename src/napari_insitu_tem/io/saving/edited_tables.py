"""Tables of a saved experiment that another program has changed since the save."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.saving.annotation_csv import read_annotations
from napari_insitu_tem.io.saving.atomic_folder import find_together
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import InsituTemError, ReadError
from napari_insitu_tem.model.record import Record

#: `convert(table, kind, objects=...)`: the authored part of each row.
Convert = Callable[..., Sequence[Record]]


class SavedTable(BaseModel):
    """What `experiment.json` says of a table beside it."""

    model_config = ConfigDict(extra="allow")

    path: str
    rows: int = 0
    sha256: str = ""


def take_edited_tables(
    folder: Path,
    tables: Mapping[str, SavedTable],
    document: Document,
    convert: Convert | None,
) -> tuple[Document, list[str]]:
    """Let the rows of changed tables replace those that were saved.

    Returns
    -------
    document
        With the rows of the tables that were changed, in their old order, new rows
        last. Rows in which nothing the user writes was changed stay as they are.
    warnings
        What was taken over, and what was not.
    """
    warnings = []
    for kind, saved in tables.items():
        try:
            path = find_together(folder, saved.path)
            if path is None:
                raise ReadError(f"{saved.path} is not there any more.")
            if _is_unchanged(path, saved):
                continue
            if convert is None:
                raise ReadError(f"{saved.path} was changed by another program.")
            document, what = _take(path, saved, kind, document, convert)
            warnings.append(what)
        except InsituTemError as error:
            warnings.append(
                f"{error.message} The {saved.rows} rows that were saved are used."
            )
    return document, warnings


def _is_unchanged(path: Path, saved: SavedTable) -> bool:
    with reading(path):
        data = path.read_bytes()
    return hashlib.sha256(data).hexdigest() == saved.sha256


def _take(
    path: Path, saved: SavedTable, kind: str, document: Document, convert: Convert
) -> tuple[Document, str]:
    """The document with the rows of one table, and what changed in words."""
    found, table = read_annotations(path)
    if found != kind:
        raise ReadError(f"{saved.path} holds rows of kind {found}.", path=path)
    rows = {row.id: row for row in convert(table, kind, objects=document.objects)}
    old = {row.id: row for row in document.of_kind(kind)}
    kept: dict[str, Record] = {}
    changed = 0
    for key, record in document.records.items():
        if key not in old:
            kept[key] = record
        elif key in rows:
            same = _cells(record) == _cells(rows[key])
            kept[key] = record if same else rows[key]
            changed += not same
    new = [key for key in rows if key not in kept]
    kept.update((key, rows[key]) for key in new)
    what = (
        f"{saved.path} was changed by another program since the save: "
        f"{changed} rows changed, {len(new)} new, {len(set(old) - set(rows))} gone."
    )
    return replace(document, records=MappingProxyType(kept)), what


def _cells(record: Record) -> dict[str, Any]:
    """What the user writes in a row, in the form that a table can hold."""
    pairs = (*record.attributes, *record.extra)
    return {
        "object": record.object,
        "movie": record.movie,
        "frame": record.frame,
        "shape": record.geometry.wkt,
        "method": record.method,
        "flag": record.flag,
        "observer": record.observer,
        "comment": record.comment,
        "made": record.created_utc,
        "u_pick_px": record.u_pick_px,
        **{f"+{name}": str(value) for name, value in pairs if value not in (None, "")},
    }
