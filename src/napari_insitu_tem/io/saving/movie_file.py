"""A movie as OME-TIFF or OME-Zarr, frame by frame, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.saving.atomic import TEMPORARY, saving, sync_folder
from napari_insitu_tem.model.errors import MissingExtraError, SaveError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress

_ZARR = (".zarr",)
_TIFF = (".tif", ".tiff")
_OME_TYPES = ("u1", "u2", "u4", "i1", "i2", "i4", "f4", "f8")


def export_movie(
    movie: Movie,
    path: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> Path:
    """Write a movie with its pixel size, frame times, exposures and start.

    Frames are written as they are, colours too. A `.tif` becomes an OME-TIFF, a
    `.zarr` an OME-Zarr (version 0.5), which needs the extra `zarr`. Read again it has
    the same frames, times and pixel size.

    Parameters
    ----------
    movie
        As it is in an experiment, with what was typed.
    path
        `NAME.ome.tif` or `NAME.ome.zarr`.
    overwrite
        Whether to replace what is there.
    progress
        Told of each frame; may cancel.

    Raises
    ------
    SaveError
        It cannot be written, the suffix is another, or something is there already.
    ReadError
        A frame cannot be read.
    CancelledError
        `progress` asked to stop. In all cases nothing is left behind.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _TIFF + _ZARR:
        raise SaveError(
            f"{path.name} was not saved: a movie is written as .ome.tif or .ome.zarr.",
            hint="Choose a name that ends in one of them.",
            path=path,
        )
    _refuse_to_replace(movie, path, overwrite)
    write: Callable[[Movie, Path, Progress], None]
    write = _write_zarr if suffix in _ZARR else _write_tiff
    with saving(path):
        temporary = path.parent / f".{secrets.token_hex(6)}{TEMPORARY}"
        try:
            write(movie, temporary, progress)
            _put_in_place(temporary, path)
        except ModuleNotFoundError as error:
            raise MissingExtraError(path, "zarr", "zarr") from error
        finally:
            _remove(temporary)
    return path


def _refuse_to_replace(movie: Movie, path: Path, overwrite: bool) -> None:
    if path.resolve() in [source.resolve() for source in movie.paths]:
        raise SaveError(
            f"{path.name} was not saved: it is the movie's own file.",
            hint="Choose another name.",
            path=path,
        )
    if path.exists() and not overwrite:
        raise SaveError(
            f"{path.name} is there already.",
            hint="Choose another name, or ask for it to be replaced.",
            path=path,
        )


def _put_in_place(temporary: Path, path: Path) -> None:
    """Give the finished file or folder its name."""
    if path.is_dir():
        old = temporary.with_name(f"{temporary.name}-old")
        os.replace(path, old)
        try:
            os.replace(temporary, path)
        except OSError:
            os.replace(old, path)
            raise
        _remove(old)
    else:
        os.replace(temporary, path)
    sync_folder(path.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.unlink()


def _frames(movie: Movie, progress: Progress) -> Iterator[NDArray[Any]]:
    """Every frame, with a word on how far it is."""
    for index in range(len(movie)):
        progress(index, len(movie), f"Writing frame {index} of {movie.name}")
        yield movie.frames.frame(index)
    progress(len(movie), len(movie), f"Wrote {movie.name}")


# -- OME-TIFF ------------------------------------------------------------------------


def _write_tiff(movie: Movie, path: Path, progress: Progress) -> None:
    """One page a frame, uncompressed, so that any frame can be read by itself."""
    import tifffile

    if movie.dtype.str[1:] not in _OME_TYPES:
        raise SaveError(
            f"{movie.name} was not saved: OME-TIFF has no pixels of {movie.dtype}.",
            hint="Save it as .ome.zarr instead.",
            path=path,
        )
    with path.open("xb") as file:
        with tifffile.TiffWriter(
            file, bigtiff=movie.frames.nbytes > 2**31, ome=True
        ) as t:
            t.write(
                _frames(movie, progress),
                shape=movie.shape,
                dtype=movie.dtype,
                photometric="rgb" if movie.is_colour else "minisblack",
                metadata=_ome_metadata(movie),
            )
        file.flush()
        os.fsync(file.fileno())


def _ome_metadata(movie: Movie) -> dict[str, Any]:
    """What tifffile puts into the OME-XML."""
    told: dict[str, Any] = {
        "axes": "TYXS" if movie.is_colour else "TYX",
        "Name": movie.name,
    }
    if movie.calibration is not None:
        y, x = movie.calibration.scale_nm
        told |= {"PhysicalSizeX": x, "PhysicalSizeXUnit": "nm"}
        told |= {"PhysicalSizeY": y, "PhysicalSizeYUnit": "nm"}
    if movie.times is not None:
        planes: dict[str, Any] = {"DeltaT": _seconds(movie.times.start_ns)}
        planes["DeltaTUnit"] = ["s"] * len(movie)
        if movie.times.exposure_ns is not None:
            planes["ExposureTime"] = _seconds(movie.times.exposure_ns)
            planes["ExposureTimeUnit"] = ["s"] * len(movie)
        told["Plane"] = planes
    if movie.stamp is not None:
        whole = movie.stamp.resolution_s >= 1 and not movie.stamp.when.microsecond
        spec = "seconds" if whole else "microseconds"
        told["AcquisitionDate"] = movie.stamp.when.isoformat(timespec=spec)
    return told


def _seconds(nanoseconds: NDArray[np.int64]) -> list[str]:
    """Seconds as texts that lose no nanosecond."""
    whole, rest = np.divmod(np.abs(nanoseconds), 1_000_000_000)
    signs = np.where(nanoseconds < 0, "-", "")
    return [
        f"{sign}{s}.{ns:09d}" for sign, s, ns in zip(signs, whole, rest, strict=True)
    ]


# -- OME-Zarr ------------------------------------------------------------------------


def _write_zarr(movie: Movie, path: Path, progress: Progress) -> None:
    """One chunk a frame."""
    import zarr

    order = [*range(1, movie.frames.ndim)]
    order = [0, *([order[-1], *order[:-1]] if movie.is_colour else order)]
    shape = [movie.shape[axis] for axis in order]
    group = zarr.open_group(str(path), mode="w-", zarr_format=3)
    array = group.create_array(
        "0", shape=shape, chunks=(1, *shape[1:]), dtype=movie.dtype
    )
    for index, frame in enumerate(_frames(movie, progress)):
        array[index] = np.moveaxis(frame, -1, 0) if movie.is_colour else frame
    group.attrs.update(_zarr_attributes(movie))


def _zarr_attributes(movie: Movie) -> dict[str, Any]:
    """Axes and scale as OME-Zarr has them; beside them what it has no place for."""
    from napari_insitu_tem.io.movies.zarr_images import OWN

    times, size = movie.times, movie.calibration
    steps = np.unique(np.diff(times.start_ns)) if times is not None else np.zeros(0)
    is_even = len(steps) == 1 and steps[0] > 0
    nm = {} if size is None else {"unit": "nanometer"}
    y, x = (1.0, 1.0) if size is None else size.scale_nm
    second = {"unit": "second"} if is_even else {}
    axes = [
        {"name": "t", "type": "time", **second},
        {"name": "y", "type": "space", **nm},
        {"name": "x", "type": "space", **nm},
    ]
    scale = [float(steps[0]) / 1e9 if is_even else 1.0, y, x]
    if movie.is_colour:
        axes.insert(1, {"name": "c", "type": "channel"})
        scale.insert(1, 1.0)
    change = [{"type": "scale", "scale": scale}]
    image = {"name": movie.name, "axes": axes}
    image["datasets"] = [{"path": "0", "coordinateTransformations": change}]
    return {"ome": {"version": "0.5", "multiscales": [image]}, OWN: _own(movie)}


def _own(movie: Movie) -> dict[str, Any]:
    """Times of each frame to the nanosecond, exposures, start, uncertainty of scale."""
    own: dict[str, Any] = {"colour": movie.is_colour}
    if movie.times is not None:
        own["start_ns"] = movie.times.start_ns.tolist()
        own["source"] = movie.times.source
        if movie.times.exposure_ns is not None:
            own["exposure_ns"] = movie.times.exposure_ns.tolist()
    if movie.stamp is not None:
        own["began"] = movie.stamp.when.isoformat()
        own["began_resolution_s"] = movie.stamp.resolution_s
        own["began_source"] = movie.stamp.source
    if movie.calibration is not None:
        own["u_relative"] = movie.calibration.u_relative
        own["calibration"] = movie.calibration.source
    if movie.frame_sizes_nm is not None:
        sizes = movie.frame_sizes_nm
        own["frame_sizes_nm"] = np.where(np.isnan(sizes), 0.0, sizes).tolist()
    return own
