"""Real records: what a manifest of single files does not tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import ReadError


@pytest.fixture(scope="session")
def records(shared_data) -> Path:
    folder = shared_data / "potentiostat"
    if not (folder / "MANIFEST.tsv").is_file():
        pytest.skip("the collection has no records")
    return folder


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("nomad-chemical-energy/EISPOT.DTA", "impedance spectrum"),
        ("nomad-chemical-energy/11_PEIS_700mV.pssession", "impedance spectra"),
        ("nomad-chemical-energy/02_peis_ocv.ism", "spectrum"),
        ("impedance.py/exampleDataVersaStudio.par", "impedance spectrum"),
        ("potentiostat-data-parser/ps_single.csv", "curves without times"),
        ("cellpy/nw_regular_export_ife_example.csv", "one inside the other"),
    ],
)
def test_what_is_no_record_is_called_what_it_is(records, name, what) -> None:
    with pytest.raises(ReadError, match=what):
        read_trace(records / name)


def test_one_looped_sequence_interleaves(records) -> None:
    """Techniques of one sequence share a clock and alternate."""
    from napari_insitu_tem.model.trace import merge_traces

    names = ("ocv", "cp", "ca", "gcpl")
    traces = [read_trace(records / "yadg" / f"{n}.issue_149.mpt") for n in names]
    assert len({trace.start for trace in traces}) == 1
    record = merge_traces(traces)
    assert (np.diff(record.time_ns) >= 0).all()
    assert len(record) == sum(len(trace) for trace in traces)
    assert int(record.breaks.sum()) >= 15  # four loops of four techniques
    charge = sum(t.values("charge_C")[-1] - t.values("charge_C")[0] for t in traces[1:])
    own = record.values("charge_C")
    assert own[-1] - own[0] == pytest.approx(charge, rel=1e-9)
