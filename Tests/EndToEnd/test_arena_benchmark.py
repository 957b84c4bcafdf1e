# SPDX-License-Identifier: Apache-2.0
"""The benchmark of the arena runs, measures everything that it names, and leaves nothing behind.
How fast things are is no test's business, as other programs use the processors, too."""

import json
import os
import pathlib
import subprocess

import pytest
from support import ROOT

pytestmark = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="two threads are measured on two processors")

# A cold build on processors that others use, too.
BUILD_SECONDS = 600
RUN_SECONDS = 120
FACES = ["typed", "request", "lent typed", "lent request"]
LOOK_UPS = ["find", "find at once", "miss at once", "chase", "create"]


@pytest.fixture(scope="module")
def built():
    done = subprocess.run(
        ["swift", "build", "-c", "release", "--package-path", ROOT / "Benchmarks/Arena"],
        capture_output=True, text=True, timeout=BUILD_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr


def leftovers():
    return set(pathlib.Path("/dev/shm").glob("atomics-benchmark-*"))


@pytest.fixture(scope="module")
def results(built):
    before = leftovers()
    done = subprocess.run(
        [ROOT / "Benchmarks/arena", "--quick", "--json"], capture_output=True, text=True,
        timeout=RUN_SECONDS)
    assert done.returncode == 0, done.stderr
    assert leftovers() <= before
    return json.loads(done.stdout)


def test_operations_are_measured_beside_c(results):
    found = results["operations"]
    assert [row["face"] for row in found["rows"]] == FACES
    assert all(time > 0 for time in found["nanoseconds"].values())
    for row in found["rows"]:
        assert row["nanoseconds"] > 0
        assert set(row["times"]) == {"c", "spaced"} and row["judged_against"] in row["times"]


def test_two_threads_are_measured_on_neighbours_and_apart(results):
    speeds = results["neighbours"]["operations_per_microsecond"]
    assert set(speeds) == {"neighbours", "distant"}
    assert all(speed > 0 for speed in speeds.values())


def test_look_ups_are_measured_at_each_size(results):
    assert [row["registers"] for row in results["look_ups"]] == [1_000, 10_000]
    for row in results["look_ups"]:
        assert set(row["nanoseconds"]) == set(LOOK_UPS)
        assert all(time > 0 for time in row["nanoseconds"].values()) and row["undisturbed"] > 0
        # A record and a cell are 320 bytes.
        assert row["bytes_each"] > 320 and row["adoption_seconds"] > 0


def test_look_ups_are_measured_after_deletions(results):
    found = results["flatness"]
    assert all(time > 0 for time in found["nanoseconds"].values())
    assert found["used_to_fresh"] > 0
    # What was deleted makes room for what comes next.
    step = 16_384 * 400
    assert found["bytes"]["used"] < found["bytes"]["fresh"] + 2 * step


def test_wake_ups_are_measured_beside_a_futex(results):
    assert set(results["wake_ups"]["nanoseconds"]) == {"futex", "wait"}
    assert results["wake_ups"]["wait_to_futex"] > 0


def test_a_look_up_makes_no_system_call(results):
    assert results["system_calls"] == {"none": True, "ok": True}
