"""A magnification that was changed: each row has the pixel size of its own frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_insitu_tem.measure.tables import kind_table
from napari_insitu_tem.model.experiment import Experiment


@pytest.fixture
def experiment(build) -> Experiment:
    """Frames 0 to 4 have pixels of 2 nm, 5 to 8 of 1 nm, the last is not known."""
    made = build.experiment(pixel_size_nm=None)
    sizes = np.repeat([2.0, 1.0, np.nan], [5, 4, 1])[:, None] * np.ones(2)
    film = replace(made.movie("wire"), frame_sizes_nm=sizes)
    return Experiment(film, *made.traces).align(offset_s=100.0)


def test_lengths(build, experiment):
    build.add(experiment, *[build.line(frame, length=10) for frame in (0, 6, 9)])
    rows = kind_table(experiment, "expansion")
    np.testing.assert_allclose(rows["value"], [20.0, 10.0, np.nan])
    assert rows["unit"].tolist() == ["nm", "nm", ""]
    np.testing.assert_allclose(rows["ratio"], [1.0, 0.5, np.nan])
    np.testing.assert_allclose(rows["u_value"][:2], [2 * 2**0.5, 2**0.5])


def test_areas(build, experiment):
    square = [[0, 0], [0, 4], [4, 4], [4, 0]]
    made = [build.row("expansion", "polygon", square, frame=f) for f in (0, 6)]
    rows = kind_table(build.add(experiment, *made), "expansion")
    np.testing.assert_allclose(rows["value"], [64.0, 16.0])


def test_thickness(build, experiment):
    parts = [[0, 0], [0, 9]], [[3, 0], [3, 9]]
    made = [build.row("sei", "band", *parts, frame=f) for f in (0, 6)]
    rows = kind_table(build.add(experiment, *made), "sei")
    np.testing.assert_allclose(rows["value"], [6.0, 3.0])


def test_a_front_needs_a_path_of_its_own_magnification(build, experiment):
    def front(frame):
        about = {"front": "f", "path": "axis"}
        return build.row("front", "point", [[0, 4]], frame=frame, attributes=about)

    path = [[0, 0], [0, 9]]
    made = [build.row("path", "path", path, object="axis"), front(0), front(6)]
    rows = kind_table(build.add(experiment, *made), "front")
    np.testing.assert_allclose(rows["value"], [8.0, np.nan])
    assert rows["flag"].tolist() == ["", "no_path"]
    again = build.row("path", "path", path, object="axis", frame=5)
    rows = kind_table(build.add(experiment, again), "front")
    np.testing.assert_allclose(rows["value"], [8.0, 4.0])


def test_a_typed_size_holds_for_all_frames(build, experiment):
    experiment.calibrate(0.5)
    build.add(experiment, *[build.line(frame, length=10) for frame in (0, 6, 9)])
    rows = kind_table(experiment, "expansion")
    np.testing.assert_allclose(rows["value"], [5.0, 5.0, 5.0])
