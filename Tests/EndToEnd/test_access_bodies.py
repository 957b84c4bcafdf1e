# SPDX-License-Identifier: Apache-2.0
"""Who shows no identity is answered at the head: the server keeps no body for it."""

import re

import h2.config
import h2.connection
import h2.events
import pytest
from test_access import one_each, token  # noqa: F401


@pytest.mark.parametrize("line,status", [
    ("PUT /v1/registers/a.x", 401), ("POST /v1/registers/a.n/add", 401), ("POST /livez", 405),
    ("GET /livez", 200)])
@pytest.mark.parametrize("framing", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("authorization", ["", f"Authorization: Bearer {token('stranger')}\r\n"])
def test_no_body_is_kept_for_nobody(one_each, line, status, framing, authorization):
    with one_each.connect() as connection:
        connection.sendall(
            f"{line} HTTP/1.1\r\nHost: {one_each.authority}\r\n{authorization}"
            f"Expect: 100-continue\r\n{framing}\r\n\r\n".encode())
        answer = connection.recv(65536).decode()
        # A stranger's token may be one too many.
        assert re.match(f"HTTP/1.1 ({status}|429) ", answer), answer
        assert "\r\nconnection: close\r\n" in answer
        # What it sends all the same is read for a moment and dropped.
        connection.sendall(b"x" * 10_000)
        while connection.recv(65536):
            pass


def test_a_body_is_read_for_somebody(one_each):
    with one_each.connect() as connection:
        connection.sendall(
            f"POST /v1/registers/a.n/inc HTTP/1.1\r\nHost: {one_each.authority}\r\n"
            f"Authorization: Bearer {token('operate')}\r\nContent-Type: application/json\r\n"
            "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_no_body_is_kept_for_nobody_over_http2(one_each):
    client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    client.initiate_connection()
    head = [(":method", "PUT"), (":scheme", "http"), (":authority", one_each.authority),
            (":path", "/v1/registers/a.x"), ("content-length", "1000000")]
    client.send_headers(1, head)
    with one_each.connect() as connection:
        connection.sendall(client.data_to_send())
        statuses = []
        while not statuses:
            for event in client.receive_data(connection.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    statuses.append(dict(event.headers)[b":status"])
    assert statuses == [b"401"]
