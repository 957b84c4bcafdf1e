# SPDX-License-Identifier: Apache-2.0
"""Servers under test and the plainest ways to talk to them."""

import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("ATOMICS_BIN", ROOT / ".build/debug"))
LONG = bool(os.environ.get("ATOMICS_TEST_LONG"))
# A server outlives no test run, whatever becomes of the test.
SERVER_LIFE_SECONDS = 1800 if LONG else 280

# What the tests are run from must not steer the programs under test.
ENVIRONMENT = {
    name: value for name, value in os.environ.items()
    if not name.startswith("ATOMICS_") or name == "ATOMICS_TEST_LONG"
}


def variants(every, usual):
    """Those that a short run tries; a long one tries every one."""
    assert set(usual) <= set(every)
    return list(every) if LONG else list(usual)


def poll(condition, seconds=10, what="the condition"):
    """Waits until `condition()` is true and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(0.005)


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def start(command, environment=None, **options):
    """A child that ends with the test run."""
    return subprocess.Popen(
        [str(part) for part in command], env={**ENVIRONMENT, **(environment or {})},
        preexec_fn=_die_with_parent, **options)


@contextlib.contextmanager
def arena_directory():
    """A path for an arena, with nothing there yet."""
    parent = tempfile.mkdtemp(prefix="atomics-test-", dir="/dev/shm")
    try:
        yield f"{parent}/arena"
    finally:
        shutil.rmtree(parent, ignore_errors=True)


class Server:
    """`atomics-server` on a free port, until `stop` or the end of a `with`."""

    def __init__(self, arena, *arguments, listen=("127.0.0.1:0",), under=()):
        """`under`: a command that runs the server as its own arguments say."""
        self.arena = arena
        self.log = tempfile.TemporaryFile("w+")
        listening = [part for address in listen for part in ("--listen", address)]
        self.process = start(
            [*under, BINARIES / "atomics-server", *listening, "--arena", arena, *arguments],
            stdout=subprocess.PIPE, stderr=self.log)
        self.end = threading.Timer(SERVER_LIFE_SECONDS, self.process.kill)
        self.end.daemon = True
        self.end.start()
        self.announcement = self._read_announcement()
        self.addresses = [
            line.removeprefix("listening on ")
            for line in self.announcement.splitlines() if line.startswith("listening on ")]
        host, _, port = self.addresses[0].rpartition(":")
        self.host, self.port = host.strip("[]"), int(port) if port.isdigit() else None

    def _read_announcement(self):
        """Everything up to the last of the three commands to try."""
        deadline = time.monotonic() + 20
        text = b""
        while text.partition(b"try:\n")[2].count(b"\n") < 3:
            ready, _, _ = select.select([self.process.stdout], [], [], deadline - time.monotonic())
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                self.process.kill()
                raise AssertionError(f"the server did not start: {text!r} {self.errors()}")
            text += chunk
        return text.decode()

    @property
    def pid(self):
        return self.process.pid

    @property
    def authority(self):
        return f"{self.host}:{self.port}"

    @property
    def url(self):
        return f"http://{self.authority}"

    def await_idle(self, seconds=30):
        """Until the process has used no processor time for a while: it waits for its clients."""
        deadline = time.monotonic() + seconds
        before, since = None, time.monotonic()
        while time.monotonic() - since < 0.4:
            assert time.monotonic() < deadline, "the server does not come to rest"
            used = sum(
                int((task / "schedstat").read_text().split()[0])
                for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir())
            # A timer that fires now and then takes less than this.
            if before is None or used - before > 2_000_000:
                before, since = used, time.monotonic()
            time.sleep(0.02)

    def errors(self):
        self.log.seek(0)
        return self.log.read()

    def memory(self):
        """Resident bytes of its own, without the arena's shared pages."""
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self._forget()

    def stop(self, seconds=10):
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
                raise AssertionError(f"the server did not end in {seconds} s: {self.errors()}")
        self._forget()
        return self.process.returncode

    def _forget(self):
        self.end.cancel()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # MARK: talking to it

    def connect(self, timeout=10):
        connection = socket.create_connection((self.host, self.port), timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def request(self, method, path, body=None, headers=None):
        """(status, fields, body) of one request over HTTP/1.1."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def create(self, name, type="u64", **members):
        status, _, body = self.request("PUT", f"/v1/registers/{name}", {"type": type, **members})
        assert status in (200, 201), body
        return status

    def value(self, name):
        status, _, body = self.request("GET", f"/v1/registers/{name}/value")
        assert status == 200, body
        return int(body)

    def assert_serves(self):
        """The process lives and every protocol works, on a register of its own."""
        assert self.process.poll() is None, self.errors()
        self.create("still-serving")
        status, _, body = self.request("POST", "/v1/registers/still-serving/inc")
        assert status == 200, body


def command_line(*arguments, status=0, server=None, environment=None, directory=None):
    """What `atomics-client` prints, after it ended with `status`."""
    command = [str(BINARIES / "atomics-client"), *map(str, arguments)]
    if server:
        command += ["--server", server]
    done = subprocess.run(
        command, env={**ENVIRONMENT, **(environment or {})}, cwd=directory, capture_output=True,
        text=True, timeout=30, preexec_fn=_die_with_parent)
    assert done.returncode == status, f"{command}: {done.returncode} {done.stdout}{done.stderr}"
    return done.stdout if status == 0 else done.stdout + done.stderr


def raw(server, data, timeout=10, half_close=False):
    """Everything that comes back for `data`, until the server closes."""
    with server.connect(timeout) as connection:
        connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while True:
            try:
                more = connection.recv(65536)
            except ConnectionResetError:
                return received
            if not more:
                return received
            received += more
