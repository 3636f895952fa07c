"""Colours that follow napari's themes and that everyone can tell apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from napari_insitu_tem.widgets.theme import (
    DARK,
    LIGHT,
    Theme,
    contrast,
    mix,
    napari_theme,
)

BOTH = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])

#: Linear RGB as seen without the red or the green cones (Machado and others, 2009).
SEEN = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def linear(colour: str) -> np.ndarray:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return np.array(
        [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    )


def lab(rgb: np.ndarray) -> np.ndarray:
    rgb = np.clip(rgb, 0, 1)
    gamma = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return rgb2lab(gamma[None, None])[0, 0]


@BOTH
def test_everything_stands_out_from_what_is_behind_it(theme) -> None:
    for text in (theme.text, theme.faint_text, theme.warning):
        assert contrast(text, theme.background) >= 4.5
    drawn = (
        theme.potential,
        theme.current,
        theme.charge,
        theme.playhead,
        *theme.series,
    )
    for colour in drawn:
        assert contrast(colour, theme.lane) >= 3.0


@BOTH
@pytest.mark.parametrize("eye", ["all cones", "protan", "deutan"])
def test_series_are_told_apart(theme, eye) -> None:
    matrix = np.array(SEEN.get(eye, np.eye(3)))
    signals = (theme.potential, theme.current, theme.charge)
    colours = {*theme.series, *signals}
    seen = {colour: lab(matrix @ linear(colour)) for colour in colours}
    for one, other in itertools.combinations(theme.series, 2):
        assert deltaE_ciede2000(seen[one], seen[other]) > 8, (one, other)
    for one, other in itertools.combinations(signals, 2):
        assert deltaE_ciede2000(seen[one], seen[other]) > 12


def test_napari_themes() -> None:
    dark, light = napari_theme("dark"), napari_theme("light")
    assert dark.is_dark
    assert not light.is_dark
    assert dark.background == DARK.background
    assert light.background == LIGHT.background
    assert dark.font_pt == 9
    assert isinstance(napari_theme("system"), Theme)


def test_colours_of_series_repeat() -> None:
    count = len(DARK.series)
    assert DARK.series_colour(count + 1) == DARK.series[1]


def test_mixing() -> None:
    assert mix("#000", "#ffffff", 0.5) == "#808080"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
