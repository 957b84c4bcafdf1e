# SPDX-License-Identifier: Apache-2.0
"""Handshakes of TLS: what half of one costs, what the log says of them, what is resumed."""

import contextlib
import os
import re
import shutil
import signal
import ssl

import pytest
from support import Server, poll
from test_tls import (  # noqa: F401
    asking_clients, context, encrypted, encrypting, made, server, tls_server)


def claim(count):
    """The record that begins a hello of `count` bytes."""
    return b"\x16\x03\x01\0\x05\x01" + count.to_bytes(3) + b"\x03"


def test_half_a_handshake_costs_little(made, arena):
    with Server(arena, *encrypting(made)) as server, contextlib.ExitStack() as stack:
        def begin(count):
            connection = stack.enter_context(server.connect())
            connection.sendall(claim(count))
            return connection

        # Refused by an alert at once, before there is room for it.
        assert begin(0x20000).recv(64) == b"\x15\x03\x03\0\x02\x02\x2f"
        # What was counted once only is there already.
        begin(16000)
        server.await_idle()
        before = server.memory()
        opened = [begin(16000) for _ in range(300)]
        server.await_idle()
        each = (server.memory() - before) / 300
        for connection in opened:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
        assert each < 96 << 10, each


def test_failed_handshakes_are_in_the_log(made, arena):
    with Server(arena, *encrypting(made), *asking_clients(made, "required")) as server:
        for _ in range(20):
            with server.connect() as connection:
                address = "%s:%d" % connection.getsockname()
                connection.sendall(claim(0x20000))
                assert connection.recv(64)
        poll(lambda: f"last_from={address}" in server.errors(), what="the last address")
        log = server.errors()
        assert "more than 16384 bytes" in log
        lines = [line for line in log.splitlines() if "TLS handshakes failed" in line]
        assert sum(int(re.search(r"handshakes=(\d+)", line)[1]) for line in lines) == 20
        assert len(lines) < 10, lines
        with pytest.raises((ssl.SSLError, ConnectionError)):
            with encrypted(server, context(made)) as connection:
                assert connection.recv(1) == b""
                raise ConnectionResetError
        poll(lambda: "did not return a certificate" in server.errors(), what="the reason")


# MARK: resumption


def ask_resumed(server, tls, session=None):
    """A request; returns the session, and whether it was resumed. 1.3 sends tickets after the
    handshake: they have come when the answer has."""
    with tls.wrap_socket(
            server.connect(), server_hostname=server.host, session=session) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        return connection.session, connection.session_reused


VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize("version", VERSIONS)
def test_sessions_are_resumed(server, made, version):
    tls = context(made)
    tls.minimum_version = tls.maximum_version = version
    session, _ = ask_resumed(server, tls)
    # As long as it stands for what was verified.
    assert session.ticket_lifetime_hint == 600
    assert ask_resumed(server, tls, session)[1]


@pytest.mark.parametrize("version", VERSIONS)
def test_resumption_keeps_the_identity_until_its_root_goes(made, arena, tmp_path, version):
    def install(authority):
        shutil.copy(f"{made}/{authority}.pem", tmp_path / "new")
        os.replace(tmp_path / "new", tmp_path / "clients.pem")

    def client(name):
        tls = context(made, client=name)
        tls.minimum_version = tls.maximum_version = version
        return tls

    access = tmp_path / "access.yaml"
    access.write_text("""principals:
  - {name: alice, certificate: [www.alice.test], allow: [{prefix: "", may: [read]}]}""")
    install("authority")
    with Server(arena, *encrypting(made), "--tls-client-ca", tmp_path / "clients.pem",
                "--tls-client-certificates", "required", "--access", access) as server:
        def status(tls, session=None):
            with tls.wrap_socket(
                    server.connect(), server_hostname=server.host, session=session) as connection:
                connection.sendall(b"GET /v1/registers HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return connection.session_reused, connection.recv(65536)[9:12]

        alice, mallory = client("alice"), client("mallory")
        session, _ = ask_resumed(server, alice)
        assert status(alice, session) == (True, b"200")

        install("stranger")
        server.process.send_signal(signal.SIGHUP)
        poll(lambda: "loaded again" in server.errors(), what="the new root")
        # Neither a new handshake nor a ticket of before gets her in.
        for ticket in session, None:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                assert status(alice, ticket)[1] == b"", "1.3 tells only after its own handshake"
                raise ConnectionResetError
        # One whom the new root vouches for is let in, and is nobody whom the rules know.
        assert status(mallory) == (False, b"401")
