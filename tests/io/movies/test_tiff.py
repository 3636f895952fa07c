"""TIFF movies: every layout gives the frames that were written, one at a time."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_insitu_tem.io.movies.raw_frames import RawFrames
from napari_insitu_tem.io.movies.tiff_pages import PageFrames
from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.model.errors import CancelledError, ReadError


def stack(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    if np.dtype(dtype).kind == "f":
        return rng.normal(size=shape).astype(dtype)
    return rng.integers(0, 200, shape).astype(dtype)


def assert_frames(path: Path, expected: np.ndarray) -> None:
    movie = read_movie(path)
    try:
        assert movie.shape == expected.shape
        assert movie.dtype == expected.dtype.newbyteorder("=")
        for i in (0, len(expected) - 1, len(expected) // 2):
            np.testing.assert_array_equal(movie.frames.frame(i), expected[i])
    finally:
        movie.close()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_stack_of_any_type_and_byte_order(tmp_path, rng, dtype, byteorder):
    data = stack(rng, (4, 9, 7), dtype)
    path = tmp_path / "wire.tif"
    tifffile.imwrite(path, data, byteorder=byteorder, photometric="minisblack")
    assert_frames(path, data)


@pytest.mark.parametrize("bigtiff", [False, True])
def test_pages_written_one_by_one(tmp_path, rng, bigtiff):
    data = stack(rng, (6, 9, 7), "uint16")
    path = tmp_path / "wire.tif"
    with tifffile.TiffWriter(path, bigtiff=bigtiff) as writer:
        for frame in data:
            writer.write(frame, contiguous=False)
    assert_frames(path, data)


def test_two_stacks_in_one_file_are_one_movie(tmp_path, rng):
    data = stack(rng, (10, 64, 64), "uint16")
    path = tmp_path / "wire.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(data[:5], photometric="minisblack")
        writer.write(data[5:], photometric="minisblack")
    assert_frames(path, data)


@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "packbits"])
def test_compressed_pages(tmp_path, rng, compression):
    data = stack(rng, (5, 33, 20), "uint16")
    path = tmp_path / "wire.tif"
    tifffile.imwrite(
        path,
        data,
        compression=compression,
        rowsperstrip=8,
        photometric="minisblack",
    )
    assert_frames(path, data)


def test_tiles_and_predictor(tmp_path, rng):
    data = stack(rng, (3, 40, 50), "uint16")
    path = tmp_path / "wire.tif"
    tifffile.imwrite(
        path,
        data,
        compression="zlib",
        predictor=True,
        tile=(16, 16),
        photometric="minisblack",
    )
    assert_frames(path, data)


def test_single_image_is_a_movie_of_one_frame(tmp_path, rng):
    data = stack(rng, (9, 7), "uint8")
    path = tmp_path / "one.tif"
    tifffile.imwrite(path, data, photometric="minisblack")
    assert_frames(path, data[None])


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_colour_keeps_its_channels_last(tmp_path, rng, channels, planar, compression):
    data = stack(rng, (3, 9, 7, channels), "uint8")
    stored = data if planar == "contig" else np.moveaxis(data, -1, 1)
    path = tmp_path / "colour.tif"
    extra = ["unassalpha"] if channels == 4 else None
    tifffile.imwrite(
        path,
        stored,
        photometric="rgb",
        planarconfig=planar,
        compression=compression,
        extrasamples=extra,
    )
    assert_frames(path, data)
    assert read_movie(path).is_colour


def test_imagej_stack_in_one_block(tmp_path, rng):
    data = stack(rng, (5, 9, 7), "uint16")
    path = tmp_path / "ij.tif"
    tifffile.imwrite(path, data, imagej=True, metadata={"axes": "TYX"})
    assert_frames(path, data)


def huge_imagej(path: Path, frame: tuple[int, int], frames: int) -> int:
    """Write an ImageJ file over 4 GB (one page, `images=N`) whose bytes are a hole."""
    height, width = frame
    text = f"ImageJ=1.54f\nimages={frames}\nframes={frames}\nunit=nm\n".encode() + b"\0"
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 16),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (270, 2, len(text), 1000),
        (273, 4, 1, 4096),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, height * width * 2),
    ]
    body = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    body += b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", 0)
    with path.open("wb") as file:
        file.write(body)
        file.seek(1000)
        file.write(text)
        file.truncate(4096 + frames * height * width * 2)
    return 4096


def test_imagej_stack_over_4_gb_reads_one_frame(tmp_path):
    path = tmp_path / "huge.tif"
    start = huge_imagej(path, (1024, 1024), 2400)
    last = 2399
    with path.open("r+b") as file:
        file.seek(start + last * 2 * 1024 * 1024 + 2 * (1024 * 3 + 5))
        file.write(struct.pack("<H", 4321))
    movie = read_movie(path)
    assert movie.shape == (2400, 1024, 1024)
    assert isinstance(movie.frames._source, RawFrames)
    frame = movie.frames.frame(last)
    assert frame[3, 5] == 4321
    assert frame.sum() == 4321
    movie.close()


def test_cut_imagej_stack_gives_the_frames_that_are_there(tmp_path):
    path = tmp_path / "cut.tif"
    start = huge_imagej(path, (16, 16), 100)
    with path.open("r+b") as file:
        file.truncate(start + 40 * 16 * 16 * 2 + 7)
    movie = read_movie(path)
    assert len(movie) == 40
    assert "40 of 100 frames" in " ".join(movie.warnings)


def test_ome_stack(tmp_path, rng):
    data = stack(rng, (5, 9, 7), "uint16")
    path = tmp_path / "wire.ome.tif"
    tifffile.imwrite(path, data, metadata={"axes": "TYX"}, photometric="minisblack")
    assert_frames(path, data)
    assert read_movie(path).name == "wire"


def test_ome_stack_compressed(tmp_path, rng):
    data = stack(rng, (5, 9, 7), "uint16")
    path = tmp_path / "wire.ome.tif"
    tifffile.imwrite(path, data, metadata={"axes": "TYX"}, compression="zlib")
    movie = read_movie(path)
    assert isinstance(movie.frames._source, PageFrames)
    assert_frames(path, data)


def test_old_frames_stay_after_a_new_one_is_read(tmp_path, rng):
    data = stack(rng, (3, 9, 7), "uint16")
    path = tmp_path / "wire.tif"
    tifffile.imwrite(path, data, photometric="minisblack")
    movie = read_movie(path)
    first = movie.frames.frame(0)
    movie.frames.frame(2)
    np.testing.assert_array_equal(first, data[0])


def test_one_frame_reads_one_frame(tmp_path, rng, monkeypatch):
    data = stack(rng, (50, 64, 64), "uint16")
    path = tmp_path / "wire.tif"
    tifffile.imwrite(path, data, photometric="minisblack")
    movie = read_movie(path)
    read = []
    original = RawFrames._read_at

    def counting(self, file, view, offset):
        read.append(len(view))
        return original(self, file, view, offset)

    monkeypatch.setattr(RawFrames, "_read_at", counting)
    movie.frames[(slice(31, 32), slice(None), slice(None))]
    assert sum(read) == 64 * 64 * 2


def test_pages_of_another_size_are_left_out_with_a_word(tmp_path, rng):
    data = stack(rng, (5, 9, 7), "uint16")
    path = tmp_path / "mixed.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(stack(rng, (4, 3), "uint16"), metadata=None)
        for frame in data:
            writer.write(frame, contiguous=False, metadata=None)
    assert_frames(path, data)
    assert "1 of 6 pages differ" in " ".join(read_movie(path).warnings)


def test_thumbnails_are_no_frames(tmp_path, rng):
    path = tmp_path / "pyramid.tif"
    image = stack(rng, (64, 64), "uint8")
    with tifffile.TiffWriter(path) as writer:
        writer.write(image, metadata=None)
        for _ in range(3):
            writer.write(image[::4, ::4], subfiletype=1, metadata=None)
    assert_frames(path, image[None])


def test_bad_page_in_the_middle(tmp_path, rng):
    data = stack(rng, (5, 30, 20), "uint16")
    path = tmp_path / "bad.tif"
    tifffile.imwrite(path, data, compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[2]
        at, count = page.dataoffsets[0], page.databytecounts[0]
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * count)
    movie = read_movie(path)
    np.testing.assert_array_equal(movie.frames.frame(1), data[1])
    with pytest.raises(ReadError, match=r"[Ff]rame 2 of bad\.tif"):
        movie.frames.frame(2)
    np.testing.assert_array_equal(movie.frames.frame(3), data[3])


def damage_tags(path: Path, page: int, how: str) -> None:
    """Spoil the tags of a page of a small TIFF; its link to the next page stays."""
    with tifffile.TiffFile(path) as tif:
        at = tif.pages[page].offset
        bits = [tag.code for tag in tif.pages[page].tags].index(258)
    with path.open("r+b") as file:
        file.seek(at)
        count = struct.unpack("<H", file.read(2))[0]
        if how == "bits as text":
            file.seek(at + 2 + 12 * bits + 2)
            file.write(struct.pack("<H", 2))
        elif how == "no bits":
            file.seek(at + 2 + 12 * bits + 4)
            file.write(struct.pack("<I", 0))
        else:
            for tag in range(count):
                file.seek(at + 2 + 12 * tag)
                file.write(struct.pack("<H", 60000 + tag))


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("how", ["unknown tags", "bits as text", "no bits"])
def test_page_with_damaged_tags_keeps_its_place(tmp_path, rng, compression, how):
    data = stack(rng, (5, 30, 20), "uint16")
    path = tmp_path / "bad.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in data:
            writer.write(
                frame, contiguous=False, compression=compression, metadata=None
            )
    damage_tags(path, 2, how)
    movie = read_movie(path)
    assert len(movie) == 5
    assert "damaged" in " ".join(movie.warnings)
    with pytest.raises(ReadError, match=r"[Ff]rame 2 of bad\.tif"):
        movie.frames.frame(2)
    np.testing.assert_array_equal(movie.frames.frame(4), data[4])


def test_damaged_second_page_of_a_block(tmp_path, rng):
    data = stack(rng, (5, 30, 20), "uint16")
    path = tmp_path / "bad.tif"
    tifffile.imwrite(path, data, photometric="minisblack")
    damage_tags(path, 1, "bits as text")
    movie = read_movie(path)
    np.testing.assert_array_equal(movie.frames.frame(0), data[0])
    np.testing.assert_array_equal(movie.frames.frame(4), data[4])


def test_damaged_page_of_an_ome_file(tmp_path, rng):
    data = stack(rng, (5, 30, 20), "uint16")
    path = tmp_path / "bad.ome.tif"
    tifffile.imwrite(path, data, metadata={"axes": "TYX"}, compression="zlib")
    damage_tags(path, 2, "bits as text")
    movie = read_movie(path)
    np.testing.assert_array_equal(movie.frames.frame(4), data[4])


def test_data_beyond_the_end_of_the_file(tmp_path, rng):
    data = stack(rng, (5, 30, 20), "uint16")
    path = tmp_path / "cut.tif"
    tifffile.imwrite(path, data, metadata=None, compression="zlib")
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[3]
        place = page.tags[273].valueoffset
    with path.open("r+b") as file:
        file.seek(place)
        file.write(struct.pack("<I", 10**9))
    movie = read_movie(path)
    with pytest.raises(ReadError, match="Frame 3"):
        movie.frames.frame(3)


def test_missing_strip_is_not_shown_as_black(tmp_path, rng):
    data = stack(rng, (5, 30, 20), "uint16")
    path = tmp_path / "hole.tif"
    tifffile.imwrite(path, data, metadata=None, compression="zlib", rowsperstrip=10)
    with tifffile.TiffFile(path, mode="r+") as tif:
        counts = tif.pages[1].tags[279]
        counts.overwrite((counts.value[0], 0, counts.value[2]))
    movie = read_movie(path)
    movie.frames.frame(0)
    with pytest.raises(ReadError, match=r"Frame 1 of hole\.tif.*missing"):
        movie.frames.frame(1)


def test_chain_that_breaks_off_says_so(tmp_path, rng):
    data = stack(rng, (5, 30, 20), "uint16")
    path = tmp_path / "cut.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in data:
            writer.write(frame, contiguous=False, metadata=None)
    with tifffile.TiffFile(path) as tif:
        end = tif.pages[3].offset
    with path.open("r+b") as file:
        file.truncate(end + 4)
    movie = read_movie(path)
    assert len(movie) == 3
    assert "breaks off" in " ".join(movie.warnings)


def circular(path: Path, pages: int) -> None:
    """Write pages whose last one points back to the second."""
    with tifffile.TiffWriter(path) as writer:
        for _ in range(pages):
            writer.write(np.zeros((4, 4), "u1"), contiguous=False, metadata=None)
    with tifffile.TiffFile(path) as tif:
        second, last = tif.pages[1].offset, tif.pages[pages - 1].offset
    with path.open("r+b") as file:
        file.seek(last)
        count = struct.unpack("<H", file.read(2))[0]
        file.seek(last + 2 + 12 * count)
        file.write(struct.pack("<I", second))


@pytest.mark.parametrize("pages", [3, 150])
def test_circle_of_pages_is_refused(tmp_path, pages):
    path = tmp_path / "circle.tif"
    circular(path, pages)
    with pytest.raises(ReadError, match="circle"):
        read_movie(path)


def test_circle_of_damaged_pages_comes_to_an_end(tmp_path):
    path = tmp_path / "circle.tif"
    circular(path, 2)
    damage_tags(path, 1, "bits as text")
    movie = read_movie(path)
    assert len(movie) == 1
    assert "breaks off" in " ".join(movie.warnings)


def test_a_channel_of_imagejs_hyperstack(tmp_path, rng):
    path = tmp_path / "hyper.tif"
    data = stack(rng, (4, 3, 2, 9, 7), "uint16")
    tifffile.imwrite(
        path, data, imagej=True, metadata={"axes": "TZCYX", "finterval": 0.5}
    )
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data[:, 0, 0])
    assert "slice 1, channel 1 was taken" in movie.warnings[0]
    assert [one.key for one in movie.datasets][-1] == "slice 3, channel 2"
    movie = read_movie(path, dataset="slice 2, channel 2")
    np.testing.assert_array_equal(np.asarray(movie.frames), data[:, 1, 1])
    np.testing.assert_allclose(movie.times_s, [0, 0.5, 1, 1.5])
    assert not movie.warnings
    with pytest.raises(ReadError, match="no dataset 'slice 4'") as refused:
        read_movie(path, dataset="slice 4")
    assert "slice 1, channel 1" in refused.value.hint


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_slice_of_tifffiles_own_form(tmp_path, rng, compression):
    path = tmp_path / "hyper.tif"
    data = stack(rng, (4, 2, 9, 7), "uint16")
    tifffile.imwrite(
        path,
        data,
        metadata={"axes": "TZYX"},
        compression=compression,
        photometric="minisblack",
    )
    for i in range(2):
        movie = read_movie(path, dataset=f"slice {i + 1}")
        np.testing.assert_array_equal(np.asarray(movie.frames), data[:, i])


def test_too_many_axes_are_refused(tmp_path):
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, np.zeros((20, 30, 4, 4), "u1"), photometric="minisblack")
    with pytest.raises(ReadError, match="more axes than time"):
        read_movie(path)


def test_a_file_with_one_movie_has_no_choice(tmp_path, rng):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack(rng, (4, 9, 7), "uint16"), photometric="minisblack")
    assert read_movie(path).datasets == ()
    with pytest.raises(ReadError, match="no dataset 'x'"):
        read_movie(path, dataset="x")


def test_series_of_an_ome_file(tmp_path, rng):
    path = tmp_path / "a.ome.tif"
    parts = [stack(rng, (n, 9, 7), "uint16") for n in (3, 5)]
    with tifffile.TiffWriter(path, ome=True) as file:
        for part, size, step in zip(parts, (0.2, 0.7), (0.5, 2), strict=True):
            about = {
                "axes": "TYX",
                "Name": f"view of {size}",
                "PhysicalSizeX": size,
                "PhysicalSizeXUnit": "nm",
                "PhysicalSizeY": size,
                "PhysicalSizeYUnit": "nm",
                "TimeIncrement": step,
                "TimeIncrementUnit": "s",
            }
            file.write(part, photometric="minisblack", metadata=about)
    movie = read_movie(path)
    assert "2 image series; the largest, view of 0.7, was taken" in movie.warnings[0]
    assert movie.pixel_size_nm == pytest.approx(0.7)
    assert movie.dataset == "series 2"
    movie = read_movie(path, dataset="view of 0.2")
    np.testing.assert_array_equal(np.asarray(movie.frames), parts[0])
    assert movie.pixel_size_nm == pytest.approx(0.2)
    np.testing.assert_allclose(movie.times_s, [0, 0.5, 1])
    assert movie.dataset == "series 1"


def test_pages_of_two_sizes(tmp_path, rng):
    path = tmp_path / "mixed.tif"
    small, large = stack(rng, (2, 5, 6), "uint8"), stack(rng, (3, 9, 7), "uint16")
    with tifffile.TiffWriter(path) as file:
        for page in small:
            file.write(page, metadata=None, resolution=(2e7, 2e7), resolutionunit=3)
        for page in large:
            file.write(page, metadata=None, resolution=(5e6, 5e6), resolutionunit=3)
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), large)
    assert movie.pixel_size_nm == pytest.approx(2.0)  # of its own pages
    assert [one.key for one in movie.datasets] == ["from page 3", "from page 1"]
    movie = read_movie(path, dataset="from page 1")
    np.testing.assert_array_equal(np.asarray(movie.frames), small)
    assert movie.pixel_size_nm == pytest.approx(0.5)


def test_complex_numbers_are_refused(tmp_path):
    path = tmp_path / "complex.tif"
    tifffile.imwrite(path, np.zeros((3, 4, 5), "c8"), photometric="minisblack")
    with pytest.raises(ReadError, match="complex"):
        read_movie(path)


def test_bilevel_becomes_bytes(tmp_path, rng):
    data = rng.integers(0, 2, (3, 16, 16)).astype(bool)
    path = tmp_path / "mask.tif"
    tifffile.imwrite(path, data, photometric="minisblack", compression="zlib")
    assert_frames(path, data.astype(np.uint8))


def test_no_page_at_all(tmp_path):
    path = tmp_path / "none.tif"
    path.write_bytes(struct.pack("<2sHI", b"II", 42, 0))
    with pytest.raises(ReadError, match=r"none\.tif"):
        read_movie(path)


@pytest.mark.parametrize("size", [5, 8, 40, 200])
def test_cut_header_is_a_sentence(tmp_path, rng, size):
    path = tmp_path / "cut.tif"
    tifffile.imwrite(path, stack(rng, (3, 9, 7), "uint16"), photometric="minisblack")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ReadError, match=r"cut\.tif"):
        read_movie(path)


def test_long_chain_reports_and_can_be_cancelled(tmp_path):
    path = tmp_path / "long.tif"
    with tifffile.TiffWriter(path) as writer:
        for _ in range(1200):
            writer.write(np.zeros((4, 4), "u1"), contiguous=False, metadata=None)
    calls: list[tuple[int, int]] = []
    movie = read_movie(
        path, progress=lambda done, total, text="": calls.append((done, total))
    )
    assert len(movie) == 1200
    assert len(calls) > 3
    assert all(done <= total for done, total in calls)
    assert calls == sorted(calls, key=lambda call: call[0])

    def stop(done: int, total: int, text: str = "") -> None:
        if done > 400:
            raise CancelledError("Opening long.tif")

    with pytest.raises(CancelledError):
        read_movie(path, progress=stop)


def test_closed_movie_says_so(tmp_path, rng):
    for compression in (None, "zlib"):
        path = tmp_path / "wire.tif"
        data = stack(rng, (5, 9, 7), "uint16")
        tifffile.imwrite(path, data, compression=compression)
        movie = read_movie(path)
        movie.frames.frame(0)
        movie.close()
        movie.close()
        with pytest.raises(ReadError, match="closed"):
            movie.frames.frame(0)


def test_file_that_went_away(tmp_path, rng):
    path = tmp_path / "wire.tif"
    tifffile.imwrite(path, stack(rng, (3, 9, 7), "uint16"), photometric="minisblack")
    movie = read_movie(path)
    path.unlink()
    with pytest.raises(
        ReadError, match=r"wire\.tif cannot be read.*not there"
    ) as caught:
        movie.frames.frame(0)
    assert caught.value.hint


def test_threads_get_the_frames_they_ask_for(tmp_path, rng):
    from concurrent.futures import ThreadPoolExecutor

    data = stack(rng, (40, 33, 20), "uint16")
    path = tmp_path / "wire.tif"
    tifffile.imwrite(path, data, compression="zlib", metadata=None)
    movie = read_movie(path)
    order = rng.permutation(np.tile(np.arange(40), 3))
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(movie.frames._source.read_frame, order))
    for i, frame in zip(order, frames, strict=True):
        np.testing.assert_array_equal(frame, data[i])
