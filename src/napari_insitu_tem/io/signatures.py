"""What a file that no reader claims looks like, and what to do with it."""

from __future__ import annotations

from napari_insitu_tem.io.probe import Probe

_EXPORT = "Export it from the program that wrote it as a TIFF or MRC stack."
_AS_TEXT = "Export its record as text, with the time, and open that."
_IVIUM = (".idf", ".ids", ".ide", ".iqf")
_UNPACK = "Unpack it and open the file inside."

#: (offset, bytes, what it looks like, what to do)
_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (
        0,
        b"JK\x00\x02",
        "is the description of a TIA series",
        "Open the .ser file beside it.",
    ),
    (0, b"JXR", "is a JPEG XR image", _EXPORT),
    (0, b"\x1f\x8b", "is a gzip archive", _UNPACK),
    (0, b"BZh", "is a bzip2 archive", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive", _UNPACK),
    (0, b"PK\x03\x04", "is a zip archive or an office document", _UNPACK),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "is an old Office document, such as a workbook (.xls)",
        "Save it as .xlsx or its sheet as CSV, and open that.",
    ),
    (0, b"%PDF", "is a PDF document", "Open the data that it was made from."),
    (0, b"<?xml", "is an XML text", "Open the data file that it describes."),
    (0, b"\x00\x00\xff\xff\xff\xfe", "looks like a Zahner spectrum (.ism)", _AS_TEXT),
    (
        4,
        b"Standard Jet DB",
        "is a database of Microsoft Access, as Arbin testers write (.res)",
        "Export the test from Arbin's Data Watcher or MITS Pro as CSV, with its test "
        "time, and open that.",
    ),
    (
        4,
        b"Standard ACE DB",
        "is a database of Microsoft Access",
        "Export its table as CSV, with the time, and open that.",
    ),
)


def recognise(looked: Probe) -> tuple[str, str]:
    """Say in words what an unread file is.

    Returns
    -------
    what
        A predicate to follow the file's name: "is a gzip archive".
    hint
        What to do about it.
    """
    if looked.is_dir:
        return (
            "is a folder without numbered images",
            "Choose the folder that holds the frames, or the movie file itself.",
        )
    for offset, magic, what, hint in _SIGNATURES:
        if looked.head[offset : offset + len(magic)] == magic:
            return what, hint
    if b"Version=" in looked.head[:64] and looked.path.suffix.lower() in _IVIUM:
        return "is a data file of Ivium's program, which is not text", _AS_TEXT
    if not looked.head.strip(b"\x00"):
        return "begins with nothing but zeros", "The copy did not finish; repeat it."
    if b"\x00" not in looked.head:
        return (
            "is a text in which neither columns of numbers nor a known header was "
            "found",
            "Open the exported record, or choose its columns by hand.",
        )
    return (
        "is of a kind that no reader here recognises",
        "Export it as a TIFF or MRC movie, or as delimited text for a record.",
    )
