import numpy as np
import pytest

from napari_insitu_tem.simulate.annotations import (
    event_pairs,
    sei_document,
    sei_records,
    wire_document,
    wire_records,
)
from napari_insitu_tem.simulate.clocks import middles_s


def of_kind(records, kind):
    return [record for record in records if record.kind == kind]


def test_records_are_the_same_every_time(nanowire):
    assert wire_records(nanowire) == wire_records(nanowire)
    assert wire_records(nanowire, seed=5) != wire_records(nanowire)


@pytest.mark.parametrize("made", ["nanowire", "sei"])
def test_ids_are_unique_and_frames_exist(made, request):
    made = request.getfixturevalue(made)
    records = (wire_records if made.name == "si_nanowire" else sei_records)(made)
    assert len({record.id for record in records}) == len(records)
    assert all(0 <= record.frame < len(made.times) for record in records)
    assert all(record.movie == made.movie().name for record in records)


def test_diameters_scatter_about_the_truth_by_the_hands_error(nanowire):
    records = of_kind(wire_records(nanowire), "expansion")
    lengths = [np.hypot(*np.diff(r.geometry.array(), axis=0)[0]) for r in records]
    found = np.array(lengths) * nanowire.pixel_size_nm
    true = nanowire.truth.near_diameter_nm[[r.frame for r in records]]
    u = np.sqrt(2) * nanowire.pixel_size_nm  # one pixel at either end
    assert len(records) >= 10
    assert np.abs(found - true).max() < 3.5 * u
    assert np.std(found - true) == pytest.approx(u, rel=0.6)


def test_fronts_lie_on_their_path_and_at_the_true_distance(nanowire):
    records = wire_records(nanowire)
    (path,) = of_kind(records, "path")
    start, *_, end = path.geometry.array()
    unit = (end - start) / np.hypot(*(end - start))
    for record in of_kind(records, "front"):
        assert record.get("path") == path.object
        along = (record.geometry.array()[0] - start) @ unit * nanowire.pixel_size_nm
        # the hand, and what the wire has drifted since the path was drawn
        true = nanowire.truth.front_nm[record.frame]
        assert along == pytest.approx(true, abs=4 * 2.5)


def test_bands_have_the_true_thickness(sei):
    for record in of_kind(sei_records(sei), "sei"):
        inner, outer = record.geometry.array(0), record.geometry.array(1)
        gap = np.hypot(*(outer - inner).T).mean() * sei.pixel_size_nm
        assert gap == pytest.approx(sei.truth.thickness_nm[record.frame], abs=1.0)


def test_events_are_marked_on_the_first_frame_that_shows_them(sei):
    middles = middles_s(sei.times)
    marked = of_kind(sei_records(sei), "event")
    assert [record.get("label") for record in marked] == [
        event.label for event in sei.events
    ]
    for record, event in zip(marked, sei.events, strict=True):
        assert middles[record.frame - 1] < event.movie_time_s <= middles[record.frame]
    bubble = marked[1]
    assert sei.truth.bubble_radius_nm[bubble.get("end_frame")] > 0
    assert sei.truth.bubble_radius_nm[bubble.get("end_frame") + 1] == 0


@pytest.mark.parametrize(
    ("made", "document_of"), [("nanowire", wire_document), ("sei", sei_document)]
)
def test_events_tie_the_clocks_better_than_the_stamps(made, document_of, request):
    made = request.getfixturevalue(made)
    document = document_of(made)
    stamps, events = document.alignments[made.name]
    middle = np.int64(200e9)
    true = made.clocks.alignment.to_trace_ns(middle)
    wrong = abs(stamps.to_trace_ns(middle) - true) / 1e9
    better = abs(events.to_trace_ns(middle) - true) / 1e9
    assert wrong == pytest.approx(abs(made.clocks.error_s), abs=0.1)
    assert better < wrong / 3
    assert better < 3 * events.u_offset_s
    labels = {term.label for term in document.vocabulary}
    assert {e.label for e in made.events} <= labels


def test_a_pair_of_an_event_is_within_half_a_gap_of_the_truth(nanowire):
    for (movie, trace), event in zip(
        event_pairs(nanowire), nanowire.events, strict=True
    ):
        assert trace == event.trace_time_s
        assert movie == pytest.approx(event.movie_time_s, abs=5.3)
