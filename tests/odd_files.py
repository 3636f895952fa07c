"""Makes files that are not as they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

FRAMES = np.random.default_rng(3).integers(40, 200, (6, 48, 64)).astype(np.uint16)
NAN = float("nan")


def tiff(path: Path, frames: np.ndarray = FRAMES, **options: object) -> Path:
    tifffile.imwrite(path, frames, photometric="minisblack", **options)
    return path


def csv(path: Path, rows: list[str], header: str = "time/s,Ewe/V,I/mA") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def rows(times: list[float]) -> list[str]:
    return [f"{t},{0.1 * i:.1f},{i}" for i, t in enumerate(times)]


def cut(path: Path, original: Path, size: int) -> None:
    path.write_bytes(original.read_bytes()[:size])


def bad_page(path: Path, page: int) -> Path:
    """A compressed movie with rubbish in the place of one page."""
    with tifffile.TiffWriter(path) as file:
        for frame in FRAMES:
            file.write(frame, compression="zlib", contiguous=False, metadata=None)
    with tifffile.TiffFile(path) as file:
        start, size = (
            file.pages[page].dataoffsets[0],
            file.pages[page].databytecounts[0],
        )
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * size)
    return path


def series(folder: Path) -> list[Path]:
    """A folder of numbered images."""
    folder.mkdir()
    paths = [folder / f"frame_{i:03d}.png" for i in range(6)]
    for path, frame in zip(paths, FRAMES, strict=True):
        Image.fromarray(frame.astype(np.uint8)).save(path)
    return paths
