"""The number of threads of the BLAS libraries, while fits run and after."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import scipy.linalg  # noqa: F401  (so that its BLAS is there from the start)
from threadpoolctl import threadpool_info

from napari_insitu_tem.measure.threads import on_one_thread


def blas_threads():
    return [p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"]


@pytest.fixture
def before():
    threads = blas_threads()
    assert threads
    return threads


def test_one_thread_inside_and_as_before_afterwards(before):
    assert on_one_thread(blas_threads)() == [1] * len(before)
    assert blas_threads() == before


def test_one_limited_function_may_call_another(before):
    assert on_one_thread(on_one_thread(blas_threads))() == [1] * len(before)
    assert blas_threads() == before


def test_one_thread_in_the_background_too(before):
    with ThreadPoolExecutor(1) as pool:
        inside = pool.submit(on_one_thread(blas_threads)).result(20)
    assert inside == [1] * len(before)
    assert blas_threads() == before


def test_an_error_lifts_the_limit_too(before):
    @on_one_thread
    def fails():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fails()
    assert blas_threads() == before
