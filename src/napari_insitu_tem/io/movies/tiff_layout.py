"""Where the frames of a TIFF file are: one block, or one page each."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_insitu_tem.io.movies.raw_frames import RawFrames, whole_frames
from napari_insitu_tem.io.movies.tiff_pages import (
    ODDITIES,
    PageFrames,
    PageKind,
    fetch_page,
    follow_chain,
    is_chain_broken,
)
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

#: Kinds whose order of pages only tifffile's series knows.
_SERIES_KINDS = (
    "is_ome",
    "is_lsm",
    "is_stk",
    "is_mmstack",
    "is_ndtiff",
    "is_fluoview",
    "is_eer",
)
_MAX_CHOICE = 200


@dataclass
class Layout:
    """The frames of a file, found but not read.

    Attributes
    ----------
    kind
        What every page of a frame has in common.
    offsets
        Byte offset of every frame where all are uncompressed and contiguous; -1 for a
        damaged one.
    pages
        What to fetch each frame by otherwise: its number in the chain of pages (-1 for
        a damaged one) or a page of a series (None where the file lacks it).
    stack
        Lengths of the axes over which the frames run, by tifffile's letter.
    warnings
        Sentences for the user.
    key, name
        What tells it from the other stacks of the file, and what it is called there;
        "" where there is one.
    image
        Its place among the images that the file describes.
    tagged
        Page whose tags hold for it.
    fixed
        Place along each further axis, by tifffile's letter, where one was chosen.
    """

    kind: PageKind
    offsets: Sequence[int] | None = None
    pages: Sequence[Any] = ()
    stack: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    key: str = ""
    name: str = ""
    image: int = 0
    tagged: int = 0
    fixed: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pages if self.offsets is None else self.offsets)

    def open(self, tif: TiffFile, path: Path) -> RawFrames | PageFrames:
        """A source of the frames, which takes the file over or closes it."""
        if self.offsets is None:
            return PageFrames(tif, path, self.pages, self.kind)
        stored = self.kind.dtype.newbyteorder(tif.byteorder)
        tif.close()
        return RawFrames(
            path, self.offsets, self.kind.shape, stored, finish=self.kind.finish
        )


def find_stacks(tif: TiffFile, path: Path, progress: Progress) -> list[Layout]:
    """Find the frames of every stack in a file, the one to take first.

    Raises
    ------
    ReadError
        There is no page, or the pages are no images.
    CancelledError
        `progress` asked to stop.
    """
    if not tif.pages:
        raise ReadError(
            f"{path.name} is a TIFF file without a single image.",
            hint="The recording or the copy did not finish; fetch it again.",
            path=path,
        )
    claimed = _claimed_stack(tif)
    block = _one_block(tif, claimed)
    if block is not None:
        return [block]
    stacks: list[Layout] = []
    if any(getattr(tif, kind) for kind in _SERIES_KINDS):
        for _ in follow_chain(tif, path, progress):
            pass  # refuses a circle, which tifffile would follow for ever
        with suppress(*ODDITIES):  # then the pages are taken in the file's order
            stacks = _from_series(tif, path)
    if not stacks:
        stacks = _from_chain(tif, path, progress)
        if math.prod(claimed.values()) == len(stacks[0]):
            stacks[0].stack = claimed
    return stacks


def claims_one_image(tif: TiffFile) -> bool:
    """Whether neither the chain of pages nor the description speaks of a stack."""
    if not tif.pages or math.prod(_claimed_stack(tif).values()) > 1:
        return False
    if not tif.pages.is_multipage:
        return True
    second = fetch_page(tif, 1)
    return second is not None and bool(second.is_reduced)


def common_kind(tif: TiffFile, path: Path) -> PageKind:
    """The kind of the first page.

    Raises
    ------
    ReadError
        It can be no frame of a movie.
    """
    return _accepted(PageKind.of(tif.pages.first) if tif.pages else None, path)


def _claimed_stack(tif: TiffFile) -> dict[str, int]:
    """Lengths of the stack's axes as the description of the first page has them."""
    page = tif.pages.first
    if tif.is_imagej:
        meta = tif.imagej_metadata or {}
        keys = {"T": "frames", "Z": "slices", "C": "channels"}
        stack = {axis: _count(meta.get(key)) for axis, key in keys.items()}
        if "S" in page.axes and stack["C"] == page.shape[page.axes.index("S")]:
            stack["C"] = 1  # the samples of a pixel, not further images
        images = _count(meta.get("images"))
        return stack if math.prod(stack.values()) >= images else {"I": images}
    if page.is_shaped:
        return _shaped_stack(page)
    return {}


def _shaped_stack(page: TiffPage) -> dict[str, int]:
    """The stack as tifffile's own JSON has it."""
    try:
        meta = json.loads(page.shaped_description or "")
    except ValueError:  # an older form of it, "shape=(10, 20, 30)"
        return {}
    shape = [int(n) for n in meta.get("shape", ())]
    lead = shape[: len(shape) - len(page.shape)]
    axes = str(meta.get("axes", ""))[: len(lead)]
    if any(n < 1 for n in lead):
        return {}
    if len(set(axes)) < len(lead):
        axes = "IJKLMNOPQR"
    return dict(zip(axes, lead, strict=False))


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 1


def _one_block(tif: TiffFile, claimed: dict[str, int]) -> Layout | None:
    """The frames as one block behind the first page, where the file says so.

    ImageJ writes stacks over 4 GB in this way, tifffile every uncompressed one.
    """
    page = tif.pages.first
    kind, promised = PageKind.of(page), math.prod(claimed.values())
    if kind is None or kind.objection() or promised < 2:
        return None
    if not page.is_final or not page.dataoffsets:
        return None
    start, step = page.dataoffsets[0], page.nbytes
    frames = whole_frames(tif.filehandle.size, start, step, promised)
    if frames < 2 or not _is_whole_file(tif, start, step, frames):
        return None
    layout = Layout(kind, range(start, start + frames * step, step), stack=claimed)
    if frames < promised:
        layout.stack = {"I": frames}
        layout.warnings.append(
            f"The file is cut off: {frames} of {promised} frames are there."
        )
    return layout


def _is_whole_file(tif: TiffFile, start: int, step: int, frames: int) -> bool:
    """Whether the block behind the first image holds all the images of the file."""
    if not tif.pages.is_multipage:
        return True
    stop, second = start + frames * step, fetch_page(tif, 1)
    if second is None or not second.dataoffsets:
        return False
    follows = bool(second.dataoffsets[0] == start + step)
    left_for_tags = step + 1024 * frames
    return follows and tif.filehandle.size - stop < left_for_tags


def _from_series(tif: TiffFile, path: Path) -> list[Layout]:
    """The frames of each series, in the order that its format defines."""
    groups = [
        (place, series)
        for place, series in enumerate(tif.series)
        if PageKind.of(series.keyframe) is not None
    ]
    groups.sort(key=lambda group: -group[1].size)
    stacks: list[Layout] = []
    for place, series in groups[:_MAX_CHOICE]:
        try:
            layout = _one_series(tif, series, path)
        except ReadError:
            if not stacks and series is groups[-1][1]:
                raise
            continue
        if layout is None:
            if not stacks:
                return []
            continue
        layout.image, layout.key = place, f"series {place + 1}"
        layout.name = str(series.name or "").strip() or layout.key
        stacks.append(layout)
    if len(stacks) == 1:
        stacks[0].key = stacks[0].name = ""
    return stacks


def _one_series(tif: TiffFile, series: Any, path: Path) -> Layout | None:
    """The frames of a series; None where its pages are not those that it promises."""
    kind = _accepted(PageKind.of(series.keyframe), path)
    axes, shape = series.axes, series.shape
    stack = {a: int(n) for a, n in zip(axes, shape, strict=True) if a not in "YXS"}
    frames, step = math.prod(stack.values()), series.keyframe.nbytes
    layout = Layout(kind, stack=stack)
    start = series.dataoffset
    if start and whole_frames(tif.filehandle.size, start, step, frames) == frames:
        layout.offsets = range(start, start + frames * step, step)
    else:
        layout.pages = list(series)
    return layout if len(layout) == frames else None


def _from_chain(tif: TiffFile, path: Path, progress: Progress) -> list[Layout]:
    """One frame a page; pages of different size or type make stacks of their own."""
    kinds: list[PageKind | None] = []
    offsets: list[int] = []
    last = None
    for page in follow_chain(tif, path, progress):
        kind = None if page is None else PageKind.of(page)
        kinds.append(kind)
        plain = kind and page and page.is_final and page.dataoffsets
        offsets.append(page.dataoffsets[0] if plain and page else -1)
        last = page or last
    progress(len(kinds), len(kinds), f"Looking through {path.name}")
    is_broken = last is not None and is_chain_broken(tif, last)
    while is_broken and kinds[-1] is None:
        kinds.pop()  # the page in the midst of which the file ends
    common, *others = _by_frequency([kind for kind in kinds if kind], path)
    stacks = [_of_kind(common, kinds, offsets)]
    stacks[0].warnings += _remarks(kinds, common)
    if is_broken:
        stacks[0].warnings.append(
            f"The chain of pages breaks off after page {len(kinds) - 1}; what follows "
            "cannot be found."
        )
    stacks += [
        _of_kind(kind, [k or common for k in kinds], offsets)
        for kind in others[:_MAX_CHOICE]
        if not kind.objection()
    ]
    for stack in stacks if len(stacks) > 1 else ():
        stack.key = stack.name = f"from page {stack.tagged + 1}"
    return stacks


def _of_kind(
    kind: PageKind, kinds: Sequence[PageKind | None], offsets: Sequence[int]
) -> Layout:
    """The pages of a kind, and those of which nothing is known."""
    chosen = [i for i, found in enumerate(kinds) if found in (kind, None)]
    layout = Layout(kind, stack={"I": len(chosen)}, tagged=kinds.index(kind))
    if all(offsets[i] >= 0 for i in chosen if kinds[i]):
        layout.offsets = [offsets[i] for i in chosen]
    else:
        layout.pages = [i if kinds[i] else -1 for i in chosen]
    return layout


def _by_frequency(kinds: list[PageKind], path: Path) -> list[PageKind]:
    """The kind of most pages first; of the larger images where two are as common.

    Smaller copies of others are left out where there is anything else.
    """
    if not kinds:
        raise ReadError(
            f"No page of {path.name} describes an image.",
            hint="The file is damaged; copy or export it again.",
            path=path,
        )
    counts = Counter(kinds)
    full = [k for k in counts if not k.is_reduced] or list(counts)
    full.sort(key=lambda k: (not k.objection(), counts[k], k.pixels), reverse=True)
    return [_accepted(full[0], path), *full[1:]]


def _accepted(kind: PageKind | None, path: Path) -> PageKind:
    objection = "there is no image" if kind is None else kind.objection()
    if kind is None or objection:
        raise ReadError(
            f"The images in {path.name} cannot be frames of a movie: {objection}.",
            hint="Export the movie as a stack of grey or RGB images.",
            path=path,
        )
    return kind


def _remarks(kinds: list[PageKind | None], common: PageKind) -> list[str]:
    remarks = []
    others = sum(kind not in (common, None) for kind in kinds)
    if others:
        size = " x ".join(str(n) for n in common.shape)
        remarks.append(
            f"{others} of {len(kinds)} pages differ in size or type from the others "
            f"({size}) and were left out."
        )
    bad = [i for i, kind in enumerate(kinds) if kind is None]
    if bad:
        remarks.append(
            f"The tags of {len(bad)} pages are damaged, first page {bad[0]}."
        )
    return remarks


def check_ends(layout: Layout, size: int, path: Path) -> None:
    """Say how many frames end beyond the file; refuse one that has none at all.

    Raises
    ------
    ReadError
        Not one frame is complete.
    """
    if layout.offsets is None or isinstance(layout.offsets, range):
        return
    room = size - layout.kind.pixels * layout.kind.dtype.itemsize
    missing = sum(offset > room for offset in layout.offsets)
    if missing == len(layout):
        raise ReadError(
            f"{path.name} is cut off: not one of its {missing} frames is complete.",
            hint="Copy the file again.",
            path=path,
        )
    if missing:
        layout.warnings.append(
            f"The file is cut off: {missing} of {len(layout)} frames are not there."
        )
