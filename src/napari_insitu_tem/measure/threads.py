"""Small matrices on one thread: handing them to several costs more than it gives.

A fit multiplies thousands of matrices of some dozen rows. BLAS libraries split each of
them over all cores; on two cores that makes fits up to three times slower, and on a
busy machine twenty times.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


@cache
def _controller() -> ThreadpoolController:
    """The libraries that are loaded; looking for them takes some milliseconds."""
    import scipy.linalg  # noqa: F401  (loads the BLAS that the fits use)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Let BLAS use one thread while a function runs; afterwards as many as before."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
