"""Record: what the user drew and said; everything else in a row is derived."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.model.errors import ExperimentError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.timebase import utc_now

METHODS = ("manual", "snapped", "tracked")

Attributes = tuple[tuple[str, Any], ...]


def new_id() -> str:
    """Twelve characters, unique for any practical purpose.

    The first is a letter that no number has: a spreadsheet takes "123456e78901" or
    "001234567890" for a number and writes it back as another text.
    """
    return f"r{uuid.uuid4().hex[:11]}"


@dataclass(frozen=True)
class Record:
    """One annotation: the authored part of a row.

    Hashable and immutable, so that derived values can be cached by it and history can
    keep old versions for free.

    Attributes
    ----------
    id, kind, object, movie, frame, method, flag, observer, comment, created_utc
        As the columns of the same names.
    geometry
        The drawn shape.
    u_pick_px
        Standard uncertainty in px of placing each end (or vertex) of the shape; None:
        the experiment's stated default, replaced by the scatter of repeats.
    attributes
        (name, value) pairs: the kind's own authored columns (quantity, front, label,
        ...), sorted by name.
    extra
        (column, value) pairs of unknown columns met in a CSV; kept as they were.
    """

    id: str
    kind: str
    object: str
    movie: str
    frame: int
    geometry: Geometry
    method: str = "manual"
    flag: str = ""
    observer: str = ""
    comment: str = ""
    created_utc: str = ""
    u_pick_px: float | None = None
    attributes: Attributes = ()
    extra: Attributes = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ExperimentError(f"{self.kind!r} is not a kind of measurement.")
        if self.method not in METHODS:
            raise ExperimentError(f"{self.method!r} is not a method of placing.")
        if self.geometry.shape not in KINDS[self.kind].shapes:
            raise ExperimentError(
                f"A {self.geometry.shape} cannot be a row of kind {self.kind}."
            )

    @classmethod
    def new(
        cls,
        kind: str,
        *,
        object: str,
        movie: str,
        frame: int,
        geometry: Geometry,
        attributes: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Record:
        """A new record with an id and the present moment."""
        return cls(
            id=new_id(),
            kind=kind,
            object=object,
            movie=movie,
            frame=int(frame),
            geometry=geometry,
            created_utc=utc_now(),
            attributes=pairs(attributes or {}),
            **fields,
        )

    def get(self, name: str, default: Any = "") -> Any:
        """An attribute's value."""
        return dict(self.attributes).get(name, default)

    def changed(self, **fields: Any) -> Record:
        """A copy with some fields changed; unknown names are attributes."""
        own = {k: v for k, v in fields.items() if k in _FIELDS}
        more = {k: v for k, v in fields.items() if k not in _FIELDS}
        if more:
            own["attributes"] = pairs({**dict(self.attributes), **more})
        return replace(self, **own)


_FIELDS = frozenset(Record.__dataclass_fields__)


def pairs(values: Mapping[str, Any]) -> Attributes:
    """A mapping as sorted pairs, lists as tuples, so that it can be hashed."""
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in sorted(values.items())
    )
