"""Documents go to JSON and come back equal; what is not one is refused."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from napari_insitu_tem.io.json_text import check_format, from_json, to_json
from napari_insitu_tem.io.saving.document_json import (
    PARTS,
    document_from_values,
    document_values,
    unknown_parts,
)
from napari_insitu_tem.model.alignment import Alignment, align_by_events
from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.document import (
    DEFAULT_VOCABULARY,
    Document,
    EventTerm,
    ObjectSettings,
    Settings,
)
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.errors import ReadError, SaveError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.rate_law import (
    FittedLaw,
    FrontLaw,
    LawParameter,
    LawRequest,
)
from napari_insitu_tem.model.record import Record

FILE = Path("wire.insitu") / "experiment.json"


def record(**fields: Any) -> Record:
    given = {
        "object": "wire",
        "movie": "film",
        "frame": 3,
        "geometry": Geometry.of("line", [(0.1, 1 / 3), (-0.0, 1e-12)]),
        **fields,
    }
    return Record.new("expansion", **given)


def full_document() -> Document:
    """A document in which nothing is at its default."""
    rows = [
        record(),
        record(
            attributes={"quantity": "diameter", "core": ((0.5, 1.5), (2.0, 3.0))},
            extra=(("mine", 0.25), ("batch", "007"), ("none", None), ("many", (1, 2))),
            u_pick_px=0.7,
            method="snapped",
            flag="blurred",
            comment="é \N{BATTERY} \udce9 \x00 \\",
            observer="A. B.",
        ),
        record(geometry=Geometry.of("path", [(0, 0), (1, 1)])),
        Record.new(
            "sei",
            object="film",
            movie="film",
            frame=0,
            geometry=Geometry.of("band", [(0, 0), (2, 2)], [(0, 2), (2, 0)]),
        ),
        Record.new(
            "event", object="", movie="film", frame=9, geometry=Geometry.nothing()
        ),
    ]
    pairs = [(0.0, 10.0), (50.0, 60.01), (100.0, 110.01)]
    return dataclasses.replace(
        Document(),
        objects=MappingProxyType({"wire": ObjectSettings((0, 1, 2), "cylinder")}),
        alignments=MappingProxyType(
            {"film": (Alignment(), Alignment(1 / 3), align_by_events(pairs))}
        ),
        calibrations=MappingProxyType(
            {"film": (Calibration.square(0.1), None), "two": (None,)}
        ),
        intervals=MappingProxyType({"film": 0.1}),
        datasets=MappingProxyType({"film": "entry/data"}),
        beams=MappingProxyType(
            {
                "film": Beam(gain=4.1, region=(0, 1, 8, 9), counts=((0, 1 / 3),)),
                "two": Beam("probe", current_A=2e-11, u_current_relative=0.1),
            }
        ),
        drifts=MappingProxyType(
            {
                "film": MovieDrift(
                    ((0.0, 0.0), (math.nan, math.nan), (1 / 3, -2.0)),
                    ((0.0, 0.0), (math.nan, math.nan), (0.01, 0.02)),
                    ("", "blank", ""),
                    Geometry.of("polygon", [(0, 0), (0, 20), (20, 20)]),
                    is_on=False,
                )
            }
        ),
        laws=MappingProxyType({front_law().key: front_law()}),
        flipped=frozenset({"b", "a"}),
        vocabulary=(EventTerm("pop", "#123456", "x"), *DEFAULT_VOCABULARY),
        settings=Settings(u_pick_px=0.5, observer="me", velocity_frames=7),
    ).with_records(rows)


def front_law() -> FrontLaw:
    """Two laws of a front, one of which cannot be told."""
    told = LawParameter("velocity", 1 / 3, 0.01, "nm/s")
    return FrontLaw(
        LawRequest(("linear", "power"), onset=1.5, against="charge"),
        path_id="r1",
        path="path 1",
        movie="film",
        object="wire",
        front="front 1",
        first_frame=3,
        last_frame=90,
        source="kymograph",
        gain=4.5,
        length="nm",
        x_unit="nC",
        best="linear",
        flag="",
        fits=(
            FittedLaw("linear", "planar", None, (told,), 0.1, -80.0, 165.0, 0.9, 88),
            FittedLaw(
                "power",
                "planar",
                None,
                (LawParameter("exponent", None, None, ""),),
                0.1,
                -79.5,
                169.0,
                0.1,
                88,
                "not_identifiable",
            ),
        ),
        is_there_and_back=True,
        curve=((0.5, 1 / 3), (1.0, 2.0)),
        residuals=((0.0, -0.1, 0.2),),
        basis="0123456789abcdef",
        fitted_utc="2026-01-02T03:04:05Z",
    )


def through_text(document: Document) -> Document:
    return document_from_values(
        from_json(to_json(document_values(document)), FILE), FILE
    )


def same_alignment(a: Alignment, b: Alignment) -> bool:
    """Equal, an unknown uncertainty being equal to an unknown one."""
    known = [dataclasses.replace(x, u_offset_s=0.0) for x in (a, b)]
    unknown = math.isnan(a.u_offset_s) and math.isnan(b.u_offset_s)
    return known[0] == known[1] and (unknown or a.u_offset_s == b.u_offset_s)


def test_every_part_of_a_document_comes_back_equal() -> None:
    document = full_document()
    default = Document()
    for part in PARTS:
        assert getattr(document, part) != getattr(default, part), part
    read = through_text(document)
    for part in PARTS:
        if part != "alignments":
            assert getattr(read, part) == getattr(document, part), part
            assert type(getattr(read, part)) is type(getattr(document, part)), part
    assert list(read.records) == list(document.records)
    histories = zip(read.alignments["film"], document.alignments["film"], strict=True)
    assert all(same_alignment(a, b) for a, b in histories)
    assert math.isnan(read.alignments["film"][0].u_offset_s)
    assert document_values(read).keys() == document_values(document).keys()


def test_no_part_of_a_document_is_forgotten() -> None:
    assert set(PARTS) == {field.name for field in dataclasses.fields(Document)}


def test_rows_stay_hashable_and_their_shapes_equal_to_the_last_bit() -> None:
    document = full_document()
    read = through_text(document)
    for old, new in zip(document.records.values(), read.records.values(), strict=True):
        assert hash(old) == hash(new)
        assert repr(old.geometry) == repr(new.geometry)


def test_the_empty_document_comes_back() -> None:
    assert through_text(Document()) == Document()
    assert document_from_values({}, FILE) == Document()


def test_numbers_that_json_has_not_survive() -> None:
    value = {"a": [math.nan, math.inf, -math.inf, np.float32(0.5), np.int64(3), (1, 2)]}
    read = from_json(to_json(value), FILE)
    assert math.isnan(read["a"][0])
    assert read["a"][1:] == [math.inf, -math.inf, 0.5, 3, [1, 2]]
    assert b"NaN" not in to_json(value)


def test_a_value_that_cannot_be_saved_is_named() -> None:
    with pytest.raises(SaveError, match="complex"):
        to_json({"a": 1j})


def test_unknown_parts_are_found_for_the_next_save() -> None:
    values = {**document_values(Document()), "lanes": [1, 2]}
    assert document_from_values(values, FILE) == Document()
    assert unknown_parts(values) == {"lanes": [1, 2]}


@pytest.mark.parametrize(
    ("part", "value", "place"),
    [
        ("settings", {"u_pick_px": "wide"}, "settings.u_pick_px"),
        ("objects", {"w": {"reference_frames": [1.5]}}, "objects.w.reference_frames.0"),
        ("alignments", {"f": [{"rate": "x"}]}, "alignments.f.0"),
        ("alignments", {"f": [{"rate": 9.0}]}, "alignments"),
        ("calibrations", {"f": [{"y_nm": -1, "x_nm": 1}]}, "calibrations"),
        ("intervals", [1], "intervals"),
        ("beams", {"f": {"gain": -1.0}}, "beams"),
        ("drifts", {"f": {"shift": [[0.0]]}}, "drifts.f.shift.0"),
        ("records", [{"id": "a"}], "records.0"),
        (
            "records",
            [{**document_values(full_document())["records"][0], "kind": "x"}],
            "",
        ),
        ("records", ["text"], "records.0"),
        ("vocabulary", None, "vocabulary"),
    ],
)
def test_a_broken_field_is_named(part: str, value: Any, place: str) -> None:
    with pytest.raises(ReadError, match=r"experiment\.json") as caught:
        document_from_values({part: value}, FILE)
    assert place in caught.value.message
    assert "damaged" in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"format": "x", "version": 2}, "newer napari-insitu-tem"),
        ({"format": "x", "version": "1"}, "damaged"),
        ({"format": "x", "version": True}, "damaged"),
        ({"format": "x"}, "damaged"),
        ({"format": "y", "version": 1}, "not what it should be"),
        ([], "not what it should be"),
        (None, "not what it should be"),
    ],
)
def test_another_file_and_a_newer_version_are_told_apart(
    values: Any, words: str
) -> None:
    with pytest.raises(ReadError, match=words):
        check_format(values, FILE, form="x", version=1)
    assert check_format({"format": "x", "version": 1}, FILE, form="x", version=1)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ReadError, match=r"experiment\.json cannot be read"):
        from_json(data, FILE)
