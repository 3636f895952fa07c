"""A document as plain JSON values and back, without loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from napari_insitu_tem.model.alignment import Alignment
from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.document import (
    Document,
    EventTerm,
    ObjectSettings,
    Settings,
)
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.errors import InsituTemError, ReadError
from napari_insitu_tem.model.rate_law import FrontLaw
from napari_insitu_tem.model.record import Record


def _with_nan(value: Any) -> Any:
    """`Alignment.as_dict` says None where the uncertainty is unknown."""
    if isinstance(value, dict) and value.get("u_offset_s", 0.0) is None:
        return {**value, "u_offset_s": float("nan")}
    return value


def _with_pairs(value: Any) -> Any:
    """A record's attributes are objects in JSON and pairs in the model."""
    if not isinstance(value, dict):
        return value
    pairs = {
        name: tuple((key, _frozen(item)) for key, item in value[name].items())
        for name in ("attributes", "extra")
        if isinstance(value.get(name), dict)
    }
    return {**value, **pairs}


def _frozen(value: Any) -> Any:
    """Lists as tuples at any depth, so that a record can be hashed."""
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return value


_Alignment = Annotated[Alignment, BeforeValidator(_with_nan)]
_Record = Annotated[Record, BeforeValidator(_with_pairs)]

#: Part of a document to the type of its value.
PARTS: Mapping[str, Any] = {
    "records": list[_Record],
    "objects": dict[str, ObjectSettings],
    "alignments": dict[str, tuple[_Alignment, ...]],
    "calibrations": dict[str, tuple[Calibration | None, ...]],
    "intervals": dict[str, float],
    "datasets": dict[str, str],
    "beams": dict[str, Beam],
    "drifts": dict[str, MovieDrift],
    "laws": dict[str, FrontLaw],
    "flipped": frozenset[str],
    "vocabulary": tuple[EventTerm, ...],
    "settings": Settings,
}


@cache
def _adapter(part: str) -> TypeAdapter[Any]:
    return TypeAdapter(PARTS[part])


def record_values(record: Record) -> dict[str, Any]:
    """A record in the types of JSON."""
    values = {
        name: getattr(record, name)
        for name in Record.__dataclass_fields__
        if name not in ("geometry", "attributes", "extra")
    }
    return {
        **values,
        "geometry": {
            "shape": record.geometry.shape,
            "parts": [
                [list(point) for point in part] for part in record.geometry.parts
            ],
        },
        "attributes": dict(record.attributes),
        "extra": dict(record.extra),
    }


def part_values(document: Document, part: str) -> Any:
    """One part of a document in the types of JSON."""
    value = getattr(document, part)
    if part == "records":
        return [record_values(record) for record in value.values()]
    return _values(value)


def document_values(document: Document) -> dict[str, Any]:
    """A document in the types of JSON; NaN stays what it is."""
    return {part: part_values(document, part) for part in PARTS}


def _values(value: Any) -> Any:
    if isinstance(value, Alignment):
        return value.as_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, Mapping):
        return {key: _values(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_values(item) for item in value]
    return sorted(value) if isinstance(value, frozenset) else value


def part_from_values(part: str, values: Any, path: Path) -> Any:
    """Inverse of `part_values`, in the types of `Document`.

    Raises
    ------
    ReadError
        The values are not of that form; names the file and the field.
    """
    try:
        value = _adapter(part).validate_python(values)
    except ValidationError as error:
        raise damaged(path, part, error) from error
    except InsituTemError as error:
        raise ReadError(
            f"{path.name} in {path.parent} is damaged at {part}: {error.message}",
            path=path,
        ) from error
    if part == "records":
        value = {record.id: record for record in value}
    return MappingProxyType(value) if isinstance(value, dict) else value


def document_from_values(values: Any, path: Path) -> Document:
    """Inverse of `document_values`; a part that is absent is empty.

    Raises
    ------
    ReadError
        The values are not of that form; names the file and the field.
    """
    if not isinstance(values, dict):
        raise ReadError(f"{path.name} in {path.parent} holds no document.", path=path)
    parts = {
        part: part_from_values(part, values[part], path)
        for part in PARTS
        if part in values
    }
    return Document(**parts)


def unknown_parts(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a document holds that this program does not know; to be saved again."""
    return {key: value for key, value in values.items() if key not in PARTS}


def damaged(path: Path, where: str, error: ValidationError) -> ReadError:
    """The first complaint of pydantic as a sentence."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in (where, *first["loc"]) if part != "")
    more = error.error_count() - 1
    also = f" ({more} more like that)" if more else ""
    return ReadError(
        f"{path.name} in {path.parent} is damaged at {place}: {first['msg']}{also}.",
        hint="Open one of the earlier saves in its folder backups.",
        path=path,
    )
