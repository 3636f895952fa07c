"""The sample experiments: where their files are, and how they are opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_insitu_tem.model.errors import ReadError

if TYPE_CHECKING:
    from napari_insitu_tem.model.experiment import Experiment


@dataclass(frozen=True)
class Sample:
    """One sample experiment.

    Attributes
    ----------
    key
        Short name, also that of its folder.
    title
        For menus.
    movie_file, trace_file
        Names inside the folder.
    experiment_file
        Name of the saved experiment (a folder) with measurements already in it.
    """

    key: str
    title: str
    movie_file: str
    trace_file: str
    experiment_file: str

    @property
    def folder(self) -> Path:
        """Folder of its files.

        Raises
        ------
        ReadError
            The sample data are not installed.
        """
        return sample_folder() / self.key

    @property
    def movie(self) -> Path:
        """The movie."""
        return self.folder / self.movie_file

    @property
    def trace(self) -> Path:
        """The potentiostat's record."""
        return self.folder / self.trace_file

    @property
    def experiment(self) -> Path:
        """The saved experiment."""
        return self.folder / self.experiment_file


#: Key to sample, the first one for the demo.
SAMPLES: dict[str, Sample] = {
    sample.key: sample
    for sample in (
        Sample(
            "si_nanowire",
            "Silicon nanowire, lithiated in an open cell",
            "si_nanowire.ome.tif",
            "si_nanowire_CP.mpt",
            "si_nanowire.insitu",
        ),
        Sample(
            "sei_liquid_cell",
            "SEI on an electrode in a liquid cell",
            "sei_liquid_cell.tif",
            "sei_liquid_cell_CV.DTA",
            "sei_liquid_cell.insitu",
        ),
    )
}


def sample_folder() -> Path:
    """Folder of the sample data: the installed copy, else that of the checkout.

    Raises
    ------
    ReadError
        There is neither.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "sample_data", package.parents[1] / "sample_data"):
        if folder.is_dir():
            return folder
    raise ReadError(
        "The sample data are not installed.",
        hint="Install the package again, from a wheel or a complete checkout.",
        path=package / "sample_data",
    )


def find_sample(key: str) -> Sample:
    """A sample by its key.

    Raises
    ------
    ReadError
        There is no such sample.
    """
    if key not in SAMPLES:
        raise ReadError(
            f"There is no sample {key!r}.", hint=f"Choose one of {', '.join(SAMPLES)}."
        )
    return SAMPLES[key]


def open_sample(key: str) -> Experiment:
    """Open a sample experiment, with the measurements that come with it.

    It has no folder of its own yet, so that saving asks for one and leaves the sample
    as it is.

    Raises
    ------
    ReadError
        There is no such sample, or a file of it cannot be read.
    """
    from napari_insitu_tem.io.saving.experiment_folder import load_experiment

    experiment = load_experiment(find_sample(key).experiment)
    experiment.folder = None
    return experiment
