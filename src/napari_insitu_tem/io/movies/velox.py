"""Velox EMD movies of Thermo Fisher: images with a JSON text for each frame."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.hdf5_file import (
    Hdf5Frames,
    child,
    children,
    is_frames,
    is_hdf5,
    open_frames,
    open_hdf5,
)
from napari_insitu_tem.io.movies.units import nm_per
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.dataset import Dataset
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp

_MAX_TEXT = 2**22
_NEAR_S = 24 * 3600
_REPORT_EVERY = 50

Text = dict[str, Any]


def _sniff(looked: Probe) -> float:
    if not is_hdf5(looked):
        return 0.0
    try:
        with open_hdf5(looked.path) as file:
            return 0.9 if child(file, "Data", "Image") is not None else 0.0
    except (ReadError, ModuleNotFoundError):
        return 0.0


def _read(
    paths: Sequence[Path], *, dataset: str = "", progress: Progress = no_progress
) -> Movie:
    path = paths[0]
    file = open_hdf5(path)
    source: Any = None
    try:
        facts = Facts()
        group, first = _choose(file, path, dataset, facts)
        data = child(group, "Data")
        source = open_frames(data, path, 2)
        texts = _texts(group, data.shape[2], first, facts, progress)
        _take_scale(texts, facts)
        _take_exposure(first, facts)
        _take_times(texts, facts)
        _describe(first, facts)
    finally:
        if not isinstance(source, Hdf5Frames):
            file.close()
    return build_movie(
        source, facts, paths, name=path.stem, form="Velox EMD", reader="h5py"
    )


def _choose(file: Any, path: Path, wanted: str, facts: Facts) -> tuple[Any, Text]:
    """The image with the most frames, the largest of those; HAADF before others."""
    images, datasets = [], []
    for key, group in children(child(file, "Data", "Image")):
        data = child(group, "Data")
        if is_frames(data) and data.ndim == 3 and min(data.shape) > 0:
            text = _text(group, 0)
            detector = str(_get(text, "BinaryResult", "Detector") or "")
            rank = data.shape[2], math.prod(data.shape[:2]), detector == "HAADF"
            images.append((rank, group, text))
            shape = data.shape[2], *data.shape[:2]
            datasets.append(Dataset(key, detector or key, shape, str(data.dtype)))
    if not images:
        raise ReadError(
            f"{path.name} holds no image of real numbers.",
            hint="Export the images from Velox as TIFF.",
            path=path,
        )
    best = max(range(len(images)), key=lambda place: images[place][0])
    names = ", ".join(sorted(one.name for one in datasets))
    why = f"The file holds {len(images)} images ({names}); {datasets[best].name} was "
    place = facts.choose(datasets, wanted, path, best=best, why=f"{why}taken.")
    return images[place][1:]


def _text(group: Any, frame: int) -> Text:
    """What is said of a frame; empty where it cannot be read."""
    data = child(group, "Metadata")
    if data is None or getattr(data, "ndim", 0) != 2 or data.shape[0] > _MAX_TEXT:
        return {}
    if data.dtype != np.uint8 or frame >= data.shape[1]:
        return {}
    try:
        raw = bytes(data[:, frame]).partition(b"\0")[0]
        text = json.loads(raw)
    except (OSError, ValueError, RecursionError):
        return {}
    return text if isinstance(text, dict) else {}


def _texts(
    group: Any, frames: int, first: Text, facts: Facts, progress: Progress
) -> list[Text]:
    """What is said of each frame."""
    texts = [first]
    for i in range(1, frames):
        if i % _REPORT_EVERY == 0:
            progress(i, frames, "Reading the metadata of the frames")
        texts.append(_text(group, i))
    missing = sum(not text for text in texts)
    if missing:
        facts.warn(f"The metadata of {missing} of {frames} frames cannot be read.")
    return texts


def _get(text: Text, *way: str) -> Any:
    value: Any = text
    for name in way:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _number(text: Text, *way: str) -> float:
    try:
        return float(_get(text, *way))
    except (TypeError, ValueError):
        return math.nan


def _take_scale(texts: Sequence[Text], facts: Facts) -> None:
    way = ("BinaryResult", "PixelSize")
    x, y = _number(texts[0], *way, "width"), _number(texts[0], *way, "height")
    unit = _get(texts[0], "BinaryResult", "PixelUnitX")
    if math.isnan(x) or math.isnan(y):
        return
    facts.calibrate(y, x, unit, "Velox metadata")
    facts.calibrate_each([_size_nm(text) for text in texts])


def _size_nm(text: Text) -> tuple[float, float]:
    """(y, x) size of a pixel in nm; NaN where it is not said, or no length."""
    way = ("BinaryResult", "PixelSize")
    per = nm_per(_get(text, "BinaryResult", "PixelUnitX")) or math.nan
    return _number(text, *way, "height") * per, _number(text, *way, "width") * per


def _take_exposure(text: Text, facts: Facts) -> None:
    """Exposure of the camera that took the image, or the time of one scan."""
    name = _get(text, "BinaryResult", "Detector")
    detectors = _get(text, "Detectors")
    for detector in detectors.values() if isinstance(detectors, dict) else ():
        if isinstance(detector, dict) and detector.get("DetectorName") == name:
            facts.expose(_number(detector, "ExposureTime"))
    if facts.exposure_s is None:
        facts.expose(_number(text, "Scan", "FrameTime"))


def _take_times(texts: Sequence[Text], facts: Facts) -> None:
    """The camera's stamp of each frame, counted from the start of the acquisition."""
    way = ("Acquisition", "AcquisitionStartDatetime", "DateTime")
    began = _number(texts[0], *way)
    key = f"Detectors[{_get(texts[0], 'BinaryResult', 'Detector')}].TimeStamp"
    stamps = [_number(text, "CustomProperties", key, "value") for text in texts]
    micro = np.array(stamps)
    if not 0 < began < 1e11:
        began = math.floor(micro[0] / 1e6) if np.isfinite(micro[0]) else math.nan
        if not 0 < began < 1e11:
            return
    when = datetime.fromtimestamp(began, UTC)
    facts.stamp = StartStamp(when, 1.0, "AcquisitionStartDatetime")
    if len(texts) < 2 or not np.isfinite(micro).all() or np.any(np.diff(micro) <= 0):
        return
    late_s = micro[0] / 1e6 - began
    zero = began * 1e6 if 0 <= late_s < _NEAR_S else micro[0]
    start_ns = np.rint(micro - zero).astype(np.int64) * 1000
    facts.times = FrameTimes(start_ns, source="the detector's TimeStamp of each frame")
    period_s = float(np.median(np.diff(start_ns))) / 1e9
    if facts.exposure_s is not None and facts.exposure_s > 1.01 * period_s:
        facts.warn(
            f"Its exposure ({facts.exposure_s:g} s) is longer than the time between "
            f"frames ({period_s:g} s), so the frames have no exposure."
        )
        facts.exposure_s = None


def _describe(text: Text, facts: Facts) -> None:
    numbers = {
        "magnification": ("Optics", "NominalMagnification"),
        "stem_magnification": ("CustomProperties", "StemMagnification", "value"),
        "high_tension_V": ("Optics", "AccelerationVoltage"),
        "screen_current_A": ("Optics", "LastMeasuredScreenCurrent"),
    }
    for name, way in numbers.items():
        value = _number(text, *way)
        if math.isfinite(value) and value != 0:
            facts.note(**{name: value})
    facts.note(
        camera=str(_get(text, "BinaryResult", "Detector") or ""),
        microscope=str(_get(text, "Instrument", "InstrumentModel") or ""),
    )


FORMAT = Format(
    name="Velox EMD",
    kind="movie",
    maker="Thermo Fisher (Velox)",
    extensions=(".emd",),
    library="h5py",
    extra="hdf5",
    reads=(
        "camera and STEM images; of several detectors the one with most frames, or the "
        "one that is chosen; scale, exposure, start, and the time of each frame to the "
        "microsecond"
    ),
    missing="spectra",
    sniff=_sniff,
    read=_read,
    chooses=True,
)
