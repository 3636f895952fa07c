"""PNG images of Protochips AXON: time and holder of each, order, damaged texts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from napari_insitu_tem.io.registry import read_movie

XML = """\ufeff<?xml version="1.0" encoding="utf-8"?>
<MicroscopeControlImageMetadata xmlns="http://example.org/a">
 <MicroscopeDateTime>{when}</MicroscopeDateTime>
 <MicroscopeSettings><MagnificationValue>40000</MagnificationValue></MicroscopeSettings>
 <AuxiliaryData><AuxiliaryDataCategory><DataValues>
  <AuxiliaryDataValue><HolderTemperature>{celsius}</HolderTemperature>
  </AuxiliaryDataValue>
  <AuxiliaryDataValue><DataName>Heating Power</DataName><DataValue>0.5</DataValue>
  </AuxiliaryDataValue>
 </DataValues></AuxiliaryDataCategory></AuxiliaryData>
</MicroscopeControlImageMetadata>"""
SECONDS = [0.0, 0.25, 0.5, 1.75]
BEGAN = datetime(2021, 4, 26, 22, 51, 28, 453900, timezone(timedelta(hours=-5)))


def write(path: Path, level: int, text: str | None, packed: bool = False) -> Path:
    info = PngInfo()
    if text is not None:
        info.add_itxt("MicroscopeControlImage", text, zip=packed)
    Image.fromarray(np.full((9, 7), level, "u1")).save(path, pnginfo=info)
    return path


def text_of(second: float) -> str:
    when = (BEGAN + timedelta(seconds=second)).isoformat()
    when = when.replace("-05:00", "7-05:00")  # a seventh digit, as AXON writes
    return XML.format(when=when, celsius=500 + second)


@pytest.mark.parametrize("packed", [False, True])
def test_time_of_each_image_and_order(tmp_path, packed):
    for i, name in enumerate(["d", "b", "c", "a"]):
        write(tmp_path / f"{name}.png", i, text_of(SECONDS[i]), packed)
    movie = read_movie(tmp_path)
    assert [int(movie.frames.frame(i)[0, 0]) for i in range(4)] == [0, 1, 2, 3]
    assert [path.stem for path in movie.paths] == ["d", "b", "c", "a"]
    np.testing.assert_allclose(movie.times_s, SECONDS)
    assert movie.start == BEGAN
    assert movie.start.utcoffset() == timedelta(hours=-5)
    assert "AXON" in movie.times.source
    assert movie.format == "PNG series (AXON)"
    assert movie.metadata["magnification"] == 40000
    assert movie.metadata["holder_temperature"] == 500
    assert movie.metadata["holder_temperature_max"] == 501.75
    assert "magnification_max" not in movie.metadata
    assert movie.metadata["heating_power"] == 0.5
    assert movie.calibration is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<a><b></a>", "damaged"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "suspicious"),
    ],
)
def test_text_that_is_not_read(tmp_path, text, words):
    for i in range(3):
        write(tmp_path / f"{i}.png", i, text)
    movie = read_movie(tmp_path)
    assert len(movie) == 3
    assert movie.times is None
    assert words in movie.warnings[0]


def test_one_image_without_a_time(tmp_path):
    for i in range(4):
        write(tmp_path / f"{i}.png", i, None if i == 2 else text_of(SECONDS[i]))
    movie = read_movie(tmp_path)
    assert movie.times is None
    assert [path.stem for path in movie.paths] == list("0123")


def test_damaged_images(tmp_path, rng):
    whole = write(tmp_path / "a.png", 3, text_of(0), packed=True).read_bytes()
    from napari_insitu_tem.model.errors import InsituTemError

    for _ in range(150):
        raw = bytearray(whole)
        for place in rng.integers(8, len(raw), 4):
            raw[place] = int(rng.integers(256))
        path = tmp_path / "bad.png"
        path.write_bytes(raw[: int(rng.integers(30, len(raw) + 1))])
        try:
            read_movie(path).frames.frame(0)
        except InsituTemError as error:
            assert "bad.png" in str(error)


LAID_OUT = """<MicroscopeControlImageMetadata>
 <MicroscopeDateTime>2021-04-26T22:51:2{second}.4539893-05:00</MicroscopeDateTime>
 <ImagerSettings><ImagePhysicalSize><X>512.5</X><Y>400</Y></ImagePhysicalSize>
 </ImagerSettings>
 <MicroscopeSettings><MagnificationValue>150000</MagnificationValue>
  <AcceleratingVoltage>200000</AcceleratingVoltage></MicroscopeSettings>
 <ActivePositionerSettings><PositionerSettings>
  <PositionerName>Stage</PositionerName><Stage><Name>chip</Name><X>1</X><Y>2</Y></Stage>
 </PositionerSettings></ActivePositionerSettings>
 <AuxiliaryData>
  <AuxiliaryDataCategory><Name>Gas</Name><DataValues>
   <AuxiliaryDataValue><Name>HolderPressure</Name><Value>760</Value>
   </AuxiliaryDataValue></DataValues></AuxiliaryDataCategory>
  <AuxiliaryDataCategory><Name>Heating</Name><DataValues>
   <AuxiliaryDataValue><Name>HolderTemperature</Name><Value>601.5</Value>
   </AuxiliaryDataValue><AuxiliaryDataValue><Name>HeatingCurrent</Name>
   <Value>0.012</Value></AuxiliaryDataValue></DataValues></AuxiliaryDataCategory>
 </AuxiliaryData></MicroscopeControlImageMetadata>"""


def test_pairs_of_name_and_value_and_a_size_without_a_unit(tmp_path):
    for i in range(3):
        write(tmp_path / f"{i}.png", i, LAID_OUT.format(second=i + 1))
    movie = read_movie(tmp_path)
    np.testing.assert_allclose(movie.times_s, [0, 1, 2])
    for key, value in (
        ("holder_temperature", 601.5),
        ("holder_pressure", 760),
        ("heating_current", 0.012),
        ("magnification", 150_000),
        ("high_tension_V", 200_000),
        ("image_physical_size_x", 512.5),
    ):
        assert movie.metadata[key] == value
    assert movie.calibration is None
    assert "512.5 x 400 without a unit" in movie.warnings[0]
