# SPDX-License-Identifier: Apache-2.0
"""The examples of the client: each does what its line says."""

import re
import subprocess

import pytest
from support import BINARIES, ENVIRONMENT, LONG, ROOT

EXAMPLES = ROOT / "Examples/Service"
SCRATCH = EXAMPLES / ".build"
BUILD_SECONDS = 900
RUN_SECONDS = 60
PROGRAMS = {
    "rate-limiter":
        r"rate-limiter: 4 processes were granted (\d+) of 1200 calls, (\d+) at most\n",
}


def run(program, *arguments):
    """What the programs do that the project's own build has made of the same sources."""
    return subprocess.run(
        [BINARIES / f"example-{program}", *arguments], env=ENVIRONMENT, capture_output=True,
        text=True, timeout=RUN_SECONDS)


@pytest.mark.skipif(not LONG, reason="builds the service's libraries once more")
def test_the_package_builds_by_itself():
    done = subprocess.run(
        ["swift", "build", "--package-path", str(EXAMPLES), "--scratch-path", str(SCRATCH)],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=BUILD_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    own = re.compile(r"^(?!.*/checkouts/).*\.swift:\d+:\d+: (warning|error)", re.MULTILINE)
    assert not own.findall(done.stdout + done.stderr), done.stdout + done.stderr


@pytest.mark.parametrize("transport", ["atr", "map"])
def test_a_limit_holds_for_all_processes_together(server, transport):
    address = f"atr://{server.authority}" if transport == "atr" else f"shm:{server.arena}"
    done = run("rate-limiter", address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    found = re.fullmatch(PROGRAMS["rate-limiter"], done.stdout)
    assert found, done.stdout
    # The burst is there at once; a limit that nobody reaches would show nothing.
    assert 20 <= int(found[1]) < 1200 and int(found[1]) <= int(found[2])
    status, _, names = server.request("GET", "/v1/registers?prefix=example/")
    assert status == 200 and b"limit" not in names


def test_without_a_server_it_says_so(arena):
    done = run("rate-limiter", f"unix:{arena}/sock")
    assert done.returncode == 1
    assert str(arena) in done.stderr and done.stdout == ""


def test_every_program_is_tried():
    assert {path.name for path in (EXAMPLES / "Sources").iterdir()} == set(PROGRAMS)
    for path in (EXAMPLES / "Sources").rglob("*.swift"):
        assert len(path.read_text().splitlines()) < 80, path
