"""One playhead, one selection, one history."""

from __future__ import annotations

import numpy as np
import pytest

from hands import make_movie, make_trace
from napari_insitu_tem.model.errors import ExperimentError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.session import Playhead, Session


def line(frame: int, movie: str = "wire", name: str = "NW-A") -> Record:
    """A diameter of 40 px."""
    return Record.new(
        "expansion",
        object=name,
        movie=movie,
        frame=frame,
        geometry=Geometry.of("line", [[10, 10], [10, 50]]),
        attributes={"quantity": "diameter"},
    )


def test_going_to_a_frame_is_told_once(session):
    seen = []
    session.playhead_changed.connect(seen.append)
    session.go_to(3)
    session.go_to(3)
    assert seen == [Playhead("wire", 3)]


@pytest.mark.parametrize(("asked", "reached"), [(-5, 0), (99, 9), (4, 4)])
def test_beyond_the_ends_the_nearest_frame_is_taken(session, asked, reached):
    session.go_to(asked)
    assert session.playhead.frame == reached


def test_seeking_takes_the_frame_shown_at_that_time(session):
    session.seek(1_240_000_000)
    assert session.playhead == Playhead("wire", 2)
    assert session.time_ns == 1_000_000_000


def test_seeking_picks_the_movie_that_covers_the_time():
    experiment = Experiment(
        trace=make_trace(),
        movies=[make_movie("first", 4), make_movie("second", 4, start_s=10.0)],
    )
    session = Session(experiment)
    session.seek(11_100_000_000)
    assert session.playhead == Playhead("second", 2)
    session.seek(600_000_000)
    assert session.playhead == Playhead("first", 1)


def test_realigning_retimes_every_row_at_once(session):
    rows = [line(frame) for frame in (0, 5)]
    session.edit("draw", session.document.with_records(rows))
    session.experiment.align(offset_s=3.0)
    assert session.table("expansion")["time_s"].tolist() == [3.0, 5.5]
    assert session.table("expansion")["potential_V"].iloc[1] == pytest.approx(0.57)


def test_undo_and_redo_walk_the_same_steps(session):
    row = line(0)
    session.edit("draw diameter", session.document.with_records([row]))
    session.edit(
        "comment", session.document.with_records([row.changed(comment="bent")])
    )
    assert session.undo() == "comment"
    assert session.document.records[row.id].comment == ""
    assert session.undo() == "draw diameter"
    assert session.undo() == ""
    assert session.redo() == "draw diameter"
    assert session.redo() == "comment"
    assert session.document.records[row.id].comment == "bent"


def test_a_new_edit_forgets_what_was_undone(session):
    session.edit("one", session.document.with_records([line(0)]))
    session.undo()
    session.edit("two", session.document.with_records([line(1)]))
    assert session.redo() == ""


def test_undo_does_not_reach_into_another_experiment(session):
    session.edit("draw", session.document.with_records([line(0)]))
    session.open(Experiment(make_movie("other")))
    assert session.undo() == ""
    assert session.document.records == {}


def test_previews_are_part_of_the_step_that_ends_them(session):
    row = line(0)
    for x in (20, 30, 40):
        shape = Geometry.of("line", [[10, 10], [10, x]])
        session.preview(session.document.with_records([row.changed(geometry=shape)]))
    session.edit("draw", session.document, ends_preview=True)
    assert session.undo() == "draw"
    assert session.document.records == {}


def test_another_edit_while_something_is_drawn_takes_no_half_shape_along(session):
    held, moved, other = line(0), line(1), line(2)
    session.edit("draw", session.document.with_records([held]))
    dragged = held.changed(geometry=Geometry.of("line", [[1, 1], [2, 2]]))
    session.preview(session.document.with_records([dragged, moved]))
    session.edit("mark", session.document.with_records([other]))
    assert list(session.document.records) == [held.id, other.id]
    assert session.document.records[held.id] is held
    # What is still being drawn can go on, and can be dropped without a trace.
    session.preview(session.document.with_records([moved]))
    session.cancel_preview()
    assert list(session.document.records) == [held.id, other.id]
    session.undo()
    assert list(session.document.records) == [held.id]


def test_an_edit_that_changes_nothing_but_a_preview_is_none(session):
    before = session.document
    session.preview(session.document.with_records([line(0)]))
    session.edit("nothing", session.document)
    assert session.document is before
    assert session.undo() == ""


def test_a_cancelled_preview_leaves_no_trace(session):
    before = session.document
    session.preview(session.document.with_records([line(0)]))
    session.cancel_preview()
    assert session.document is before
    assert not session.has_unsaved_edits


def test_edits_with_one_key_are_one_step(session):
    for text in ("a", "ab", "abc"):
        document = session.document.with_records([line(0).changed(comment=text)])
        session.edit("type", document, merge_key="comment")
    session.undo()
    assert session.document.records == {}


def test_saved_means_the_document_on_disk(session):
    states = []
    session.saved_changed.connect(states.append)
    session.edit("draw", session.document.with_records([line(0)]))
    session.mark_saved()
    session.undo()
    session.redo()
    assert states == [False, True, False, True]


def test_deleting_a_selected_row_clears_it_from_the_selection(session):
    row = line(0)
    session.edit("draw", session.document.with_records([row]))
    session.select([row.id])
    session.edit("delete", session.document.without_records([row.id]))
    assert session.selection == frozenset()


def test_selecting_a_row_brings_its_frame_up(session):
    row = line(7)
    session.edit("draw", session.document.with_records([row]))
    session.select([row.id], follow=True)
    assert session.playhead == Playhead("wire", 7)


def test_the_selected_row_hands_over_to_the_one_of_the_frame_that_is_seen(session):
    rows = [line(0), line(7), line(7).changed(object="another")]
    session.edit("draw", session.document.with_records(rows))
    session.select([rows[0].id])
    session.go_to(7)
    assert session.selection == {rows[1].id}
    session.go_to(3)
    assert session.selection == {rows[1].id}, "nothing to hand over to"
    session.select([rows[0].id, rows[2].id])
    session.go_to(7)
    assert session.selection == {rows[0].id, rows[2].id}, "they were chosen as they are"


def test_a_movie_with_a_start_time_is_aligned_when_the_trace_comes():
    from datetime import datetime

    from napari_insitu_tem.model.timebase import StartStamp
    from napari_insitu_tem.model.trace import Trace

    movie = make_movie()
    stamped = type(movie)(
        movie.name,
        movie.frames,
        movie.calibration,
        movie.times,
        StartStamp(datetime(2026, 3, 1, 10, 0, 30)),
    )
    trace = Trace.from_columns(
        {"time_s": np.arange(100.0), "potential_V": np.zeros(100)},
        stamp=StartStamp(datetime(2026, 3, 1, 10, 0, 10)),
    )
    session = Session()
    session.add_movie(stamped)
    session.add_trace(trace)
    assert session.experiment.alignment().offset_s == 20.0
    assert session.undo() == "align wire by start times"


def test_an_unknown_movie_is_a_sentence(session):
    with pytest.raises(ExperimentError, match="no movie 'nowhere'"):
        session.go_to(0, "nowhere")


def test_a_removed_movie_leaves_its_rows(session):
    session.edit("draw", session.document.with_records([line(2)]))
    session.remove_movie("wire")
    assert session.playhead is None
    assert len(session.document.records) == 1
    assert session.table("expansion")["flag"].iloc[0] == "movie_missing"


def test_an_opened_experiment_goes_on_with_its_last_objects(session):
    experiment = Experiment(make_movie())
    rows = [line(0, name="NW-A"), line(1, name="NW-B").changed(quantity="length")]
    experiment.document = experiment.document.with_records(rows)
    session.toolbox.activate("expansion")
    session.open(experiment)
    tool = session.toolbox["expansion"]
    assert (tool.object, tool.get("quantity")) == ("NW-B", "length")
    assert session.toolbox.active == ""
