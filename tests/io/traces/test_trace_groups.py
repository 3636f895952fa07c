"""Files of one sequence become one trace; others and copies stay alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_any, read_trace
from napari_insitu_tem.io.traces.trace_groups import join_sequences
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

ECLAB_STARTED = "05/13/2024 11:19:51.602"


@pytest.fixture
def put(tmp_path, eclab):
    def build(name: str, times, current=1.0, **options) -> Path:
        times = np.asarray(times, float)
        charge = np.cumsum(np.full(times.size, current / 3600))
        columns = {
            "time/s": times,
            "Ewe/V": np.full(times.size, 3.0),
            "I/mA": np.full(times.size, current),
            "(Q-Qo)/mA.h": charge - charge[0],
        }
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(eclab(columns, **options), encoding="cp1252", newline="")
        return path

    return build


def test_a_sequence_is_one_trace_in_time_order(put) -> None:
    second = put("a_02_CP_C01.mpt", [5, 6, 7, 20, 21], technique="CP", current=-1.0)
    first = put("a_01_OCV_C01.mpt", [0, 1, 2, 10, 11], technique="OCV")
    (trace,) = read_any([second, first])
    assert trace.name == "a"
    assert trace.frame.time_s.tolist() == [0, 1, 2, 5, 6, 7, 10, 11, 20, 21]
    assert np.flatnonzero(trace.breaks).tolist() == [3, 6, 8]
    assert trace.frame.file.tolist()[2:4] == ["a_01_OCV_C01", "a_02_CP_C01"]
    assert trace.frame.technique.tolist()[2:4] == ["OCV", "CP"]
    assert set(trace.paths) == {first, second}
    assert "2 files of one sequence" in trace.warnings[0]
    # Nothing is passed in the pauses, nor counted twice.
    own = [read_trace(path).values("charge_C") for path in (first, second)]
    total = sum(charge[-1] - charge[0] for charge in own)
    charge = trace.values("charge_C")
    assert charge[-1] - charge[0] == pytest.approx(total)


def test_the_files_of_a_joined_trace_read_it_again(put) -> None:
    paths = [put("a_01_OCV_C01.mpt", [0, 1, 2]), put("a_02_CP_C01.mpt", [5, 6, 7])]
    (trace,) = read_any(paths)
    again = read_trace(trace.paths)
    assert again.name == trace.name
    np.testing.assert_array_equal(again.time_ns, trace.time_ns)
    np.testing.assert_array_equal(again.breaks, trace.breaks)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a_02_CP_C02.mpt", {}),  # another channel
        ("b_02_CP_C01.mpt", {}),  # another experiment
        ("sub/a_02_CP_C01.mpt", {}),  # another folder
        ("a_02_CP_C01.mpt", {"started": "05/13/2024 11:19:52.602"}),
        ("a_02_CP_C01.mpt", {"started": ""}),
    ],
)
def test_what_is_of_another_sequence_stays_alone(put, name, options) -> None:
    paths = [put("a_01_OCV_C01.mpt", [0, 1, 2]), put(name, [5, 6, 7], **options)]
    assert len(read_any(paths)) == 2
    with pytest.raises(ReadError, match="not part of the same sequence"):
        read_trace(paths)


def test_a_start_to_the_millisecond_joins_files_that_were_renamed(put) -> None:
    paths = [put("rest of B.mpt", [0, 1, 2]), put("rest of A.mpt", [5, 6, 7])]
    (trace,) = read_any(paths)
    assert trace.name == "rest of"


def test_whole_seconds_are_not_enough_for_that(put) -> None:
    started = {"started": "05/13/2024 11:19:51"}
    paths = [put("x.mpt", [0, 1, 2], **started), put("y.mpt", [5, 6, 7], **started)]
    assert len(read_any(paths)) == 2


@pytest.mark.parametrize(
    "names",
    [
        ("a_01_OCV_CA5.mpt", "a_02_GCPL_CA5.mpt"),  # channels of a BCS
        ("a_01_OCV_C05.mpt", "a_02_GCPL6_C05.mpt"),
        ("a_02_CV_C01_loop0.mpt", "a_02_CV_C01_loop10.mpt"),  # a file a loop
    ],
)
@pytest.mark.parametrize("started", ["05/13/2024 11:19:51", ""])
def test_names_of_one_sequence_are_enough_beside_one_start_or_none(
    put, names, started
) -> None:
    times = ([0, 1, 2], [5, 6, 7])
    paths = [put(n, t, started=started) for n, t in zip(names, times, strict=True)]
    (trace,) = read_any(paths[::-1])
    assert trace.name == "a"
    assert trace.frame.time_s.tolist() == [0, 1, 2, 5, 6, 7]
    assert np.flatnonzero(trace.breaks).tolist() == [3]


@pytest.mark.parametrize(
    ("names", "channels", "started"),
    [
        (("A_C01.mpt", "B_C02.mpt"), ("1 (SN 12)", "2 (SN 13)"), ECLAB_STARTED),
        (("left.mpt", "right.mpt"), ("1 (SN 12)", "2 (SN 13)"), ECLAB_STARTED),
        (("A_C01.mpt", "A_C02.mpt"), ("", ""), ECLAB_STARTED),
        (("left.mpt", "right.mpt"), ("", ""), ECLAB_STARTED),  # side by side
        (("s_01_CV_C01.mpt", "s_02_CV_C01.mpt"), ("", ""), ""),  # two runs
    ],
)
def test_channels_and_runs_that_begin_together_are_no_sequence(
    put, names, channels, started
) -> None:
    paths = []
    for i, (name, channel) in enumerate(zip(names, channels, strict=True)):
        path = put(name, np.arange(9) + 0.1 * i, started=started)
        text = path.read_text(encoding="cp1252").replace(
            "Run on channel : 1 (SN 12345)", f"Run on channel : {channel}"
        )
        path.write_text(text, encoding="cp1252")
        paths.append(path)
    assert [len(trace) for trace in read_any(paths)] == [9, 9]


def as_binary(trace: Trace, shift_ms: int = 0) -> Trace:
    """The record as its binary file would give it."""
    assert trace.stamp is not None
    when = trace.stamp.when + timedelta(milliseconds=shift_ms)
    return replace(
        trace,
        format="EC-Lab binary",
        paths=(trace.paths[0].with_suffix(".mpr"),),
        stamp=StartStamp(when, 1e-3, "log"),
    )


def test_text_and_binary_of_one_technique_count_once(put) -> None:
    texts = [
        read_trace(put("a_01_OCV_C01.mpt", [0, 1, 2], started="05/13/2024 11:19:51")),
        read_trace(put("a_02_CP_C01.mpt", [5, 6, 7], started="05/13/2024 11:19:51")),
    ]
    binaries = [as_binary(text, 602) for text in texts]
    for opened in (
        [*texts, *binaries],
        [binaries[1], texts[0], texts[1], binaries[0]],
        [texts[0], binaries[1]],
        [binaries[0], texts[1]],
    ):
        (trace,) = join_sequences(opened)
        assert trace.frame.time_s.tolist() == [0, 1, 2, 5, 6, 7]
        assert sum("was left out" in w for w in trace.warnings) == len(opened) - 2
    alone = join_sequences([binaries[1], texts[1]])
    assert [item.format for item in alone] == ["EC-Lab text"]
    longer = as_binary(read_trace(put("a_03_CP_C01.mpt", range(9))))
    shorter = read_trace(put("a_03_CP_C01.mpt", range(6)))
    assert join_sequences([shorter, longer])[0].format == "EC-Lab binary"


def test_a_text_without_a_header_takes_its_start_from_the_binary(put) -> None:
    text = read_trace(put("a_01_OCV_C01.mpt", [0, 1, 2]))
    bare = read_trace(put("a_01_OCV_C01.mpt", [0, 1, 2], header="short"))
    assert bare.start is None and bare.technique == ""
    (trace,) = join_sequences([bare, as_binary(text)])
    assert trace.format == "EC-Lab text"
    assert trace.start == text.start and trace.technique == text.technique
    assert [path.suffix for path in trace.paths] == [".mpt", ".mpr"]


def test_a_binary_of_another_run_is_no_copy(put) -> None:
    text = read_trace(put("a_01_OCV_C01.mpt", [0, 1, 2]))
    assert len(join_sequences([text, as_binary(text, 90_000)])) == 2


def test_a_copy_is_not_counted_twice(put) -> None:
    paths = [put("a_01_CP_C01.mpt", range(9)), put("a_01_CP_C01 copy.mpt", range(9))]
    assert len(read_any(paths)) == 2


def test_real_sequences_are_joined(shared_data) -> None:
    folder = shared_data / "potentiostat"
    names = ("yadg/*.issue_149.mpt", "ixdat-large-test-files/2022*_C01.mpt")
    for name in names:
        paths = sorted(folder.glob(name))
        if len(paths) < 2:
            pytest.skip("the collection has no sequence")
        (trace,) = read_any(paths)
        alone = [read_trace(path) for path in paths]
        assert len(trace) == sum(map(len, alone))
        assert (np.diff(trace.time_ns) >= 0).all()
        assert trace.breaks.sum() >= len(paths) - 1
