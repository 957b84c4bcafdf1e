# SPDX-License-Identifier: Apache-2.0
"""How connections begin, stall and end."""

import os
import random
import socket
import time

import pytest
from atr_client import AS_REGISTERED, GOAWAY, LIST, MAGIC, PING, Client, Refused, Reply, frame
from http2_connection import HTTP2
from support import Server, poll, raw

HELLO = MAGIC + bytes((1, 1, 0, 0)) + (1 << 20).to_bytes(8, "little") + bytes(16)
GET = b"GET /v1/registers/n HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
BODY = b'{"type":"u64"}'
PUT = (b"PUT /v1/registers/n HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
       b"Content-Length: %d\r\n\r\n" % len(BODY)) + BODY


def byte_by_byte(connection, data):
    for index in range(len(data)):
        connection.sendall(data[index:index + 1])
        time.sleep(0.0005)  # a segment of its own; nothing depends on how long


def read_to_end(connection):
    received = b""
    while more := connection.recv(65536):
        received += more
    return received


# MARK: opening bytes


@pytest.mark.parametrize("request_bytes,status", [(PUT, (200, 201)), (GET, (200,))])
def test_http1_one_byte_at_a_time(server, request_bytes, status):
    server.create("n")
    with server.connect() as connection:
        byte_by_byte(connection, request_bytes)
        answer = read_to_end(connection)
    assert int(answer.split()[1]) in status and b'"name":"n"' in answer


@pytest.mark.parametrize("method", [b"POST", b"PATCH", b"PUT", b"PRX"])
def test_methods_that_begin_like_the_preface(server, method):
    with server.connect() as connection:
        byte_by_byte(connection, method + b" /livez HTTP/1.1\r\nHost: localhost\r\n"
                     b"Connection: close\r\n\r\n")
        assert read_to_end(connection).startswith(b"HTTP/1.1 405 ")


def test_http2_one_byte_at_a_time(server):
    server.create("n")
    client = HTTP2(server)
    stream = client.request("POST", "/v1/registers/n/inc", b"{}")
    with server.connect() as connection:
        byte_by_byte(connection, client.session.data_to_send())
        assert b'"op":"inc"' in client.answers(connection, 1)[stream]


def test_the_binary_protocol_one_byte_at_a_time(server):
    with server.connect() as connection:
        byte_by_byte(connection, HELLO + frame(PING, 5, b"8 bytes!"))
        received = b""
        while not received.endswith(frame(PING, 5, b"8 bytes!")):
            received += connection.recv(65536)
        assert received.startswith(MAGIC + b"\1\0")


@pytest.mark.parametrize("garbage", [
    b"\0", b"hello\n", b"\xff" * 100, b"\xa6ATR", b"\r\n\r\n", b"{}", b"\x80\x2e\x01\x03\x01",
])
def test_first_bytes_of_no_protocol(server, garbage):
    answer = raw(server, garbage)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"these bytes open none of" in answer


@pytest.mark.parametrize("garbage", [
    b"SSH-2.0-OpenSSH_9.9\r\n", b"HELO example.org\r\n", b"A" * 20_000, b"PRI * HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + bytes(100), b"\xa7" + bytes(40), b"\xa7ATX" + bytes(40),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
])
def test_first_bytes_that_only_look_right(server, garbage):
    answer = raw(server, garbage, half_close=True)
    if garbage[0] == 0x16:
        assert answer == bytes((0x15, 3, 3, 0, 2, 2, 40))  # alert: handshake_failure
    elif garbage[0] == 0xA7:
        assert answer[0] == GOAWAY and Reply(answer[:16], b"").status == "BAD_FRAME"
    elif not garbage.startswith(b"PRI"):
        assert answer.startswith(b"HTTP/1.1 4"), answer


def test_random_first_bytes(server):
    generator = random.Random(1)
    for _ in range(200):
        raw(server, generator.randbytes(generator.randrange(1, 200)), half_close=True)


def test_silence_and_half_a_greeting_end_in_time(arena):
    limits = ("--set", "limits.classification_timeout_seconds=0.3",
              "--set", "limits.head_timeout_seconds=0.3")
    with Server(arena, *limits) as server:
        # Those that stay undecided close without a word; a head that stays open gets its 408.
        for opening, answer in ((b"", b""), (b"P", b""), (b"PR", b""),
                                (b"GET /livez HTTP/1.1\r\nHost", b"HTTP/1.1 408 ")):
            begin = time.monotonic()
            assert raw(server, opening).startswith(answer)
            assert 0.2 < time.monotonic() - begin < 5, opening
        server.assert_serves()


# MARK: endings


def test_a_half_closed_client_gets_its_answers(server):
    server.create("n")
    two = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2
    assert raw(server, two, half_close=True).count(b"HTTP/1.1 200 ") == 2
    answer = raw(server, HELLO + frame(PING, 1) + frame(PING, 2, b"the end!"), half_close=True)
    assert answer.endswith(frame(PING, 1) + frame(PING, 2, b"the end!"))


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def test_connections_that_end_early_leave_nothing_behind(server):
    before = descriptors(server)
    for number in range(300):
        connection = server.connect()
        connection.sendall([b"", b"P", HELLO[:20], HELLO + frame(PING, 1)[:9], GET[:30]][number % 5])
        if number % 2:
            # A reset instead of an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    poll(lambda: descriptors(server) <= before + 2, what="closing of what the clients closed")


# MARK: pipelining and back-pressure


def test_pipelined_frames_are_answered_in_order(server):
    server.create("pipe")
    with Client(server.host, server.port) as client:
        register = client.open("pipe")
        count = 20_000
        frames = [client.operation_frame(register, "fetch_add", operand=1) for _ in range(count)]
        # More than the socket takes at once: the answers are read while the requests are sent.
        client.socket.setblocking(False)
        sending, received = memoryview(b"".join(frames)), bytearray()
        while len(received) < 24 * count:
            try:
                sending = sending[client.socket.send(sending[:1 << 16]):]
            except BlockingIOError:
                pass
            try:
                received += client.socket.recv(1 << 16)
            except BlockingIOError:
                time.sleep(0.0005)
        for index in range(0, count, 997):
            reply = Reply(received[24 * index:24 * index + 16],
                          received[24 * index + 16:24 * index + 24])
            assert (reply.status, reply.value, reply.sequence) == ("OK", index, index + 2)
    assert server.value("pipe") == count


def test_pipelined_requests_are_answered_in_order(server):
    server.create("h1")
    one = b"POST /v1/registers/h1/inc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    answer = raw(server, one * 200, half_close=True)
    values = [int(part.split(b'"')[0]) for part in answer.split(b'"new":"')[1:]]
    assert values == list(range(1, 201))


@pytest.fixture(scope="module")
def long_list(shared_server):
    """Enough registers for answers that are far longer than their requests."""
    with Client(shared_server.host, shared_server.port) as client:
        for number in range(1000):
            client.create(f"long/{number:04}/" + "n" * 100, "u128", label="l" * 64)


def not_reading(server):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect((server.host, server.port))
    return connection


def send_what_fits(connection, data):
    """Sends until nothing more has gone out for a while; returns what is left."""
    connection.setblocking(False)
    last = time.monotonic()
    while data and time.monotonic() - last < 0.3:
        try:
            data = data[connection.send(data):]
            last = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)
    connection.setblocking(True)
    connection.settimeout(20)
    return data


LIST_FRAME = frame(LIST, 1, bytes(8) + (1000).to_bytes(8, "little"))
LIST_REQUEST = b"GET /v1/registers?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("greeting,request_bytes", [(HELLO, LIST_FRAME), (b"", LIST_REQUEST)],
                         ids=["binary", "http1"])
def test_a_client_that_stops_reading_costs_little(server, long_list, greeting, request_bytes):
    count = 1000 if greeting else 150  # answers of megabytes, far more than sockets hold
    before = server.memory()
    with not_reading(server) as connection:
        left = send_what_fits(connection, greeting + request_bytes * count)
        server.await_idle()
        grown = server.memory() - before
        assert grown < 8 << 20, f"{grown} bytes for one client that does not read"
        for _ in range(20):
            server.assert_serves()
        # Nothing was dropped: whoever reads at last gets every answer.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        if left:
            connection.sendall(left)
        connection.shutdown(socket.SHUT_WR)
        received = read_to_end(connection)
    assert len(received) > count * (10_000 if greeting else 100_000)
    if greeting:
        received, answers = received[received.index(bytes((LIST, 0, 0))):], 0
        while received:
            length = int.from_bytes(received[4:7], "little")
            assert received[0] == LIST and received[2] == 0
            received, answers = received[16 + length:], answers + 1
        assert answers == count
    else:
        assert received.count(b"HTTP/1.1 200 ") == count


def test_an_http2_client_that_stops_reading_costs_little(server, long_list):
    client = HTTP2(server)
    before = server.memory()
    with not_reading(server) as connection:
        for _ in range(100):
            client.request("GET", "/v1/registers?limit=1000")
        send_what_fits(connection, client.session.data_to_send())
        server.await_idle()
        grown = server.memory() - before
        assert grown < 8 << 20, f"{grown} bytes for one client that does not read"
        for _ in range(20):
            server.assert_serves()


def test_one_busy_client_does_not_starve_another(server, long_list):
    """A deep pipeline of the dearest requests, and a client beside it that asks for little."""
    with server.connect() as busy, Client(server.host, server.port) as modest:
        register = modest.open("modest", create="u64")
        busy.sendall(HELLO + LIST_FRAME * 200)
        slowest = 0
        for _ in range(50):
            begin = time.monotonic()
            modest.operate(register, "inc_fetch")
            slowest = max(slowest, time.monotonic() - begin)
        assert slowest < 1, slowest


# MARK: who may ask


@pytest.mark.parametrize("fields,status", [
    ({"Host": "localhost"}, 200),
    ({"Host": "127.0.0.1:7070"}, 200),
    ({"Host": "[::1]:7070"}, 200),
    ({"Host": "attacker.example"}, 421),
    ({"Host": "attacker.example:7070"}, 421),
    ({"Host": "localhost.attacker.example"}, 421),
    ({"Host": "127.0.0.1.attacker.example"}, 421),
    ({"Host": "user@localhost"}, 400),
    ({"Host": "localhost", "Origin": "http://localhost"}, 200),
    ({"Host": "localhost:7070", "Origin": "http://localhost:7070"}, 200),
    ({"Host": "localhost:7070", "Origin": "http://localhost"}, 403),
    ({"Host": "localhost", "Origin": "https://localhost"}, 403),
    ({"Host": "localhost", "Origin": "http://attacker.example"}, 403),
    ({"Host": "localhost", "Origin": "null"}, 403),
    ({"Host": "localhost", "Sec-Fetch-Site": "cross-site"}, 403),
    ({"Host": "localhost", "Sec-Fetch-Site": "same-site"}, 403),
    ({"Host": "localhost", "Sec-Fetch-Site": "same-origin"}, 200),
    ({"Host": "localhost", "Sec-Fetch-Site": "none"}, 200),
])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_web_page_drives_the_server(server, fields, status, method):
    server.create("guard")
    before = server.value("guard")
    path = "/v1/registers/guard" + ("/inc" if method == "POST" else "")
    assert server.request(method, path, headers=fields)[0] == status
    applied = method == "POST" and status == 200
    assert server.value("guard") == before + applied


def test_a_preflight_gets_no_grant(server):
    status, fields, _ = server.request(
        "OPTIONS", "/v1/registers/guard/inc",
        headers={"Origin": "http://attacker.example", "Access-Control-Request-Method": "POST"})
    assert status in (204, 403)
    assert not [name for name in fields if name.lower().startswith("access-control-")]


def test_configured_names_and_origins_are_welcome(arena):
    with Server(arena, "--allow-host", "registers.example",
                "--allow-origin", "https://board.example") as server:
        fields = {"Host": "registers.example:7070", "Origin": "https://board.example"}
        assert server.request("GET", "/livez", headers=fields)[0] == 200
        assert server.request("GET", "/livez", headers={"Host": "other.example"})[0] == 421


def test_the_rest_of_http1(server):
    server.create("n")
    expect = raw(server, b"PUT /v1/registers/n HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                 b"Content-Length: 14\r\nExpect: 100-continue\r\n\r\n" + BODY)
    assert expect.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ") or expect.startswith(
        b"HTTP/1.1 200 ")
    chunked = raw(server, b"POST /v1/registers/n/add HTTP/1.1\r\nHost: localhost\r\n"
                  b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                  b"8\r\n{\"operan\r\n6\r\nd\":\"0\"\r\n1\r\n}\r\n0\r\n\r\n")
    assert b'"op":"add"' in chunked, chunked
    old = raw(server, b"GET /livez HTTP/1.0\r\n\r\n")
    assert old.startswith(b"HTTP/1.1 200 ") or old.startswith(b"HTTP/1.0 200 ")
    head = raw(server, GET.replace(b"GET", b"HEAD"))
    assert head.startswith(b"HTTP/1.1 200 ") and head.endswith(b"\r\n\r\n")
    assert b"content-length: " in head.lower() and b"date: " in head.lower()
    upgrade = raw(server, GET.replace(
        b"Connection: close", b"Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAAQAAP__"))
    assert upgrade.startswith(b"HTTP/1.1 200 "), upgrade


def test_the_arenas_socket_speaks_every_protocol(server):
    path = f"{server.arena}/sock"
    with Client(path) as client:
        register = client.open("by-socket", create="u64")
        assert client.operate(register, "inc_fetch") == 1
        with pytest.raises(Refused):
            client.open("no such name")
        assert register[1] != AS_REGISTERED
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(path)
        connection.sendall(GET.replace(b"/n ", b"/by-socket "))
        assert b'"value":"1"' in read_to_end(connection)
