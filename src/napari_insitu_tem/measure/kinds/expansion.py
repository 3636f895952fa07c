"""Expansion rows: size of the shape, ratio to the reference, change of volume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.bodies import Body, body_of
from napari_insitu_tem.measure.common import (
    numbered,
    pick_uncertainties,
    scales,
    set_flag,
)
from napari_insitu_tem.measure.kinds.axial import AxialLengths
from napari_insitu_tem.measure.kinds.planes import planes_of
from napari_insitu_tem.measure.ratios import (
    DIMENSION,
    VOLUME_MODELS,
    power_of,
    product,
    relative_to_reference,
)
from napari_insitu_tem.measure.repeats import scatter_of_repeats
from napari_insitu_tem.measure.sizes import Size
from napari_insitu_tem.measure.source import Source
from napari_insitu_tem.model.record import Record

FloatArray = NDArray[np.float64]

_LOST = Body(Size(float("nan"), float("nan")), "")


def fill(records: Sequence[Record], source: Source, columns: dict[str, Any]) -> None:
    """Add value, reference, ratio and change of volume; see `kinds`.

    Rows of one movie, object and quantity have one reference: the mean of the rows in
    the object's reference frames, or in the first measured frame.
    """
    rows = _Rows(records, source)
    lengths = rows.lengths()
    linear = rows.relative(rows.size, rows.u_size)
    solid = rows.relative(rows.base, rows.u_base)
    along = lengths.relative
    volume, u_volume = power_of(solid.ratio, solid.u_ratio, rows.p)
    volume, u_volume = product(volume, u_volume, along.ratio, along.u_ratio, rows.q)

    is_volume = np.array([quantity == "volume" for quantity in rows.quantities])
    value, u_value = _volumes(rows, lengths, rows.base, rows.u_base, lengths.here)
    mean, u_mean = _volumes(
        rows,
        lengths,
        solid.reference,
        solid.u_reference,
        (along.reference, along.u_reference),
    )
    choose = _chooser(is_volume)
    share, units = _units(rows, lengths)
    value, u_value = choose(value, rows.size), choose(u_value, rows.u_size)
    mean, u_mean = choose(mean, linear.reference), choose(u_mean, linear.u_reference)
    ratio, u_ratio = choose(volume, linear.ratio), choose(u_volume, linear.u_ratio)
    columns |= {
        "quantity": rows.quantities,
        "volume_model": rows.models,
        "value": value,
        "u_value": np.hypot(u_value, share * value),
        "unit": units,
        "reference_frame": [
            " ".join(str(frame) for frame in rows.references[g]) for g in rows.group
        ],
        "reference_value": mean,
        "u_reference_value": np.hypot(u_mean, share * mean),
        "ratio": ratio,
        "u_ratio": u_ratio,
        "change_percent": 100 * (ratio - 1),
        "u_change_percent": 100 * u_ratio,
        "volume_change_percent": 100 * (volume - 1),
        "u_volume_change_percent": 100 * u_volume,
    }
    _flag(columns, rows, lengths, ratio)


class _Rows:
    """The rows of the table as columns, in groups that share a reference.

    `size` is the measured length, diameter or area; the volume is
    `factor * base ** p * length ** q`, see `bodies.Body`.
    """

    def __init__(self, records: Sequence[Record], source: Source) -> None:
        self.records = records
        self.frames = np.array([record.frame for record in records])
        self.scales = scales(records, source)
        self.quantities = [_quantity(record) for record in records]
        settings = source.document.object_settings
        self.is_spacing = np.array([q == "d_spacing" for q in self.quantities], bool)
        self.models = [
            ""
            if quantity == "d_spacing"
            else str(record.get("volume_model") or settings(record.object).volume_model)
            for record, quantity in zip(records, self.quantities, strict=True)
        ]
        self.bodies = [self._body(row, source) for row in range(len(records))]
        self.size = _column(body.size.value for body in self.bodies)
        self.base = _column(body.base.value for body in self.bodies)
        self.p = _column(body.p for body in self.bodies)
        self.q = _column(body.q for body in self.bodies)
        self.factor = _column(body.factor for body in self.bodies)
        self._add_uncertainties(source)
        self._add_references(source)

    def _body(self, row: int, source: Source) -> Body:
        scale = self.scales[row][0]
        if scale is None:
            return _LOST
        record, quantity, model = (
            self.records[row],
            self.quantities[row],
            self.models[row],
        )
        if quantity == "d_spacing":
            return planes_of(record, scale)
        return source.derived(
            "body",
            record,
            (quantity, model, scale),
            lambda: body_of(record.geometry, quantity, model, scale),
        )

    def _add_uncertainties(self, source: Source) -> None:
        """By placing the points, or by the scatter of repeats."""
        keys = [
            (r.movie, r.object, quantity, body.what, model * (quantity == "volume"))
            for r, quantity, body, model in zip(
                self.records, self.quantities, self.bodies, self.models, strict=True
            )
        ]
        self.group, self.firsts = numbered(keys)
        pick, own = pick_uncertainties(self.records, source)
        pick[self.is_spacing], own[self.is_spacing] = 1.0, True
        pairs = zip(self.group.tolist(), self.frames.tolist(), strict=True)
        repeat, _ = numbered(list(pairs))
        by_size = _column(body.size.sensitivity for body in self.bodies) * pick
        by_base = _column(body.base.sensitivity for body in self.bodies) * pick
        self.u_size = scatter_of_repeats(self.size, by_size, repeat, ~own)
        self.u_base = scatter_of_repeats(self.base, by_base, repeat, ~own)

    def _add_references(self, source: Source) -> None:
        """The reference frames of each group, and which rows lie in them."""
        first: dict[int, int] = {}
        measured = np.isfinite(self.size)
        for g, frame, known in zip(self.group, self.frames, measured, strict=True):
            if known:
                first[int(g)] = min(first.get(int(g), int(frame)), int(frame))
        settings = source.document.object_settings
        self.references: list[tuple[int, ...]] = []
        for number, row in enumerate(self.firsts):
            frames = settings(self.records[row].object).reference_frames
            if not frames and number in first:
                frames = (first[number],)
            self.references.append(tuple(sorted(frames)))
        sets = [frozenset(frames) for frames in self.references]
        self.is_reference = np.array(
            [f in sets[g] for f, g in zip(self.frames, self.group, strict=True)], bool
        )

    def relative(self, values: FloatArray, u_values: FloatArray) -> Any:
        """Ratios to the reference of each row's group."""
        return relative_to_reference(values, u_values, self.group, self.is_reference)

    def lengths(self) -> AxialLengths:
        """The measured lengths of the same objects."""
        is_length = np.array([q == "length" for q in self.quantities], dtype=bool)
        is_constant = np.array(
            [
                quantity == "volume" and model == "cylinder"
                for quantity, model in zip(self.quantities, self.models, strict=True)
            ],
            dtype=bool,
        )
        return AxialLengths(
            objects=[(record.movie, record.object) for record in self.records],
            frames=self.frames,
            values=np.where(is_length, self.size, np.nan),
            u_values=self.u_size,
            group=self.group,
            references=self.references,
            varies=self.q != 0,
            is_constant=is_constant,
        )


def _quantity(record: Record) -> str:
    """The row's quantity; without one, what its shape is commonly drawn for."""
    said = str(record.get("quantity"))
    closed = record.geometry.shape in ("polygon", "ellipse")
    return said or ("area" if closed else "length")


def _column(values: Any) -> FloatArray:
    return np.array(list(values), dtype=np.float64)


def _volumes(
    rows: _Rows,
    lengths: AxialLengths,
    base: FloatArray,
    u_base: FloatArray,
    length: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Volumes and their uncertainties without that of the calibration."""
    volume, u_volume = power_of(base, u_base, rows.p)
    volume, u_volume = product(volume, u_volume, *length, rows.q)
    constant, u_constant = lengths.constant
    known = np.isfinite(constant).astype(float)
    volume, u_volume = product(volume, u_volume, constant, u_constant, known)
    return rows.factor * volume, rows.factor * u_volume


def _chooser(is_volume: NDArray[np.bool_]) -> Any:
    """A function that takes the first where the row is a volume, else the second."""

    def choose(volume: FloatArray, size: FloatArray) -> FloatArray:
        return np.where(is_volume, volume, size)

    return choose


def _units(rows: _Rows, lengths: AxialLengths) -> tuple[FloatArray, list[str]]:
    """Relative uncertainty by the calibration, and unit, of each row's value."""
    power = np.array([DIMENSION.get(quantity, 1) for quantity in rows.quantities])
    power[_is_per_length(lengths)] = 2
    share = power * np.array([scale[1] for scale in rows.scales])
    suffix = {1: "", 2: "2", 3: "3"}
    units = [
        "" if body.flag or not scale[2] else scale[2] + suffix[p]
        for p, scale, body in zip(power.tolist(), rows.scales, rows.bodies, strict=True)
    ]
    return share, units


def _is_per_length(lengths: AxialLengths) -> NDArray[np.bool_]:
    """Volumes of cylinders whose constant length is not known."""
    return np.asarray(lengths.is_constant & np.isnan(lengths.constant[0]))


def _flag(
    columns: dict[str, Any], rows: _Rows, lengths: AxialLengths, ratio: FloatArray
) -> None:
    """Say why a cell is empty."""
    there = np.array([scale[0] is not None for scale in rows.scales])
    is_volume = np.array([quantity == "volume" for quantity in rows.quantities])
    unknown = is_volume & np.isnan(rows.p)
    short = (rows.q != 0) & np.isnan(lengths.relative.ratio)
    doubtful = unknown | short | np.isnan(ratio) | _is_per_length(lengths)
    for row in np.flatnonzero(there & doubtful).tolist():
        if rows.bodies[row].flag:
            flag = rows.bodies[row].flag
        elif unknown[row]:
            known = rows.models[row] in VOLUME_MODELS
            flag = flags.WRONG_SHAPE if known else flags.NO_MODEL
        elif short[row]:
            flag = flags.NO_LENGTH
        else:
            flag = flags.NO_REFERENCE if np.isnan(ratio[row]) else flags.PER_LENGTH
        set_flag(columns, row, flag)
