"""Write simulated movies in two containers that keep irregular frame times.

Neither file holds anything of the moment or the machine it was written on, so that the
same experiment gives the same bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.timebase import FrameTimes, to_seconds

_NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def write_ome_tiff(
    path: Path,
    frames: NDArray[np.uint],
    times: FrameTimes,
    pixel_size_nm: float,
    start: datetime,
    *,
    name: str = "",
) -> None:
    """Write an OME-TIFF with the time and exposure of every plane.

    Parameters
    ----------
    path
        File to write, `*.ome.tif`.
    frames
        (t, y, x) of an unsigned integer type.
    times
        Start and exposure of every frame, since `start`.
    pixel_size_nm
        Of square pixels.
    start
        Local time of the camera's PC, written to the second.
    name
        Title of the image.
    """
    import tifffile

    xml = _ome_xml(frames, times, pixel_size_nm, start, name)
    with tifffile.TiffWriter(path, ome=False) as tif:
        for number, strip in enumerate(_strips(frames)):
            tif.write(
                data=iter([strip]),
                description=xml if number == 0 else None,
                metadata=None,
                **_layout(frames, frames.shape[1:]),
            )


def write_imagej_tiff(
    path: Path,
    frames: NDArray[np.uint],
    times: FrameTimes,
    pixel_size_nm: float,
    start: datetime,
    *,
    name: str = "",
) -> None:
    """Write an ImageJ stack whose slice labels say when each frame was taken.

    ImageJ knows one frame interval only; programs that save irregular series put date
    and time of day into the labels. Exposures are lost.

    Parameters
    ----------
    path, frames, times, pixel_size_nm, start, name
        As for `write_ome_tiff`; labels are written to the millisecond.
    """
    import tifffile

    labels = [
        f"{name} {start + timedelta(seconds=float(second)):%Y-%m-%d %H:%M:%S.%f}"[:-3]
        for second in to_seconds(times.start_ns)
    ]
    with tifffile.TiffWriter(path, imagej=True) as tif:
        tif.write(
            data=_strips(frames),
            resolution=(1 / pixel_size_nm, 1 / pixel_size_nm),
            metadata={"axes": "TYX", "unit": "nm", "Labels": labels},
            **_layout(frames, frames.shape),
        )


def _layout(frames: NDArray[np.uint], shape: tuple[int, ...]) -> dict[str, Any]:
    """How pages are stored: one deflated strip each, nothing about the writer."""
    return {
        "shape": shape,
        "dtype": frames.dtype,
        "photometric": "minisblack",
        "compression": "adobe_deflate",
        "rowsperstrip": frames.shape[1],
        "software": False,
    }


def _strips(frames: NDArray[np.uint]) -> Iterator[bytes]:
    """Each frame deflated; by Python's own zlib, which other libraries vary on."""
    for frame in frames:
        yield zlib.compress(np.ascontiguousarray(frame).tobytes(), 9)


def _ome_xml(
    frames: NDArray[np.uint],
    times: FrameTimes,
    pixel_size_nm: float,
    start: datetime,
    name: str,
) -> str:
    count, height, width = frames.shape
    begins, ends = (to_seconds(side) for side in times.windows_ns)
    planes = "".join(
        f'<Plane TheC="0" TheT="{t}" TheZ="0" DeltaT="{begin:.3f}" DeltaTUnit="s" '
        f'ExposureTime="{end - begin:.3f}" ExposureTimeUnit="s"/>'
        for t, (begin, end) in enumerate(zip(begins, ends, strict=True))
    )
    size = f"{pixel_size_nm:g}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{_NAMESPACE}">'
        f'<Image ID="Image:0" Name={quoteattr(name)}>'
        f"<AcquisitionDate>{start:%Y-%m-%dT%H:%M:%S}</AcquisitionDate>"
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="{frames.dtype.name}" '
        f'SizeX="{width}" SizeY="{height}" SizeZ="1" SizeC="1" SizeT="{count}" '
        f'PhysicalSizeX="{size}" PhysicalSizeXUnit="nm" '
        f'PhysicalSizeY="{size}" PhysicalSizeYUnit="nm">'
        '<Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
        f'<TiffData IFD="0" PlaneCount="{count}"/>{planes}'
        "</Pixels></Image></OME>"
    )
