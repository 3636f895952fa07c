"""DM3 and DM4: pixels of every type, scale, times and start from the tags, refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from dm_files import SEQUENCE, camera_tags, image, thumbnail, write_dm
from napari_insitu_tem.io.movies.dm_tags import read_tags
from napari_insitu_tem.io.registry import identify, read_movie
from napari_insitu_tem.model.errors import ReadError

NM = (0.5, "nm")
THUMBS = {"Thumbnails": [{"ImageIndex": 0}]}


def stack(rng, dtype="uint16", shape=(4, 9, 7)) -> np.ndarray:
    return rng.integers(0, 100, shape).astype(dtype)


@pytest.mark.parametrize("suffix", ["dm3", "dm4"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "dtype",
    ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"],
)
def test_types_and_byte_orders(tmp_path, rng, suffix, order, dtype):
    data = stack(rng, dtype)
    path = write_dm(tmp_path / f"wire.{suffix}", image(data, [NM, NM]), order=order)
    movie = read_movie(path)
    assert movie.shape == (4, 9, 7)
    assert movie.dtype == dtype
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.pixel_size_nm == pytest.approx(0.5)
    assert movie.format == f"Gatan {suffix.upper()}"
    assert movie.times is None
    assert movie.metadata["intensity_scale"] == 0.25
    movie.close()


def test_content_decides(tmp_path, rng):
    path = write_dm(tmp_path / "wire.dm4", image(stack(rng)))
    assert identify(path.rename(tmp_path / "wire.tif")).name == "Gatan DM3/DM4"


@pytest.mark.parametrize(("order", "place"), [("<", [2, 1, 0]), (">", [1, 2, 3])])
def test_colour(tmp_path, rng, order, place):
    parts = rng.integers(0, 256, (3, 9, 7, 4)).astype("u1")
    packed = parts.view(f"{order}i4")[..., 0].astype("i4")
    path = write_dm(tmp_path / "a.dm4", image(packed, code=23), order=order)
    movie = read_movie(path)
    assert movie.shape == (3, 9, 7, 3)
    np.testing.assert_array_equal(movie.frames.frame(2), parts[2][..., place])


def test_mask_is_read_as_numbers(tmp_path, rng):
    data = stack(rng, "uint8", (9, 7)) % 2
    movie = read_movie(write_dm(tmp_path / "a.dm3", image(data, code=14)))
    np.testing.assert_array_equal(movie.frames.frame(0), data)


def test_thumbnail_is_skipped_although_it_is_larger(tmp_path, rng):
    data = stack(rng, "uint8", (9, 7))
    path = write_dm(tmp_path / "a.dm4", thumbnail(), image(data), **THUMBS)
    movie = read_movie(path)
    assert movie.shape == (1, 9, 7)
    assert movie.warnings == ()


def test_largest_of_several_images(tmp_path, rng):
    small, large = stack(rng, shape=(5, 5)), stack(rng, shape=(3, 8, 8))
    path = write_dm(
        tmp_path / "a.dm3", thumbnail(), image(small), image(large), **THUMBS
    )
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), large)
    assert "holds 2 images; the largest" in movie.warnings[0]
    assert [(one.key, one.shape) for one in movie.datasets] == [
        ("2", (3, 8, 8)),
        ("1", (1, 5, 5)),
    ]
    movie = read_movie(path, dataset="1")
    np.testing.assert_array_equal(movie.frames.frame(0), small)
    assert not movie.warnings


def test_readable_image_beside_a_larger_spectrum(tmp_path, rng):
    data = stack(rng, "uint8", (9, 7))
    spectrum = image(np.zeros((1, 2048), "f4"), [(0.1, "eV")])
    movie = read_movie(write_dm(tmp_path / "a.dm3", spectrum, image(data)))
    assert movie.shape == (1, 9, 7)


@pytest.mark.parametrize(
    ("unit", "nm"),
    [("nm", 1), ("µm", 1e3), ("A", 0.1), ("Å", 0.1), ("pm", 1e-3), ("mm", 1e6)],
)
def test_units_of_length(tmp_path, rng, unit, nm):
    path = write_dm(tmp_path / "a.dm4", image(stack(rng), [(0.2, unit)] * 2))
    assert read_movie(path).pixel_size_nm == pytest.approx(0.2 * nm)


def test_axes_of_different_size_and_unit(tmp_path, rng):
    axes = [(2.0, "pm"), (3.0, "nm"), (4.0, "um")]
    movie = read_movie(write_dm(tmp_path / "a.dm3", image(stack(rng), axes)))
    assert movie.calibration.x_nm == pytest.approx(0.002)
    assert movie.calibration.y_nm == pytest.approx(3)
    assert movie.times is None
    warnings = " ".join(movie.warnings)
    assert "not square" in warnings
    assert "third axis is a length (4 um)" in warnings


@pytest.mark.parametrize("unit", ["1/nm", "mrad"])
def test_diffraction_is_uncalibrated(tmp_path, rng, unit):
    path = write_dm(tmp_path / "a.dm4", image(stack(rng), [(0.02, unit)] * 2))
    movie = read_movie(path)
    assert movie.calibration is None
    assert "diffraction" in movie.warnings[0]


def test_mirrored_axis_has_a_size_too(tmp_path, rng):
    path = write_dm(tmp_path / "a.dm4", image(stack(rng), [NM, (-0.5, "nm")]))
    assert read_movie(path).pixel_size_nm == pytest.approx(0.5)


@pytest.mark.parametrize(("step", "unit", "ns"), [(0.5, "s", 5e8), (40, "ms", 4e7)])
def test_frame_interval_of_the_third_axis(tmp_path, rng, step, unit, ns):
    tags = camera_tags()
    path = write_dm(tmp_path / "a.dm4", image(stack(rng), [NM, NM, (step, unit)], tags))
    movie = read_movie(path)
    np.testing.assert_array_equal(movie.times.start_ns, np.arange(4) * ns)
    np.testing.assert_allclose(movie.exposures_s, 0.04)


def test_exposure_is_no_period(tmp_path, rng):
    tags = {"DataBar": {"Exposure Time (s)": 0.5}}
    movie = read_movie(write_dm(tmp_path / "a.dm4", image(stack(rng), [NM, NM], tags)))
    assert movie.times is None
    assert movie.metadata["exposure_s"] == 0.5


def test_exposure_over_the_interval_is_left_out(tmp_path, rng):
    tags = {"Acquisition": {"Parameters": {"High Level": {"Exposure (s)": 9.0}}}}
    axes = [NM, NM, (0.5, "s")]
    movie = read_movie(write_dm(tmp_path / "a.dm4", image(stack(rng), axes, tags)))
    assert movie.exposures_s is None
    assert "longer than the time between frames" in " ".join(movie.warnings)


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan")])
def test_impossible_interval(tmp_path, rng, step):
    path = write_dm(tmp_path / "a.dm4", image(stack(rng), [NM, NM, (step, "s")]))
    movie = read_movie(path)
    assert movie.times is None
    assert "impossible" in movie.warnings[0]


def started(tmp_path, rng, tags):
    return read_movie(write_dm(tmp_path / "a.dm4", image(stack(rng), [NM, NM], tags)))


def test_start_as_filetime_in_the_zone_of_the_text_beside_it(tmp_path, rng):
    movie = started(tmp_path, rng, camera_tags())
    utc = datetime(2017, 5, 25, 4, 58, 4, 138896, UTC)
    assert abs(movie.start - utc) < timedelta(milliseconds=1)
    assert movie.start.utcoffset() == timedelta(hours=-4)
    assert movie.stamp.resolution_s == 1e-3


def test_start_as_unix_milliseconds(tmp_path, rng):
    sequence = {**SEQUENCE, "Acquisition Start Time (epoch)": 1404924994906.0}
    tags = {"Acquisition": {"Frame": {"Sequence": sequence}}}
    movie = started(tmp_path, rng, tags)
    assert movie.start == datetime(2014, 7, 9, 16, 56, 34, 906000, UTC)


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        ("27/08/2016", "20:55:20"),
        ("8/27/2016", "8:55:20 PM"),
        ("27.08.2016", "20:55:20"),
        ("27-Aug-16", "08:55:20 p.m."),
    ],
)
def test_time_of_the_system_tells_the_zone_of_any_text(tmp_path, rng, day, clock):
    bar = {
        "Acquisition Date": day,
        "Acquisition Time": clock,
        "Acquisition Time (OS)": 1.3116801320500132e17,
    }
    movie = started(tmp_path, rng, {"DataBar": bar})
    zone = timezone(timedelta(hours=1))
    expected = datetime(2016, 8, 27, 20, 55, 20, 500132, zone)
    assert abs(movie.start - expected) < timedelta(microseconds=3)
    assert movie.start.utcoffset() == timedelta(hours=1)
    assert movie.stamp.resolution_s == 10


@pytest.mark.parametrize(
    ("day", "clock", "when"),
    [
        ("27.08.2016", "20:55:20", datetime(2016, 8, 27, 20, 55, 20)),
        ("03-Jul-16", "08:55:59 p.m.", datetime(2016, 7, 3, 20, 55, 59)),
        ("7/9/2014", "12:56:34 PM", datetime(2014, 7, 9, 12, 56, 34)),
        ("25/5/2017", "00:58:14", datetime(2017, 5, 25, 0, 58, 14)),
        ("7/9/2014", "12:56:34", None),
    ],
)
def test_local_text_alone(tmp_path, rng, day, clock, when):
    bar = {"Acquisition Date": day, "Acquisition Time": clock}
    movie = started(tmp_path, rng, {"DataBar": bar})
    assert movie.start == when
    assert ("day or the month first" in " ".join(movie.warnings)) == (when is None)


@pytest.mark.parametrize("value", [0.0, -5.0, 1e30, float("nan"), 1e14])
def test_impossible_start(tmp_path, rng, value):
    sequence = {"Acquisition Start Time (epoch)": value}
    tags = {
        "Acquisition": {"Frame": {"Sequence": sequence}},
        "DataBar": {"Acquisition Time (OS)": value},
    }
    assert started(tmp_path, rng, tags).start is None


def test_stack_that_was_built_an_image_at_a_time(tmp_path, rng):
    tags = {
        "plane info": [{"added @ tick": 5000 + t} for t in (1000, 3137, 5274, 9000)],
        "source": {"created @ tick": 5000, "Tags at creation": camera_tags()},
    }
    movie = started(tmp_path, rng, tags)
    np.testing.assert_allclose(movie.times_s, [1.0, 3.137, 5.274, 9.0])
    assert movie.start is not None
    assert "added to the stack" in " ".join(movie.warnings)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (image(np.zeros((9, 7), "c8"), code=3), "complex numbers"),
        (image(np.zeros((9, 7), "c16"), code=13), "complex numbers"),
        (image(np.zeros((9, 7), "f4"), code=5), "Fourier transform"),
        (image(np.zeros((9, 7), "f4"), code=77), "unknown type"),
        (image(np.zeros((1, 2048), "f4")), "a line of numbers"),
        (image(np.zeros(2048, "f4")), "a line of numbers"),
        (image(np.zeros((8, 8), "f4"), [(0.1, "eV")]), "holds spectra"),
        (
            image(
                np.zeros((5, 3, 4), "f4"),
                tags={"Meta Data": {"Format": "Spectrum image"}},
            ),
            "holds spectra",
        ),
        (image(np.zeros((2, 3, 4, 5), "u2")), "4 axes"),
        (image(np.zeros((9, 7), "u2"), dimensions=(70, 90)), "is damaged"),
        (image(np.zeros((9, 7), "u2"), dimensions=(0, 90)), "is damaged"),
        (image(np.zeros((9, 7), "u2"), dimensions=(2**31, 2**31)), "is damaged"),
    ],
)
@pytest.mark.parametrize("suffix", ["dm3", "dm4"])
def test_what_is_no_movie_says_so(tmp_path, entry, words, suffix):
    path = write_dm(tmp_path / f"a.{suffix}", entry)
    with pytest.raises(ReadError, match=rf"a\.{suffix} .*{words}") as caught:
        read_movie(path)
    assert caught.value.hint


def test_file_without_an_image(tmp_path):
    with pytest.raises(ReadError, match="holds no image"):
        read_movie(write_dm(tmp_path / "a.dm4"))


@pytest.mark.parametrize("suffix", ["dm3", "dm4"])
def test_cut_inside_the_pixels(tmp_path, rng, suffix):
    path = write_dm(tmp_path / f"a.{suffix}", image(stack(rng, shape=(40, 20, 20))))
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(ReadError, match="cut off before its image"):
        read_movie(path)


def test_cut_behind_the_pixels(tmp_path, rng):
    data = stack(rng)
    path = write_dm(tmp_path / "a.dm4", image(data, [NM, NM], camera_tags()))
    path.write_bytes(path.read_bytes()[:-200])
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert "cut off behind its image" in movie.warnings[0]


def test_groups_without_end(tmp_path):
    root: dict = {}
    for _ in range(100):
        root = {"deeper": root}
    path = write_dm(tmp_path / "a.dm4", **root)
    with pytest.raises(ReadError, match="nested too deeply"):
        read_movie(path)


def test_long_arrays_stay_in_the_file(tmp_path, rng):
    path = write_dm(tmp_path / "a.dm4", image(stack(rng, shape=(4, 90, 70))))
    block = read_tags(path).root["ImageList"]["0"]["ImageData"]["Data"]
    assert (block.nbytes, block.raw) == (4 * 90 * 70 * 2, b"")
