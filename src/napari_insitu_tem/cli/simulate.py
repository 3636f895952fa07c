"""`simulate`: an experiment with a known truth, to try dose and blur first."""

from __future__ import annotations

import sys
from pathlib import Path

from napari_insitu_tem.simulate.cases import CASES
from napari_insitu_tem.simulate.cases.case_files import write_case


def list_cases() -> int:
    """Print the names of the cases with what they show."""
    width = max(len(name) for name in CASES)
    for case in CASES.values():
        print(f"{case.name:{width}}  {case.title}")
    return 0


def simulate(
    name: str,
    out: Path,
    *,
    dose_e_px: float | None,
    blur_px: float | None,
    drift_px_s: tuple[float, float] | None,
    seed: int,
    overwrite: bool,
) -> int:
    """Film a case and write its files; 1 where there is no such case.

    Raises
    ------
    SaveError
        The files cannot be written.
    """
    if name not in CASES:
        print(
            f"There is no case {name!r}. `napari-insitu-tem simulate` lists them.",
            file=sys.stderr,
        )
        return 1
    try:
        made = CASES[name].simulate(
            dose_e_px=dose_e_px, blur_px=blur_px, drift_px_s=drift_px_s, seed=seed
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for path in write_case(made, out, overwrite=overwrite):
        print(path)
    return 0
