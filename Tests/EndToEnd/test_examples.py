# SPDX-License-Identifier: Apache-2.0
"""The examples use AtomicsCore alone: they build where neither nghttp2 nor OpenSSL is installed,
and each does what its line says."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from support import ENVIRONMENT, ROOT

EXAMPLES = ROOT / "Examples"
SCRATCH = EXAMPLES / ".build"
BUILD_SECONDS = 280
RUN_SECONDS = 60
# What the service needs and the library does not.
HIDDEN = [
    path for path in (pathlib.Path("/usr/include/nghttp2"), pathlib.Path("/usr/include/openssl"))
    if path.is_dir()
]
PROGRAMS = {
    "race": r"race: plain (\d+) of 10000000, atomic 10000000 of 10000000\n",
    "threads": r"threads: 4 threads took 1000000 of 1000000 tickets, one of them \d+\n",
    "processes": r"processes: 4 processes counted to 1000000 of 1000000\n",
    "multiply": r"multiply: 3\^400000 modulo 2\^64 is (\d+): loop \1, update \1\n",
}


def alone():
    """A command that runs another with mounts of its own, or nothing where that is not permitted."""
    for user in ([], ["--user", "--map-root-user"]):
        command = ["unshare", *user, "--mount"]
        try:
            if subprocess.run([*command, "true"], capture_output=True, timeout=20).returncode == 0:
                return command
        except FileNotFoundError:
            break
    return []


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the programs, built from nothing; and what the build printed."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    build = ["swift", "build", "-c", "release", "--package-path", str(EXAMPLES),
             "--scratch-path", str(SCRATCH)]
    namespace = alone()
    if namespace:
        hide = "; ".join(f"mount -t tmpfs hidden '{path}'" for path in HIDDEN)
        check = "; ".join(f"test -z \"$(ls -A '{path}')\"" for path in HIDDEN)
        build = [*namespace, "bash", "-ec", f'{hide}\n{check}\nexec "$@"', "bash", *build]
    else:
        build.append("--verbose")
    environment = {
        **ENVIRONMENT,
        "PKG_CONFIG_LIBDIR": str(tmp_path_factory.mktemp("no-pkg-config")),
        "PKG_CONFIG_PATH": "",
    }
    done = subprocess.run(
        build, env=environment, capture_output=True, text=True, timeout=BUILD_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return SCRATCH / "release", done.stdout + done.stderr


def test_the_build_needs_no_other_library(built):
    _, printed = built
    # That a library for pkg-config to find is missing may be told: nothing that is built needs it.
    lines = [line for line in printed.splitlines() if "pc file" not in line]
    for name in ("nghttp2", "openssl", "libcrypto", "libssl"):
        assert not [line for line in lines if name in line.lower()]


def test_the_build_is_free_of_warnings(built):
    _, printed = built
    own = re.compile(r"^(?!.*/checkouts/).*\.swift:\d+:\d+: (warning|error)", re.MULTILINE)
    assert not own.findall(printed), printed


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_programs_need_only_the_system(built, program):
    folder, _ = built
    needed = subprocess.run(
        ["ldd", folder / program], check=True, capture_output=True, text=True).stdout
    assert not re.search(r"nghttp2|libssl|libcrypto", needed), needed


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_does_what_its_line_says(built, program):
    folder, _ = built
    before = set(os.listdir("/dev/shm"))
    done = subprocess.run(
        [folder / program], env=ENVIRONMENT, capture_output=True, text=True, timeout=RUN_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    found = re.fullmatch(PROGRAMS[program], done.stdout)
    assert found, done.stdout
    # Threads that take turns on a single processor may lose nothing.
    if program == "race" and len(os.sched_getaffinity(0)) > 1:
        assert int(found[1]) < 10_000_000
    left = {name for name in os.listdir("/dev/shm") if name.startswith("atomics-example-")}
    assert not left - before


def test_the_race_ends_well_on_a_single_processor(built):
    folder, _ = built
    processor = str(min(os.sched_getaffinity(0)))
    done = subprocess.run(
        ["taskset", "-c", processor, folder / "race"], env=ENVIRONMENT, capture_output=True,
        text=True, timeout=RUN_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(PROGRAMS["race"], done.stdout), done.stdout


def test_a_child_that_finds_no_file_fails(built):
    folder, _ = built
    done = subprocess.run(
        [folder / "processes", "/dev/shm/no-such-file"], env=ENVIRONMENT, capture_output=True,
        text=True, timeout=RUN_SECONDS)
    assert done.returncode == 1
    assert "no-such-file" in done.stderr


def test_every_program_is_tried():
    sources = {path.name for path in (EXAMPLES / "Sources").iterdir()}
    assert sources == set(PROGRAMS)
    for path in (EXAMPLES / "Sources").rglob("*.swift"):
        assert len(path.read_text().splitlines()) < 80, path
