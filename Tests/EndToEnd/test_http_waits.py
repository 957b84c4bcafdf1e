# SPDX-License-Identifier: Apache-2.0
"""Waits over HTTP: who ends them, and that nothing is taken for a client that is gone."""

import json
import pathlib
import shutil
import socket
import struct
import subprocess
import threading

import httpx
import pytest
from atr_client import Client
from c_arena import ask
from http2_connection import HTTP2
from http_events import in_background, peers, request, wait_body
from mapped import map_cell
from support import BINARIES, Server, poll, raw, start

PATH = "/v1/registers/n/wait"
TAKE = {"op": "sub", "operand": "1"}


def answer_of(connection):
    """Status and body of the next answer on a connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split(b" ")[1]), json.loads(body)


def waiting(server, until="ge:1", then=None, milliseconds=20_000):
    """A connection that has asked for a wait, which the server has begun."""
    connection = server.connect(timeout=30)
    connection.sendall(request("POST", PATH, wait_body(until, milliseconds, then)))
    return connection


def settled(server):
    """What was sent before is done: another connection of the one loop has been answered since."""
    for _ in range(3):
        server.request("GET", "/livez")


@pytest.fixture
def one_loop(arena):
    with Server(arena, "--threads", "1") as server:
        server.create("n")
        yield server
        assert server.stop() == 0, server.errors()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_curl_waits_for_a_program_on_the_map(one_loop, version):
    def curl(*arguments):
        done = subprocess.run(["curl", "-sS", version, *arguments], capture_output=True, text=True,
                              timeout=30)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    url = f"{one_loop.url}{PATH}"
    assert curl(f"{url}?until=ge:10&timeout_ms=0") == {"satisfied": False, "value": "0"}
    result = in_background(lambda: curl(f"{url}?until=ge:10&timeout_ms=20000"))
    settled(one_loop)
    ask("set", one_loop.arena, "n", "store", 10)
    assert result() == {"satisfied": True, "value": "10"}
    body = wait_body("ge:10", then={"op": "sub", "operand": "4"}).decode()
    assert curl(url, "-d", body) == {"satisfied": True, "value": "10", "old": "10", "new": "6"}


def test_a_program_that_knows_nothing_of_the_service_is_seen(one_loop):
    cell = map_cell(BINARIES / "atomics-client", one_loop.arena, "n")
    connection = waiting(one_loop, "eq:77")
    settled(one_loop)
    cell[:8] = struct.pack("<Q", 77)
    assert answer_of(connection) == (200, {"satisfied": True, "value": "77"})
    connection.close()
    cell.release()


def test_a_semaphore_over_both_protocols(one_loop):
    """Each of many clients takes a permit, holds it for a moment and gives it back: never more than
    there are, and all are served."""
    permits, rounds, most, now = 3, 8, [0], [0]
    lock = threading.Lock()
    with Client(one_loop.host, one_loop.port) as client:
        client.operate(client.open("n"), "store", operand=permits)
    failures = []

    def work(http2):
        with httpx.Client(http1=not http2, http2=http2, base_url=one_loop.url, timeout=60) as http:
            for _ in range(rounds):
                taken = http.post(PATH, content=wait_body("ge:1", then=TAKE))
                if taken.status_code != 200 or not taken.json()["satisfied"]:
                    failures.append(taken.text)
                    return
                with lock:
                    now[0] += 1
                    most[0] = max(most[0], now[0])
                with lock:
                    now[0] -= 1
                http.post("/v1/registers/n/add", content=b'{"operand":"1"}')

    threads = [threading.Thread(target=work, args=(index % 2 == 0,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures and 1 <= most[0] <= permits
    assert one_loop.value("n") == permits


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("leave", [socket.socket.close, reset])
def test_a_client_that_is_gone_takes_nothing(one_loop, leave):
    gone = waiting(one_loop, then=TAKE)
    settled(one_loop)
    stays = waiting(one_loop, then=TAKE)
    settled(one_loop)
    leave(gone)
    settled(one_loop)
    one_loop.request("POST", "/v1/registers/n/add", {"operand": "1"})
    # The first in line was the one that left.
    assert answer_of(stays) == (200, {"satisfied": True, "value": "1", "old": "1", "new": "0"})
    stays.close()


def test_a_stream_that_was_reset_takes_nothing(one_loop):
    client = HTTP2(one_loop)
    with one_loop.connect() as connection:
        streams = [client.request("POST", PATH, wait_body("ge:1", then=TAKE)) for _ in range(2)]
        client.session.reset_stream(streams[0], error_code=8)
        connection.sendall(client.session.data_to_send())
        settled(one_loop)
        one_loop.request("POST", "/v1/registers/n/add", {"operand": "1"})
        bodies = client.answers(connection, 1)
    assert json.loads(bodies[streams[1]])["new"] == "0" and streams[0] not in bodies
    assert one_loop.value("n") == 0


def test_a_half_closed_client_looks_but_does_not_take(one_loop):
    answer = raw(one_loop, request("POST", PATH, wait_body("ge:1", then=TAKE)), half_close=True)
    assert answer.startswith(b"HTTP/1.1 409 ") and b"/problems/cancelled" in answer
    assert b'"applied":"no"' in answer
    looks = waiting(one_loop, "ge:1")
    looks.shutdown(socket.SHUT_WR)
    settled(one_loop)
    one_loop.request("POST", "/v1/registers/n/add", {"operand": "1"})
    assert answer_of(looks) == (200, {"satisfied": True, "value": "1"})
    assert looks.recv(1) == b""
    looks.close()


def test_deletion_and_shutdown_are_told(one_loop):
    connection = waiting(one_loop)
    settled(one_loop)
    one_loop.request("DELETE", "/v1/registers/n")
    status, problem = answer_of(connection)
    assert (status, problem["type"], problem["applied"]) == (410, "/problems/gone", "no")
    one_loop.create("n")
    connection.sendall(request("POST", PATH, wait_body("ge:1")))
    settled(one_loop)
    one_loop.process.terminate()
    status, problem = answer_of(connection)
    assert (status, problem["type"]) == (503, "/problems/shutting-down")
    assert connection.recv(1) == b""
    connection.close()
    assert one_loop.process.wait(10) == 0


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_shutdown_is_told_over_http2(own_server):
    own_server.create("n")
    before = peers(own_server)
    process = start(
        ["curl", "-sS", "--http2-prior-knowledge", "-w", "%{http_code}",
         f"{own_server.url}{PATH}?until=ge:1"], stdout=subprocess.PIPE, text=True)
    poll(lambda: peers(own_server) > before, what="a connection")
    settled(own_server)
    own_server.process.terminate()
    answer, _ = process.communicate(timeout=20)
    assert answer.endswith("503") and "/problems/shutting-down" in answer
    assert own_server.process.wait(10) == 0


def test_limits_say_so_and_a_wait_that_ends_makes_room(arena):
    settings = pathlib.Path(arena).parent / "settings.yaml"
    settings.write_text("limits:\n  waits_total: 2\n  wait_timeout_seconds: 0.2\n"
                        "  wait_timeout_limit_seconds: 1\n")
    with Server(arena, "--config", settings, "--threads", "1") as server:
        server.create("n")
        first = [waiting(server, milliseconds=1000) for _ in range(2)]
        settled(server)
        status, fields, body = server.request("POST", PATH, {"until": "ge:1"})
        assert status == 429 and int(fields["retry-after"]) > 0, body
        assert json.loads(body)["type"] == "/problems/too-many-requests"
        status, _, body = server.request("POST", PATH, {"until": "ge:1", "timeout_ms": 1001})
        assert status == 400 and b"at most 1000" in body
        for connection in first:
            assert answer_of(connection) == (200, {"satisfied": False, "value": "0"})
            connection.close()
        # Nothing was said of a time: that of the settings.
        status, _, body = server.request("GET", f"{PATH}?until=ge:1")
        assert (status, json.loads(body)["satisfied"]) == (200, False)
        limits = json.loads(server.request("GET", "/v1/capabilities")[2])["limits"]
        assert (limits["wait_ms"], limits["wait_limit_ms"]) == (200, 1000)


def test_requests_behind_a_wait_are_answered_in_order(one_loop):
    with one_loop.connect(timeout=30) as connection:
        connection.sendall(
            request("POST", PATH, wait_body("ge:1"))
            + request("GET", "/v1/registers/n/value") + request("GET", "/livez"))
        settled(one_loop)
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(30)
        one_loop.request("POST", "/v1/registers/n/add", {"operand": "1"})
        data = b""
        while data.count(b"HTTP/1.1 200 OK") < 3 or not data.endswith(b"}"):
            more = connection.recv(65536)
            assert more, data
            data += more
        assert data.index(b'"satisfied":true') < data.index(b"\r\n\r\n1\n") < data.index(b'"ok"')
