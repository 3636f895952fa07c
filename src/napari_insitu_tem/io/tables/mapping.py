"""What a user once answered about the columns of a layout, for the next file of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from napari_insitu_tem.io.saving.atomic import saving, write_text
from napari_insitu_tem.model.column_mapping import ColumnMapping

#: Overrides the folder of settings; for tests and for machines that share a home.
FOLDER_VARIABLE = "NAPARI_INSITU_TEM_CONFIG"
_FILE = "column-mappings.json"


def settings_folder() -> Path:
    """Folder of the user's settings; it need not exist yet."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "napari-insitu-tem"


def remember_mapping(signature: str, mapping: ColumnMapping) -> Path:
    """Keep an answer under the signature of its layout.

    Returns
    -------
    Path
        The file that holds the answers.

    Raises
    ------
    SaveError
        It cannot be written; earlier answers stay.
    """
    return _write({**_load(), signature: mapping.as_dict()})


def forget_mapping(signature: str) -> None:
    """Ask again for this layout.

    Raises
    ------
    SaveError
        The file of answers cannot be written.
    """
    answers = _load()
    if answers.pop(signature, None) is not None:
        _write(answers)


def remembered_mapping(signature: str) -> ColumnMapping | None:
    """The answer for a layout; None where there is none, or none that can be read."""
    values = _load().get(signature)
    if values is None:
        return None
    try:
        return ColumnMapping.from_dict(values)
    except ValueError:
        return None


def _load() -> dict[str, Any]:
    """Every answer; a file that is missing or damaged holds none."""
    try:
        values = json.loads((settings_folder() / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _write(answers: dict[str, Any]) -> Path:
    path = settings_folder() / _FILE
    with saving(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    return write_text(path, json.dumps(answers, indent=1, ensure_ascii=True) + "\n")
