# SPDX-License-Identifier: Apache-2.0
"""The examples of the client: they build by themselves, and each does what its line says."""

import re
import subprocess

import pytest
from support import ENVIRONMENT, ROOT

EXAMPLES = ROOT / "Examples/Service"
SCRATCH = EXAMPLES / ".build"
BUILD_SECONDS = 600
RUN_SECONDS = 60
PROGRAMS = {
    "rate-limiter":
        r"rate-limiter: 4 processes were granted (\d+) of 1200 calls, (\d+) at most\n",
}


@pytest.fixture(scope="module")
def built():
    """The folder of the programs, and what their build printed."""
    done = subprocess.run(
        ["swift", "build", "--package-path", str(EXAMPLES), "--scratch-path", str(SCRATCH)],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=BUILD_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return SCRATCH / "debug", done.stdout + done.stderr


def run(built, program, *arguments):
    return subprocess.run(
        [built[0] / program, *arguments], env=ENVIRONMENT, capture_output=True, text=True,
        timeout=RUN_SECONDS)


def test_the_build_is_free_of_warnings(built):
    own = re.compile(r"^(?!.*/checkouts/).*\.swift:\d+:\d+: (warning|error)", re.MULTILINE)
    assert not own.findall(built[1]), built[1]


@pytest.mark.parametrize("transport", ["atr", "map"])
def test_a_limit_holds_for_all_processes_together(built, server, transport):
    address = f"atr://{server.authority}" if transport == "atr" else f"shm:{server.arena}"
    done = run(built, "rate-limiter", address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    found = re.fullmatch(PROGRAMS["rate-limiter"], done.stdout)
    assert found, done.stdout
    # The burst is there at once; a limit that nobody reaches would show nothing.
    assert 20 <= int(found[1]) < 1200 and int(found[1]) <= int(found[2])
    status, _, names = server.request("GET", "/v1/registers?prefix=example/")
    assert status == 200 and b"limit" not in names


def test_without_a_server_it_says_so(built, arena):
    done = run(built, "rate-limiter", f"unix:{arena}/sock")
    assert done.returncode == 1
    assert str(arena) in done.stderr and done.stdout == ""


def test_every_program_is_tried():
    assert {path.name for path in (EXAMPLES / "Sources").iterdir()} == set(PROGRAMS)
    for path in (EXAMPLES / "Sources").rglob("*.swift"):
        assert len(path.read_text().splitlines()) < 80, path
