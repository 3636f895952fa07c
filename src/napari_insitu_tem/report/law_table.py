"""The table of fitted rate laws: one row a law and parameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.model.columns import typed
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.law_basis import is_current
from napari_insitu_tem.model.law_columns import LAW_COLUMNS
from napari_insitu_tem.model.rate_law import FittedLaw, FrontLaw, LawParameter


def law_table(
    document: Document, laws: Iterable[FrontLaw] | None = None
) -> pd.DataFrame:
    """Rate laws of fronts; the columns are those of `LAW_COLUMNS`.

    Parameters
    ----------
    document
        Tells which of them still hold.
    laws
        Which; None: all that the document keeps.
    """
    rows = [
        _row(law, fit, parameter, not is_current(document, law))
        for law in (document.laws.values() if laws is None else laws)
        for fit in law.fits
        for parameter in fit.parameters
    ]
    names = [column.name for column in LAW_COLUMNS]
    return typed(pd.DataFrame(rows, columns=names), LAW_COLUMNS)


def _row(
    law: FrontLaw, fit: FittedLaw, parameter: LawParameter, is_stale: bool
) -> dict[str, Any]:
    request = law.request
    return {
        "id": f"{law.key} {fit.law} {parameter.name}",
        "object": law.object,
        "front": law.front,
        "path": law.path,
        "movie": law.movie,
        "first_frame": law.first_frame,
        "last_frame": law.last_frame,
        "fitted_to": law.source,
        "against": request.against,
        "law": fit.law,
        "geometry": fit.geometry,
        "volume_ratio": _number(fit.volume_ratio),
        "parameter": parameter.name,
        "value": _number(parameter.value),
        "unit": parameter.unit,
        "u_value": _number(parameter.u_value),
        "roughness": fit.roughness,
        "roughness_unit": law.length,
        "n_frames": fit.frames,
        "log_likelihood": fit.log_likelihood,
        "aicc": fit.aicc,
        "aicc_weight": _number(fit.weight),
        "best": "yes" if fit.law == law.best and not law.flag else "",
        "flag": fit.flag or law.flag,
        "stale": "yes" if is_stale else "",
        "gain_counts": _number(law.gain),
        "fitted_utc": law.fitted_utc,
    }


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
