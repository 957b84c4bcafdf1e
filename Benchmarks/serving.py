# SPDX-License-Identifier: Apache-2.0
"""Servers under measurement, each on its core, and the load generator beside them; for the programs
of this directory."""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN = pathlib.Path(os.environ.get("ATOMICS_BIN", ROOT / ".build/release"))
SERVER_CORE, LOADER_CORE = "0", "1"
# A load run takes its slices, and as much again to be set up.
LONGEST_SECONDS = 600


# What was started and written is taken away on SIGTERM, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Running:
    """A server: where it listens, and its process."""

    def __init__(self, process, port):
        self.process, self.port, self.address = process, port, f"127.0.0.1:{port}"

    def private_bytes(self):
        """Memory of the process that belongs to no file."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^RssAnon:\s+(\d+) kB", status, re.M)[1]) * 1024

    def processor_seconds(self):
        """What the process and its children have used of a processor by now."""
        tasks = list(pathlib.Path(f"/proc/{self.process.pid}/task").iterdir())
        for child in [pid for task in tasks for pid in (task / "children").read_text().split()]:
            tasks += pathlib.Path(f"/proc/{child}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


@contextlib.contextmanager
def running(name, *arguments, port=None, cores=SERVER_CORE):
    """A server on its core that is ended with the block; ready when its port answers."""
    program = shutil.which(name) or sys.exit(f"{name} is not installed")
    process = subprocess.Popen(
        ["taskset", "-c", cores, program, *map(str, arguments)], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, preexec_fn=_die_with_parent)
    try:
        if port is None:
            line = process.stdout.readline()
            found = re.search(r":(\d+)$", line.strip())
            port = int((found or sys.exit(f"{name} did not start: {line}"))[1])
        deadline = time.monotonic() + 10
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{name} does not listen on port {port}")
            time.sleep(0.02)
        yield Running(process, port)
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@contextlib.contextmanager
def scratch():
    """A directory of memory, gone with the block."""
    path = tempfile.mkdtemp(prefix="atomics-benchmark-", dir="/dev/shm")
    try:
        yield pathlib.Path(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def atomics(*options, threads=1, cores=SERVER_CORE):
    with scratch() as directory, running(
            str(BIN / "atomics-server"), "--listen", "127.0.0.1:0", "--arena",
            directory / "arena", "--threads", threads, *options, cores=cores) as server:
        yield server


def nghttpd(directory, *options, identity=()):
    """nghttp2's own server with one thread, which answers the files of `directory`."""
    port = free_port()
    return running("nghttpd", *options, "-n", 1, "-d", directory, "-a", "127.0.0.1", port,
                   *identity, port=port)


def redis():
    port = free_port()
    return running("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
                   "--appendonly", "no", "--maxclients", 12_000, "--logfile", "/dev/null", port=port)


def memcached():
    port = free_port()
    return running("memcached", "-t", 1, "-l", "127.0.0.1", "-p", port, "-u", "nobody", "-c", 2048,
                   "-m", 256, port=port)


@contextlib.contextmanager
def limit():
    """The least that a server of atr/1 does: limit.c."""
    with scratch() as directory:
        program = directory / "limit"
        subprocess.run(
            ["cc", "-O2", ROOT / "Benchmarks/limit.c", "-o", program], check=True, timeout=120)
        with running(str(program), 0) as server:
            yield server


def client(*arguments, core=LOADER_CORE):
    done = subprocess.run(
        ["taskset", "-c", core, str(BIN / "atomics-client"), *map(str, arguments)],
        capture_output=True, text=True, timeout=LONGEST_SECONDS)
    if done.returncode != 0:
        sys.exit(f"atomics-client {' '.join(map(str, arguments))}:\n{done.stdout}{done.stderr}")
    return done.stdout


def bench(*arguments, core=LOADER_CORE):
    return json.loads(client("bench", "--json", *arguments, core=core))


def loaded(pattern, *command, demanded=""):
    """Requests a second, as a loader on its core says them; none may have failed."""
    done = subprocess.run(["taskset", "-c", LOADER_CORE, *map(str, command)], capture_output=True,
                          text=True)
    rate = re.search(pattern, done.stdout)
    failed = re.search(r"[1-9]\d* (failed|errored|timeout)|Non-2xx|Socket errors", done.stdout)
    if done.returncode != 0 or rate is None or failed or demanded not in done.stdout:
        sys.exit(f"failures at {' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return float(rate[1])


def h2load(connections, streams, requests, body=None):
    """What loads a URL with so many requests in all, and returns how many were answered a second."""
    more = [] if body is None else ["-d", body]
    return lambda url: loaded(
        r"([\d.]+) req/s", "h2load", "-n", requests, "-c", connections, "-m", streams, *more, url,
        demanded=f"status codes: {requests} 2xx")


def version(*command, pattern=r"\d+\.\d+(\.\d+)?"):
    done = subprocess.run(command, capture_output=True, text=True)
    return re.search(pattern, done.stdout + done.stderr)[0]


class Targets:
    """Judges figures, and counts those that miss what they are to reach."""

    def __init__(self):
        self.judged, self.missed = 0, 0

    def at_least(self, value, target, note=""):
        return self._cell(value, target, value >= target, "≥", "<", note)

    def at_most(self, value, target, note=""):
        return self._cell(value, target, value <= target, "≤", ">", note)

    def _cell(self, value, target, holds, good, bad, note):
        self.judged += 1
        self.missed += not holds
        relation = good if holds else f"**{bad}**"
        text = f"{value:.2f}"
        if abs(value - target) < 0.005:
            # Rounded, it could seem to be on the other side.
            text = f"{value:.4f}"
        return f"{text} {relation} {target:g}{note}"

    def conclude(self):
        """Says how many hold; ends the program with 1 where one is missed."""
        print(f"\nAll {self.judged} targets hold." if self.missed == 0
              else f"\n{self.missed} of {self.judged} targets are missed.", flush=True)
        if self.missed:
            sys.exit(1)
