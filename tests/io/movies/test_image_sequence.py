"""Folders and lists of images as movies."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.model.errors import (
    CancelledError,
    ReadError,
    UnsupportedFormatError,
)


def save(path: Path, data: np.ndarray) -> Path:
    if path.suffix == ".tif":
        tifffile.imwrite(path, data, metadata=None)
    else:
        Image.fromarray(data).save(path)
    return path


def series(folder: Path, data: np.ndarray, name: str = "wire_{}.png") -> list[Path]:
    folder.mkdir(exist_ok=True)
    return [save(folder / name.format(i), frame) for i, frame in enumerate(data)]


@pytest.fixture
def frames(rng) -> np.ndarray:
    return rng.integers(0, 255, (12, 20, 30)).astype("uint8")


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_folder_in_natural_order(tmp_path, frames, suffix):
    series(tmp_path / "run7", frames, "wire_{}" + suffix)
    movie = read_movie(tmp_path / "run7")
    assert movie.name == "run7"
    assert movie.shape == frames.shape
    np.testing.assert_array_equal(np.asarray(movie.frames), frames)
    assert movie.times is None
    assert movie.calibration is None
    assert [path.name for path in movie.paths][:3] == [
        f"wire_{i}{suffix}" for i in range(3)
    ]


def test_list_in_any_order(tmp_path, frames):
    paths = series(tmp_path, frames)
    movie = read_movie(paths[::-1])
    np.testing.assert_array_equal(np.asarray(movie.frames), frames)
    assert movie.name == "wire"


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_sixteen_bit_png(tmp_path, rng, dtype):
    data = rng.integers(0, np.iinfo(dtype).max, (3, 20, 30)).astype(dtype)
    movie = read_movie(series(tmp_path, data))
    assert movie.dtype == dtype
    np.testing.assert_array_equal(np.asarray(movie.frames), data)


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_stays(tmp_path, rng, channels):
    data = rng.integers(0, 255, (3, 20, 30, channels)).astype("uint8")
    movie = read_movie(series(tmp_path, data))
    assert movie.shape == (3, 20, 30, channels)
    np.testing.assert_array_equal(movie.frames.frame(1), data[1])


def test_colour_of_sixteen_bits_is_not_cut_to_eight(tmp_path, rng):
    data = rng.integers(0, 60000, (2, 20, 30, 3)).astype("uint16")
    for i, frame in enumerate(data):
        (tmp_path / f"w{i}.png").write_bytes(imagecodecs.png_encode(frame))
    movie = read_movie(tmp_path)
    assert movie.dtype == np.uint16
    np.testing.assert_array_equal(np.asarray(movie.frames), data)


def test_jpeg(tmp_path):
    smooth = np.tile(np.linspace(0, 250, 64).astype("uint8"), (3, 48, 1))
    movie = read_movie(series(tmp_path, smooth, "w{}.jpg"))
    assert movie.shape == (3, 48, 64)
    assert np.abs(movie.frames.frame(1).astype(int) - smooth[1]).max() < 5
    assert movie.format == "JPEG series"


def test_palette_of_greys_stays_grey(tmp_path, frames):
    for i, frame in enumerate(frames[:2]):
        Image.fromarray(frame).convert("P").save(tmp_path / f"w{i}.png")
    movie = read_movie(tmp_path)
    np.testing.assert_array_equal(np.asarray(movie.frames), frames[:2])


def test_palette_of_colours_becomes_colour(tmp_path):
    for i in range(2):
        image = Image.fromarray(np.full((4, 5), i, "u1"), "P")
        image.putpalette([255, 0, 0, 0, 0, 255])
        image.save(tmp_path / f"w{i}.png")
    movie = read_movie(tmp_path)
    assert movie.shape == (2, 4, 5, 3)
    assert movie.frames.frame(1)[0, 0].tolist() == [0, 0, 255]


def test_other_and_hidden_files_are_passed_over(tmp_path, frames):
    series(tmp_path, frames)
    (tmp_path / "notes.txt").write_text("dose low")
    (tmp_path / "Thumbs.db").write_bytes(b"\0\1\2")
    (tmp_path / ".wire_3.png").write_bytes((tmp_path / "wire_3.png").read_bytes())
    (tmp_path / "sub").mkdir()
    movie = read_movie(tmp_path)
    assert len(movie) == 12
    assert movie.warnings == ()


def test_images_of_another_kind_are_left_out_with_a_word(tmp_path, frames):
    series(tmp_path, frames)
    save(tmp_path / "overview.tif", frames[0])
    movie = read_movie(tmp_path)
    assert len(movie) == 12
    assert "1 images of another kind" in " ".join(movie.warnings)


def test_extension_does_not_matter(tmp_path, frames):
    for path in series(tmp_path, frames):
        path.rename(path.with_suffix(".dat"))
    assert len(read_movie(tmp_path)) == 12


def test_mixed_sizes_are_a_sentence(tmp_path, frames):
    series(tmp_path, frames)
    save(tmp_path / "wire_5.png", frames[5, :10])
    with pytest.raises(
        ReadError, match=r"wire_0\.png is 20 x 30 pixels.*wire_5\.png is 10 x 30"
    ) as caught:
        read_movie(tmp_path)
    assert caught.value.hint


def test_mixed_colour_is_a_sentence(tmp_path, frames):
    series(tmp_path, frames)
    save(tmp_path / "wire_5.png", np.stack([frames[5]] * 3, -1))
    with pytest.raises(ReadError, match=r"wire_5\.png is 20 x 30 pixels, 3 channels"):
        read_movie(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n and then nothing"])
def test_bad_image_in_the_middle(tmp_path, frames, content):
    paths = series(tmp_path, frames)
    paths[4].write_bytes(content)
    movie = read_movie(paths)
    assert len(movie) == 12
    assert r"first is wire_4.png" in " ".join(movie.warnings)
    with pytest.raises(ReadError, match=r"[Ff]rame 4.*wire_4\.png"):
        movie.frames.frame(4)
    np.testing.assert_array_equal(movie.frames.frame(5), frames[5])


def test_cut_pixels_in_the_middle(tmp_path, frames):
    paths = series(tmp_path, frames)
    raw = paths[4].read_bytes()
    paths[4].write_bytes(raw[: len(raw) // 2])
    movie = read_movie(tmp_path)
    with pytest.raises(ReadError, match=r"[Ff]rame 4, of wire_4|wire_4\.png"):
        movie.frames.frame(4)


def test_image_that_went_away(tmp_path, frames):
    paths = series(tmp_path, frames)
    movie = read_movie(tmp_path)
    paths[3].unlink()
    with pytest.raises(ReadError, match=r"wire_3\.png"):
        movie.frames.frame(3)


def test_folder_without_images(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(UnsupportedFormatError, match="without numbered images"):
        read_movie(tmp_path)


def test_folder_of_stacks(tmp_path, frames):
    for name in ("a.tif", "b.tif"):
        tifffile.imwrite(tmp_path / name, frames, photometric="minisblack")
    with pytest.raises(ReadError, match=r"a\.tif is a stack"):
        read_movie(tmp_path)


def test_single_png(tmp_path, frames):
    movie = read_movie(save(tmp_path / "one.png", frames[0]))
    assert movie.shape == (1, 20, 30)
    assert movie.name == "one"


def test_scale_of_the_first_tiff(tmp_path, frames):
    for i, frame in enumerate(frames):
        tifffile.imwrite(
            tmp_path / f"w{i}.tif",
            frame,
            imagej=True,
            resolution=(4, 4),
            metadata={"unit": "nm"},
        )
    movie = read_movie(tmp_path)
    assert movie.pixel_size_nm == pytest.approx(0.25)
    assert movie.format == "TIFF series (ImageJ)"


def test_scale_that_changes_within_the_series(tmp_path, frames):
    for i, frame in enumerate(frames):
        per = 4 if i < 6 else 8
        tifffile.imwrite(
            tmp_path / f"w{i}.tif",
            frame,
            imagej=True,
            resolution=(per, per),
            metadata={"unit": "nm"},
        )
    movie = read_movie(tmp_path)
    assert movie.calibration is None
    np.testing.assert_allclose(movie.frame_sizes_nm[:, 1], [0.25] * 6 + [0.125] * 6)
    assert "magnification was changed" in " ".join(movie.warnings)


def test_dots_per_inch_of_png_and_jpeg_are_no_scale(tmp_path, frames):
    for i in range(3):
        Image.fromarray(frames[i]).save(tmp_path / f"w{i}.png", dpi=(300, 300))
    assert read_movie(tmp_path).calibration is None


def dated(folder: Path, dates: list[str], name: str = "w{}.tif") -> Path:
    for i, date in enumerate(dates):
        tifffile.imwrite(
            folder / name.format(i),
            np.zeros((4, 5), "u1"),
            metadata=None,
            extratags=[(306, "s", 0, date, True)] if date else [],
        )
    return folder


def test_date_of_every_file_gives_times_with_a_warning(tmp_path):
    dates = [f"2021:05:18 14:10:{s:02d}" for s in (5, 6, 8, 9)]
    movie = read_movie(dated(tmp_path, dates))
    np.testing.assert_allclose(movie.times_s, [0, 1, 3, 4])
    assert movie.start == datetime(2021, 5, 18, 14, 10, 5)
    assert "were written" in " ".join(movie.warnings)
    assert "DateTime" in movie.times.source


def test_a_file_without_date_means_no_times(tmp_path):
    movie = read_movie(
        dated(tmp_path, ["2021:05:18 14:10:05", "", "2021:05:18 14:10:09"])
    )
    assert movie.times is None


def test_names_with_seconds_are_believed_before_file_dates(tmp_path):
    dates = [f"2021:05:18 14:10:{s:02d}" for s in (5, 5, 5, 6)]
    movie = read_movie(dated(tmp_path, dates, "w_{}00ms.tif"))
    np.testing.assert_allclose(movie.times_s, [0, 0.1, 0.2, 0.3])
    assert movie.times.source == "file names (number with a unit)"


def test_exif_dates_of_a_camera(tmp_path, frames):
    for i in range(3):
        exif = Image.Exif()
        block = exif.get_ifd(0x8769)
        block[36867], block[37521] = f"2021:05:18 14:10:0{i}", "250"
        Image.fromarray(frames[i]).save(tmp_path / f"w{i}.jpg", exif=exif)
    movie = read_movie(tmp_path)
    np.testing.assert_allclose(movie.times_s, [0, 1, 2])
    assert movie.start == datetime(2021, 5, 18, 14, 10, 0, 250000)


def test_progress_and_cancelling(tmp_path, frames):
    many = np.zeros((200, 4, 5), "u1")
    series(tmp_path, many)
    seen: list[int] = []
    read_movie(tmp_path, progress=lambda done, total, text="": seen.append(done))
    assert len(seen) >= 3

    def stop(done: int, total: int, text: str = "") -> None:
        if done >= 100:
            raise CancelledError("Opening")

    with pytest.raises(CancelledError):
        read_movie(tmp_path, progress=stop)


@pytest.mark.parametrize("order", ["<", ">"])
def test_plain_pixels_are_read_where_they_lie(tmp_path, frames, order, monkeypatch):
    from napari_insitu_tem.io.movies import image_sequence

    for i, frame in enumerate(frames):
        data = frame.astype("u2") * 200
        tifffile.imwrite(tmp_path / f"w{i:02d}.tif", data, byteorder=order)
    movie = read_movie(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(image_sequence, "decode", None)  # nothing is left to it
        for i in (3, 0, 11):
            np.testing.assert_array_equal(movie.frames.frame(i), frames[i] * 200.0)
    assert movie.dtype.isnative


def test_a_file_that_was_replaced_is_looked_at_again(tmp_path, frames):
    for i, frame in enumerate(frames):
        tifffile.imwrite(tmp_path / f"w{i:02d}.tif", frame)
    movie = read_movie(tmp_path)
    tifffile.imwrite(tmp_path / "w04.tif", frames[0], compression="zlib")
    np.testing.assert_array_equal(movie.frames.frame(4), frames[0])
    tifffile.imwrite(tmp_path / "w05.tif", frames[0][:, ::2])
    with pytest.raises(ReadError, match="not like the others"):
        movie.frames.frame(5)


@pytest.mark.parametrize("named", [True, False])
def test_exposures_that_differ_between_images(tmp_path, named):
    exposures = [0.1, 0.2, 0.1, 0.4]
    for i, seconds in enumerate(exposures):
        plane = {"ExposureTime": [seconds], "ExposureTimeUnit": ["s"]}
        name = f"w_{i}s.ome.tif" if named else f"w_{i}.ome.tif"
        tifffile.imwrite(
            tmp_path / name,
            np.zeros((9, 7), "uint8"),
            metadata={"axes": "YX", "Plane": plane},
        )
    movie = read_movie(tmp_path)
    if named:
        np.testing.assert_allclose(movie.exposures_s, exposures)
    else:
        assert movie.exposures_s is None
        assert "exposures of the images differ" in " ".join(movie.warnings)
    assert movie.metadata["exposure_s_max"] == 0.4
