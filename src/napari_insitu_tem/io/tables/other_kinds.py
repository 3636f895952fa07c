"""What a table without times is, where its names or cells tell."""

from __future__ import annotations

from napari_insitu_tem.io.tables.column_names import candidates
from napari_insitu_tem.io.tables.raw_table import RawTable

IMAGES = "a list of images"
CURVE = "a curve of current against potential"
_IMAGE_FILES = (
    ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".dm3", ".dm4", ".mrc", ".ser",
    ".emd", ".raw",
)  # fmt: skip
#: A name that one column must have, and what the table then is; the surest first.
_BY_NAME: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("2theta", "2 theta", "two theta", "2θ", "twotheta")),
     "a diffraction pattern"),
    (frozenset(("binding energy", "be")), "a photoelectron spectrum"),
    (frozenset(("raman shift", "wavenumber", "wavenumbers")),
     "a Raman or infrared spectrum"),
    (frozenset(("wavelength", "wave length", "lambda")), "an optical spectrum"),
    (frozenset(("energy loss", "eloss")), "an energy-loss spectrum"),
    (frozenset(("magnetic field",)), "a magnetisation curve"),
)  # fmt: skip
_LOOKED_AT = 50


def other_kind(table: RawTable) -> str:
    """What a table is that is no record, with an article; empty where it is not known.

    A current against a potential, a list of image files, patterns and spectra.
    """
    if _lists_images(table):
        return IMAGES
    names = [f"{label.plain} " for label in table.labels]
    for known, what in _BY_NAME:
        if any(name.startswith(f"{word} ") for name in names for word in known):
            return what
    has = [
        bool(candidates(table.labels, role)) for role in ("potential_V", "current_A")
    ]
    return CURVE if all(has) else ""


def _lists_images(table: RawTable) -> bool:
    """Whether most cells of a column are names of image files."""
    for index in range(len(table.labels)):
        if table.kind(index) != "text":
            continue
        cells = table.column(index).dropna().astype("str").head(_LOOKED_AT).tolist()
        images = [cell.strip().lower().endswith(_IMAGE_FILES) for cell in cells]
        if cells and sum(images) > 0.6 * len(images):
            return True
    return False
