"""Velox EMD: frames, stamps of each frame, scale, several detectors, damage."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.movies.raw_frames import RawFrames
from napari_insitu_tem.io.registry import identify, read_movie
from napari_insitu_tem.model.errors import MissingExtraError, ReadError

h5py = pytest.importorskip("h5py")

BEGAN = 1575540224
FIRST_US = 1575540226238991


def text(stamp=None, *, detector="BM-Ceta", pixel="8.17e-12", unit="m", exposure="0.8"):
    made = {
        "BinaryResult": {
            "Detector": detector,
            "PixelSize": {"width": pixel, "height": pixel},
            "PixelUnitX": unit,
        },
        "Acquisition": {"AcquisitionStartDatetime": {"DateTime": str(BEGAN)}},
        "Optics": {"NominalMagnification": "1271519", "AccelerationVoltage": "300000"},
        "Detectors": {
            "Detector-0": {"DetectorName": "HAADF"},
            "Detector-1": {"DetectorName": detector, "ExposureTime": exposure},
        },
        "Scan": {"FrameTime": "0.25"},
        "CustomProperties": {},
    }
    if stamp is not None:
        key = f"Detectors[{detector}].TimeStamp"
        made["CustomProperties"][key] = {"type": "int64", "value": str(stamp)}
    return made


def write(path: Path, *images, **options) -> Path:
    """Each image is (t, y, x) frames and a text for each."""
    options = {"chunks": None, **options}
    with h5py.File(path, "w") as file:
        for number, (frames, texts) in enumerate(images):
            group = file.create_group(f"Data/Image/{number:032x}")
            chunks = options["chunks"] or (*frames.shape[1:], 1)
            group.create_dataset(
                "Data",
                data=np.moveaxis(frames, 0, -1),
                chunks=chunks,
                compression=options.get("compression"),
            )
            raw = np.zeros((60000, len(texts)), "u1")
            for i, entry in enumerate(texts):
                line = entry if isinstance(entry, bytes) else json.dumps(entry).encode()
                raw[: len(line), i] = np.frombuffer(line, "u1")
            group.create_dataset("Metadata", data=raw, chunks=(60000, 1))
    return path


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(-50, 3000, (5, 9, 7)).astype("int16")


STAMPS = FIRST_US + np.array([0, 800_000, 1_600_001, 4_000_000, 4_800_000])


@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize("chunks", [None, (3, 4, 2)])
def test_frames_and_stamps(tmp_path, data, compression, chunks):
    path = write(
        tmp_path / "a.emd",
        (data, [text(s) for s in STAMPS]),
        compression=compression,
        chunks=chunks,
    )
    movie = read_movie(path)
    assert (movie.format, movie.shape) == ("Velox EMD", (5, 9, 7))
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.pixel_size_nm == pytest.approx(0.00817)
    expected = (STAMPS - BEGAN * 1_000_000) * 1000
    np.testing.assert_array_equal(movie.times.start_ns, expected)
    assert movie.start == datetime.fromtimestamp(BEGAN, UTC)
    np.testing.assert_allclose(movie.exposures_s, 0.8)
    assert movie.audit.gaps == ((3, pytest.approx(2.399999)),)
    assert movie.metadata["magnification"] == 1271519
    movie.close()


def test_uncompressed_frames_are_read_by_offset(tmp_path, data):
    path = write(tmp_path / "a.emd", (data, [text(s) for s in STAMPS]))
    movie = read_movie(path)
    assert isinstance(movie.frames._source, RawFrames)


def test_frames_without_stamps_have_no_times(tmp_path, data):
    scan = text(detector="HAADF", exposure=None)
    movie = read_movie(write(tmp_path / "a.emd", (data, [scan] * 5)))
    assert movie.times is None
    assert movie.metadata["exposure_s"] == 0.25
    assert movie.start == datetime.fromtimestamp(BEGAN, UTC)


def test_equal_stamps_are_no_times(tmp_path, data):
    movie = read_movie(write(tmp_path / "a.emd", (data, [text(FIRST_US)] * 5)))
    assert movie.times is None


def test_diffraction_is_uncalibrated(tmp_path, data):
    texts = [text(s, unit="1/m", pixel="114429680.2") for s in STAMPS]
    movie = read_movie(write(tmp_path / "a.emd", (data, texts)))
    assert movie.calibration is None
    assert "diffraction" in movie.warnings[0]


def test_changed_magnification(tmp_path, data):
    texts = [text(s, pixel=f"{8 + (i > 2)}e-12") for i, s in enumerate(STAMPS)]
    movie = read_movie(write(tmp_path / "a.emd", (data, texts)))
    assert movie.calibration is None
    expected = [[0.009 if i > 2 else 0.008] * 2 for i in range(len(STAMPS))]
    np.testing.assert_allclose(movie.frame_sizes_nm, expected)
    assert movie.calibration_at(3).pixel_size_nm == pytest.approx(0.009)
    assert "magnification was changed" in movie.warnings[0]


def test_detectors_side_by_side(tmp_path, data):
    images = [
        (data + k, [text(s, detector=name) for s in STAMPS])
        for k, name in enumerate(["BF", "HAADF", "DF4"])
    ]
    path = write(tmp_path / "a.emd", *images)
    movie = read_movie(path)
    np.testing.assert_array_equal(movie.frames.frame(0), data[0] + 1)
    assert "3 images (BF, DF4, HAADF); HAADF was taken" in movie.warnings[0]
    movie = read_movie(path, dataset="DF4")
    np.testing.assert_array_equal(movie.frames.frame(1), data[1] + 2)
    assert not movie.warnings
    keys = {one.name: one.key for one in movie.datasets}
    assert read_movie(path, dataset=keys["BF"]).dataset == movie.datasets[0].key


@pytest.mark.parametrize("bad", [b"", b"{", b"[" * 50_000, b"[1]", b'{"a": "\xff"}'])
def test_text_that_cannot_be_read(tmp_path, data, bad):
    texts = [text(s) for s in STAMPS]
    path = write(tmp_path / "a.emd", (data, [*texts[:3], bad, texts[4]]))
    movie = read_movie(path)
    assert movie.times is None
    assert movie.pixel_size_nm == pytest.approx(0.00817)
    assert "metadata of 1 of 5 frames" in movie.warnings[0]


def test_no_image(tmp_path):
    with h5py.File(tmp_path / "a.emd", "w") as file:
        file.create_group("Data/Image/x")["Data"] = np.zeros((3, 3, 2), "c8")
    with pytest.raises(ReadError, match="no image of real numbers"):
        read_movie(tmp_path / "a.emd")


def test_links_to_other_files_are_not_followed(tmp_path, data):
    write(tmp_path / "other.emd", (data, [text(s) for s in STAMPS]))
    with h5py.File(tmp_path / "a.emd", "w") as file:
        file["Data/Image"] = h5py.ExternalLink("other.emd", "Data/Image")
    with pytest.raises(ReadError):
        read_movie(tmp_path / "a.emd")


def test_without_the_library(tmp_path, data, monkeypatch):
    path = write(tmp_path / "a.emd", (data, [text(s) for s in STAMPS]))
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(MissingExtraError, match="needs the package h5py") as caught:
        read_movie(path)
    assert "napari-insitu-tem[hdf5]" in caught.value.hint


def test_cut_and_closed(tmp_path, data):
    path = write(tmp_path / "a.emd", (data, [text(s) for s in STAMPS]))
    assert identify(path).name == "Velox EMD"
    movie = read_movie(path)
    movie.close()
    with pytest.raises(ReadError):
        movie.frames._source.read_frame(0)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ReadError, match=r"a\.emd"):
        read_movie(path)
