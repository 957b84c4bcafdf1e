# SPDX-License-Identifier: Apache-2.0
"""Event streams over HTTP: what they tell, how they end, and what a reader that is slow costs."""

import contextlib
import json
import pathlib
import shutil
import struct
import subprocess
import time

import httpx
import pytest
from atr_client import Client
from c_arena import ask
from http2_connection import HTTP2
from http_events import EventParser, Watching, peers, request
from mapped import map_cell
from support import BINARIES, LONG, Server, poll, start
from test_access import bearer, principal, reload, serving
from test_tls import context, encrypting, made  # noqa: F401


@pytest.fixture
def watched(own_server):
    own_server.create("n")
    yield own_server
    own_server.assert_serves()


def store(server, name, value):
    status, _, body = server.request("PUT", f"/v1/registers/{name}/value", str(value))
    assert status == 204, body


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_curl_hears_of_changes_until_the_end(watched, version):
    process = start(["curl", "-sSN", version, f"{watched.url}/v1/watch?name=n"],
                    stdout=subprocess.PIPE, text=True)

    def event():
        block = ""
        while not block.endswith("\n\n"):
            line = process.stdout.readline()
            if not line:
                return None
            block += line
        events = EventParser().take(block)
        return events[0] if events else event()

    assert (first := event()).kind == "change" and first.data == {
        "name": "n", "type": "u64", "value": "0", "change": 0}
    for value in range(1, 6):
        store(watched, "n", value)
        assert (change := event()).data == {
            "name": "n", "type": "u64", "value": str(value), "change": value}
        assert change.id.split("-")[-1] == str(value + 1)
    watched.request("DELETE", "/v1/registers/n")
    assert (last := event()).kind == "deleted" and last.data == {
        "name": "n", "type": "u64"}
    assert event() is None and process.wait(10) == 0
    process.stdout.close()


def test_programs_on_the_map_are_seen_with_the_library_and_without(watched):
    cell = map_cell(BINARIES / "atomics-client", watched.arena, "n")
    with Watching(watched, "name=n") as stream:
        assert stream.next().value == "0"
        for value in (5, 6, 7):
            ask("set", watched.arena, "n", "store", value)
            assert stream.next().value == str(value)
        cell[:8] = struct.pack("<Q", 1 << 63)
        assert stream.next().value == str(1 << 63)
    cell.release()


def test_many_names_and_prefixes_on_one_stream(watched):
    names = [f"m{index}" for index in range(100)]
    for name in names:
        watched.create(name)
    watched.create("jobs.1", "i8", initial="-1")
    query = [("name", name) for name in names] + [("prefix", "jobs."), ("name", "jobs.1")]
    with httpx.Client(http1=False, http2=True, base_url=watched.url, timeout=30) as http, \
            http.stream("GET", "/v1/watch", params=query) as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["cache-control"] == "no-store"
        parser, chunks = EventParser(), response.iter_text()
        ready = []

        def event():
            while not ready:
                ready.extend(parser.take(next(chunks)))
            return ready.pop(0)

        found = {(e.name, e.value) for e in (event() for _ in range(101))}
        assert found == {(name, "0") for name in names} | {("jobs.1", "-1")}
        store(watched, "m50", 9)
        assert (change := event()).name == "m50" and change.data["change"] == 1
        watched.create("jobs.2", "f64", initial="0.5")
        assert (made := event()).data == {
            "name": "jobs.2", "type": "f64", "value": "0.5", "change": 0}
        watched.request("DELETE", "/v1/registers/jobs.1")
        assert (gone := event()).kind == "deleted" and gone.name == "jobs.1"


def test_who_comes_back_is_told_that_something_is_missing(watched):
    with Watching(watched, "name=n") as stream:
        last = stream.next().id
    store(watched, "n", 4)
    with Watching(watched, "name=n", fields=[f"Last-Event-ID: {last}"]) as stream:
        assert "text/event-stream" in stream.head and "x-accel-buffering: no" in stream.head
        gap, change = stream.next(), stream.next()
        assert gap.kind == "gap" and gap.data == {"name": None, "missed": None, "value": None}
        assert change.kind == "change" and change.value == "4"
        assert gap.id.split("-")[1] == change.id.split("-")[1] != last.split("-")[1]


def settings_beside(arena, text):
    file = pathlib.Path(arena).parent / "settings.yaml"
    file.write_text("limits:\n" + text)
    return "--config", file, "--threads", "1"


@contextlib.contextmanager
def changing(server, name):
    """A client that stores 1, 2, … as fast as it is asked to."""
    with Client(server.host, server.port) as client:
        register = client.open(name)
        yield lambda value: client.operate(register, "store", operand=value)


def test_readers_that_do_not_read_cost_little_and_find_the_latest_value(arena):
    readers, changes = (400, 60_000) if LONG else (60, 12_000)
    with Server(arena, *settings_beside(arena, "  heartbeat_seconds: 0\n")) as server, \
            contextlib.ExitStack() as stack:
        server.create("n")
        streams = [stack.enter_context(Watching(server, "name=n", receive_buffer=4096))
                   for _ in range(readers)]
        for stream in streams:
            assert stream.next().value == "0"
        change = stack.enter_context(changing(server, "n"))
        # Until the sockets are full, which is the kernel's affair, then more.
        before = server.memory()
        for value in range(1, changes):
            change(value)
        grown = server.memory() - before
        assert grown < readers * 20_000 + (4 << 20), grown
        change(changes)
        for stream in streams[:20]:
            events = stream.until(changes)
            missed = sum(event.data["missed"] for event in events if event.kind == "gap")
            # Every change was told, or counted as missed.
            assert len(events) + missed == changes, (len(events), missed)
        with server.connect() as other:
            other.sendall(request("GET", "/livez"))
            assert other.recv(65536).startswith(b"HTTP/1.1 200")


def test_quiet_streams_are_sent_comments_and_dead_readers_are_found(arena):
    big = "m" * 100
    with Server(arena, *settings_beside(arena, "  heartbeat_seconds: 0.1\n")) as server, \
            changing_many(server, big) as change:
        with Watching(server, "name=n") as quiet, \
                Watching(server, f"prefix={big}", receive_buffer=4096) as dead:
            assert quiet.next().value == "0"
            begin = time.monotonic()
            for _ in range(5):
                assert quiet.next(comments=True).kind is None
            assert time.monotonic() - begin > 0.3
            # Reads nothing from here on: when its socket is full, it has four times to take some.
            found = []

            def is_found():
                for _ in range(20):
                    change()
                found.append(peers(server))
                return found[-1] < found[0]

            poll(is_found, seconds=60, what="the end of a reader that reads nothing")
            # What had been sent is there to be read, and then no end of the stream: it was cut.
            with pytest.raises((ConnectionError, OSError)):
                while dead.next():
                    pass
            store(server, "n", 1)
            assert quiet.until(1, comments=True)[-1].kind == "change"


@contextlib.contextmanager
def changing_many(server, prefix):
    """Changes many registers at once, each time it is called."""
    server.create("n")
    count = 200
    with Client(server.host, server.port) as client:
        registers = [client.open(f"{prefix}{index}", create="u64") for index in range(count)]

        def change():
            frames = b"".join(
                client.operation_frame(register, "add", operand=1) for register in registers)
            client.socket.sendall(frames)
            for _ in range(count):
                client.receive()

        yield change


def test_limit_of_streams(arena):
    arguments = settings_beside(arena, "  streams: 200\n")
    with Server(arena, *arguments) as server, server.connect() as connection:
        server.create("n")
        client = HTTP2(server)
        for _ in range(130):
            # As many as the server says that it takes, once that has come.
            if client.session.remote_settings.max_concurrent_streams < 200:
                connection.sendall(client.session.data_to_send())
                client.session.receive_data(connection.recv(65536))
            client.request("GET", "/v1/watch?name=n")
        connection.sendall(client.session.data_to_send())
        bodies = client.answers(connection, 2)
        assert len(bodies) >= 2
        refused = [json.loads(body) for body in bodies.values() if body.startswith(b"{")]
        assert [problem["type"] for problem in refused] == ["/problems/too-many-requests"] * 2
        assert "at most 128 event streams" in refused[0]["detail"]
        server.assert_serves()


def test_rights_hide_names_and_new_rules_end_streams():
    everything = principal("all", ("", ["read", "operate", "create"]))

    def fields(name):
        return [f"Authorization: {bearer(name)['Authorization']}"]

    with serving(principal("p", ("a.", ["read"])), principal("q", ("a.", ["read"])),
                 everything) as (server, file):
        for name in ("a.1", "b.1"):
            assert server.request("PUT", f"/v1/registers/{name}", {"type": "u64"},
                                  bearer("all"))[0] == 201
        with Watching(server, "prefix=", fields("p")) as stream, \
                Watching(server, "name=a.1", fields("q")) as other:
            assert (stream.next().name, other.next().name) == ("a.1", "a.1")
            assert Watching(server, "name=b.1", fields("p")).status == 403
            assert Watching(server, "name=a.1").status == 401
            reload(server, file, [principal("q", ("", ["read"])), everything], 1)
            ended = stream.next()
            assert ended.kind == "ended" and ended.data["type"] == "/problems/unauthorized"
            assert stream.next() is None
            # It may still read what it watches.
            assert server.request("PUT", "/v1/registers/a.1/value", "5", bearer("all"))[0] == 204
            assert other.until(5)[-1].kind == "change"


@pytest.mark.parametrize("http2", [False, True])
def test_over_tls(arena, made, http2):  # noqa: F811
    with Server(arena, *encrypting(made)) as server, httpx.Client(
            verify=context(made), http1=not http2, http2=http2, timeout=30,
            base_url=f"https://localhost:{server.port}") as http:
        assert http.put("/v1/registers/n", json={"type": "u64"}).status_code == 201
        with http.stream("GET", "/v1/watch?name=n") as response:
            parser, chunks = EventParser(), response.iter_text()
            events = []
            for value in range(10):
                while not events or events[-1].value != str(value):
                    events += parser.take(next(chunks))
                wait = {"until": f"eq:{value}", "then": {"op": "inc"}}
                with httpx.Client(verify=context(made), http1=not http2, http2=http2) as other:
                    answer = other.post(
                        f"https://localhost:{server.port}/v1/registers/n/wait", json=wait)
                assert answer.json()["new"] == str(value + 1)


def test_a_server_that_ends_says_so(own_server):
    own_server.create("n")
    with Watching(own_server, "name=n") as stream:
        assert stream.next().value == "0"
        own_server.process.terminate()
        ended = stream.next()
        assert ended.kind == "ended" and ended.data["type"] == "/problems/shutting-down"
        assert stream.next() is None
        assert stream.socket.recv(1) == b""
    assert own_server.process.wait(10) == 0
