"""`napari-insitu-tem`: the same work from a terminal.

Each command lives in a module of its own, imported when it is used, so that help and
`info` need neither napari nor Qt.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import napari_insitu_tem
from napari_insitu_tem.model.errors import InsituTemError

_STOPPED_BY_USER = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; what goes wrong with a file is a sentence, never a traceback.

    Returns
    -------
    int
        0 if all went well, 1 if something could not be done, 2 for wrong arguments.
    """
    _speak_utf8()
    options = _parser().parse_args(argv)
    try:
        return _run(options)
    except InsituTemError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _STOPPED_BY_USER
    except BrokenPipeError:
        # The reader of a pipe (`head`) has enough; Python must not complain at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(options: argparse.Namespace) -> int:
    if options.command == "info":
        from napari_insitu_tem.cli.info import print_info

        return print_info(options.files, as_json=options.json, dataset=options.dataset)
    if options.command == "export":
        from napari_insitu_tem.cli.export import export

        return export(options.experiment, options.out, overwrite=options.force)
    if options.command == "convert":
        from napari_insitu_tem.cli.convert import convert

        return convert(
            options.movies,
            options.out,
            interval_s=options.interval,
            pixel_size_nm=options.pixel_size,
            overwrite=options.force,
            dataset=options.dataset,
        )
    if options.command == "doctor":
        from napari_insitu_tem.cli.doctor import examine

        return examine()
    if options.command == "demo":
        from napari_insitu_tem.cli.demo import demo

        return demo(headless=options.headless, out=options.out)
    if options.command == "simulate":
        return _simulate(options)
    from napari_insitu_tem.cli.window import open_window

    return open_window(
        [*options.movies, *options.trace],
        offset_s=options.offset,
        dataset=options.dataset,
    )


def _simulate(options: argparse.Namespace) -> int:
    from napari_insitu_tem.cli import simulate

    if options.case is None:
        return simulate.list_cases()
    return simulate.simulate(
        options.case,
        options.out or Path(options.case),
        dose_e_px=options.dose,
        blur_px=options.blur,
        drift_px_s=options.drift,
        seed=options.seed,
        overwrite=options.force,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="napari-insitu-tem",
        description="In-situ TEM movies and potentiostat records on one time axis.",
    )
    parser.add_argument(
        "--version", action="version", version=napari_insitu_tem.__version__
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_open(commands)
    _add_demo(commands)
    _add_info(commands)
    _add_export(commands)
    _add_convert(commands)
    _add_simulate(commands)
    commands.add_parser("doctor", help="say what is installed and what is missing")
    return parser


def _add_open(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("open", help="open files in a window")
    command.add_argument(
        "movies",
        nargs="+",
        type=Path,
        metavar="MOVIE",
        help="movies, traces, a folder of images, or a saved experiment",
    )
    command.add_argument(
        "--trace",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="FILE",
        help="the potentiostat's records",
    )
    command.add_argument(
        "--offset",
        type=float,
        metavar="S",
        help="trace time = movie time + S, in s; from the start times by default",
    )
    _add_dataset(command)


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("demo", help="open the first sample experiment")
    command.add_argument(
        "--headless",
        action="store_true",
        help="write tables, experiment and a picture of the window, then end",
    )
    command.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where to write them (demo-output); without --headless nothing is "
        "written unless this is given",
    )


def _add_info(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("info", help="say what is in files")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    _add_dataset(command)


def _add_dataset(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--dataset",
        default="",
        metavar="NAME",
        help="which image or stack of a file that holds several (info lists them)",
    )


def _add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "export", help="write the tables of a saved experiment as CSV"
    )
    command.add_argument("experiment", type=Path, metavar="EXPERIMENT")
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument(
        "--force", action="store_true", help="replace files of the same names"
    )


def _add_convert(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "convert", help="write a movie as OME-TIFF or OME-Zarr"
    )
    command.add_argument(
        "movies",
        nargs="+",
        type=Path,
        metavar="MOVIE",
        help="a movie, a folder of images, or the images of one movie",
    )
    command.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".ome.tif or .ome.zarr"
    )
    command.add_argument(
        "--interval",
        type=float,
        metavar="S",
        help="time from frame to frame, where the movie has no times",
    )
    command.add_argument(
        "--pixel-size", type=float, metavar="NM", help="instead of that in the file"
    )
    command.add_argument(
        "--force", action="store_true", help="replace what is there already"
    )
    _add_dataset(command)


def _add_simulate(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    command = commands.add_parser(
        "simulate", help="make a movie and a record with a known truth"
    )
    command.add_argument(
        "case", nargs="?", metavar="CASE", help="which one; without it they are listed"
    )
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="where to (a folder named as the case)"
    )
    command.add_argument(
        "--dose", type=float, metavar="E", help="electrons a pixel and a frame"
    )
    command.add_argument("--blur", type=float, metavar="PX", help="of the image, in px")
    command.add_argument(
        "--drift", type=float, nargs=2, metavar=("Y", "X"), help="drift in px/s"
    )
    command.add_argument("--seed", type=int, default=1, help="of the noise (1)")
    command.add_argument(
        "--force", action="store_true", help="replace files of the same names"
    )


def _speak_utf8() -> None:
    """Print any file name on any terminal: what it cannot show is escaped."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
