"""Videos: any frame in any order, true times, grey and colour, damage."""

from __future__ import annotations

import struct
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.model.errors import InsituTemError, MissingExtraError, ReadError

av = pytest.importorskip("av")

SIDES = (48, 64)
ONE, UNIT = 1 << 16, 1 << 30


def numbered(count: int, colour: bool = False) -> np.ndarray:
    """Frames whose mean grey level is their number, times six."""
    frames = np.zeros((count, *SIDES, 3), "u1")
    frames[...] = (np.arange(count) * 6)[:, None, None, None]
    if colour:
        frames[:, :, : SIDES[1] // 2, 0] = 250
    return frames


def write(path: Path, frames, codec="ffv1", pix="bgr0", pts=None, **options) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.height, stream.width, stream.pix_fmt = *SIDES, pix
        stream.bit_rate = 20_000_000
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for i, data in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(data, format="rgb24").reformat(
                format=pix
            )
            frame.pts = 40 * i if pts is None else pts[i]
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def number_of(frame: np.ndarray) -> int:
    return round(float(frame[..., SIDES[1] // 2 :].mean()) / 6)


KINDS = [
    ("a.mkv", "ffv1", "bgr0", {}),
    ("a.mp4", "mpeg4", "yuv420p", {"bf": "2", "g": "12"}),
    ("a.mov", "mjpeg", "yuvj420p", {}),
    ("a.avi", "rawvideo", "bgr24", {}),
]


@pytest.mark.parametrize(("name", "codec", "pix", "options"), KINDS)
def test_frames_in_any_order(tmp_path, rng, name, codec, pix, options):
    path = write(tmp_path / name, numbered(40), codec, pix, **options)
    movie = read_movie(path)
    assert movie.shape == (40, *SIDES)
    assert movie.dtype == np.uint8
    assert movie.format == f"{name[2:].upper()} video"
    source = movie.frames._source
    for index in (0, 39, 38, 5, 6, 7, *rng.permutation(40)):
        assert number_of(source.read_frame(int(index))) == index
    np.testing.assert_allclose(movie.times_s, np.arange(40) * 0.04, atol=1e-3)
    movie.close()


def test_times_are_those_of_each_frame_and_said_to_be_playback(tmp_path):
    pts = [0, 40, 80, 500, 540, 1500]
    movie = read_movie(write(tmp_path / "a.mkv", numbered(6), pts=pts))
    np.testing.assert_allclose(movie.times_s, np.array(pts) / 1000)
    assert "playback" in movie.times.source
    assert "type the frame interval" in movie.warnings[0]
    assert (movie.start, movie.calibration) == (None, None)


def test_colour_stays_colour(tmp_path):
    movie = read_movie(write(tmp_path / "a.mkv", numbered(5, colour=True)))
    assert movie.shape == (5, *SIDES, 3)
    np.testing.assert_array_equal(movie.frames.frame(3), numbered(5, True)[3])
    assert movie.frame(3).shape == SIDES


def test_grey_levels_are_kept(tmp_path):
    frames = numbered(42)
    movie = read_movie(write(tmp_path / "a.mkv", frames))
    np.testing.assert_array_equal(movie.frames.frame(41), frames[41, ..., 0])


def test_gif(tmp_path):
    pages = [Image.fromarray(frame) for frame in numbered(8)[..., 0]]
    path = tmp_path / "a.gif"
    pages[0].save(path, save_all=True, append_images=pages[1:], duration=120)
    movie = read_movie(path)
    assert movie.shape == (8, *SIDES)
    assert [number_of(movie.frames.frame(i)) for i in (7, 2, 5)] == [7, 2, 5]
    np.testing.assert_allclose(movie.times_s, np.arange(8) * 0.12)


def test_without_the_library(tmp_path, monkeypatch):
    path = write(tmp_path / "a.mkv", numbered(3))
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match="needs the package av") as caught:
        read_movie(path)
    assert "[video]" in caught.value.hint


def test_closed(tmp_path):
    movie = read_movie(write(tmp_path / "a.mkv", numbered(3)))
    movie.close()
    movie.close()
    with pytest.raises(ReadError, match="was closed"):
        movie.frames._source.read_frame(0)


def test_playlist_in_disguise_is_not_followed(tmp_path):
    write(tmp_path / "other.mkv", numbered(3))
    text = b"\0\0\0\x20ftyp\n#EXTM3U\n#EXT-X-TARGETDURATION:1\nother.mkv\n"
    (tmp_path / "a.mp4").write_bytes(text)
    with pytest.raises(ReadError, match=r"a\.mp4"):
        read_movie(tmp_path / "a.mp4")


def test_sound_alone(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), "f4"), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(ReadError, match="without a picture"):
        read_movie(path)


@pytest.mark.parametrize(("name", "codec", "pix", "options"), KINDS)
def test_damaged_and_cut(tmp_path, rng, name, codec, pix, options):
    whole = write(tmp_path / name, numbered(12), codec, pix, **options).read_bytes()
    path = tmp_path / f"bad{name}"
    for _ in range(25):
        raw = bytearray(whole)
        for place in rng.integers(0, len(raw), 6):
            raw[place] = int(rng.integers(256))
        path.write_bytes(raw[: int(rng.integers(20, len(raw)))])
        try:
            movie = read_movie(path)
        except ReadError as error:
            assert path.name in error.message
            continue
        for index in (len(movie) - 1, 0):
            try:
                assert movie.frames.frame(index).shape == movie.shape[1:]
            except InsituTemError as error:
                assert path.name in error.message
        movie.close()


@pytest.mark.parametrize("seed", [2, 3, 8])
def test_uneven_times_around_key_frames(tmp_path, seed):
    """The next key frame is decoded before this one is shown."""
    if "libx264" not in av.codecs_available:
        pytest.skip("this build of FFmpeg has no encoder for H.264")
    steps = np.random.default_rng(seed).integers(20, 120, 40)
    pts = (np.cumsum(steps) - steps[0]).tolist()
    frames = numbered(40)
    options = {"bf": "3", "g": "12", "qp": "1"}
    path = write(tmp_path / "a.mp4", frames, "libx264", "yuv420p", pts, **options)
    movie = read_movie(path)
    np.testing.assert_allclose(movie.times_s, np.array(pts) / 1000, atol=1e-3)
    source = movie.frames._source
    for i in [*range(40), *range(39, -1, -3), 11, 30, 10]:
        assert number_of(source.read_frame(i)) == i


def turned_corner(tmp_path, matrix) -> np.ndarray:
    """The first frame of a video whose top left corner is bright, shown by a matrix."""
    frames = np.zeros((3, *SIDES, 3), "u1")
    frames[:, :16, :24] = 250
    path = write(tmp_path / "a.mp4", frames, "mpeg4", "yuv420p")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"tkhd") + 4 + 40
    raw[at : at + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(raw)
    return read_movie(path).frames.frame(1)


@pytest.mark.parametrize(
    ("matrix", "shape", "corner"),
    [
        ((0, ONE, 0, -ONE, 0, 0, 48 * ONE, 0, UNIT), (64, 48), (0, 1)),
        ((0, -ONE, 0, ONE, 0, 0, 0, 64 * ONE, UNIT), (64, 48), (1, 0)),
        ((-ONE, 0, 0, 0, -ONE, 0, 64 * ONE, 48 * ONE, UNIT), (48, 64), (1, 1)),
        ((-ONE, 0, 0, 0, ONE, 0, 64 * ONE, 0, UNIT), (48, 64), (0, 1)),
        ((ONE, 0, 0, 0, ONE, 0, 0, 0, UNIT), (48, 64), (0, 0)),
    ],
    ids=["clockwise", "anticlockwise", "head over", "mirrored", "plain"],
)
def test_turned_as_players_turn_it(tmp_path, matrix, shape, corner):
    frame = turned_corner(tmp_path, matrix)
    assert frame.shape == shape
    bright = {
        (down, across)
        for down in (0, 1)
        for across in (0, 1)
        if frame[3 - 6 * down, 3 - 6 * across] > 200
    }
    assert bright == {corner}


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.ts", "mpeg2video", {"bf": "2", "g": "7"}),
        ("a.mpg", "mpeg2video", {"bf": "2", "g": "7"}),
        ("a.wmv", "wmv2", {"g": "7"}),
        ("a.avi", "mpeg4", {"bf": "2", "g": "7"}),
        ("b.avi", "libx264", {"bf": "3", "g": "7", "qp": "1"}),
    ],
)
def test_other_containers(tmp_path, rng, name, codec, options):
    if codec not in av.codecs_available:
        pytest.skip("this build of FFmpeg has no such encoder")
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.height, stream.width, stream.pix_fmt = *SIDES, "yuv420p"
        stream.bit_rate = 20_000_000
        for i, data in enumerate(numbered(40)):
            frame = av.VideoFrame.from_ndarray(data, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    movie = read_movie(path)
    assert len(movie) == 40
    np.testing.assert_allclose(movie.times_s, np.arange(40) * 0.04, atol=2e-3)
    source = movie.frames._source
    for index in (0, 39, 38, 5, 6, 7, *rng.permutation(40)):
        assert number_of(source.read_frame(int(index))) == index
    movie.close()


def test_frames_before_the_cut_of_an_edit_list(tmp_path):
    """They are in the file for the sake of the others; no player shows them."""
    pts = [40 * i - 120 for i in range(30)]
    options = {"bf": "2", "g": "12"}
    path = write(tmp_path / "a.mp4", numbered(30), "mpeg4", "yuv420p", pts, **options)
    movie = read_movie(path)
    assert len(movie) == 27
    assert movie.times_s[:3] == pytest.approx([0, 0.04, 0.08], abs=1e-3)
    assert [number_of(movie.frames.frame(i)) for i in (0, 26, 12)] == [3, 29, 15]


def test_pixels_that_are_not_square_are_said(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = *SIDES, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for data in numbered(3):
            frame = av.VideoFrame.from_ndarray(data, format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    assert "1.333 times as wide as high" in " ".join(read_movie(path).warnings)


@pytest.mark.parametrize("pix", ["gray10le", "gray12le", "gray16le"])
def test_deep_grey_levels_are_kept(tmp_path, rng, pix):
    levels = rng.integers(0, 2 ** int(pix[4:6]), (4, *SIDES)).astype("uint16")
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = *SIDES, pix
        for data in levels:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(data, format=pix)))
        container.mux(stream.encode())
    movie = read_movie(path)
    assert movie.dtype == np.uint16
    np.testing.assert_array_equal(np.asarray(movie.frames), levels)


def test_animated_png(tmp_path):
    pages = [Image.fromarray(frame) for frame in numbered(8)[..., 0]]
    path = tmp_path / "a.png"
    pages[0].save(path, save_all=True, append_images=pages[1:], duration=120)
    movie = read_movie(path)
    assert movie.format == "APNG video"
    assert movie.shape == (8, *SIDES)
    assert [number_of(movie.frames.frame(i)) for i in (7, 2, 5)] == [7, 2, 5]
    assert "playback" in movie.times.source
    pages[0].save(path)
    assert read_movie(path).format == "PNG"


def test_cut_file_says_what_is_gone(tmp_path):
    path = write(tmp_path / "a.avi", numbered(20), "mjpeg", "yuvj420p")
    assert len(read_movie(path).warnings) == 1
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    movie = read_movie(path)
    assert 2 < len(movie) < 20
    assert "promises 0.8 s" in " ".join(movie.warnings)


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def raw_avi(path: Path, frames: np.ndarray, code: bytes, palette: np.ndarray) -> Path:
    """Frames of bytes without compression, the lowest row first, as ImageJ writes."""
    count, rows, columns = frames.shape
    stride = -(-columns // 4) * 4
    padded = np.zeros((count, rows, stride), "u1")
    padded[:, :, :columns] = frames[:, ::-1]
    size = rows * stride
    main = (40_000, 0, 0, 16, count, 0, 1, size, columns, rows, 0, 0, 0, 0)
    stream = b"vids" + code
    stream += struct.pack("<10I", 0, 0, 0, 1, 25, 0, count, size, 0, 0)
    stream += struct.pack("<4h", 0, 0, columns, rows)
    about = struct.pack("<IiiHH4s", 40, columns, rows, 1, 8 * len(code) // 4, code)
    about += struct.pack("<IiiII", size, 0, 0, len(palette), 0)
    colours = np.c_[palette, np.zeros(len(palette))].astype("u1").tobytes()
    strl = chunk(b"strh", stream) + chunk(b"strf", about + colours)
    head = chunk(b"avih", struct.pack("<14I", *main))
    head = chunk(b"LIST", b"hdrl" + head + chunk(b"LIST", b"strl" + strl))
    body = b"".join(chunk(b"00db", frame.tobytes()) for frame in padded)
    whole = b"AVI " + head + chunk(b"LIST", b"movi" + body)
    path.write_bytes(chunk(b"RIFF", whole))
    return path


GREYS = np.repeat(np.arange(256)[:, None], 3, axis=1)


@pytest.mark.parametrize("palette", ["grey", "inverted", "none", "colour"])
def test_numbers_of_a_palette(tmp_path, rng, palette):
    frames = rng.integers(0, 256, (5, 21, 33)).astype("u1")
    colours = {
        "grey": GREYS,
        "inverted": GREYS[::-1],
        "none": GREYS[:0],
        "colour": rng.integers(0, 256, (256, 3)),  # blue, green, red
    }[palette]
    movie = read_movie(raw_avi(tmp_path / "a.avi", frames, b"\0" * 4, colours))
    shown = {"none": frames}.get(palette)
    if shown is None:
        shown = colours[:, ::-1][frames]
    if palette in ("grey", "inverted"):
        shown = shown[..., 0]
    for index in (3, 0, 4):  # not in their order: a jump forgets the palette
        np.testing.assert_array_equal(movie.frames.frame(index), shown[index])


def test_unknown_codec(tmp_path):
    frames = np.zeros((3, 20, 32), "u1")
    path = raw_avi(tmp_path / "a.avi", frames, b"Y16 ", GREYS[:0])
    with pytest.raises(ReadError, match="coded in a way that is not known"):
        read_movie(path)
