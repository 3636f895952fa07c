"""Expansion: values against a reference, as ratios with honest uncertainties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: (model, quantity) to (p, q): the volume goes as quantity ** p * length ** q.
EXPONENTS: dict[tuple[str, str], tuple[float, float]] = {
    ("sphere", "diameter"): (3.0, 0.0),
    ("sphere", "area"): (1.5, 0.0),
    ("cylinder", "diameter"): (2.0, 0.0),
    ("cylinder_length", "diameter"): (2.0, 1.0),
    ("cylinder_length", "area"): (2.0, -1.0),
    ("ellipsoid", "diameter"): (2.0, 1.0),
    ("ellipsoid", "area"): (2.0, -1.0),
}

VOLUME_MODELS = ("sphere", "cylinder", "cylinder_length", "ellipsoid")

#: Quantity to the power of a length that it is.
DIMENSION = {"length": 1, "diameter": 1, "d_spacing": 1, "area": 2, "volume": 3}


@dataclass(frozen=True)
class Relative:
    """Values against the mean of their group's reference.

    Attributes
    ----------
    reference, u_reference
        (N,) mean of the reference of each value's group, and its uncertainty.
    ratio, u_ratio
        (N,) value / reference.
    """

    reference: FloatArray
    u_reference: FloatArray
    ratio: FloatArray
    u_ratio: FloatArray


@dataclass(frozen=True)
class Expansion:
    """Change of a quantity against its reference.

    Attributes
    ----------
    values, u_values
        (N,) as given; the uncertainty with that of the calibration.
    reference_value, u_reference_value
        Mean of the reference; the uncertainty with that of the calibration.
    ratio, u_ratio
        (N,) value / reference_value.
    change_percent, u_change_percent
        (N,) 100 (ratio - 1).
    volume_ratio, u_volume_ratio, volume_change_percent, u_volume_change_percent
        (N,) by the model; NaN without one.
    quantity, model
        As given.
    flag
        "" or "no_reference".
    """

    values: FloatArray
    u_values: FloatArray
    reference_value: float
    u_reference_value: float
    ratio: FloatArray
    u_ratio: FloatArray
    volume_ratio: FloatArray
    u_volume_ratio: FloatArray
    quantity: str
    model: str
    flag: str = ""

    @property
    def change_percent(self) -> FloatArray:
        """(N,) 100 (ratio - 1)."""
        return 100.0 * (self.ratio - 1.0)

    @property
    def u_change_percent(self) -> FloatArray:
        """(N,) standard uncertainty of `change_percent`."""
        return 100.0 * self.u_ratio

    @property
    def volume_change_percent(self) -> FloatArray:
        """(N,) 100 (volume_ratio - 1)."""
        return 100.0 * (self.volume_ratio - 1.0)

    @property
    def u_volume_change_percent(self) -> FloatArray:
        """(N,) standard uncertainty of `volume_change_percent`."""
        return 100.0 * self.u_volume_ratio


def expansion(
    values: ArrayLike,
    u_values: ArrayLike,
    reference: ArrayLike | tuple[float, float],
    model: str = "",
    *,
    quantity: str = "diameter",
    lengths: ArrayLike | None = None,
    u_lengths: ArrayLike | None = None,
    u_calibration: float = 0.0,
) -> Expansion:
    """Linear, areal and volumetric change with propagated uncertainty.

    Parameters
    ----------
    values
        (N,) lengths, diameters, areas or volumes.
    u_values
        (N,) or one number: their standard uncertainties by placing, independent of
        each other, without that of the calibration.
    reference
        Which values are the reference: an index, several indices (their mean counts)
        or a boolean mask; or a value from elsewhere as a float, or as a tuple of
        floats (value, standard uncertainty).
    model
        "" for none, or how the volume follows: "sphere", "cylinder" (of constant
        length), "cylinder_length" (diameter and length measured), "ellipsoid" (of
        revolution about its longer axis).
    quantity
        What the values are: "length", "diameter", "area" or "volume".
    lengths, u_lengths
        (N,) lengths along the axis that belong to the values, and their standard
        uncertainties; used by "cylinder_length" and "ellipsoid".
    u_calibration
        Relative standard uncertainty of the pixel size. It is common to all values, so
        it is part of `u_values` and cancels in ratios.

    Returns
    -------
    Expansion

    Raises
    ------
    MeasurementError
        Unknown model or quantity, a model that does not go with the quantity, or arrays
        of different length.

    Notes
    -----
    With reference ``m = mean(x_j)`` over n values, first order [1]_:

    ``u(x/m)**2 = (x/m)**2 (u(x)**2/x**2 + u(m)**2/m**2 - 2 cov(x, m)/(x m))``,
    ``u(m)**2 = sum(u(x_j)**2)/n**2``, ``cov(x, m) = u(x)**2/n`` for a value that is
    part of the reference and 0 for others. A value that is the whole reference has
    ratio 1 and uncertainty 0.

    Volume: sphere ``ratio**3`` (from an area ``ratio**1.5``), cylinder ``ratio**2``,
    with measured length ``ratio**2 L/L0``; ellipsoid ``ratio**2 L/L0`` from its width
    and ``ratio**2 / (L/L0)`` from its area, as ``V = 8 A**2 / (3 pi L)``.

    .. [1] JCGM 100:2008 (GUM), section 5.2.2, correlated input quantities.
    """
    p, q = _exponents(model, quantity)
    x = np.atleast_1d(np.asarray(values, dtype=np.float64))
    u = _like(u_values, x, "u_values")
    relative = _relative(x, u, reference)
    volume, u_volume = power_of(relative.ratio, relative.u_ratio, p)
    if q:
        if lengths is None:
            raise MeasurementError(
                f"The model {model} needs the lengths along the axis.",
                hint="Give lengths and u_lengths.",
            )
        length = _like(lengths, x, "lengths")
        u_length = _like(0.0 if u_lengths is None else u_lengths, x, "u_lengths")
        along = _relative(length, u_length, _length_reference(reference))
        volume, u_volume = product(volume, u_volume, along.ratio, along.u_ratio, q)
    share = u_calibration * DIMENSION[quantity]
    mean, u_mean = float(relative.reference[0]), float(relative.u_reference[0])
    return Expansion(
        values=x,
        u_values=np.hypot(u, share * x),
        reference_value=mean,
        u_reference_value=float(np.hypot(u_mean, share * mean)),
        ratio=relative.ratio,
        u_ratio=relative.u_ratio,
        volume_ratio=volume,
        u_volume_ratio=u_volume,
        quantity=quantity,
        model=model,
        flag="" if np.isfinite(mean) and mean > 0 else flags.NO_REFERENCE,
    )


def relative_to_reference(
    values: FloatArray,
    u_values: FloatArray,
    group: IntArray,
    is_reference: NDArray[np.bool_],
) -> Relative:
    """Ratios to the mean of each group's reference values.

    Parameters
    ----------
    values, u_values
        (N,) values and their independent standard uncertainties; NaN takes no part.
    group
        (N,) number of the group, from 0.
    is_reference
        (N,) whether a value is part of its group's reference.

    Notes
    -----
    See `expansion`.
    """
    used = is_reference & np.isfinite(values)
    size = int(group.max()) + 1 if group.size else 0
    count = np.bincount(group[used], minlength=size).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.bincount(group[used], weights=values[used], minlength=size)
        square = np.bincount(group[used], weights=u_values[used] ** 2, minlength=size)
        mean = np.where(total / count > 0, total / count, np.nan)[group]
        u_mean = (np.sqrt(square) / count)[group]
        ratio = values / mean
        shared = np.where(used, u_values**2 / count[group], 0.0)
        # The variance of x - ratio * mean, over mean squared.
        variance = u_values**2 + (ratio * u_mean) ** 2 - 2 * ratio * shared
        u_ratio = np.sqrt(np.maximum(variance, 0.0)) / mean
    alone = used & (count[group] == 1)
    ratio = np.where(alone & np.isfinite(mean), 1.0, ratio)
    u_ratio = np.where(alone & np.isfinite(mean), 0.0, u_ratio)
    u_mean = np.where(np.isfinite(mean), u_mean, np.nan)
    return Relative(mean, u_mean, ratio, u_ratio)


def product(
    a: FloatArray,
    u_a: FloatArray,
    b: FloatArray,
    u_b: FloatArray,
    exponent: float | FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """``a * b ** exponent`` of independent factors, and its uncertainty.

    Where the exponent is 0, b takes no part and may be NaN.
    """
    power = b**exponent
    with np.errstate(invalid="ignore", divide="ignore"):
        by_b = np.where(np.equal(exponent, 0), 0.0, exponent * a * power / b * u_b)
    return a * power, np.hypot(power * u_a, by_b)


def power_of(
    a: FloatArray, u_a: FloatArray, exponent: float | FloatArray
) -> tuple[FloatArray, FloatArray]:
    """``a ** exponent`` and its uncertainty, NaN where the exponent is NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.abs(exponent) * np.abs(a) ** (exponent - 1.0)
        unknown = np.isnan(exponent)  # 1 ** NaN would be 1
        power = np.where(unknown, np.nan, a**exponent)
        return power, np.where(unknown, np.nan, slope * u_a)


def _exponents(model: str, quantity: str) -> tuple[float, float]:
    if quantity not in DIMENSION:
        raise MeasurementError(
            f"{quantity!r} is not a quantity.",
            hint=f"Choose one of {', '.join(DIMENSION)}.",
        )
    if quantity == "volume":
        return 1.0, 0.0
    if model == "":
        return float("nan"), 0.0
    if model not in VOLUME_MODELS:
        raise MeasurementError(
            f"{model!r} is not a volume model.",
            hint=f"Choose one of {', '.join(VOLUME_MODELS)}, or none.",
        )
    if (model, quantity) not in EXPONENTS:
        raise MeasurementError(f"The model {model} says nothing about {quantity}.")
    return EXPONENTS[model, quantity]


def _relative(
    x: FloatArray, u: FloatArray, reference: ArrayLike | tuple[float, float]
) -> Relative:
    chosen = np.asarray(reference)
    if chosen.dtype.kind in "bui":
        mask = np.zeros(x.shape, bool)
        try:
            mask[chosen] = True
        except IndexError as error:
            raise MeasurementError(
                f"The reference {chosen.tolist()} is not among the {x.size} values."
            ) from error
        return relative_to_reference(x, u, np.zeros(x.size, np.intp), mask)
    given = np.atleast_1d(chosen.astype(float))
    if given.size > 2:
        raise MeasurementError(
            "A reference from elsewhere is a value and its uncertainty, not "
            f"{given.size} numbers."
        )
    mean = given[0]
    u_mean = given[1] if given.size == 2 else 0.0
    ratio = x / mean
    full = np.ones(x.shape)
    return Relative(
        full * mean, full * u_mean, ratio, np.hypot(u, ratio * u_mean) / abs(mean)
    )


def _length_reference(reference: ArrayLike | tuple[float, float]) -> ArrayLike:
    if np.asarray(reference).dtype.kind not in "bui":
        raise MeasurementError(
            "With measured lengths the reference must be among the values.",
            hint="Give the index or indices of the reference.",
        )
    return reference


def _like(values: ArrayLike, x: FloatArray, name: str) -> FloatArray:
    try:
        return np.array(np.broadcast_to(np.asarray(values, np.float64), x.shape))
    except ValueError as error:
        raise MeasurementError(
            f"{name} and values differ in length ({np.size(values)} and {x.size})."
        ) from error
