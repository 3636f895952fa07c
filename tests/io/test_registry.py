"""Formats are found by content; every way in ends in a movie, a trace or a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_insitu_tem.io import registry
from napari_insitu_tem.io.formats import formats
from napari_insitu_tem.io.registry import (
    Format,
    identify,
    read_any,
    read_movie,
    read_trace,
)
from napari_insitu_tem.model.errors import (
    CancelledError,
    MissingExtraError,
    ReadError,
    UnsupportedFormatError,
)
from napari_insitu_tem.model.movie import Movie


def tiff(path: Path, frames: int = 3) -> Path:
    data = np.zeros((frames, 4, 5), "u1")
    tifffile.imwrite(path, data, photometric="minisblack")
    return path


def single(path: Path) -> Path:
    Image.fromarray(np.zeros((4, 5), "u1")).save(path)
    return path


def test_formats_describe_themselves():
    names = [form.name for form in formats()]
    assert len(set(names)) == len(names)
    for form in formats():
        assert form.kind in ("movie", "trace")
        assert form.maker
        for text in (form.reads, form.missing):
            assert text
            assert not text.endswith(".")
        assert all(e == e.lower() and e.startswith(".") for e in form.extensions)


def test_content_decides_not_the_extension(tmp_path):
    assert identify(tiff(tmp_path / "a.mrc")).name == "TIFF"
    assert identify(tiff(tmp_path / "b.csv")).name == "TIFF"
    assert identify(single(tmp_path / "c.png").rename(tmp_path / "c.tif")).name == (
        "Images"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04" + b"\x00\x07" * 50, "zip"),
        (b"\x1f\x8b" + b"\x00\x07" * 50, "gzip"),
        (b"\x00" * 5000, "zeros"),
        (b"\x07\x00\x99" * 500, "no reader"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, words):
    path = tmp_path / "thing.dat"
    path.write_bytes(content)
    with pytest.raises(UnsupportedFormatError, match=rf"thing\.dat.*{words}") as caught:
        identify(path)
    assert caught.value.hint


def test_movie_is_no_trace(tmp_path):
    with pytest.raises(ReadError, match=r"a\.tif is a movie") as caught:
        read_trace(tiff(tmp_path / "a.tif"))
    assert caught.value.hint == "Open it as a movie."


def test_strings_and_home_are_paths(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    tiff(tmp_path / "a.tif")
    assert len(read_movie("~/a.tif")) == 3
    assert len(read_movie([str(tmp_path / "a.tif")])) == 3


def test_nothing_to_open():
    with pytest.raises(ReadError, match="no file"):
        read_movie([])


def broken(error: Exception, extra: str = "") -> Format:
    def read(*args, **kwargs):
        raise error

    return Format(
        name="Broken",
        kind="movie",
        maker="nobody",
        extensions=(".brk",),
        library="brokenlib",
        reads="nothing",
        missing="everything",
        sniff=lambda looked: 1.0,
        read=read,
        extra=extra,
    )


@pytest.mark.parametrize(
    "error",
    [
        ValueError("not a valid header"),
        KeyError("nx"),
        OSError("device gone"),
        MemoryError(),
        RecursionError("too deep"),
        ZeroDivisionError("division by zero"),
    ],
)
def test_library_errors_become_a_sentence(tmp_path, monkeypatch, error):
    monkeypatch.setattr(registry, "formats", lambda: (broken(error),))
    path = tiff(tmp_path / "a.tif")
    with pytest.raises(ReadError, match=r"^A\.tif|a\.tif cannot be read") as caught:
        read_movie(path)
    assert caught.value.__cause__ is error
    assert caught.value.path == path
    assert "\n" not in str(caught.value)


def test_missing_library_names_the_extra(tmp_path, monkeypatch):
    error = ModuleNotFoundError("No module named 'brokenlib'", name="brokenlib")
    monkeypatch.setattr(registry, "formats", lambda: (broken(error, "formats"),))
    with pytest.raises(MissingExtraError, match="brokenlib") as caught:
        read_movie(tiff(tmp_path / "a.tif"))
    assert "napari-insitu-tem[formats]" in caught.value.hint


def test_cancelling_is_no_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(
        registry, "formats", lambda: (broken(CancelledError("Opening")),)
    )
    with pytest.raises(CancelledError):
        read_movie(tiff(tmp_path / "a.tif"))


def test_numbered_images_of_a_drop_are_one_movie(tmp_path):
    images = [single(tmp_path / f"wire_{i}.png") for i in (10, 2, 1)]
    stack = tiff(tmp_path / "other.tif")
    opened = read_any([images[0], stack, *images[1:]])
    assert [type(thing) for thing in opened] == [Movie, Movie]
    assert [path.name for path in opened[0].paths] == [
        "wire_1.png",
        "wire_2.png",
        "wire_10.png",
    ]
    assert opened[1].name == "other"


def test_numbered_stacks_of_a_drop_stay_movies(tmp_path):
    opened = read_any([tiff(tmp_path / "run1.tif"), tiff(tmp_path / "run2.tif")])
    assert [movie.name for movie in opened] == ["run1", "run2"]


def test_images_with_other_names_stay_alone(tmp_path):
    opened = read_any([single(tmp_path / "before.png"), single(tmp_path / "after.png")])
    assert len(opened) == 2


def test_one_path(tmp_path):
    assert len(read_any(tiff(tmp_path / "a.tif"))) == 1


def test_napari_asks_the_plugin_about_every_suffix():
    """A pattern of the manifest for each, else File > Open passes the plugin by."""
    import yaml

    manifest = Path(registry.__file__).parents[1] / "napari.yaml"
    readers = yaml.safe_load(manifest.read_text())["contributions"]["readers"]
    patterns = {p for reader in readers for p in reader["filename_patterns"]}
    suffixes = {f"*{suffix}" for form in formats() for suffix in form.extensions}
    assert suffixes - patterns == set()
