"""`export`: the tables of a saved experiment, without a window."""

from __future__ import annotations

import sys
from pathlib import Path

from napari_insitu_tem.io.saving.experiment_folder import load_experiment
from napari_insitu_tem.measure.rows import records_from_table
from napari_insitu_tem.measure.tables import TableBuilder
from napari_insitu_tem.report.bundle import export_bundle


def export(experiment: Path, out: Path, *, overwrite: bool) -> int:
    """Open an experiment, write its tables, and say what was written.

    Raises
    ------
    InsituTemError
        It cannot be opened or written.
    """
    opened = load_experiment(experiment, records_from_table=records_from_table)
    for warning in opened.warnings:
        print(warning, file=sys.stderr)
    tables = TableBuilder(opened).tables()
    for path in export_bundle(opened, tables, out, overwrite=overwrite):
        print(path)
    return 0
