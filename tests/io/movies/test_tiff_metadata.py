"""Scale, times and start of TIFF files: taken where they are, never invented."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_insitu_tem.io.registry import read_movie

FRAMES = np.zeros((5, 9, 7), "uint16")


def write(path: Path, **options) -> Path:
    options.setdefault("photometric", "minisblack")
    tifffile.imwrite(path, options.pop("data", FRAMES), **options)
    return path


def imagej(path: Path, resolution=None, data=FRAMES, **metadata) -> Path:
    metadata.setdefault("axes", "TYX")
    return write(path, data=data, imagej=True, metadata=metadata, resolution=resolution)


@pytest.mark.parametrize(
    ("unit", "per_pixel", "nm"),
    [
        ("nm", 0.25, 0.25),
        ("micron", 0.001, 1.0),
        ("\\u00B5m", 0.002, 2.0),
        ("um", 0.002, 2.0),
        ("pm", 250.0, 0.25),
        ("mm", 1e-6, 1.0),
        ("angstrom", 2.5, 0.25),
    ],
)
def test_imagej_scale(tmp_path, unit, per_pixel, nm):
    path = imagej(tmp_path / "a.tif", (1 / per_pixel, 1 / per_pixel), unit=unit)
    movie = read_movie(path)
    assert movie.pixel_size_nm == pytest.approx(nm, rel=1e-6)
    assert movie.calibration.source == "ImageJ scale"


@pytest.mark.parametrize("unit", ["inch", "cm", "pixel", "", None])
@pytest.mark.parametrize("dpi", [72, 96, 300])
def test_print_resolution_is_no_scale(tmp_path, unit, dpi):
    extra = {} if unit is None else {"unit": unit}
    movie = read_movie(imagej(tmp_path / "a.tif", (dpi, dpi), **extra))
    assert movie.calibration is None
    assert not movie.warnings


def test_imagej_scale_in_cm_that_only_a_microscope_has(tmp_path):
    movie = read_movie(imagej(tmp_path / "a.tif", (2e7, 2e7), unit="cm"))
    assert movie.pixel_size_nm == pytest.approx(0.5)


def test_pixels_that_are_not_square(tmp_path):
    movie = read_movie(imagej(tmp_path / "a.tif", (4, 2), unit="nm"))
    assert movie.pixel_size_nm == pytest.approx((0.5, 0.25))
    assert "not square" in " ".join(movie.warnings)


def test_unknown_unit_is_said(tmp_path):
    movie = read_movie(imagej(tmp_path / "a.tif", (4, 4), unit="furlong"))
    assert movie.calibration is None
    assert "furlong" in " ".join(movie.warnings)


def test_diffraction_pattern_is_not_calibrated_in_nm(tmp_path):
    movie = read_movie(imagej(tmp_path / "a.tif", (4, 4), unit="1/nm"))
    assert movie.calibration is None
    assert "diffraction" in " ".join(movie.warnings)


def test_zero_resolution_is_a_warning(tmp_path):
    path = imagej(tmp_path / "a.tif", (4, 4), unit="nm")
    with tifffile.TiffFile(path, mode="r+") as tif:
        tif.pages[0].tags[282].overwrite((0, 1))
        tif.pages[0].tags[283].overwrite((0, 1))
    movie = read_movie(path)
    assert movie.calibration is None
    assert "pixel size" in " ".join(movie.warnings)


@pytest.mark.parametrize(
    ("value", "unit", "seconds"),
    [(0.5, None, 0.5), (0.5, "sec", 0.5), (40, "ms", 0.04), (2, "min", 120.0)],
)
def test_imagej_frame_interval(tmp_path, value, unit, seconds):
    extra = {} if unit is None else {"tunit": unit}
    movie = read_movie(imagej(tmp_path / "a.tif", finterval=value, fps=7, **extra))
    np.testing.assert_allclose(movie.times_s, np.arange(5) * seconds)
    assert movie.times.source == "ImageJ frame interval"
    assert movie.exposures_s is None


def test_playback_rate_is_no_frame_rate(tmp_path):
    movie = read_movie(imagej(tmp_path / "a.tif", fps=7))
    assert movie.times is None
    assert "playback rate" in " ".join(movie.warnings)


def test_interval_of_zero_is_none(tmp_path):
    assert read_movie(imagej(tmp_path / "a.tif", finterval=0.0)).times is None


def test_spacing_in_seconds_is_an_interval(tmp_path):
    path = imagej(tmp_path / "a.tif", axes="ZYX", spacing=2.5, zunit="s")
    np.testing.assert_allclose(read_movie(path).times_s, np.arange(5) * 2.5)


def test_spacing_in_micrometres_is_no_interval(tmp_path):
    path = imagej(tmp_path / "a.tif", axes="ZYX", spacing=2.5, unit="micron")
    assert read_movie(path).times is None


def test_slice_labels_with_times(tmp_path):
    labels = [f"wire t={t} s" for t in (0.0, 0.5, 1.25, 3, 4)]
    movie = read_movie(imagej(tmp_path / "a.tif", Labels=labels))
    np.testing.assert_allclose(movie.times_s, [0, 0.5, 1.25, 3, 4])
    assert "slice labels" in movie.times.source


def ome(path: Path, **metadata) -> Path:
    metadata.setdefault("axes", "TYX")
    return write(path, metadata=metadata)


def test_ome_scale_and_increment(tmp_path):
    path = ome(
        tmp_path / "a.ome.tif",
        PhysicalSizeX=0.0002,
        PhysicalSizeXUnit="µm",
        PhysicalSizeY=2.0,
        PhysicalSizeYUnit="Å",
        TimeIncrement=40.0,
        TimeIncrementUnit="ms",
    )
    movie = read_movie(path)
    assert movie.pixel_size_nm == pytest.approx(0.2)
    np.testing.assert_allclose(movie.times_s, np.arange(5) * 0.04)
    assert movie.times.source == "OME TimeIncrement"


def test_ome_plane_times_and_exposures(tmp_path):
    starts = [10.0, 10.5, 11.0, 12.5, 13.0]
    path = ome(
        tmp_path / "a.ome.tif",
        TimeIncrement=1.0,
        Plane={
            "DeltaT": starts,
            "DeltaTUnit": ["s"] * 5,
            "ExposureTime": [200, 200, 200, 200, 250],
            "ExposureTimeUnit": ["ms"] * 5,
        },
    )
    movie = read_movie(path)
    np.testing.assert_allclose(movie.times_s, starts)
    np.testing.assert_allclose(movie.exposures_s, [0.2, 0.2, 0.2, 0.2, 0.25])
    assert movie.audit.gaps == ((3, 1.5),)


def ome_xml(path: Path, xml: str) -> Path:
    return write(path, description=xml, metadata=None)


OME_START = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
    '<Image ID="Image:0" Name="wire">{image}<Pixels ID="Pixels:0" '
    'DimensionOrder="XYZCT" Type="uint16" SizeX="7" SizeY="9" SizeZ="1" SizeC="1" '
    'SizeT="5" {pixels}>'
    '<Channel ID="Channel:0:0"/><TiffData/>{planes}</Pixels></Image></OME>'
)


def plane(t: int, rest: str) -> str:
    return f'<Plane TheC="0" TheZ="0" TheT="{t}" {rest}/>'


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2023-05-06T07:08:09", datetime(2023, 5, 6, 7, 8, 9)),
        (
            "2023-05-06T07:08:09.5+02:00",
            datetime(2023, 5, 6, 7, 8, 9, 500000, timezone(timedelta(hours=2))),
        ),
    ],
)
def test_ome_acquisition_date(tmp_path, text, when):
    xml = OME_START.format(
        image=f"<AcquisitionDate>{text}</AcquisitionDate>", pixels="", planes=""
    )
    movie = read_movie(ome_xml(tmp_path / "a.ome.tif", xml))
    assert movie.start == when
    assert movie.stamp.source == "OME AcquisitionDate"
    assert movie.times is None


def test_ome_planes_of_which_some_have_no_time(tmp_path):
    planes = plane(0, 'DeltaT="0"') + plane(1, 'DeltaT="1"')
    xml = OME_START.format(image="", pixels="", planes=planes)
    movie = read_movie(ome_xml(tmp_path / "a.ome.tif", xml))
    assert movie.times is None
    assert "2 of 5 planes" in " ".join(movie.warnings)


def test_ome_planes_in_another_order(tmp_path):
    planes = "".join(plane(t, f'DeltaT="{t * t}"') for t in (4, 2, 0, 1, 3))
    xml = OME_START.format(image="", pixels="", planes=planes)
    movie = read_movie(ome_xml(tmp_path / "a.ome.tif", xml))
    np.testing.assert_allclose(movie.times_s, [0, 1, 4, 9, 16])


def test_ome_exposure_alone_is_no_period(tmp_path):
    planes = "".join(plane(t, 'ExposureTime="0.2"') for t in range(5))
    xml = OME_START.format(image="", pixels="", planes=planes)
    movie = read_movie(ome_xml(tmp_path / "a.ome.tif", xml))
    assert movie.times is None
    assert movie.metadata["exposure_s"] == pytest.approx(0.2)


@pytest.mark.parametrize("size", ["0", "-0.5", "NaN"])
def test_ome_impossible_scale(tmp_path, size):
    xml = OME_START.format(
        image="", pixels=f'PhysicalSizeX="{size}" PhysicalSizeY="{size}"', planes=""
    )
    movie = read_movie(ome_xml(tmp_path / "a.ome.tif", xml))
    assert movie.calibration is None


def digital_micrograph(path: Path, third: tuple[float, str]) -> Path:
    tags = [
        (65003, "s", 0, "nm", True),
        (65004, "s", 0, "nm", True),
        (65005, "s", 0, third[1], True),
        (65009, "d", 1, 0.25, True),
        (65010, "d", 1, 0.5, True),
        (65011, "d", 1, third[0], True),
    ]
    return write(path, metadata=None, extratags=tags)


def test_digital_micrograph_scale_and_time_axis(tmp_path):
    movie = read_movie(digital_micrograph(tmp_path / "a.tif", (2.5, "s")))
    assert movie.pixel_size_nm == pytest.approx((0.5, 0.25))
    np.testing.assert_allclose(movie.times_s, np.arange(5) * 2.5)
    assert movie.format == "TIFF (DigitalMicrograph)"


def test_digital_micrograph_third_axis_in_space(tmp_path):
    assert read_movie(digital_micrograph(tmp_path / "a.tif", (2.5, "nm"))).times is None


@pytest.mark.parametrize(
    ("text", "when", "step"),
    [
        ("2021:05:18 14:10:44", datetime(2021, 5, 18, 14, 10, 44), 1.0),
        ("2021/05/18 14:10", datetime(2021, 5, 18, 14, 10), 60.0),
        ("2021:13:45 14:10:44", None, None),
        ("yesterday", None, None),
    ],
)
def test_date_tag(tmp_path, text, when, step):
    tag = [(306, "s", 0, text, True)]
    movie = read_movie(write(tmp_path / "a.tif", metadata=None, extratags=tag))
    assert movie.start == when
    if when is not None:
        assert movie.stamp.resolution_s == step
        assert movie.stamp.is_naive


@pytest.mark.parametrize(
    ("unit", "resolution", "nm"),
    [
        (3, (7038270, 1), 1.42080366),
        (3, (118, 1), None),
        (2, (300, 1), None),
        (2, (17877205, 1), None),
        (1, (4, 1), None),
    ],
)
def test_resolution_tags_alone(tmp_path, unit, resolution, nm):
    path = write(
        tmp_path / "a.tif",
        metadata=None,
        resolution=(resolution[0], resolution[0]),
        resolutionunit=unit,
    )
    size = read_movie(path).pixel_size_nm
    assert size == (None if nm is None else pytest.approx(nm))


JEOL = """<?xml version="1.0"?>
<TemReporter><Instruments>JEM-F200</Instruments>
<DateTime>2019-11-27T16:11:26.6205405+09:00</DateTime>
<ElectronGun><AccelerationVoltage>200000</AccelerationVoltage></ElectronGun>
<Eos><EosMode>{eos}</EosMode></Eos>
<ImageFormingSystem><ModeString>{mode}</ModeString>
<SelectorValue>150000</SelectorValue></ImageFormingSystem>
<JemBaumerCamera><Parameter><ImageDataInformation><PixelsPerMeter>
<Horizontal>4000</Horizontal><Vertical>4000</Vertical>
</PixelsPerMeter></ImageDataInformation></Parameter></JemBaumerCamera>
"""


@pytest.mark.parametrize(
    ("eos", "mode", "nm"),
    [
        ("eosTEM", "MAG", 1e9 / 4000 / 150000),
        ("eosTEM", "DIFF", None),
        ("eosASID", "MAG", None),
    ],
)
def test_jeol_report_that_is_cut_at_its_end(tmp_path, eos, mode, nm):
    xml = JEOL.format(eos=eos, mode=mode)
    movie = read_movie(
        write(tmp_path / "a.tif", data=FRAMES[0], description=xml, metadata=None)
    )
    assert movie.start == datetime(
        2019, 11, 27, 16, 11, 26, 620540, timezone(timedelta(hours=9))
    )
    assert movie.pixel_size_nm == (None if nm is None else pytest.approx(nm))


def test_two_programs_agree_on_nothing_when_there_is_nothing(tmp_path):
    movie = read_movie(write(tmp_path / "plain.tif", metadata=None))
    assert movie.calibration is None
    assert movie.times is None
    assert movie.stamp is None
    assert movie.warnings == ()
