"""A simulated case as files: movie, record, truth, and a page that names them."""

from __future__ import annotations

from pathlib import Path

from napari_insitu_tem.io.saving.atomic import saving, write_text
from napari_insitu_tem.model.errors import SaveError
from napari_insitu_tem.simulate.cases.case import SimulatedCase
from napari_insitu_tem.simulate.movie_files import write_ome_tiff
from napari_insitu_tem.simulate.truth_files import truth_csv, truth_json

_COLUMNS = {
    "time_s": "time/s",
    "potential_V": "Ewe/V",
    "current_A": "I/A",
    "charge_C": "Q/C",
    "cycle": "cycle number",
    "step": "Ns",
}


def write_case(
    made: SimulatedCase, folder: Path, *, overwrite: bool = False
) -> list[Path]:
    """Write a case; returns the paths.

    Parameters
    ----------
    made
        The simulated case.
    folder
        Made when it is missing.
    overwrite
        Replace files of the same names.

    Raises
    ------
    SaveError
        A file is there already, or cannot be written.
    """
    folder = Path(folder)
    movie, record = folder / f"{made.name}.ome.tif", folder / f"{made.name}.csv"
    truth, settings = folder / "truth.csv", folder / "truth.json"
    paths = [movie, record, truth, settings, folder / "README.txt"]
    there = [path.name for path in paths if path.exists()]
    if there and not overwrite:
        raise SaveError(
            f"{folder} already has {', '.join(there)}.",
            hint="Choose another folder, or say --force to replace them.",
        )
    with saving(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_ome_tiff(
            movie,
            made.frames,
            made.times,
            made.pixel_size_nm,
            made.clocks.movie_start,
            name=made.title,
        )
    write_text(record, record_text(made))
    write_text(truth, truth_csv(made))
    write_text(settings, truth_json(made))
    write_text(paths[-1], page(made))
    return paths


def record_text(made: SimulatedCase) -> str:
    """Write the record as delimited text, with its start above the header."""
    start = made.clocks.trace_start.isoformat(sep=" ")
    table = made.record.rename(columns=_COLUMNS)[list(_COLUMNS.values())]
    text = table.to_csv(index=False, float_format="%.9g", lineterminator="\n")
    return f"# Start: {start}\n# {made.technique}, simulated\n{text}"


def page(made: SimulatedCase) -> str:
    """Say what is in the folder and what a measurement has to find."""
    known = "\n".join(f"  {k} = {v:.6g}" for k, v in made.specimen.known.items())
    filmed = made.microscope
    return f"""{made.title}
{made.specimen.source}
Simulated by napari-insitu-tem from seed {made.seed}; CC0-1.0.

{filmed.dose_e_px:g} electrons a pixel, {filmed.camera.gain:g} counts an electron,
blur {filmed.blur_px:g} px, {filmed.pixel_size_nm:g} nm a pixel.

What a measurement has to find:
{known}

truth.csv has the truth of every frame, truth.json all settings, and under "drawn" the
shapes that a user would draw on the first frame, as (y, x) in pixels.
"""
