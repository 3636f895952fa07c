"""The document as one immutable value."""

from __future__ import annotations

import pytest

from napari_insitu_tem.model.document import Document, ObjectSettings, changed_records
from napari_insitu_tem.model.errors import ExperimentError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record


def row(name: str = "NW-A", kind: str = "expansion") -> Record:
    """A line."""
    return Record.new(
        kind,
        object=name,
        movie="wire",
        frame=3,
        geometry=Geometry.of("line", [[0, 0], [0, 9]]),
    )


def test_an_edit_leaves_the_old_document_alone():
    first = row()
    before = Document().with_records([first])
    after = before.with_records([first.changed(comment="bent"), row("NW-B")])
    assert before.records[first.id].comment == ""
    assert [r.object for r in after.records.values()] == ["NW-A", "NW-B"]
    with pytest.raises(TypeError):
        after.records["x"] = first


def test_the_difference_of_two_documents():
    kept, changed, gone = row(), row(), row()
    before = Document().with_records([kept, changed, gone])
    after = before.without_records([gone.id]).with_records(
        [changed.changed(frame=5), new := row()]
    )
    assert changed_records(before, after) == ({changed.id, new.id}, {gone.id})


def test_removing_an_unknown_row_is_a_sentence():
    with pytest.raises(ExperimentError, match="no row abc"):
        Document().without_records(["abc"])


def test_renaming_an_object_takes_rows_and_settings_along():
    document = Document().with_records([row("NW-A"), row("NW-B")])
    document = document.with_object("NW-A", ObjectSettings((4,), "cylinder"))
    renamed = document.renamed_object("NW-A", "wire 1")
    assert renamed.object_names() == ("wire 1", "NW-B")
    assert renamed.object_settings("wire 1").reference_frames == (4,)
    assert renamed.object_settings("NW-A") == ObjectSettings()


def test_paths_are_not_objects():
    document = Document().with_records([row("path 1", "path"), row("NW-A")])
    assert document.object_names() == ("NW-A",)


def test_a_record_says_what_it_cannot_be():
    with pytest.raises(ExperimentError, match="line cannot be a row of kind front"):
        row(kind="front")
    with pytest.raises(ExperimentError, match="not a kind"):
        row(kind="colour")
    with pytest.raises(ExperimentError, match="not a method"):
        row().changed(method="guessed")


def test_attributes_and_fields_change_by_name():
    changed = row().changed(comment="bent", quantity="diameter")
    assert (changed.comment, changed.get("quantity")) == ("bent", "diameter")
    assert changed.get("nothing", 7) == 7
    assert hash(changed) != hash(row())
