"""Frames of a video: an index of its packets, then decoding from the key frame on."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.movies.raw_frames import MAX_FRAME_BYTES, MAX_SIDE
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress

_REPORT_EVERY = 1000
_NEUTRAL = 12  # steps by which compression moves the channels of a grey pixel apart
_DEEP = ("gray9", "gray10", "gray12", "gray14", "gray16")
_MATRIX = "DISPLAYMATRIX"
_PALETTE = "pal8"
#: Containers in which not every frame has a time of its own: what FFmpeg makes up for
#: the others differs behind a jump, so frames are decoded from the beginning on.
_UNSOUGHT = ("mpeg",)
#: Codecs whose frames have no place for their order in an AVI file.
_MADE_UP = ("h264", "hevc")


@dataclass(frozen=True)
class VideoIndex:
    """When each frame is shown.

    Attributes
    ----------
    pts
        (T,) presentation times in the order of showing, in ticks.
    keys
        (K,) those of the key frames, from which decoding can begin.
    tick_s
        Seconds in a tick.
    first
        The tick to seek for the beginning of the file.
    untimed
        Number of frames without a time of their own, which are left out.
    claimed
        Ticks that the container says the track lasts; 0 where it does not.
    is_counted
        Whether a frame is known by its number alone, so that decoding always begins at
        the first one: the times that the decoder gives are made up.
    """

    pts: NDArray[np.int64]
    keys: NDArray[np.int64]
    tick_s: float
    first: int = 0
    untimed: int = 0
    claimed: int = 0
    is_counted: bool = False


def open_video(path: Path, form: str) -> Any:
    """Open a video of a known container, so that no playlist is followed.

    Raises
    ------
    ModuleNotFoundError
        PyAV is not installed.
    ReadError
        The file is damaged or has no picture.
    """
    import av

    with reading(path):
        container = av.open(str(path.absolute()), format=form)
    for stream in container.streams.video[:1]:
        # A stream of which no decoder is known has no width at all.
        width, height = (getattr(stream, side, 0) for side in ("width", "height"))
        is_possible = 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE
        if is_possible and width * height * 4 <= MAX_FRAME_BYTES:
            return container
    is_unknown = any(s.codec_context is None for s in container.streams.video)
    container.close()
    if is_unknown:
        raise ReadError(
            f"The pictures of {path.name} are coded in a way that is not known here.",
            hint="Export the video as MP4, as an AVI of 8 bits, or as TIFF.",
            path=path,
        )
    raise ReadError(
        f"{path.name} is a video without a picture of a possible size.",
        hint="Open it in a video player to see whether it is whole.",
        path=path,
    )


def index_video(path: Path, form: str, progress: Progress) -> VideoIndex:
    """Look at every packet without decoding it.

    Raises
    ------
    ReadError
        There is no frame.
    """
    shown, keys = set(), set()
    first, untimed, claimed = 0, 0, 0
    with reading(path), open_video(path, form) as container:
        stream = container.streams.video[0]
        tick_s = float(stream.time_base or 0)
        coder, claimed = stream.codec_context, int(stream.duration or 0)
        if form == "avi":  # a tick is the place of a frame, which may stay empty
            claimed = max(claimed, int(stream.frames))
        is_counted = form == "avi" and coder.name in _MADE_UP and coder.has_b_frames
        for i, packet in enumerate(container.demux(stream)):
            if i % _REPORT_EVERY == 0:
                progress(i, max(stream.frames, i), f"Indexing {path.name}")
            when = packet.pts if packet.pts is not None else packet.dts
            if not packet.size:
                continue
            if when is None:
                untimed += 1
                continue
            first = min(first, when, when if packet.dts is None else packet.dts)
            # What lies before the cut of an edit list is decoded, but never shown.
            if not packet.is_discard:
                shown.add(when)
            if packet.is_keyframe:
                keys.add(when)
    if not shown or not keys:
        raise ReadError(
            f"{path.name} is a video without a single frame.",
            hint="The recording or the copy did not finish; fetch it again.",
            path=path,
        )
    if is_counted or form in _UNSOUGHT:
        keys = {min(keys)}
    pts, begins = (np.array(sorted(times), dtype=np.int64) for times in (shown, keys))
    return VideoIndex(pts, begins, tick_s, first, untimed, claimed, is_counted)


class VideoFrames:
    """Frames of a video, grey or RGB.

    Satisfies `FrameSource`; one thread decodes at a time. A frame behind the one last
    read is decoded from there on where no key frame lies between. Frames are turned and
    mirrored as a player shows them.

    Attributes
    ----------
    pixel_aspect
        Width of a pixel over its height, as a player shows it.
    lost_bits
        Bits of a colour that are more than the eight that are kept.
    """

    def __init__(self, path: Path, form: str, index: VideoIndex) -> None:
        self._path, self._index = path, index
        self._container = open_video(path, form)
        weakref.finalize(self, self._container.close)
        self._stream = self._container.streams.video[0]
        self._lock = threading.Lock()
        self._decoding: Iterator[Any] | None = None
        self._last: int | None = None
        self._count = 0
        self._closed = False
        self._take_palette()
        first = self._decoded(int(index.pts[0]))
        self._turn = _turn_of(first)
        self.pixel_aspect = float(self._stream.sample_aspect_ratio or 1)
        self.lost_bits = _lost_bits(first)
        self._form = self._pixel_form()
        example = self._array(first)
        self.shape: tuple[int, ...] = (len(index.pts), *example.shape)
        self.dtype: np.dtype[Any] = example.dtype

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`.

        Raises
        ------
        ReadError
            It cannot be decoded.
        """
        with self._lock, reading(self._path, f"frame {index}"):
            if self._closed:
                raise ReadError(f"{self._path.name} was closed.", path=self._path)
            try:
                frame = self._array(self._decoded(int(self._index.pts[index])))
            except BaseException:
                self._decoding = self._last = None
                raise
            if frame.shape != self.shape[1:]:
                raise ReadError(
                    f"Frame {index} of {self._path.name} has another size than the "
                    "first.",
                    hint="Convert the video to one size.",
                    path=self._path,
                )
            return frame

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._closed = True
            self._decoding = None
            self._container.close()

    def _decoded(self, wanted: int) -> Any:
        """The frame that is shown at a tick."""
        frame = self._found(wanted) if self._is_ahead(wanted) else None
        for begin in [] if frame is not None else self._begins(wanted):
            self._container.seek(begin, stream=self._stream, backward=True)
            self._decoding = iter(self._container.decode(self._stream))
            self._last, self._count = None, 0
            frame = self._found(wanted)
            if frame is not None:
                break
        if frame is not None:
            return frame
        raise ReadError(
            f"A frame of {self._path.name} cannot be decoded: there is none at "
            f"{wanted * self._index.tick_s:.3f} s.",
            hint="The video is damaged there; convert or copy it again.",
            path=self._path,
        )

    def _found(self, wanted: int) -> Any:
        """Decode on as far as a frame; None where it does not come."""
        assert self._decoding is not None
        for frame in self._decoding:
            when = self._last = self._tick(frame)
            if when == wanted:
                return frame
            if when is not None and when > wanted:
                break
        self._decoding = self._last = None
        return None

    def _tick(self, frame: Any) -> int | None:
        """When a frame that was just decoded is shown."""
        if not self._index.is_counted:
            when = frame.pts if frame.pts is not None else frame.dts
            return None if when is None else int(when)
        place, self._count = self._count, self._count + 1
        return int(self._index.pts[min(place, len(self._index.pts) - 1)])

    def _begins(self, wanted: int) -> list[int]:
        """Ticks to seek from which the frame may come, the nearest first.

        Some containers are sought by the order of decoding, in which the next key frame
        may stand before the time at which this one is shown.
        """
        keys = self._index.keys
        place = max(int(np.searchsorted(keys, wanted, "right")) - 1, 0)
        before = [int(keys[max(place - back, 0)]) for back in (0, 1, 3)]
        return list(dict.fromkeys([*before, int(keys[0]), self._index.first]))

    def _is_ahead(self, wanted: int) -> bool:
        """Whether decoding on is shorter than beginning at a key frame."""
        if self._decoding is None or self._last is None or wanted <= self._last:
            return False
        return self._key_before(wanted) <= self._last

    def _key_before(self, wanted: int) -> int:
        keys = self._index.keys
        return int(keys[max(int(np.searchsorted(keys, wanted, "right")) - 1, 0)])

    def _pixel_form(self) -> str:
        """Grey where the first and the middle key frame have no colour."""
        name = self._stream.codec_context.pix_fmt or ""
        if name == _PALETTE:
            return name
        if name.startswith(_DEEP):
            return ""
        if name.startswith("gray") or name.startswith("mono"):
            return "gray"
        keys = np.intersect1d(self._index.keys, self._index.pts)
        keys = keys if len(keys) else self._index.pts[:1]
        for key in (int(keys[0]), int(keys[len(keys) // 2])):
            picture = self._decoded(key).to_ndarray(format="rgb24").astype(np.int16)
            if np.ptp(picture, axis=-1).max() > _NEUTRAL:
                return "rgb24"
        return "gray"

    def _take_palette(self) -> None:
        """Decode a frame before the first jump.

        The first packet alone brings the colours for the numbers of a palette, and is
        lost with a jump.
        """
        from av import FFmpegError

        if self._stream.codec_context.pix_fmt == _PALETTE:
            with contextlib.suppress(FFmpegError):
                next(self._container.decode(self._stream), None)

    def _array(self, frame: Any) -> NDArray[Any]:
        if self._form == _PALETTE:
            return self._turn(_from_palette(*frame.to_ndarray()))
        if not self._form:  # grey levels of more than 8 bits, as they are
            return self._turn(np.asarray(frame.to_ndarray()))
        if self._form == "gray" and not frame.format.name.startswith(("gray", "mono")):
            return self._turn(_luminance(frame.to_ndarray(format="rgb24")))
        return self._turn(np.asarray(frame.to_ndarray(format=self._form)))


def _from_palette(
    picture: NDArray[np.uint8], palette: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Grey levels or colours; the numbers themselves where there is no palette."""
    colours = palette[:, 1:]  # alpha, red, green, blue
    if not colours.any():
        return picture
    is_grey = not np.ptp(colours, axis=1).any()
    return np.asarray(colours[:, 0][picture] if is_grey else colours[picture])


def _turn_of(frame: Any) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """How a frame is turned and mirrored before it is shown, in quarters of a turn.

    By the matrix that takes (x, y) in the file to (ax + cy, bx + dy) on the screen.
    """
    found = [data for data in frame.side_data if data.type.name == _MATRIX]
    raw = bytes(found[0]) if found else b""
    if len(raw) < 36:
        return lambda picture: picture
    a, b, _, c, d = (int(n) for n in np.frombuffer(raw, np.int32, 5))
    is_turned = abs(b) > abs(a)
    across, down = (c, b) if is_turned else (a, d)

    def turn(picture: NDArray[Any]) -> NDArray[Any]:
        shown = picture.swapaxes(0, 1) if is_turned else picture
        shown = shown[:, ::-1] if across < 0 else shown
        return np.ascontiguousarray(shown[::-1] if down < 0 else shown)

    return turn


def _lost_bits(frame: Any) -> int:
    """Bits of a colour beyond eight."""
    if frame.format.name.startswith("gray"):
        return 0
    bits = [part.bits for part in frame.format.components]
    return max(0, max(bits, default=0) - 8)


def _luminance(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """ITU-R BT.601 in 256ths; the value itself where the channels are equal."""
    red, green, blue = (picture[..., i].astype(np.uint16) for i in range(3))
    return ((77 * red + 150 * green + 29 * blue + 128) >> 8).astype(np.uint8)
