# SPDX-License-Identifier: Apache-2.0
"""The typed face costs what C costs, counted in instructions by the benchmark itself: counts are
the same on every machine of a kind, however busy it is."""

import json
import platform
import shutil
import subprocess

import pytest
from support import ROOT

pytestmark = [
    pytest.mark.skipif(platform.machine() != "x86_64", reason="instructions of x86-64"),
    pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed"),
]

# Loads and stores have three orders, compare-exchanges ten pairs, the six others all five.
ORDERS_OF_A_WIDTH = 3 + 3 + 10 + 6 * 5
# Of 16 bytes loads and compare-exchanges are counted.
CASES = 4 * ORDERS_OF_A_WIDTH + 3 + 10
# C's load of 16 bytes is a compare-exchange, which writes; ours is a vector load, which only reads,
# after a check that the processor has it. It takes more instructions and works on memory that is
# mapped for reading only.
READS_ONLY = {f"load 16 {order}/{order}" for order in ("relaxed", "acquire", "seq_cst")}
# A cold build on processors that others use, too.
BUILD_SECONDS = 400
COUNT_SECONDS = 60


@pytest.fixture(scope="module")
def built():
    done = subprocess.run(
        ["swift", "build", "-c", "release", "--package-path", ROOT / "Benchmarks/Core"],
        capture_output=True, text=True, timeout=BUILD_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def counts(built):
    done = subprocess.run(
        [ROOT / "Benchmarks/core", "--counts", "--json"], capture_output=True, text=True,
        timeout=COUNT_SECONDS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["counts"]


def name(row):
    return f"{row['operation']} {row['bytes']} {row['order']}/{row['failure_order']}"


def test_every_operation_is_counted_at_every_order(counts):
    assert len({name(row) for row in counts}) == CASES
    # A turn of the least loop is an instruction and a share of the loop's own.
    assert all(row["instructions"]["c"] > 1 for row in counts)


def test_the_typed_face_takes_the_instructions_of_c(counts):
    found = {name(row): row["instructions"] for row in counts}
    # The benchmark itself excuses nothing else.
    assert {name(row) for row in counts if row["reads_only"]} <= READS_ONLY
    assert not [name(row) for row in counts if row["ok"] is False]
    assert not {
        key: value for key, value in found.items()
        if value["typed"] != value["c"] and key not in READS_ONLY}


def test_the_typed_face_takes_the_instructions_of_synchronization(counts):
    found = {
        name(row): row["instructions"] for row in counts
        if "synchronization" in row["instructions"]}
    assert found
    assert not {
        key: value for key, value in found.items() if value["typed"] != value["synchronization"]}
