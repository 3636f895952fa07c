"""The samples are found and open with the measurements that come with them."""

import pytest

from napari_insitu_tem import samples
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.samples import SAMPLES, find_sample, open_sample, sample_folder


@pytest.mark.parametrize("key", SAMPLES)
def test_a_sample_opens_with_measurements_aligned_and_without_complaints(key):
    experiment = open_sample(key)
    (movie,) = experiment.movies
    try:
        assert (
            experiment.warnings == movie.warnings == experiment.trace().warnings == ()
        )
        assert len(experiment.document.records) >= 10
        assert experiment.alignment().method == "events"
        measured = {record.movie for record in experiment.document.records.values()}
        assert measured == {movie.name}
    finally:
        movie.close()


@pytest.mark.parametrize("key", SAMPLES)
def test_saving_never_goes_into_the_sample_itself(key):
    experiment = open_sample(key)
    experiment.movie().close()
    assert experiment.folder is None


def test_the_demo_begins_with_the_nanowire():
    assert next(iter(SAMPLES)) == "si_nanowire"


def test_an_installed_copy_comes_before_the_checkout(tmp_path, monkeypatch):
    package = tmp_path / "src" / "napari_insitu_tem"
    package.mkdir(parents=True)
    monkeypatch.setattr(samples, "__file__", str(package / "samples.py"))
    with pytest.raises(ReadError, match="not installed"):
        sample_folder()
    (tmp_path / "sample_data").mkdir()
    assert sample_folder() == tmp_path / "sample_data"
    (package / "sample_data").mkdir()
    assert sample_folder() == package / "sample_data"


def test_an_unknown_sample_is_named_with_the_known_ones():
    with pytest.raises(ReadError, match=r"'moon'.*si_nanowire, sei_liquid_cell"):
        find_sample("moon")
