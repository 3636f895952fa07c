"""Logs of heating, gas and biasing holders as traces with columns of their own."""

from __future__ import annotations

import re
from datetime import datetime
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_any, read_trace
from napari_insitu_tem.model.errors import NeedsMappingError, ReadError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import FrameTimes
from napari_insitu_tem.model.trace import Trace
from records import IMPULSE_METADATA, digiheater, impulse, protochips

HEATED = [
    ("12:55:20.50", 23.0, 18.5),
    ("12:55:20.86", 23.0, 19.5),
    ("12:55:21.19", 24.0, 21.25),
]


def put(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


# -- DigiHeater -----------------------------------------------------------------------


def heated(tmp_path: Path, rows=HEATED, **options) -> Trace:
    return read_trace(put(tmp_path, "a.txt", digiheater(rows, **options)))


@pytest.mark.parametrize("before", [(), ("0\t21", "0.5\t21")])
def test_a_heating_log(tmp_path, before) -> None:
    trace = heated(tmp_path, before=before)
    assert identify(tmp_path / "a.txt").name == "DENSsolutions DigiHeater"
    np.testing.assert_allclose(trace.frame.time_s, [0, 0.36, 0.69], atol=1e-9)
    assert trace.values("temperature_degC").tolist() == [18.5, 19.5, 21.25]
    assert trace.values("set_temperature_degC").tolist() == [23, 23, 24]
    np.testing.assert_allclose(trace.values("heater_current_A"), 0.25e-3)
    assert "potential_V" not in trace.frame  # the heater's is not the sample's
    assert trace.start == datetime(2022, 9, 23, 12, 55, 20, 500000)
    assert trace.warnings == ()


def test_a_heating_log_with_decimal_commas_and_a_broken_heater(tmp_path) -> None:
    data = digiheater(HEATED).replace(b"\t158.234\t", b"\tNaN\t", 1)
    for log in (data, re.sub(rb"(?<=\d)\.(?=\d)", b",", data)):
        trace = read_trace(put(tmp_path, "a.txt", log))
        np.testing.assert_allclose(trace.frame.time_s, [0, 0.36, 0.69], atol=1e-9)
        assert trace.values("temperature_degC").tolist() == [18.5, 19.5, 21.25]
        assert np.isnan(trace.values("heater_resistance_ohm")[0])
        np.testing.assert_allclose(trace.values("heater_potential_V"), 0.034813)
        assert trace.start == datetime(2022, 9, 23, 12, 55, 20, 500000)


def test_past_midnight(tmp_path) -> None:
    rows = [("23:59:59.00", 1, 1), ("00:00:01.00", 2, 2)]
    trace = heated(tmp_path, rows, title="23/09/'22 23:59\tDigiheater 3.2")
    assert trace.frame.time_s.tolist() == [0, 2]
    assert trace.start == datetime(2022, 9, 23, 23, 59, 59)


def test_a_log_opened_before_midnight(tmp_path) -> None:
    rows = [("00:00:05.00", 1, 1), ("00:00:06.00", 2, 2)]
    trace = heated(tmp_path, rows, title="23/09/'22 23:59\tDigiheater 3.2")
    assert trace.start == datetime(2022, 9, 24, 0, 0, 5)


def test_a_log_without_samples_is_refused(tmp_path) -> None:
    with pytest.raises(ReadError, match=r"a\.txt is a DigiHeater log without samples"):
        heated(tmp_path, [])


class Heating:
    """A real heating experiment: the log, and frame, second and degree of 25 frames.

    The table took second and degree from the names of the frames, which have both as
    whole numbers. The camera ran freely, so that its frame number tells the time of a
    frame better than the second does: a line through both is its clock.
    """

    def __init__(self, folder: Path) -> None:
        self.trace = read_trace(folder / "Chip4Data.txt")
        table = read_trace(folder / "frame_times_from_filenames.tsv")
        self.frame = table.values("frame")
        self.seconds = table.frame.time_s.to_numpy()
        self.degrees = table.values("temperature_C")

    def log_at(self, times_s: np.ndarray, offset_s: float) -> np.ndarray:
        """The log at frames of a movie that is aligned by an offset."""
        film = Movie.from_array(
            np.zeros((len(times_s), 2, 2), "u1"), name="heated", times_s=times_s
        )
        experiment = Experiment(film, self.trace).align(offset_s=offset_s)
        at = experiment.frame_times("heated").start_ns / 1e9
        values = self.trace.values("temperature_degC")
        return np.interp(at, self.trace.frame.time_s, values)

    def best(self, times_s: np.ndarray, digits: int | None) -> tuple[float, float]:
        """Offset of least squares over all frames, and the rms that it leaves."""

        def rms(offset_s: float) -> float:
            log = self.log_at(times_s, offset_s)
            log = log if digits is None else np.round(log, digits)
            return float(np.sqrt(np.mean((log - self.degrees) ** 2)))

        offset_s = min(np.arange(-2, 2, 0.02), key=rms)
        return float(offset_s), rms(offset_s)


@pytest.fixture(scope="module")
def heating(shared_data) -> Heating:
    folder = shared_data / "movies" / "nomelabs__insitu-TEM-annealing-Ti"
    if not folder.is_dir():
        pytest.skip("the collection has no heating experiment")
    return Heating(folder)


def test_the_log_of_the_real_experiment(heating) -> None:
    assert len(heating.trace) == 15022
    assert heating.trace.start == datetime(2022, 9, 23, 12, 55, 20, 500000)
    assert len(heating.frame) == 25


def test_images_log_and_table_open_on_one_time_axis(heating, shared_data) -> None:
    folder = shared_data / "movies" / "nomelabs__insitu-TEM-annealing-Ti"
    frames = sorted((folder / "line_crops_1770-1786").glob("*.png"))
    names = ("Chip4Data.txt", "frame_times_from_filenames.tsv")
    film, log, table = read_any([*frames, *(folder / name for name in names)])
    assert (len(film), len(log), len(table)) == (17, 15022, 25)
    rate, first = np.polyfit(heating.frame, heating.seconds, 1)
    film = film.with_times(
        FrameTimes.from_seconds(rate * np.arange(1770, 1787) + first)
    )
    experiment = Experiment(film, log).align(offset_s=-0.1)
    at = experiment.frame_times(film.name).start_ns / 1e9
    degrees = np.interp(at, log.frame.time_s, log.values("temperature_degC"))
    # the first and the last frame have 583 and 588 degC burnt in
    np.testing.assert_allclose(degrees[[0, -1]], [583, 588], atol=1.5)


def test_the_log_agrees_with_every_frame_by_the_cameras_clock(heating) -> None:
    rate, first = np.polyfit(heating.frame, heating.seconds, 1)
    assert rate == pytest.approx(0.991, abs=1e-3)
    offset_s, rms = heating.best(rate * heating.frame + first, None)
    assert abs(offset_s) < 1
    assert rms < 0.4


def test_the_log_agrees_with_every_frame_by_whole_seconds_and_degrees(heating) -> None:
    """The log moves by 1 degC within a second, so the second costs some agreement."""
    offset_s, rms = heating.best(heating.seconds, 0)
    assert abs(offset_s) < 1
    assert rms < 0.5


# -- Protochips -----------------------------------------------------------------------


def test_a_biasing_log(tmp_path) -> None:
    header = "Channel A Current, Channel A Voltage, Channel A Resistance"
    rows = [(0, 0, 0, "NaN"), (147, 0.018, 40.0, 2222.2), (196, 0.017, 39.0, 2294.1)]
    path = put(tmp_path, "a.csv", protochips(header, rows))
    assert identify(path).name == "Protochips log"
    trace = read_trace(path)
    np.testing.assert_allclose(trace.frame.time_s[-3:], [0, 0.147, 0.196])
    assert trace.values("potential_V")[-2:].tolist() == [40, 39]
    assert trace.values("current_A")[-2:].tolist() == [0.018, 0.017]
    assert trace.start == datetime(2014, 10, 8, 16, 26, 51, 738000)
    assert "sign" in trace.warnings[0]


def test_a_gas_cell_log(tmp_path) -> None:
    header = "Holder Temperature, Holder Pressure"
    data = protochips(header, [(0, 25, 733.1), (1000, 26, 5.9)])
    trace = read_trace(put(tmp_path, "a.csv", data))
    assert trace.values("temperature_degC")[-2:].tolist() == [25, 26]
    assert trace.values("holder_pressure_Torr")[-2:].tolist() == [733.1, 5.9]


def test_channel_b_is_the_sample_where_a_measured_nothing(tmp_path) -> None:
    header = (
        "Channel A Current, Channel A Voltage, Channel B Current, Channel B Voltage"
    )
    notes = ["Time units = Milliseconds", "Current units = Milliamps",
             "Voltage units = Volts"]  # fmt: skip
    rows = [(0, 0, 0, 0, 0), (147.5, 0, 0, -1.5, 2), (196.25, 0, 0, 1.75, 3)]
    trace = read_trace(put(tmp_path, "a.csv", protochips(header, rows, notes)))
    np.testing.assert_array_equal(trace.time_ns[-2:], [147_500_000, 196_250_000])
    assert trace.values("potential_V")[-2:].tolist() == [2, 3]
    np.testing.assert_allclose(trace.values("current_A")[-2:], [-1.5e-3, 1.75e-3])
    assert trace.values("channel_a_current_A").tolist() == [0] * 6
    assert "channel B" in trace.warnings[0]


def test_units_beside_the_names_and_remarks(tmp_path) -> None:
    text = (
        "Time (s), Notes, Temperature (°C), Channel A Current (uA)\n"
        "0, Date (yyyy.mm.dd) = 2014.10.08, 25, 1\n"
        "0.5, bias on, 26, -2\n"
    )
    trace = read_trace(put(tmp_path, "a.csv", text.encode("utf-8")))
    assert trace.frame.time_s.tolist() == [0, 0.5]
    assert trace.values("temperature_degC").tolist() == [25, 26]
    np.testing.assert_allclose(trace.values("current_A"), [1e-6, -2e-6])
    assert trace.metadata["notes"] == [[0.5, "bias on"]]


@pytest.mark.parametrize("build", [protochips, impulse])
def test_semicolons_and_decimal_commas(tmp_path, build) -> None:
    data = (
        protochips("Channel A Temperature", [(0.5, 25.25), (50.5, 26.5)])
        if build is protochips
        else impulse(LOGGED)
    )
    plain = read_trace(put(tmp_path, "a.csv", data))
    changed = data.replace(b";", b"/").replace(b",", b";")
    changed = re.sub(rb"(?<=;)( ?\d+)\.(\d+)(?=[;\n])", rb"\1,\2", changed)
    changed = re.sub(rb"^(\d+)\.(\d+)(?=;)", rb"\1,\2", changed, flags=re.M)
    assert b"," in changed
    trace = read_trace(put(tmp_path, "b.csv", changed))
    assert trace.time_ns.tolist() == plain.time_ns.tolist()
    np.testing.assert_array_equal(
        trace.values("temperature_degC"), plain.values("temperature_degC")
    )


def test_a_unit_that_is_not_named_is_said(tmp_path) -> None:
    data = protochips(
        "Channel A Temperature", [(0, 25), (50, 26)], ["Current units = A"]
    )
    trace = read_trace(put(tmp_path, "a.csv", data))
    assert trace.span_ns[1] == 50_000_000
    assert "does not name the unit of its times" in trace.warnings[0]
    assert trace.start is None
    assert "temperature_degC" not in trace.frame


# -- Impulse --------------------------------------------------------------------------

LOGGED = [("13:40:25.811", 6.749, 1.05), ("13:40:26.336", 7.274, 5.5)]


def test_an_impulse_log_with_its_metadata(tmp_path) -> None:
    (tmp_path / "Gold_Metadata.log").write_text(IMPULSE_METADATA)
    (tmp_path / "Other_Metadata.log").write_text("Experiment date, 17-09-1999\n")
    path = put(tmp_path, "Gold_Heat raw.csv", impulse(LOGGED))
    assert identify(path).name == "DENSsolutions Impulse"
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == [6.749, 7.274]
    assert trace.values("temperature_degC").tolist() == [1.05, 5.5]
    assert trace.start == datetime(2021, 8, 16, 13, 40, 19, 62000)
    assert trace.frame["MixValve"].tolist() == ["0; 0; 0"] * 2
    assert trace.metadata["Sample"] == '"Gold"'


def test_an_impulse_log_alone_has_no_day(tmp_path) -> None:
    trace = read_trace(put(tmp_path, "Heat raw.csv", impulse(LOGGED)))
    assert trace.start is None
    assert "without a day" in trace.warnings[0]


def test_a_biasing_log_of_impulse(tmp_path) -> None:
    text = (
        "TimeStamp,Experiment time,Voltage Setpoint (V),Voltage Measured (mV),"
        "Current Measured (uA)\n13:40:25.8,1.5,1,990,-2\n13:40:26.8,2.5,1,980,3\n"
    )
    trace = read_trace(put(tmp_path, "a.csv", text.encode()))
    assert trace.values("potential_V").tolist() == [0.99, 0.98]
    np.testing.assert_allclose(trace.values("current_A"), [-2e-6, 3e-6])
    assert trace.frame["Voltage Setpoint (V)"].tolist() == [1, 1]
    bare = text.replace(" (mV)", "").replace(" (uA)", "")
    trace = read_trace(put(tmp_path, "a.csv", bare.encode()))
    assert not trace.has("potential_V")
    assert trace.frame["Voltage Measured"].tolist() == [990, 980]
    assert "unit of 'Voltage Measured'" in trace.warnings[0]


def test_other_ways_to_give_the_times_of_impulse(tmp_path) -> None:
    (tmp_path / "Metadata.log").write_text(IMPULSE_METADATA)
    path = put(tmp_path, "Heat raw.csv", impulse(LOGGED))
    assert read_trace(path).start == datetime(2021, 8, 16, 13, 40, 19, 62000)
    (tmp_path / "Metadata.log").unlink()
    dated = impulse(LOGGED).replace(b"13:40:2", b"16-08-2021 13:40:2")
    dated = dated.replace(b",6.749,", b",00:00:06.749,")
    dated = dated.replace(b",7.274,", b",00:00:07.274,")
    trace = read_trace(put(tmp_path, "Heat raw.csv", dated))
    np.testing.assert_allclose(trace.frame.time_s, [6.749, 7.274], atol=1e-9)
    assert trace.start == datetime(2021, 8, 16, 13, 40, 19, 62000)
    assert trace.warnings == ()


@pytest.mark.parametrize("day", ["Experiment time, 23:59:50\n", ""])
def test_an_impulse_log_that_begins_past_midnight(tmp_path, day) -> None:
    metadata = f"Experiment date, 16-08-2021\n{day}"
    (tmp_path / "Gold_Metadata.log").write_text(metadata)
    logged = [("00:00:05.500", 15.0, 20.0), ("00:00:06.500", 16.0, 21.0)]
    trace = read_trace(put(tmp_path, "Gold_Heat raw.csv", impulse(logged)))
    assert trace.start == datetime(2021, 8, 16, 23, 59, 50, 500000)


# -- Other makers, by the generic reader ----------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "Time (s),Set Temperature,Measured Temperature,Heater Resistance",
        "Time (s)\tDepth (nm)\tLoad (µN)\tDepth (V)",
        "Time [s];Gas Flow;Pressure 1;Heater Power (mW)",
    ],
)
def test_a_table_of_what_a_holder_measures_needs_no_question(tmp_path, header) -> None:
    mark = next(c for c in "\t;," if c in header)
    rows = [mark.join([f"{0.5 * i}", "20.5", f"{21.5 + i}", "3.5"]) for i in range(5)]
    path = put(tmp_path, "a.csv", "\n".join([header, *rows]).encode())
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == [0, 0.5, 1, 1.5, 2]
    assert not trace.has("potential_V") and not trace.has("current_A")
    assert trace.others == tuple(header.split(mark)[1:])


@pytest.mark.parametrize("name", ["Heater Voltage (V)", "Power Supply Current", "Ch 1"])
def test_what_may_be_the_heaters_is_asked_about(tmp_path, name) -> None:
    rows = [f"{0.5 * i},20.5,{i}" for i in range(5)]
    text = "\n".join([f"Time (s),Temperature (C),{name}", *rows])
    with pytest.raises(NeedsMappingError):
        read_trace(put(tmp_path, "a.csv", text.encode()))


@pytest.mark.parametrize("raw", [b"\n", b"\x00\n\x00", b"a\n1\n"])
@pytest.mark.parametrize("maker", ["protochips", "impulse"])
def test_a_log_of_less_than_two_columns(tmp_path, maker, raw):
    path = tmp_path / "a.csv"
    path.write_bytes(raw)
    reader = import_module(f"napari_insitu_tem.io.traces.{maker}")
    with pytest.raises(ReadError, match=r"a\.csv is an? .* log that is damaged"):
        reader.read(path)
