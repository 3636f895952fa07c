"""NumPy stacks: every layout reads as saved, what is no movie is refused in words."""

from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy_format

from napari_insitu_tem.io.registry import identify, read_any, read_movie
from napari_insitu_tem.model.errors import ReadError

MARK = "opened by unpickling"


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 4000, (5, 7, 9)).astype("uint16")


def save(path: Path, array: np.ndarray, **options: object) -> Path:
    np.save(path, array, **options)
    return path


def header(path: Path, text: str, *, version: tuple[int, int] = (1, 0)) -> Path:
    """A file of a header as given, and no pixels."""
    size = len(text).to_bytes(2 if version == (1, 0) else 4, "little")
    magic = npy_format.MAGIC_PREFIX + bytes(version)
    path.write_bytes(magic + size + text.encode())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ReadError) as caught:
        read_movie(path)
    assert path.name in caught.value.message and caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "dtype", ["u1", "<u2", ">u2", "<i4", ">i4", "f2", "<f4", ">f4", "<f8", ">f8"]
)
def test_every_frame_is_as_saved(tmp_path, data, dtype, order):
    stack = np.asarray(data % 200, dtype, order=order)
    path = save(tmp_path / "wire.npy", stack)
    assert identify(path).name == "NumPy"
    movie = read_movie(path)
    assert (movie.name, movie.format, movie.shape) == ("wire", "NumPy", (5, 7, 9))
    assert movie.dtype == stack.dtype.newbyteorder("=")
    for index in (3, 0, 4):
        frame = movie.frames.frame(index)
        assert frame.dtype == movie.dtype and frame.flags.c_contiguous
        np.testing.assert_array_equal(frame, stack[index])
    movie.close()


def test_scale_and_times_stay_empty(tmp_path, data):
    movie = read_movie(save(tmp_path / "a.npy", data))
    assert movie.calibration is None and movie.times is None and movie.stamp is None
    assert movie.warnings == ()


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_image_is_a_movie_of_one_frame(tmp_path, data, order):
    movie = read_movie(save(tmp_path / "a.npy", np.asarray(data[2], order=order)))
    assert movie.shape == (1, 7, 9) and movie.warnings == ()
    np.testing.assert_array_equal(movie.frames.frame(0), data[2])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("channels", [3, 4])
def test_colour(tmp_path, rng, channels, order):
    stack = rng.integers(0, 255, (3, 4, 6, channels)).astype("u1")
    movie = read_movie(save(tmp_path / "a.npy", np.asarray(stack, order=order)))
    assert movie.is_colour
    np.testing.assert_array_equal(movie.frames.frame(1), stack[1])


def test_a_mask_reads_as_zeros_and_ones(tmp_path, data):
    movie = read_movie(save(tmp_path / "a.npy", data > 2000))
    assert movie.dtype == np.uint8
    np.testing.assert_array_equal(movie.frames.frame(4), data[4] > 2000)


@pytest.mark.parametrize("name", ["a.dat", "a.tif", "a"])
def test_the_name_does_not_matter(tmp_path, data, name):
    path = save(tmp_path / "a.npy", data).rename(tmp_path / name)
    np.testing.assert_array_equal(read_movie(path).frames.frame(1), data[1])


def test_several_files_are_several_movies(tmp_path, data):
    paths = [save(tmp_path / f"run{i}.npy", data[i:]) for i in range(3)]
    assert [len(movie) for movie in read_any(paths)] == [5, 4, 3]


def test_headers_of_python_2_and_of_version_2(tmp_path, data):
    text = "{'descr': '<u2', 'fortran_order': False, 'shape': (5L, 7L, 9L), }\n"
    path = header(tmp_path / "old.npy", text, version=(2, 0))
    path.write_bytes(path.read_bytes() + data.tobytes())
    np.testing.assert_array_equal(np.asarray(read_movie(path).frames), data)


@pytest.mark.parametrize("order", ["C", "F"])
def test_only_the_frames_asked_for_are_in_memory(tmp_path, order):
    stack = np.zeros((64, 256, 256), "f4", order=order)
    path = save(tmp_path / "a.npy", stack)
    tracemalloc.start()
    try:
        movie = read_movie(path)
        movie.frames.frame(40)
        movie.close()  # ends the reading ahead
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < stack.nbytes / 4


@pytest.mark.parametrize("order", ["C", "F"])
def test_threads_read_the_same_movie(tmp_path, rng, order):
    stack = np.asarray(rng.normal(size=(30, 20, 20)), ">f4", order=order)
    movie = read_movie(save(tmp_path / "a.npy", stack))
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(movie.frames.frame, [*range(30)] * 3))
    np.testing.assert_array_equal(frames, np.concatenate([stack] * 3))


def test_fortran_order_is_said_to_be_slow(tmp_path, data):
    movie = read_movie(save(tmp_path / "a.npy", np.asfortranarray(data)))
    assert "reading the whole file" in movie.warnings[0]


def test_a_stack_of_very_narrow_frames_is_doubted(tmp_path, rng):
    image = rng.integers(0, 255, (20, 30, 3)).astype("u1")
    movie = read_movie(save(tmp_path / "a.npy", image))
    assert movie.shape == (20, 30, 3)
    assert "3 pixels wide" in movie.warnings[0]


def test_what_follows_the_first_array_is_told(tmp_path, data):
    path = tmp_path / "a.npy"
    with path.open("wb") as file:
        np.save(file, data)
        np.save(file, data)
    movie = read_movie(path)
    assert len(movie) == 5 and "left out" in movie.warnings[0]


class _Trap:
    """Leaves a mark where it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.folder / MARK,)


def test_objects_are_refused_and_never_unpickled(tmp_path):
    array = np.array([[_Trap(tmp_path)]], dtype=object)
    path = save(tmp_path / "a.npy", array, allow_pickle=True)
    assert "Python objects" in refusal(path)
    assert not (tmp_path / MARK).exists()
    np.load(path, allow_pickle=True)
    assert (tmp_path / MARK).exists()  # it would have gone off


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros(50), r"shape (50,)"),
        (np.float64(3), r"shape ()"),
        (np.zeros((2, 3, 4, 5)), "neither frames"),
        (np.zeros((2, 3, 4, 3), "f4"), "nor colour"),
        (np.zeros((2, 3, 4, 3, 3), "u1"), "neither frames"),
        (np.zeros((0, 4, 5)), "no pixels"),
        (np.zeros((3, 0, 5)), "no pixels"),
        (np.zeros((3, 4), "c8"), "complex64, which are no grey levels"),
        (np.zeros((3, 4), "U5"), "no grey levels"),
        (np.zeros((3, 4), "M8[s]"), "no grey levels"),
        (np.zeros((3, 4), [("a", "f4"), ("b", "u2")]), "fields under names"),
        (np.zeros((3, 4), "V2"), "fields under names"),
    ],
)
def test_what_is_no_movie_is_refused(tmp_path, array, sentence):
    assert sentence in refusal(save(tmp_path / "a.npy", np.asarray(array)))


@pytest.mark.filterwarnings("ignore:Stored array in format 3.0")
def test_names_of_fields_beyond_latin_1_are_refused(tmp_path):
    path = save(tmp_path / "a.npy", np.zeros((3, 4), [("Ω", "f4")]))
    assert "fields under names" in refusal(path)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("lost", [1, 127, 5 * 7 * 9 * 2])
def test_a_file_that_is_cut_off_is_refused(tmp_path, data, lost, order):
    path = save(tmp_path / "a.npy", np.asarray(data, order=order))
    path.write_bytes(path.read_bytes()[:-lost])
    assert "is damaged: it is cut off" in refusal(path)


def test_how_much_of_a_cut_file_is_there(tmp_path, data):
    path = save(tmp_path / "a.npy", data)
    path.write_bytes(path.read_bytes()[: -7 * 9 * 2 - 1])
    assert "3 of 5 frames are complete" in refusal(path)


@pytest.mark.parametrize("kept", [6, 8, 10, 60, 127])
def test_a_header_that_is_cut_off_is_refused(tmp_path, data, kept):
    path = save(tmp_path / "a.npy", data)
    path.write_bytes(path.read_bytes()[:kept])
    assert "header cannot be understood" in refusal(path)


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "a.npy"
    path.touch()
    assert "is empty (0 bytes)" in refusal(path)


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ("(-5, 7, 9)", "no pixels"),
        ("(5, 7, 10**9)", "header cannot be understood"),
        ("(5, 7, 1000000000)", "promises frames of (7, 1000000000) pixels"),
        ("(1, 150000, 150000)", "promises frames"),
        (f"({10**30}, 7, 9)", "cut off, 0 of"),
        ("(5, 7", "header cannot be understood"),
        ("__import__('os').getcwd()", "header cannot be understood"),
    ],
)
def test_a_header_that_cannot_be_true_is_refused(tmp_path, shape, sentence):
    text = f"{{'descr': '<u2', 'fortran_order': False, 'shape': {shape}, }}\n"
    assert sentence in refusal(header(tmp_path / "a.npy", text))


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_file_that_becomes_shorter_while_open(tmp_path, data, order):
    path = save(tmp_path / "a.npy", np.asarray(data, order=order))
    movie = read_movie(path)
    with path.open("r+b") as file:
        file.truncate(200)
    with pytest.raises(ReadError, match=r"Frame 4 of a.npy is cut off"):
        movie.frames.frame(4)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_closed_movie_says_so(tmp_path, data, order):
    movie = read_movie(save(tmp_path / "a.npy", np.asarray(data, order=order)))
    movie.close()
    movie.close()
    with pytest.raises(ReadError, match=r"a.npy was closed"):
        movie.frames.frame(0)
