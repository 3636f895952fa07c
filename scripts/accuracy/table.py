"""The table of accuracy: one row a bar, for the screen and for `docs/accuracy.md`."""

from __future__ import annotations


def row(
    test: str, condition: str, measured: str, bound_or_peer: str, bar: str, passed: bool
) -> dict[str, object]:
    """One line of the table.

    Parameters
    ----------
    test
        What is measured.
    condition
        Dose, contrast, blur, size, number of simulations.
    measured
        The figure of this run.
    bound_or_peer
        The Cramer-Rao bound or the other program, in the same run.
    bar
        What the figure has to be.
    passed
        Whether it is.
    """
    return {
        "test": test,
        "condition": condition,
        "measured": measured,
        "bound_or_peer": bound_or_peer,
        "bar": bar,
        "passed": bool(passed),
    }
