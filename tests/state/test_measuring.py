"""Copying forward, deleting, references."""

from __future__ import annotations

import pytest

from hands import drag
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.state.measuring import (
    change_records,
    copy_forward,
    delete_records,
    free_path_name,
    set_reference,
    touched,
)
from napari_insitu_tem.state.session import Session


@pytest.fixture
def drawn(session, pen_of):
    """A session with one diameter on frame 0."""
    drag(pen_of("expansion"), (28.0, 60.0), (67.0, 60.0))
    return session


def test_copying_forward_steps_and_takes_the_shape_along(drawn):
    copy = copy_forward(drawn, drawn.toolbox["expansion"])
    assert copy is not None
    assert copy.frame == drawn.playhead.frame == 1
    (first, second) = drawn.document.of_kind("expansion")
    assert second.geometry == first.geometry
    assert second.id != first.id


def test_a_stride_skips_frames(drawn):
    drawn.toolbox.change("expansion", stride=3)
    copy_forward(drawn, drawn.toolbox["expansion"])
    assert drawn.playhead.frame == 3


def test_copying_onto_a_measured_frame_only_goes_there(drawn):
    copy_forward(drawn, drawn.toolbox["expansion"])
    drawn.go_to(0)
    drawn.select([drawn.document.of_kind("expansion")[0].id])
    copy_forward(drawn, drawn.toolbox["expansion"])
    assert drawn.playhead.frame == 1
    assert len(drawn.document.of_kind("expansion")) == 2


def test_copying_beyond_the_last_frame_says_so(drawn):
    drawn.toolbox.change("expansion", stride=50)
    with pytest.raises(MeasurementError, match="last frame"):
        copy_forward(drawn, drawn.toolbox["expansion"])
    assert drawn.playhead.frame == 0


def test_with_nothing_to_copy_nothing_happens(session):
    assert copy_forward(session, session.toolbox["expansion"]) is None


def test_a_snapped_copy_lands_on_the_edges(drawn):
    drawn.toolbox.change("expansion", snap=True)
    copy = copy_forward(drawn, drawn.toolbox["expansion"])
    assert copy is not None
    assert copy.method == "snapped"
    ends = sorted(y for y, _ in copy.geometry.parts[0])
    assert ends == pytest.approx([27.5, 67.5], abs=0.3)


def test_deleting_is_one_step_for_many_rows(drawn):
    copy_forward(drawn, drawn.toolbox["expansion"])
    delete_records(drawn, [r.id for r in drawn.document.of_kind("expansion")])
    assert drawn.document.records == {}
    assert drawn.undo() == "delete 2 rows"
    assert len(drawn.document.records) == 2


def test_changing_nothing_is_no_step(drawn):
    (record,) = drawn.document.of_kind("expansion")
    change_records(drawn, [record.id], "edit comment", comment="")
    assert drawn.history.undo_label == "draw diameter"


def test_the_reference_gives_ratios(drawn, pen_of):
    drawn.go_to(6)
    drag(pen_of("expansion"), (18.0, 60.0), (76.5, 60.0))
    set_reference(drawn, "object 1", [0])
    table = drawn.table("expansion")
    assert table["ratio"].tolist() == pytest.approx([1.0, 1.5])
    assert drawn.undo() == "set reference of object 1 to 0"


def test_paths_get_free_names(session):
    assert free_path_name(session) == "path 1"


def test_the_width_of_snapping_is_the_tools_and_is_kept_with_the_row(drawn):
    tool = drawn.toolbox["expansion"]
    assert drawn.document.of_kind("expansion")[0].get("width_px", None) is None
    drawn.toolbox.change("expansion", snap=True, width=15)
    copy = copy_forward(drawn, drawn.toolbox["expansion"])
    assert copy.get("width_px") == 15
    other = Session()
    other.open(drawn.experiment)
    assert other.toolbox["expansion"].width == 15
    assert tool.width == 9
    # A row that is moved by hand is not averaged over anything.
    assert touched(copy, copy.geometry).get("width_px", None) is None
