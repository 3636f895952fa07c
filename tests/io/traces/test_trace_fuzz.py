"""Damaged records: a reading or a ReadError, never another exception."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from limits import FEW, MANY, Patience, limits
from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.io.traces import delimited, eclab, gamry
from napari_insitu_tem.model.errors import InsituTemError, ReadError
from records import damage

SAMPLES = ["a.mpt", "b.mpt", "c.DTA", "d.csv", "e.csv"]


def texts(eclab_text, gamry_text, curve) -> dict[str, bytes]:
    time = np.arange(30) * 0.5
    columns = {
        "mode": [1.0] * 30,
        "Ns": [0.0] * 15 + [1.0] * 15,
        "time/s": time,
        "Ewe/V": 3 + 0.01 * time,
        "I/mA": np.full(30, 0.1),
        "dq/mA.h": np.full(30, 1e-5),
        "(Q-Qo)/mA.h": np.cumsum(np.full(30, 1e-5)),
    }
    loops = ["Number of loops : 2", "Loop 0 from point number 0 to 14",
             "Loop 1 from point number 15 to 29"]  # fmt: skip
    rows = "".join(f"{t:.2f};{3 + t / 100:.3f};{t:.3f};rest\n" for t in time)
    rows = rows.replace(".", ",")
    stamps = "".join(f"01/02/2024 10:00:{i:02d},3.{i:02d},x\n" for i in range(30))
    return {
        "a.mpt": eclab_text(columns, decimal=",", more=loops).encode("cp1252"),
        "b.mpt": eclab_text(columns, header="none").encode("utf-8"),
        "c.DTA": gamry_text(
            curve("OCVCURVE", time[:5]),
            curve("CURVE1", time), curve("CURVE2", time + 15),
            curve("WE2CURVE1", time), date="3/6/2019",
        ).encode("cp1252"),
        "d.csv": ("Started: 01/02/2024 10:00\n\ntime (s);E (V);I (µA);state\n"
                  + rows).encode("utf-8"),
        "e.csv": ("Date Time,E (V),note\n" + stamps).encode("utf-16"),
    }  # fmt: skip


def read_or_refuse(path: Path, name: str, patience: Patience) -> None:
    """By the registry, and by the format that it was, whatever it looks like now."""
    module = {".mpt": eclab, ".DTA": gamry, ".csv": delimited}[Path(name).suffix]

    def own(path: Path):
        with reading(path):
            return module.read(path)

    for reader in (read_trace, own):
        try:
            with patience.reading():
                trace = reader(path)
        except ReadError as error:
            assert error.message
            continue
        assert len(trace.frame) == len(trace.time_ns) == len(trace.breaks)
        assert (np.diff(trace.time_ns) >= 0).all()
        assert np.isfinite(trace.frame.time_s.to_numpy(float)).all()
        assert not np.isinf(trace.values("potential_V")).any()


def fuzz(path: Path, whole: bytes, rounds: int, seed: int) -> None:
    path.write_bytes(whole)
    rng = np.random.default_rng(seed)
    with limits() as patience:
        read_or_refuse(path, path.name, patience)
        for _ in range(rounds):
            path.write_bytes(damage(whole, rng))
            read_or_refuse(path, path.name, patience)


@pytest.mark.parametrize("name", SAMPLES)
def test_some_damage(tmp_path, eclab, gamry, curve, name) -> None:
    fuzz(tmp_path / name, texts(eclab, gamry, curve)[name], FEW, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SAMPLES)
def test_much_damage(tmp_path, eclab, gamry, curve, name) -> None:
    fuzz(tmp_path / name, texts(eclab, gamry, curve)[name], MANY, seed=2)


def test_no_exception_of_a_library_is_behind_a_refusal(
    tmp_path, rng, eclab, gamry, curve
) -> None:
    """The readers say themselves what is wrong; nothing unforeseen is caught late."""
    behind = []
    for name, whole in texts(eclab, gamry, curve).items():
        path = tmp_path / name
        for _ in range(FEW // 4):
            path.write_bytes(damage(whole, rng))
            try:
                read_trace(path)
            except ReadError as error:
                if not isinstance(error.__cause__, InsituTemError | None):
                    behind.append((name, repr(error.__cause__)))
    assert not behind
