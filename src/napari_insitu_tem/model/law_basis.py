"""What a fitted rate law rests on: whether it still holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from napari_insitu_tem.model.rate_law import FrontLaw

if TYPE_CHECKING:
    from napari_insitu_tem.model.document import Document


def basis_of(document: Document, path_id: str, object_name: str) -> str:
    """Short text that is another one when what a fit rests on is.

    That is the path, the rows of the object's fronts on it, the clock, the size of a
    pixel, the drift that is corrected, the gain, and which way the current is counted.

    Parameters
    ----------
    document
        As it is.
    path_id, object_name
        The path's row, and the object.

    Returns
    -------
    str
        "" where there is no such path.
    """
    path = document.records.get(path_id)
    if path is None:
        return ""
    movie = path.movie
    rows = [
        (r.get("front"), r.frame, r.geometry.parts, r.u_pick_px, r.method, r.flag)
        for r in document.of_kind("front", movie)
        if r.object == object_name and r.get("path") == path.object
    ]
    parts = (
        (path.geometry.parts, path.frame, path.get("width_px", None)),
        rows,
        document.alignments.get(movie, ())[-1:],
        document.calibrations.get(movie, ())[-1:],
        document.intervals.get(movie),
        document.corrected_drift(movie),
        document.counting(movie),
        sorted(document.flipped),
    )
    return hashlib.sha256(_text(parts).encode()).hexdigest()[:16]


def is_current(document: Document, law: FrontLaw) -> bool:
    """Whether all that a law rests on is as it was when it was fitted."""
    return law.basis == basis_of(document, law.path_id, law.object)


def _text(value: Any) -> str:
    """The same text for values that are equal once they were saved and read."""
    if isinstance(value, (bool, str)) or value is None:
        return repr(value)
    if is_dataclass(value):
        return _text([getattr(value, field.name) for field in fields(value)])
    if isinstance(value, Mapping):
        return _text(sorted(value.items()))
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_text, value))}]"
    return repr(float(value)) if isinstance(value, (int, float)) else str(value)
