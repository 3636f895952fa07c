"""Labels of the lanes' own axes."""

from __future__ import annotations

import itertools

import pytest

from napari_insitu_tem.widgets.timeline.axis import ValueAxis


@pytest.mark.parametrize(
    ("low", "high"),
    [(-2.1, 0.1), (-1.95, 0.0), (-4.0, 92.0), (0.0, 1.0), (3.0, 3.2), (3.42, 3.4365)],
)
@pytest.mark.parametrize("height", [30.0, 36.0, 50.0, 120.0])
def test_labels_of_a_low_lane_do_not_touch(qapp, low, high, height) -> None:
    axis = ValueAxis("left", 60)
    _, labelled = axis.tickValues(low, high, height)[0]
    labelled = sorted(labelled)
    px = [(value - low) / (high - low) * height for value in labelled]
    assert all(b - a >= 12 for a, b in itertools.pairwise(px))
    assert labelled
    # Half the height of a label on either side of it.
    assert px[0] >= 6
    assert px[-1] <= height - 6
