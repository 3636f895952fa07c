"""Plain values as JSON text and back, and the check of who wrote a file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Set
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.saving.atomic import encoded
from napari_insitu_tem.model.errors import ReadError, SaveError

#: JSON has no NaN and no infinity; they are written as {"$number": "nan"}.
_NUMBER = "$number"


def to_json(value: Any, *, indent: int | None = None) -> bytes:
    """UTF-8 JSON; tuples and sets become lists, NaN and infinity survive.

    Raises
    ------
    SaveError
        A value is of a kind that JSON cannot hold.
    """
    try:
        text = _dumps(value, indent)
    except ValueError:  # NaN or infinity, which are rare: only then a second look
        text = _dumps(plain(value), indent)
    return encoded(text)


def _dumps(value: Any, indent: int | None) -> str:
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, indent=indent, default=_plain_or_no
    )


def from_json(data: bytes, path: Path) -> Any:
    """Inverse of `to_json`.

    Raises
    ------
    ReadError
        It is not JSON; names the file.
    """
    with reading(path):
        return json.loads(data, object_hook=_number_or_object)


def plain(value: Any) -> Any:
    """A value in the types of JSON."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else {_NUMBER: repr(value)}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, Set):
        return sorted((plain(item) for item in value), key=str)
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (Path, date)):
        return str(value)
    return value


def _plain_or_no(value: object) -> Any:
    """What JSON does not know by itself."""
    simple = plain(value)
    if simple is value:
        raise SaveError(f"A value of type {type(value).__name__} cannot be saved.")
    return simple


def _number_or_object(item: dict[str, Any]) -> Any:
    if len(item) == 1 and isinstance(item.get(_NUMBER), str):
        return float(item[_NUMBER])
    return item


def check_format(values: Any, path: Path, *, form: str, version: int) -> dict[str, Any]:
    """Make sure that a file is of the form that is read here.

    Parameters
    ----------
    values
        What the file holds.
    form, version
        What its keys `format` and `version` must say; an older version is fine.

    Raises
    ------
    ReadError
        Another kind of file, or one that a newer program wrote.
    """
    if not isinstance(values, dict) or values.get("format") != form:
        raise ReadError(
            f"{path.name} in {path.parent} is not what it should be "
            f'("format" does not say {form!r}).',
            hint="Choose a folder that this program saved.",
            path=path,
        )
    found = values.get("version")
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise ReadError(
            f"{path.name} in {path.parent} is damaged: its version is {found!r}.",
            path=path,
        )
    if found > version:
        raise ReadError(
            f"{path.parent.name} was saved by a newer napari-insitu-tem: its format "
            f"is {found}, this program reads up to {version}.",
            hint="Update it: pip install --upgrade napari-insitu-tem",
            path=path,
        )
    return values
