"""Make the sample experiments again, byte for byte.

    python scripts/make_sample_data.py [FOLDER]

Writes into `sample_data/` of this checkout, or into FOLDER. Everything follows from
the models in `napari_insitu_tem.simulate` and a seed; nothing of the moment, the
machine or the user goes into the files.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from napari_insitu_tem import read_movie, read_trace
from napari_insitu_tem.io.json_text import from_json, to_json
from napari_insitu_tem.io.saving.experiment_folder import MAIN, save_experiment
from napari_insitu_tem.measure.tables import tables
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.samples import SAMPLES, Sample
from napari_insitu_tem.simulate.annotations import sei_document, wire_document
from napari_insitu_tem.simulate.eclab_text import eclab_text
from napari_insitu_tem.simulate.experiment import Simulated
from napari_insitu_tem.simulate.gamry_text import gamry_text
from napari_insitu_tem.simulate.liquid_cell import simulate_sei
from napari_insitu_tem.simulate.movie_files import write_imagej_tiff, write_ome_tiff
from napari_insitu_tem.simulate.open_cell import simulate_nanowire
from napari_insitu_tem.simulate.truth_files import truth_csv, truth_json

CHECKOUT = Path(__file__).resolve().parents[1]
SAVED = "2026-06-01T12:00:00.000Z"
NOTE = "Simulated by napari-insitu-tem; see README.md. CC0-1.0."


def main(folder: Path) -> None:
    """Write both experiments below a folder."""
    make_nanowire(SAMPLES["si_nanowire"], folder / "si_nanowire")
    make_sei(SAMPLES["sei_liquid_cell"], folder / "sei_liquid_cell")


def make_nanowire(sample: Sample, folder: Path) -> None:
    """Write the nanowire in its open cell."""
    made = simulate_nanowire()
    folder.mkdir(parents=True, exist_ok=True)
    write_ome_tiff(
        folder / sample.movie_file,
        made.frames,
        made.times,
        made.pixel_size_nm,
        made.clocks.movie_start,
        name=made.title,
    )
    text = eclab_text(made.record, made.clocks.trace_start, comment=NOTE)
    (folder / sample.trace_file).write_bytes(text)
    write_truth(made, folder)
    write_experiment(sample, folder, wire_document(made))


def make_sei(sample: Sample, folder: Path) -> None:
    """Write the SEI in its liquid cell."""
    made = simulate_sei()
    folder.mkdir(parents=True, exist_ok=True)
    write_imagej_tiff(
        folder / sample.movie_file,
        made.frames,
        made.times,
        made.pixel_size_nm,
        made.clocks.movie_start,
        name=made.name,
    )
    sweep = made.specimen.sweep
    text = gamry_text(made.record, sweep, made.clocks.trace_start, note=NOTE)
    (folder / sample.trace_file).write_bytes(text)
    write_truth(made, folder)
    write_experiment(sample, folder, sei_document(made))


def write_truth(made: Simulated, folder: Path) -> None:
    """Write what the models were given and what each frame shows."""
    (folder / "truth.json").write_bytes(truth_json(made).encode())
    (folder / "truth.csv").write_bytes(truth_csv(made).encode())


def write_experiment(sample: Sample, folder: Path, document: Document) -> None:
    """Save movie, record and measurements as the program does, but out of time."""
    movie = read_movie(folder / sample.movie_file)
    trace = read_trace(folder / sample.trace_file)
    experiment = Experiment(movie, trace, document=document)
    target = folder / sample.experiment_file
    shutil.rmtree(target, ignore_errors=True)
    save_experiment(experiment, target, tables(experiment))
    movie.close()
    rewrite(target / MAIN, settle_experiment)
    rewrite(target / "datapackage.json", settle_package)


def settle_experiment(values: dict[str, Any]) -> None:
    """Take out when, where and by which version it was saved."""
    values |= {"saved_utc": SAVED, "program": ""}
    for source in (*values["movies"], *values["traces"]):
        for file in source["files"]:
            file |= {"absolute": "", "modified_ns": 0}


def settle_package(values: dict[str, Any]) -> None:
    """Take out when and with which versions of which libraries it was made."""
    values["created"] = SAVED
    del values["software"]


def rewrite(path: Path, settle: Any) -> None:
    """Change the content of a JSON file."""
    values = from_json(path.read_bytes(), path)
    settle(values)
    path.write_bytes(to_json(values, indent=1))


if __name__ == "__main__":
    if len(sys.argv) > 2 or "--help" in sys.argv or "-h" in sys.argv:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) if len(sys.argv) == 2 else CHECKOUT / "sample_data")
