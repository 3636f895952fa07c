from datetime import datetime
from io import StringIO

import pandas as pd
import pytest

from napari_insitu_tem.simulate.eclab_text import eclab_text
from napari_insitu_tem.simulate.galvanostat import LithiationPlan, lithiation_record

START = datetime(2026, 3, 18, 14, 5, 12, 400_000)


@pytest.fixture
def record(rng):
    plan = LithiationPlan(contact_s=3.0, on_s=5.0, off_s=20.0, end_s=25.0)
    return lithiation_record(plan, rng)


@pytest.fixture
def text(record):
    return eclab_text(record, START, comment="made up").decode("cp1252")


def split(text):
    """Header lines, and the table with its column names."""
    lines = text.split("\r\n")
    count = int(lines[1].partition(":")[2])
    return lines[: count - 1], "\n".join(lines[count - 1 :])


def test_the_header_counts_its_own_lines(text):
    head, table = split(text)
    assert head[0] == "EC-Lab ASCII FILE"
    assert table.startswith("mode\tox/red\t")
    assert "\n" not in text.replace("\r\n", "")


def test_the_start_is_written_as_eclab_does(text):
    head, _ = split(text)
    assert "Acquisition started on : 03/18/2026 14:05:12.400" in head
    assert "Comments : made up" in head


def test_the_table_gives_the_record_back(text, record):
    table = pd.read_csv(StringIO(split(text)[1]), sep="\t")
    assert table["time/s"].to_numpy() == pytest.approx(record["time_s"].to_numpy())
    for column, original in (
        ("Ewe/V", record["potential_V"]),
        ("I/mA", record["current_A"] * 1e3),
        ("(Q-Qo)/mA.h", record["charge_C"] / 3.6),
        ("Ns", record["step"]),
    ):
        assert table[column].to_numpy() == pytest.approx(
            original.to_numpy(), rel=1e-7, abs=1e-18
        )


def test_each_sequence_begins_its_own_charge(text, record):
    table = pd.read_csv(StringIO(split(text)[1]), sep="\t")
    starts = table.groupby("Ns").first()
    assert starts["dQ/mA.h"].tolist() == [0, 0, 0]
    assert starts["Ns changes"].tolist() == [0, 1, 1]
    assert starts["(Q-Qo)/mA.h"].iloc[2] == pytest.approx(-2e-9 * 15 / 3.6)


def test_sequences_have_a_column_each_in_the_settings(text):
    head, _ = split(text)
    currents = next(line for line in head if line.startswith("Is  "))
    assert currents.split() == ["Is", "0.000", "-2.000", "0.000"]
