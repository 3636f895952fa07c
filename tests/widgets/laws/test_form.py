"""What the fields of the rate law ask for, and how a fit reads in the dock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from napari_insitu_tem.model.rate_law import LawParameter
from napari_insitu_tem.state.laws.request import COMPARED, LawRequest
from napari_insitu_tem.widgets.laws.form import LawForm
from napari_insitu_tem.widgets.laws.words import _name, _value


@pytest.fixture
def fields(qtbot):
    fields = LawForm()
    qtbot.addWidget(fields)
    return fields


def choose(box, data):
    box.setCurrentIndex(box.findData(data))


def test_at_first_the_laws_are_compared_with_everything_free(fields):
    request = fields.request()
    assert request.laws == COMPARED["planar"]
    assert (request.start, request.onset, request.volume_ratio) == (None, None, None)
    assert (request.against, request.only_picks) == ("time", False)


def test_a_sphere_needs_a_volume_ratio(fields):
    assert fields.ratio.isHidden()
    choose(fields.shape, "sphere")
    assert not fields.ratio.isHidden()
    fields.ratio.setValue(3.8)
    assert fields.request().volume_ratio == 3.8
    assert fields.request().laws == COMPARED["sphere"]


def test_what_is_known_counts_in_s_or_in_C(fields):
    fields.start.set_value(12.5)
    fields.onset.set_value(65.0)
    assert (fields.request().start, fields.request().onset) == (12.5, 65.0)
    choose(fields.against, "charge")
    assert fields.onset.field.suffix() == " nC"
    assert fields.request().onset == pytest.approx(65e-9)
    assert not fields.now.isEnabled()
    fields.onset.box.setChecked(False)
    assert fields.request().onset is None


def test_one_law(fields):
    choose(fields.law, "power")
    assert fields.request().laws == ("power",)


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        (
            LawParameter("velocity", 1.23456, 0.0123, "nm/s"),
            "1.235 &plusmn; 0.012 nm/s",
        ),
        (LawParameter("velocity", 123.4, 45.0, "nm/s"), "123 &plusmn; 45 nm/s"),
        (LawParameter("start", 10.0, 0.0, "nm"), "10 nm (given)"),
        (LawParameter("velocity", None, None, "nm/s"), "cannot be told"),
        (LawParameter("velocity", 3.0, None, "nm/s"), "3 nm/s"),
        (LawParameter("exponent", 0.5, 1e-9, ""), "0.5 &plusmn; 1e-09 "),
    ],
)
def test_a_value_is_written_to_two_digits_of_its_uncertainty(parameter, words):
    assert _value(parameter) == words


def test_numbered_parameters_have_names():
    assert _name("velocity_2") == "velocity 2"
    assert _name("break_1") == "change at 1"
    assert _name("parabolic_constant") == "parabolic constant"


@pytest.mark.parametrize(
    "request_",
    [
        LawRequest(),
        LawRequest(laws=("power",), start=12.5, onset=65.0, only_picks=True),
        LawRequest(
            laws=COMPARED["sphere"],
            geometry="sphere",
            volume_ratio=3.8,
            against="charge",
            onset=2.5e-9,
        ),
    ],
)
def test_what_was_asked_for_is_shown_again(fields, request_):
    fields.start.set_value(1.0)
    fields.show_request(request_)
    asked = fields.request()
    assert asked.onset == pytest.approx(request_.onset)
    assert replace(asked, onset=request_.onset) == request_
