"""folders and lists of numbered images as one movie."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.image_files import (
    ImageHeader,
    decode,
    image_kind,
    is_single_image,
    kind_of,
    read_header,
)
from napari_insitu_tem.io.movies.image_groups import natural_key
from napari_insitu_tem.io.movies.image_merge import in_words, merge_facts
from napari_insitu_tem.io.movies.image_times import order_of_dates
from napari_insitu_tem.io.movies.insitu_tree import (
    IMAGE_SUFFIXES,
    clock_of,
    frames_below,
    has_parts,
    tree_suffixes,
    without_directors,
)
from napari_insitu_tem.io.movies.name_series import left_out, main_series
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.errors import InsituTemError, ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress

_REPORT_EVERY = 50
_LOOK_AT = 1000


class ImageFrames:
    """One file a frame; nothing stays open.

    Satisfies `FrameSource`; may be read from several threads.
    """

    def __init__(
        self, paths: Sequence[Path], headers: Sequence[ImageHeader | None]
    ) -> None:
        self._paths = paths
        self._plain = [None if header is None else header.plain for header in headers]
        first = next(header for header in headers if header is not None)
        self.shape: tuple[int, ...] = (len(paths), *first.shape)
        self.dtype = first.dtype

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`.

        Raises
        ------
        ReadError
            Its file is gone, damaged, or not like the others any more.
        """
        path = self._paths[index]
        with reading(path, f"frame {index},"):
            plain = self._plain[index]
            data = None if plain is None else plain.read(path)
            if data is None:
                data = decode(path)
        if data.shape != self.shape[1:] or data.dtype != self.dtype:
            raise ReadError(
                f"Frame {index}, {path.name}, is not like the others: "
                f"{in_words(data.shape, data.dtype)} instead of "
                f"{in_words(self.shape[1:], self.dtype)}.",
                hint="Put the right file back, or open the folder again.",
                path=path,
            )
        return data

    def close(self) -> None:
        """Nothing is open."""


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        if has_parts(looked.path) and tree_suffixes(looked.path) == IMAGE_SUFFIXES:
            return 0.8
        return 0.8 if _first_image(looked.path) is not None else 0.0
    kind = image_kind(looked.head)
    return 0.0 if not kind else 0.3 if kind == "TIFF" else 0.9


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    facts = Facts()
    is_folder = len(paths) == 1 and paths[0].is_dir()
    images = _images_in(paths[0], facts) if is_folder else _sorted(paths)
    _refuse_stacks(images)
    headers = _headers(images, facts, progress)
    images, headers = _in_order_of_time(images, headers)
    first = next(header for header in headers if header is not None)
    merge_facts(first, headers, images, facts)
    return build_movie(
        ImageFrames(images, headers),
        facts,
        images,
        name=paths[0].name if is_folder else _common_name(images),
        form=f"{kind_of(images[0])} series" if len(images) > 1 else kind_of(images[0]),
        reader="tifffile" if kind_of(images[0]) == "TIFF" else "Pillow",
    )


def _first_image(folder: Path) -> Path | None:
    """Any image of a folder, looking at its first thousand files."""
    with os.scandir(folder) as entries:
        for _, entry in zip(range(_LOOK_AT), entries, strict=False):
            if not entry.name.startswith(".") and entry.is_file():
                path = Path(entry.path)
                if kind_of(path):
                    return path
    return None


def _images_in(folder: Path, facts: Facts) -> list[Path]:
    """The images of the most common kind in a folder."""
    if has_parts(folder):
        files = without_directors(list(frames_below(folder, IMAGE_SUFFIXES)))
    else:
        files = [p for p in folder.iterdir() if p.is_file() and p.name[0] != "."]
    kinds = {path: kind_of(path) for path in files}
    counts = Counter(kind for kind in kinds.values() if kind)
    if not counts:
        raise ReadError(f"There is no image in {folder.name}.", path=folder)
    usual = counts.most_common(1)[0][0]
    others = sum(counts.values()) - counts[usual]
    if others:
        facts.warn(
            f"{others} images of another kind were left out; the movie is made of the "
            f"{counts[usual]} {usual} files."
        )
    of_kind = _sorted([path for path, kind in kinds.items() if kind == usual])
    kept, beside = main_series(of_kind)
    if beside:
        facts.warn(left_out(kept, beside))
    return _sorted(kept)


def _sorted(paths: Sequence[Path]) -> list[Path]:
    """In the natural order of the names, or of the dates in them where they differ."""
    images = sorted(
        paths, key=lambda path: (clock_of(path), path.parent, natural_key(path.name))
    )
    order = order_of_dates([path.stem for path in images])
    return images if order is None else [images[i] for i in order]


def _refuse_stacks(images: Sequence[Path]) -> None:
    for path in (images[0], images[-1]):
        if kind_of(path) == "TIFF" and not is_single_image(path):
            raise ReadError(
                f"{path.name} is a stack, not a single image.",
                hint="Open it by itself.",
                path=path,
            )


def _headers(
    images: Sequence[Path], facts: Facts, progress: Progress
) -> list[ImageHeader | None]:
    """The header of each image; None for one that cannot be read."""
    headers: list[ImageHeader | None] = []
    failure: InsituTemError | None = None
    for i, path in enumerate(images):
        if i % _REPORT_EVERY == 0:
            progress(i, len(images), f"Looking at {path.name}")
        try:
            with reading(path):
                headers.append(read_header(path))
        except ReadError as error:
            headers.append(None)
            failure = failure or error
    bad = [path.name for path, h in zip(images, headers, strict=True) if h is None]
    if failure is not None:
        if len(bad) == len(images):
            raise failure
        facts.warn(f"{len(bad)} images cannot be read, the first is {bad[0]}.")
    return headers


def _in_order_of_time(
    images: list[Path], headers: list[ImageHeader | None]
) -> tuple[list[Path], list[ImageHeader | None]]:
    """AXON's images by their stamps: their names do not tell their order."""
    stamps = [
        h.facts.stamp if h and h.facts.flavour == "AXON" else None for h in headers
    ]
    known = [stamp for stamp in stamps if stamp is not None]
    if len(known) < len(stamps) or len({stamp.is_naive for stamp in known}) > 1:
        return images, headers
    order = sorted(range(len(images)), key=lambda i: known[i].when)
    return [images[i] for i in order], [headers[i] for i in order]


def _common_name(images: Sequence[Path]) -> str:
    """What the names of the files share, without the number at its end."""
    pairs = zip(images[0].stem, images[-1].stem, strict=False)
    shared = "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    if len(images) > 1:
        shared = re.sub(r"[\d\s_.-]+$", "", shared)
    return shared or images[0].parent.name or "images"


FORMAT = Format(
    name="Images",
    kind="movie",
    maker="any camera or program",
    extensions=(".png", ".jpg", ".jpeg", ".bmp"),
    library="Pillow",
    reads=(
        "folders and lists of numbered TIFF, PNG, JPEG or BMP files in natural order, "
        "also in Gatan's tree of Hour_, Minute_ and Second_ folders; "
        "scale and dates as for TIFF; times from the instrument's stamps, from clear "
        "patterns in the names, or from the files' dates; time and holder in the PNG "
        "images of Protochips AXON"
    ),
    missing="scale of PNG, JPEG and BMP (their dots per inch are for print)",
    sniff=_sniff,
    read=_read,
    many=True,
)
