# SPDX-License-Identifier: Apache-2.0
"""The access log of a running server: what its lines say, where they go, and how a log is rotated."""

import json
import os
import signal
import subprocess
import time

import httpx
import pytest
from atr_client import Client
from http2_connection import HTTP2
from support import BINARIES, ENVIRONMENT, Server, poll
from test_access import principal, serving, token
from test_tls import context, encrypting, made  # noqa: F401

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def lines(path, count):
    """The lines of the log, once there are so many."""
    def read():
        text = path.read_text() if path.exists() else ""
        found = [json.loads(line) for line in text.splitlines()]
        return found if len(found) >= count else None
    found = poll(read, what=f"{count} lines")
    assert len(found) == count, found
    return found


def test_every_protocol(made, tmp_path):  # noqa: F811
    log = tmp_path / "access.log"
    with serving(principal("billing", ("", ["read", "create"])),
                 arguments=("--access-log", log, *encrypting(made))) as (server, _):
        secret = token("billing")
        fields = {"authorization": f"Bearer {secret}", "traceparent": TRACE}
        before = time.time()
        with httpx.Client(base_url=server.url, headers=fields) as http1:
            assert http1.put("/v1/registers/n", json={"type": "u64"}).status_code == 201
        with httpx.Client(http1=False, http2=True, base_url=server.url, headers=fields) as http2:
            body = http2.get("/v1/registers/n?order=relaxed").content
            http2.get(f"/v1/registers/n?key={secret}")
        url = f"https://{server.authority}"
        with httpx.Client(http2=True, verify=context(made), base_url=url) as encrypted:
            assert encrypted.get("/v1/registers").status_code == 401
        server.request("GET", "/livez", headers={"Host": "evil.example"})
        # What is no HTTP is not logged here.
        with Client(server.host, server.port, token=secret.encode()) as client:
            client.open("n")
        logged = lines(log, 5)
        assert [(line["method"], line["target"], line["protocol"], line["status"],
                 line.get("who"), line.get("problem")) for line in logged] == [
            ("PUT", "/v1/registers/n", "HTTP/1.1", 201, "billing", None),
            ("GET", "/v1/registers/n?order=relaxed", "HTTP/2", 200, "billing", None),
            ("GET", "/v1/registers/n?…", "HTTP/2", 400, "billing", "unknown-member"),
            ("GET", "/v1/registers", "HTTP/2", 401, None, "unauthorized"),
            ("GET", "/livez", "HTTP/1.1", 421, None, "misdirected")]
        assert logged[1]["bytes"] == len(body)
        assert [line.get("trace_id") for line in logged] == [TRACE.split("-")[1]] * 3 + [None] * 2
        assert logged[0]["parent_id"] == TRACE.split("-")[2] and logged[0]["sampled"] is True
        for line in logged:
            assert line["peer"].startswith("127.0.0.1:") and 0 <= line["duration_us"] < 60e6
            assert before - 1 < time.mktime(time.strptime(
                line["time"][:19] + "UTC", "%Y-%m-%dT%H:%M:%S%Z")) - time.timezone
        assert secret not in log.read_text() + server.errors()


def test_answers_that_take_their_time(arena, tmp_path):
    log = tmp_path / "access.log"
    with Server(arena, "--access-log", log) as server:
        server.create("n")
        wait = "/v1/registers/n/wait?until=ge:1&timeout_ms="
        for http2 in False, True:
            with httpx.Client(http1=not http2, http2=http2, base_url=server.url) as web:
                assert web.get(f"{wait}50").json()["satisfied"] is False
                with web.stream("GET", "/v1/watch?name=n") as events:
                    first = next(events.iter_raw())
                # Neither is wanted any more when the connection ends.
        with server.connect() as connection:
            http2 = HTTP2(server)
            http2.request("GET", f"{wait}60000")
            http2.request("GET", f"{wait}50")
            connection.sendall(http2.session.data_to_send())
            http2.answers(connection, 1)
        logged = lines(log, 7)[1:]
        assert [(line["target"].partition("?")[0], line.get("status")) for line in logged] == [
            ("/v1/registers/n/wait", 200), ("/v1/watch", 200)] * 2 + [
            ("/v1/registers/n/wait", 200), ("/v1/registers/n/wait", None)]
        assert all(line["duration_us"] >= 50_000 for line in logged if "wait" in line["target"])
        assert all(line["bytes"] >= len(first) for line in logged if "watch" in line["target"])


def test_rotation(arena, tmp_path):
    log = tmp_path / "access.log"
    with Server(arena, "--access-log", log) as server:
        server.request("GET", "/livez")
        lines(log, 1)
        os.replace(log, tmp_path / "access.log.1")
        server.request("GET", "/readyz")
        assert lines(tmp_path / "access.log.1", 2)[1]["target"] == "/readyz"
        server.process.send_signal(signal.SIGHUP)
        poll(log.exists, what="the new file")
        server.request("GET", "/v1/capabilities")
        assert lines(log, 1)[0]["target"] == "/v1/capabilities"
        assert "nothing to read again" not in server.errors()
        assert server.stop() == 0
        assert len(lines(tmp_path / "access.log.1", 2)) == 2


def test_standard_error_and_sampling(arena):
    with Server(arena, "--access-log", "stderr", "--access-log-one-in", "0") as server:
        server.request("GET", "/livez")
        server.request("GET", "/nothing")
        server.request("GET", "/livez")
        # The end writes what there is.
        assert server.stop() == 0
        logged = [json.loads(line) for line in server.errors().splitlines()
                  if line.startswith("{")]
        assert [line["target"] for line in logged] == ["/nothing"]


def test_off_unless_asked_for(arena):
    with Server(arena) as server:
        server.request("GET", "/livez")
        threads = {open(f"/proc/{server.pid}/task/{task}/comm").read().strip()
                   for task in os.listdir(f"/proc/{server.pid}/task")}
        assert "atomics-access" not in threads
        assert server.stop() == 0 and "livez" not in server.errors()


@pytest.mark.parametrize("path,reason", [
    ("/no/such/directory/log", "open /no/such/directory/log: No such file or directory"),
    ("/tmp", "open /tmp: Is a directory")])
def test_a_log_that_cannot_be_written(arena, path, reason):
    done = subprocess.run(
        [BINARIES / "atomics-server", "--listen", "127.0.0.1:0", "--arena", arena,
         "--access-log", path], env=ENVIRONMENT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr == (
        f"atomics-server: there is no access log: {reason}; see access_log\n")
