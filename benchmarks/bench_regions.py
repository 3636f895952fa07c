"""Following a particle, beside a Gaussian blur of the same frames.

The time of `blur` is that of one pass of a Gaussian filter over each frame: any method
that looks at all pixels takes longer. Divide the times by the number of frames.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_insitu_tem.measure import track_region

FRAMES = 12


@pytest.fixture(scope="module", params=[512, 2048])
def particle(request) -> tuple[np.ndarray, np.ndarray]:
    """A dark disc that grows, and its outline in the first frame."""
    size = request.param
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size].astype(np.float32) - size / 2
    away = np.hypot(x, y)
    radii = size * np.linspace(0.13, 0.2, FRAMES)
    frames = [rng.poisson(11 - 2 * np.clip(r - away + 0.5, 0, 1)) for r in radii]
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    outline = size / 2 + radii[0] * np.column_stack([np.sin(angle), np.cos(angle)])
    return np.array(frames, np.uint16), outline


@pytest.mark.benchmark(group="regions")
def test_follow(benchmark, particle) -> None:
    frames, outline = particle
    track = benchmark.pedantic(
        track_region, (frames, outline), {"gain": 1.0}, rounds=3, warmup_rounds=1
    )
    assert set(track.flag) == {""}


@pytest.mark.benchmark(group="regions")
def test_blur(benchmark, particle) -> None:
    frames, _ = particle
    benchmark.pedantic(
        lambda: [gaussian_filter(frame.astype(np.float32), 2.0) for frame in frames],
        rounds=3,
    )
