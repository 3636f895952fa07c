"""Draw the plugin's icon: a wire that swells, and the potential under it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIZE = 256
SMOOTH = 4
TARGET = Path(__file__).parents[1] / "src/napari_insitu_tem/icon.png"


def draw() -> Image.Image:
    """The icon, drawn four times as large and scaled down."""
    n = SIZE * SMOOTH
    image = Image.new("RGBA", (n, n), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle([0, 0, n - 1, n - 1], radius=n // 6, fill="#1B2430")
    x = np.linspace(0.12, 0.88, 40)
    half = 0.07 + 0.07 / (1 + np.exp(-(0.5 - x) * 22))
    top = [(a * n, (0.36 - h) * n) for a, h in zip(x, half, strict=True)]
    bottom = [(a * n, (0.36 + h) * n) for a, h in zip(x, half, strict=True)]
    pen.polygon(top + bottom[::-1], fill="#7C8CA3")
    core = [(a * n, (0.36 - 0.05) * n) for a in x if a > 0.5]
    core += [(a * n, (0.36 + 0.05) * n) for a in x[::-1] if a > 0.5]
    pen.polygon(core, fill="#C9D3E0")
    pen.line([(0.5 * n, 0.18 * n), (0.5 * n, 0.54 * n)], fill="#E69F00", width=n // 40)
    trace = 0.80 - 0.14 * np.exp(-(x - 0.12) * 7)
    points = [(a * n, b * n) for a, b in zip(x, trace, strict=True)]
    pen.line(points, fill="#56B4E9", width=n // 32, joint="curve")
    pen.line([(0.5 * n, 0.60 * n), (0.5 * n, 0.88 * n)], fill="#FFFFFF", width=n // 64)
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    draw().save(TARGET, optimize=True)
