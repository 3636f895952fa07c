from datetime import datetime
from io import StringIO

import pandas as pd
import pytest

from napari_insitu_tem.simulate.gamry_text import gamry_text
from napari_insitu_tem.simulate.voltammetry import SweepPlan, sweep_record

START = datetime(2026, 5, 21, 10, 12, 58)
PLAN = SweepPlan(upper_V=1.0, lower_V=0.2, cycles=2, fading=(1.0, 0.5))


@pytest.fixture
def record(rng):
    return sweep_record(PLAN, rng)


@pytest.fixture
def lines(record):
    text = gamry_text(record, PLAN, START, note="made up").decode("cp1252")
    assert "\n" not in text.replace("\r\n", "")
    return text.split("\r\n")


def test_the_header_names_technique_date_and_sweep(lines):
    assert lines[:2] == ["EXPLAIN", "TAG\tCV"]
    assert "DATE\tLABEL\t5/21/2026\tDate" in lines
    assert "TIME\tLABEL\t10:12:58\tTime" in lines
    assert "SCANRATE\tQUANT\t5.00000E+001\tScan &Rate (mV/s)" in lines


def test_every_cycle_is_a_table_of_its_own(lines, record):
    heads = [i for i, line in enumerate(lines) if line.startswith("CURVE")]
    assert [lines[i] for i in heads] == ["CURVE1\tTABLE\t160", "CURVE2\tTABLE\t160"]
    rows = []
    for head in heads:
        assert lines[head + 2].split("\t")[3] == "V vs. Ref."
        block = [lines[head + 1], *lines[head + 3 : head + 163]]
        rows.append(pd.read_csv(StringIO("\n".join(block)), sep="\t"))
    table = pd.concat(rows, ignore_index=True)
    assert table["Pt"].tolist() == list(range(320))
    for column, name in (
        ("T", "time_s"),
        ("Vf", "potential_V"),
        ("Im", "current_A"),
        ("Sig", "signal_V"),
    ):
        assert table[column].to_numpy() == pytest.approx(
            record[name].to_numpy(), rel=1e-5
        )
