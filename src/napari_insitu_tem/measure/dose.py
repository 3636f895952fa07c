"""Electron dose, for scripts; the arithmetic is that of the model."""

from __future__ import annotations

from napari_insitu_tem.model.dose import (
    CumulativeDose,
    cumulative_dose,
    dose_rate,
    stem_frame_dose,
)

__all__ = ["CumulativeDose", "cumulative_dose", "dose_rate", "stem_frame_dose"]
