"""SEI rows: thickness of the layer, and how it compares with the core's radius."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.bodies import body_of
from napari_insitu_tem.measure.circles import fit_circle
from napari_insitu_tem.measure.common import (
    numbered,
    pick_uncertainties,
    scales,
    set_flag,
)
from napari_insitu_tem.measure.kinds.wires import is_line, wire_of
from napari_insitu_tem.measure.repeats import scatter_of_repeats
from napari_insitu_tem.measure.source import Source
from napari_insitu_tem.measure.thickness import layer_thickness
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.record import Record

_NAN = float("nan")


@dataclass(frozen=True)
class _Layer:
    """What a drawn layer says, in the unit of its scale.

    `by_place` and `ratio_by_place` are the uncertainties of the mean and of mean over
    radius for vertices placed to 1 px, `radius_by_place` that of the radius.
    """

    mean: float = _NAN
    sd: float = _NAN
    median: float = _NAN
    least: float = _NAN
    most: float = _NAN
    samples: int | None = None
    coverage: float = _NAN
    by_place: float = _NAN
    radius: float = _NAN
    radius_by_place: float = _NAN
    ratio_by_place: float = _NAN
    flag: str = ""


def fill(records: Sequence[Record], source: Source, columns: dict[str, Any]) -> None:
    """Add thickness, radius and their ratio; see `kinds`.

    The thickness is that by the method "nearest". The radius is that of the circle
    through the inner boundary (`core` is "circle"), or half the mean diameter of the
    same object in the same frame ("diameter"). A line across a coated wire has
    thickness and radius from what was measured under it, see `wires`.
    """
    known = scales(records, source)
    layers = [
        _Layer() if scale is None else _measured(source, record, scale)
        for record, (scale, _, _) in zip(records, known, strict=True)
    ]
    for row, layer in enumerate(layers):
        set_flag(columns, row, layer.flag)
    pick, own = _placing(records, source)
    mean = np.array([layer.mean for layer in layers])
    by_place = np.array([layer.by_place for layer in layers]) * pick
    repeat, _ = numbered([(r.movie, r.object, r.frame) for r in records])
    u_mean = scatter_of_repeats(mean, by_place, repeat, ~own)
    share = np.array([u_relative for _, u_relative, _ in known])
    in_nm = np.array([1.0 if unit == "nm" else np.nan for _, _, unit in known])
    columns |= {
        "value": mean,
        "u_value": np.hypot(u_mean, share * mean),
        "unit": [
            "" if np.isnan(layer.mean) else unit
            for layer, (_, _, unit) in zip(layers, known, strict=True)
        ],
        "thickness_mean_nm": in_nm * mean,
        "thickness_sd_nm": in_nm * [layer.sd for layer in layers],
        "thickness_median_nm": in_nm * [layer.median for layer in layers],
        "thickness_min_nm": in_nm * [layer.least for layer in layers],
        "thickness_max_nm": in_nm * [layer.most for layer in layers],
        "n_samples": [layer.samples for layer in layers],
        "coverage": [layer.coverage for layer in layers],
    }
    _add_cores(records, source, columns, layers, u_mean)


def _add_cores(
    records: Sequence[Record],
    source: Source,
    columns: dict[str, Any],
    layers: Sequence[_Layer],
    u_mean: Any,
) -> None:
    """Radius and thickness over radius of the rows that have a core."""
    known = scales(records, source)
    pick, _ = _placing(records, source)
    cells = {
        name: np.full(len(records), np.nan)
        for name in ("radius_nm", "u_radius_nm", "t_over_r", "u_t_over_r")
    }
    diameters = _Diameters(source)
    for row, (record, layer) in enumerate(zip(records, layers, strict=True)):
        scale, u_relative, unit = known[row]
        core = record.get("core")
        if scale is None or not (is_line(record) or core in ("circle", "diameter")):
            continue
        radius, u_radius = layer.radius, layer.radius_by_place * pick[row]
        u_ratio = layer.ratio_by_place * pick[row]
        ratio = layer.mean / radius
        if core == "diameter" and not is_line(record):
            radius, u_radius = diameters.radius(record, scale)
            ratio = layer.mean / radius
            u_ratio = np.hypot(u_mean[row], ratio * u_radius) / radius
        if not np.isfinite(radius):
            if not is_line(record):
                set_flag(columns, row, flags.NO_CORE)
            continue
        cells["t_over_r"][row], cells["u_t_over_r"][row] = ratio, u_ratio
        if unit == "nm":
            cells["radius_nm"][row] = radius
            cells["u_radius_nm"][row] = np.hypot(u_radius, u_relative * radius)
    columns |= cells


def _placing(records: Sequence[Record], source: Source) -> tuple[Any, Any]:
    """As `pick_uncertainties`: what was measured under a line has its own, in full."""
    pick, own = pick_uncertainties(records, source)
    lines = np.array([is_line(record) for record in records], dtype=bool)
    return np.where(lines, 1.0, pick), own | lines


def _measured(source: Source, record: Record, scale: tuple[float, float]) -> _Layer:
    """What a row says."""
    if not is_line(record):
        return _layer(source, record, scale)
    wire = wire_of(record, scale)
    return _Layer(
        mean=wire.shell,
        by_place=wire.u_shell,
        radius=wire.core,
        radius_by_place=wire.u_core,
        ratio_by_place=wire.u_ratio,
        flag=wire.flag,
    )


def _layer(source: Source, record: Record, scale: tuple[float, float]) -> _Layer:
    """What a drawn layer says, remembered."""
    with_circle = record.get("core") == "circle"

    def measure() -> _Layer:
        # In units of the mean pixel, so that samples are about one pixel apart.
        size = float(np.sqrt(scale[0] * scale[1]))
        stretch = np.asarray(scale) / size
        inner, outer = (record.geometry.array(part) * stretch for part in (0, 1))
        try:
            found = layer_thickness(inner, outer, method="nearest")
        except MeasurementError:
            return _Layer(flag=flags.TOO_SHORT)
        slopes = found.inner_slope * stretch, found.outer_slope * stretch
        by_place = float(np.sqrt(sum(np.sum(slope**2) for slope in slopes)))
        layer = {
            "mean": size * found.mean,
            "sd": size * found.sd,
            "median": size * found.median,
            "least": size * found.min,
            "most": size * found.max,
            "samples": found.n_samples,
            "coverage": found.coverage,
            "by_place": size * by_place if found.n_samples else _NAN,
            "flag": found.flag,
        }
        if with_circle:
            layer |= _circle(inner, slopes, found.mean, stretch, size)
        return _Layer(**layer)  # type: ignore[arg-type]

    return source.derived("layer", record, scale, measure)


def _circle(
    inner: Any, slopes: tuple[Any, Any], mean: float, stretch: Any, size: float
) -> dict[str, float]:
    """Radius of the circle through the inner boundary.

    The vertices of that boundary move the thickness and the radius together, so that
    their ratio is propagated from the vertices.
    """
    vertices = inner[: len(slopes[0])]
    try:
        circle = fit_circle(vertices)
    except MeasurementError:
        return {}
    radius, by_radius = circle.radius, circle.slope * stretch
    inner_slope = slopes[0] / radius - mean / radius**2 * by_radius
    square = np.sum(inner_slope**2) + np.sum((slopes[1] / radius) ** 2)
    return {
        "radius": size * radius,
        "radius_by_place": size * float(np.sqrt(np.sum(by_radius**2))),
        "ratio_by_place": float(np.sqrt(square)),
    }


class _Diameters:
    """Mean diameters by movie, object and frame."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rows: dict[tuple[str, str, int], list[Record]] = {}
        for record in source.document.of_kind("expansion"):
            if record.get("quantity") == "diameter":
                key = record.movie, record.object, record.frame
                self._rows.setdefault(key, []).append(record)

    def radius(self, record: Record, scale: tuple[float, float]) -> tuple[float, float]:
        """Half the mean diameter beside a row, and its uncertainty by placing."""
        rows = self._rows.get((record.movie, record.object, record.frame), [])
        sizes = [body_of(r.geometry, "diameter", "", scale).size for r in rows]
        pick, _ = pick_uncertainties(rows, self._source)
        known = [(s.value, s.sensitivity * u) for s, u in zip(sizes, pick, strict=True)]
        known = [(value, u) for value, u in known if np.isfinite(value)]
        if not known:
            return _NAN, _NAN
        value, u = np.array(known).T
        return 0.5 * float(value.mean()), 0.5 * float(np.sqrt(np.sum(u**2)) / len(u))
