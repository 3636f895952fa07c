"""npe2 sample data: File > Open Sample."""

from __future__ import annotations

from typing import Any

from napari_insitu_tem.layers.movie_layer import movie_layer_data


def si_nanowire() -> list[tuple[Any, ...]]:
    """Silicon nanowire lithiated in an open cell."""
    return _open("si_nanowire")


def sei_liquid_cell() -> list[tuple[Any, ...]]:
    """SEI growing on an electrode in a liquid cell."""
    return _open("sei_liquid_cell")


def _open(key: str) -> list[tuple[Any, ...]]:
    """Open a sample; its movies go through napari's hands, which insists on a layer."""
    import napari

    from napari_insitu_tem.layers.opening import show_opened
    from napari_insitu_tem.samples import open_sample

    experiment = open_sample(key)
    movies = experiment.movies
    viewer = napari.current_viewer()
    if viewer is not None:
        for movie in movies:
            experiment.remove_movie(movie.name)
        show_opened(viewer, experiment)
    return [movie_layer_data(movie) for movie in movies]
