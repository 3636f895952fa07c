"""Frame times out of names: clear patterns only."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from napari_insitu_tem.io.movies.image_times import times_from_names, times_from_stamps
from napari_insitu_tem.model.timebase import StartStamp


def seconds(names: list[str]) -> list[float] | None:
    found = times_from_names(names, "file names")
    return None if found is None else list(found[0].start_ns / 1e9)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a_0s", "a_1s", "a_10s"], [0, 1, 10]),
        (["a-0.5sec", "a-1.25sec"], [0.5, 1.25]),
        (["f1 250ms", "f2 500 ms"], [0.25, 0.5]),
        (["a_1,5s_x", "a_2,5s_x"], [1.5, 2.5]),
        (["a_2min", "a_3min"], [120, 180]),
        (["t_1h_02min_03s", "t_1h_02min_04s"], [3723, 3724]),
        (["a_0.2s_001_10s", "a_0.2s_002_20s"], [10, 20]),
        (["v_00h01m02s", "v_00h01m03.5s"], [62, 63.5]),
        (["v_1h02min59s_7", "v_1h03min00s_8"], [3779, 3780]),
        (["v_00m59s", "v_01m01s"], [59, 61]),
        (["v_3s500ms", "v_4s000ms"], [3.5, 4]),
        (["wire_t0003s", "wire_t0065s"], [3, 65]),
        (["wire_3p5s", "wire_4p0s"], [3.5, 4]),
        (["a 3Sec", "a 4Sec"], [3, 4]),
        (["a_250MS", "a_500MS"], [0.25, 0.5]),
    ],
)
def test_numbers_with_a_unit(names, expected):
    np.testing.assert_allclose(seconds(names), expected)


@pytest.mark.parametrize(
    "names",
    [
        ["frame_001", "frame_002"],
        ["exp_0.5s_001", "exp_0.5s_002"],  # an exposure, the same in all
        ["chip4s1", "chip5s2"],
        ["a_10s", "a_5s"],  # backwards
        ["a_1s", "b"],
        ["a_1s", "a_2min"],
        ["a_1s_5s", "a_2s_9s"],  # two candidates
        ["10C_1", "20C_2"],
        ["a_1s"],
        ["img_20240513_111950_000", "img_20240513_111950_001"],  # a counter
        ["id_1715599190", "id_1715599191"],  # any serial number
        ["a_1715599190000_1715599190100", "a_1715599190250_1715599190300"],
        ["a_06-05-2023_23-59-59", "a_07-05-2023_00-00-01"],  # June or May
        ["1T_01", "2T_02"],
        ["Time_3.5", "Time_4.0"],  # of what unit
    ],
)
def test_what_is_no_time(names):
    assert seconds(names) is None


def test_the_source_says_where_they_come_from():
    times, stamp = times_from_names(["a_1s", "a_2s"], "file names")
    assert times.source == "file names (number with a unit)"
    assert stamp is None
    assert times.exposure_ns is None


def test_names_of_a_real_heating_series(shared_data):
    folder = shared_data / "movies" / "nomelabs__insitu-TEM-annealing-Ti"
    table = (folder / "frame_times_from_filenames.tsv").read_text().splitlines()[1:]
    rows = [line.split("\t") for line in table]
    found = seconds([name.removesuffix(".tif") for *_, name in rows])
    np.testing.assert_allclose(found, [float(row[1]) for row in rows])


def clock(frames_a_second: list[int], first_frame: int = 0) -> list[str]:
    """Names as DigitalMicrograph's in-situ mode gives them."""
    return [
        f"wire_Hour_01_Minute_02_Second_{s:02d}_Frame_{f:04d}"
        for s, count in enumerate(frames_a_second)
        for f in range(first_frame if s == 0 else 0, count)
    ]


def test_clock_names_spread_frames_over_their_second():
    found = np.array(seconds(clock([4, 4, 4])))
    np.testing.assert_allclose(found, 3720 + np.arange(12) / 4)


def test_clock_names_that_count_from_one():
    names = [name for name in clock([5, 5, 5]) if not name.endswith("_0000")]
    found = np.array(seconds(names))
    np.testing.assert_allclose(found, 3720 + np.arange(12) / 4)


def test_clock_names_with_partial_ends_and_a_drop():
    names = clock([4, 4, 3, 4, 2], first_frame=2)
    found = np.array(seconds(names)) - 3720
    expected = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2 + 1 / 3, 2 + 2 / 3]
    expected += [3, 3.25, 3.5, 3.75, 4, 4.25]
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    ("names", "start", "step"),
    [
        (
            ["w_20230506_070809", "w_20230506_070811"],
            datetime(2023, 5, 6, 7, 8, 9),
            2.0,
        ),
        (
            ["w 2023-05-06T07-08-09.250", "w 2023-05-06T07-08-09.750"],
            datetime(2023, 5, 6, 7, 8, 9, 250000),
            0.5,
        ),
        (
            ["w_20230506070809250", "w_20230506070809750"],
            datetime(2023, 5, 6, 7, 8, 9, 250000),
            0.5,
        ),
        (
            ["20230506070809", "20230506070811"],
            datetime(2023, 5, 6, 7, 8, 9),
            2.0,
        ),
        (
            ["Shot 2023-05-06 at 07.08.09", "Shot 2023-05-06 at 07.08.10"],
            datetime(2023, 5, 6, 7, 8, 9),
            1.0,
        ),
        (
            ["cap_1683356889250", "cap_1683356889750"],
            datetime(2023, 5, 6, 7, 8, 9, 250000, UTC),
            0.5,
        ),
        (
            ["cap_1683356889.25", "cap_1683356889.75"],
            datetime(2023, 5, 6, 7, 8, 9, 250000, UTC),
            0.5,
        ),
        (
            ["cap_1683356889250000", "cap_1683356889250400"],
            datetime(2023, 5, 6, 7, 8, 9, 250000, UTC),
            0.0004,
        ),
        (
            ["w_20230506_070809_250", "w_20230506_070809_750"],
            datetime(2023, 5, 6, 7, 8, 9, 250000),
            0.5,
        ),
        (
            ["w_23.05.2023_23-59-59", "w_24.05.2023_00-00-01"],
            datetime(2023, 5, 23, 23, 59, 59),
            2.0,
        ),
        (
            ["w 05-23-2023 at 07.08.09", "w 05-23-2023 at 07.08.10"],
            datetime(2023, 5, 23, 7, 8, 9),
            1.0,
        ),
        (
            ["w_2023-05-06_23.59.59", "w_2023-05-07_00.00.01"],
            datetime(2023, 5, 6, 23, 59, 59),
            2.0,
        ),
    ],
)
def test_dates_in_names(names, start, step):
    times, stamp = times_from_names(names, "file names")
    assert stamp.when == start
    np.testing.assert_allclose(times.start_ns / 1e9, [0, step])


def test_milliseconds_or_a_counter_behind_the_second():
    names = [f"w_20230506_07080{s}_{ms:03d}" for s in (1, 2) for ms in (20, 520)]
    assert seconds(names) == pytest.approx([0, 0.5, 1, 1.5])
    names = [f"w_20230506_07080{s}_{i:03d}" for s in (1, 2) for i in (0, 1, 2)]
    assert seconds(names) == [0, 0, 0, 1, 1, 1]
    names = [f"w_20230506_07080{i // 2}_{i:03d}" for i in range(4)]
    assert seconds(names) == [0, 0, 1, 1]


def test_one_day_that_can_be_read_twice_has_times_but_no_date():
    names = ["w_06-05-2023_07-08-09", "w_06-05-2023_07-08-12"]
    times, stamp = times_from_names(names, "file names")
    assert (list(times.start_ns), stamp) == ([0, 3_000_000_000], None)


def test_digits_that_only_look_like_a_date():
    assert seconds(["w_20239999_070809", "w_20239999_070811"]) is None


def stamps(*texts: str | None) -> list[StartStamp | None]:
    return [
        None if t is None else StartStamp(datetime.fromisoformat(t), 1.0, "report")
        for t in texts
    ]


def test_stamps_of_every_file():
    times = times_from_stamps(
        stamps("2023-05-06T07:08:09", "2023-05-06T07:08:09", "2023-05-06T07:08:12")
    )
    np.testing.assert_allclose(times.start_ns / 1e9, [0, 0, 3])


@pytest.mark.parametrize(
    "texts",
    [
        ("2023-05-06T07:08:09", None),
        ("2023-05-06T07:08:09", "2023-05-06T07:08:09"),
        ("2023-05-06T07:08:09", "2023-05-06T07:08:08"),
        ("2023-05-06T07:08:09", "2023-05-06T07:08:10+00:00"),
    ],
)
def test_stamps_that_are_no_times(texts):
    assert times_from_stamps(stamps(*texts)) is None
