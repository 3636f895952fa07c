"""The command line: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from napari_insitu_tem.cli import main
from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.io.saving.experiment_folder import load_experiment
from napari_insitu_tem.samples import find_sample

COMMANDS = ("open", "demo", "info", "export", "convert", "doctor")


@pytest.fixture
def sample():
    return find_sample("si_nanowire")


def run(*arguments, **options):
    """The installed command in a process of its own."""
    command = Path(sys.executable).with_name("napari-insitu-tem")
    return subprocess.run(
        [str(command), *(str(argument) for argument in arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        **options,
    )


# -- help ---------------------------------------------------------------------------


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    printed = capsys.readouterr().out
    assert all(command in printed for command in COMMANDS)


def test_wrong_arguments_end_with_two(capsys):
    with pytest.raises(SystemExit) as end:
        main(["fly"])
    assert end.value.code == 2
    assert "fly" in capsys.readouterr().err


def test_importing_the_command_line_loads_nothing_heavy():
    code = (
        "import sys, napari_insitu_tem.cli\n"
        "heavy = {'napari', 'qtpy', 'PyQt6', 'magicgui', 'numpy', 'pandas', 'scipy'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# -- info ---------------------------------------------------------------------------


def test_info_prints_one_json_object_a_file(sample, capsys):
    assert main(["info", "--json", str(sample.movie), str(sample.trace)]) == 0
    movie, trace = map(json.loads, capsys.readouterr().out.splitlines())
    assert (movie["kind"], movie["frames"], movie["pixel_size_nm"]) == (
        "movie",
        64,
        2.5,
    )
    assert (trace["kind"], trace["rows"]) == ("trace", 802)
    assert movie["rows"] is None
    assert set(movie) == set(trace)


@pytest.fixture
def two_channels(tmp_path):
    data = np.arange(4 * 2 * 5 * 6, dtype="u2").reshape(4, 2, 5, 6)
    path = tmp_path / "two.tif"
    tifffile.imwrite(path, data, imagej=True, metadata={"axes": "TCYX"})
    return path, data


def test_info_lists_the_datasets_of_a_file(two_channels, capsys):
    path, _ = two_channels
    assert main(["info", "--json", str(path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["dataset"] == "channel 1"
    assert found["datasets"][1] == {
        "key": "channel 2",
        "name": "channel 2",
        "shape": [4, 5, 6],
        "dtype": "uint16",
    }
    assert main(["info", str(path), "--dataset", "channel 2"]) == 0
    assert "* dataset channel 2: 4 x 5 x 6, uint16" in capsys.readouterr().out
    assert main(["info", str(path), "--dataset", "channel 3"]) == 1
    assert "It has channel 1, channel 2" in capsys.readouterr().out


def test_convert_takes_the_dataset_that_is_named(two_channels, tmp_path):
    path, data = two_channels
    out = tmp_path / "out.ome.tif"
    command = ["convert", str(path), "--out", str(out), "--dataset", "channel 2"]
    assert main(command) == 0
    np.testing.assert_array_equal(np.asarray(read_movie(out).frames), data[:, 1])


def test_info_goes_on_after_a_bad_file_and_ends_with_one(sample, tmp_path, capsys):
    bad = tmp_path / "broken.mrc"
    bad.write_bytes(b"not a movie")
    assert main(["info", "--json", str(bad), str(sample.trace)]) == 1
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["file"] == str(bad)
    assert set(first["error"]) == {"type", "message", "hint"}
    assert "broken.mrc" in first["error"]["message"]
    assert second["kind"] == "trace"


def test_info_in_words(sample, tmp_path, capsys):
    missing = tmp_path / "gone.tif"
    assert main(["info", str(sample.movie), str(sample.trace), str(missing)]) == 1
    printed = capsys.readouterr().out
    assert "64 frames of 232 x 150 px, uint8" in printed
    assert "pixel size: 2.5 nm" in printed
    assert "802 rows" in printed
    assert "potential: 0.0693202 to 2.61241 V" in printed
    assert "cannot be read: " in printed


def test_info_says_what_a_saved_experiment_is(sample, capsys):
    assert main(["info", str(sample.experiment)]) == 1
    assert "is a saved experiment" in capsys.readouterr().out


def test_no_traceback_whatever_the_file(tmp_path):
    files = {
        "empty.tif": b"",
        "cut.tif": b"II*\x00\x08\x00\x00\x00\xff\xff",
        "noise.mpt": bytes(range(256)) * 4,
        "folder": None,
        "word.dta": b"EXPLOIT",
        "line\nbreak.csv": b"a,b\n1,2\n",
    }
    paths = []
    for name, data in files.items():
        paths.append(tmp_path / name)
        if data is None:
            paths[-1].mkdir()
        else:
            paths[-1].write_bytes(data)
    done = run("info", "--json", *paths, tmp_path / "missing.mrc")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [o["file"] for o in objects[:-1]] == [str(path) for path in paths]
    assert all(o["error"]["message"].endswith(".") for o in objects)


def test_a_reader_of_a_pipe_may_leave_early(sample):
    command = Path(sys.executable).with_name("napari-insitu-tem")
    line = f"'{command}' info " + f"'{sample.trace}' " * 300 + "| head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


# -- export -------------------------------------------------------------------------


def test_export_writes_the_tables_and_names_them(sample, tmp_path, capsys):
    out = tmp_path / "tables"
    assert main(["export", str(sample.experiment), "--out", str(out)]) == 0
    printed = capsys.readouterr().out.split()
    assert {Path(p).name for p in printed} == {p.name for p in out.iterdir()}
    table = pd.read_csv(out / "expansion.csv")
    assert table["potential_V"].notna().all()


def test_export_replaces_only_with_force(sample, tmp_path, capsys):
    command = ["export", str(sample.experiment), "--out", str(tmp_path)]
    assert main(command) == 0
    (tmp_path / "front.csv").write_text("mine")
    assert main(command) == 1
    assert "would be overwritten" in capsys.readouterr().err
    assert (tmp_path / "front.csv").read_text() == "mine"
    assert main([*command, "--force"]) == 0
    assert (tmp_path / "front.csv").read_text() != "mine"


def test_export_of_something_else_is_a_sentence(tmp_path, capsys):
    assert main(["export", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert "is not a saved experiment" in error
    assert not (tmp_path / "out").exists()


# -- window -------------------------------------------------------------------------


def test_convert_writes_what_is_read_again(tmp_path, capsys):
    frames = np.arange(60, dtype="uint16").reshape(3, 4, 5)
    Image.fromarray(frames[0]).save(tmp_path / "w1.png")
    Image.fromarray(frames[1]).save(tmp_path / "w2.png")
    images = [str(tmp_path / f"w{i}.png") for i in (2, 1)]
    out = str(tmp_path / "w.ome.tif")
    options = ["--out", out, "--interval", "0.5", "--pixel-size", "0.2"]
    assert main(["convert", *images, *options]) == 0
    assert capsys.readouterr().out.strip() == out
    movie = read_movie(out)
    assert (movie.frames[:] == frames[:2]).all()
    assert movie.pixel_size_nm == pytest.approx(0.2)
    assert movie.times_s.tolist() == [0.0, 0.5]
    assert main(["convert", *images, *options]) == 1
    assert "there already" in capsys.readouterr().err
    again = ["convert", out, "--out", str(tmp_path / "b.ome.tif"), "--interval", "9"]
    assert main(again) == 0
    assert "are kept" in capsys.readouterr().err


def test_simulate_lists_its_cases_and_writes_one(tmp_path, capsys):
    assert main(["simulate"]) == 0
    assert "gentle-beam" in capsys.readouterr().out
    arguments = ["simulate", "gentle-beam", "--out", str(tmp_path), "--dose", "5"]
    assert main(arguments) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert all(path.is_file() for path in written)
    assert main(["info", *(str(path) for path in written[:2])]) == 0
    assert main(arguments) == 1
    assert "--force" in capsys.readouterr().err


def test_simulate_of_no_case_is_a_sentence(tmp_path, capsys):
    assert main(["simulate", "cold-fusion", "--out", str(tmp_path)]) == 1
    assert "cold-fusion" in capsys.readouterr().err
    assert main(["simulate", "void", "--out", str(tmp_path), "--dose", "0"]) == 1
    assert "dose" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments", [("open", "wire.tif"), ("demo",), ("demo", "--headless")]
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays of X11")
def test_without_a_display_windows_say_so(arguments, monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main(arguments) == 1
    assert "no display" in capsys.readouterr().err


def test_doctor_tells_what_works_in_plain_words(qapp):
    done = run("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("napari ", "PyQt6", "OpenGL ", "settings:", "sample data:", "hdf5"):
        assert word in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_doctor_survives_a_qt_that_does_not_start(monkeypatch):
    import os

    environment = {**os.environ, "QT_QPA_PLATFORM": "nonsense"}
    done = run("doctor", env=environment)
    assert done.returncode == 1
    assert "Qt does not start" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_headless_demo_writes_everything_and_ends_well(qapp, tmp_path):
    out = tmp_path / "demo"
    done = run("demo", "--headless", "--out", out, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    table = pd.read_csv(out / "tables" / "expansion.csv")
    assert len(table) > 5
    assert (out / "tables" / "datapackage.json").is_file()
    experiment = load_experiment(out / "si_nanowire.insitu")
    assert len(experiment.document.of_kind("expansion")) == len(table)
    assert experiment.warnings == ()
    from skimage.io import imread

    picture = imread(out / "window.png")
    assert picture.shape[0] > 800
    assert picture.shape[1] > 1300
    assert picture[..., :3].std() > 20
    # Again, over its own results.
    assert run("demo", "--headless", "--out", out).returncode == 0


@pytest.fixture
def window(make_napari_viewer, monkeypatch):
    """The window that `open` makes, instead of one that stays until it is closed."""
    import napari

    import napari_insitu_tem.cli.window as module

    made = []

    def make(**_):
        made.append(make_napari_viewer())
        return made[-1]

    monkeypatch.setattr(napari, "Viewer", make)
    monkeypatch.setattr(module, "run", lambda: None)
    return made


def test_open_shows_movie_and_trace_aligned_as_asked(qtbot, window, sample):
    arguments = ["open", str(sample.movie), "--trace", str(sample.trace)]
    assert main([*arguments, "--offset", "-12.5"]) == 0
    from napari_insitu_tem.layers.viewer_link import link_of

    session = link_of(window[0]).session
    qtbot.waitUntil(lambda: session.experiment.has_trace, timeout=20_000)
    qtbot.waitUntil(lambda: session.experiment.alignment().method == "typed")
    assert session.experiment.alignment().offset_s == -12.5


def test_a_window_without_a_size_of_its_own_has_room_for_the_docks(window, sample):
    assert main(["open", str(sample.trace)]) == 0
    size = window[0].window._qt_window.size()
    screen = window[0].window._qt_window.screen().availableSize()
    assert size.width() >= min(1366, screen.width())
    assert size.height() >= min(820, screen.height())


def test_open_with_a_bad_file_says_so_in_the_window(qtbot, window, tmp_path):
    from napari.utils.notifications import notification_manager

    from napari_insitu_tem.layers.docks import show_dock

    notification_manager.records.clear()
    bad = tmp_path / "wire.tif"
    bad.touch()
    assert main(["open", str(bad)]) == 0
    dock = show_dock(window[0], "Experiment")
    qtbot.waitUntil(lambda: "wire.tif" in dock.status.text(), timeout=20_000)
    qtbot.waitUntil(lambda: bool(notification_manager.records))
    assert "wire.tif" in notification_manager.records[0].message
