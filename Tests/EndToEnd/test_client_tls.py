# SPDX-License-Identifier: Apache-2.0
"""`atomics-client` over TLS: whom it believes, whom it shows itself to, and where its token goes."""

import json
import socket
import subprocess

import pytest
from support import BINARIES, Server, arena_directory, command_line, start
from test_access import principal, token
from test_tls import asking_clients, encrypting, made  # noqa: F401

SCHEMES = "atrs", "https"


@pytest.fixture(scope="module")
def server(made):  # noqa: F811
    with arena_directory() as arena, Server(arena, *encrypting(made)) as server:
        yield server
        assert server.stop() == 0, server.errors()


@pytest.fixture(scope="module")
def mutual(made):  # noqa: F811
    with arena_directory() as arena, Server(
            arena, *encrypting(made), *asking_clients(made, "required")) as server:
        yield server
        assert server.stop() == 0, server.errors()


def roots(made, name="authority"):  # noqa: F811
    return "--tls-ca", f"{made}/{name}.pem"


def showing(made, name):  # noqa: F811
    return "--tls-certificate", f"{made}/{name}.pem", "--tls-key", f"{made}/{name}.key"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_works_by_options_and_by_variables(server, made, scheme):  # noqa: F811
    address = f"{scheme}://{server.authority}"
    name = f"options-{scheme}"
    command_line("create", name, "u64", *roots(made), server=address)
    assert command_line("inc", name, *roots(made), server=address) == "1\n"
    environment = {"ATOMICS_SERVER": address, "ATOMICS_TLS_CA": f"{made}/authority.pem"}
    assert command_line("inc", name, environment=environment) == "2\n"
    # An option wins over its variable.
    environment["ATOMICS_TLS_CA"] = f"{made}/stranger.pem"
    assert command_line("inc", name, *roots(made), environment=environment) == "3\n"
    answer = json.loads(
        command_line("ping", "--count", 1, "--json", *roots(made), environment=environment))
    assert answer["server"] == address


@pytest.mark.parametrize("scheme", SCHEMES)
def test_says_why_a_server_is_not_believed(server, made, scheme):  # noqa: F811
    address = f"{scheme}://{server.authority}"
    text = command_line("ping", status=3, server=address)
    assert text == (
        f"atomics-client: Cannot reach {address}: the server's certificate comes from an authority "
        "that is not trusted here. Start the server, or use another address. "
        "--server names another.\n")
    text = command_line(
        "ping", *roots(made), "--tls-server-name", "other.test", status=3, server=address)
    assert "the server's certificate is not for other.test" in text
    name = "--tls-server-name", "localhost"
    assert command_line("ping", *roots(made), *name, server=address)
    assert command_line("ping", "--tls-insecure", server=address)
    assert "--tls-ca" in command_line("ping", "--help")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_certificates_on_both_sides(mutual, made, scheme):  # noqa: F811
    address = f"{scheme}://{mutual.authority}"
    alice = *roots(made), *showing(made, "alice")
    command_line("create", f"mutual-{scheme}", "u64", *alice, server=address)
    environment = {
        "ATOMICS_TLS_CA": f"{made}/authority.pem", "ATOMICS_TLS_CERTIFICATE": f"{made}/alice.pem",
        "ATOMICS_TLS_KEY": f"{made}/alice.key"}
    assert command_line(
        "inc", f"mutual-{scheme}", environment=environment, server=address) == "1\n"
    text = command_line("ping", *roots(made), status=3, server=address)
    assert "the server wants a client certificate" in text
    text = command_line("ping", *roots(made), *showing(made, "mallory"), status=3, server=address)
    assert "does not trust the authority of the client certificate" in text


def test_a_file_that_is_no_good_is_named(server, made):  # noqa: F811
    address = f"atrs://{server.authority}"
    for options, name in [
            (("--tls-ca", "/nowhere.pem"), "/nowhere.pem"),
            ((*roots(made), "--tls-certificate", f"{made}/make.log"), f"{made}/make.log"),
            ((*roots(made), *showing(made, "alice")[:2], "--tls-key", f"{made}/encrypted.key"),
             f"{made}/encrypted.key")]:
        assert name in command_line("ping", *options, status=2, server=address)


def test_a_peer_that_speaks_plainly_or_hangs_up_is_no_tls_server(made):  # noqa: F811
    with arena_directory() as arena, Server(arena) as plain:
        for scheme in SCHEMES:
            text = command_line(
                "ping", *roots(made), status=3, server=f"{scheme}://{plain.authority}")
            assert "speak TLS there" in text
        plain.assert_serves()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = start(
            [BINARIES / "atomics-client", "ping", "--server", f"atrs://127.0.0.1:{port}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        listener.settimeout(20)
        connection, _ = listener.accept()
        connection.recv(1 << 16)
        connection.close()
        _, errors = client.communicate(timeout=20)
    assert client.returncode == 3
    assert "hung up during the TLS handshake: does it speak TLS there?" in errors


def test_a_token_goes_through_tls_and_never_plainly_beyond_loopback(made, tmp_path):  # noqa: F811
    access = tmp_path / "access.yaml"
    access.write_text(json.dumps({"principals": [principal("all", ("", ["read", "create"]))]}))
    access.chmod(0o600)
    secret = tmp_path / "token"
    secret.write_text(token("all"))
    secret.chmod(0o600)
    with arena_directory() as arena, Server(
            arena, *encrypting(made), "--access", access) as server:
        for scheme in SCHEMES:
            command_line(
                "create", "with-token", "u64", *roots(made), "--token-file", secret,
                server=f"{scheme}://{server.authority}")
            address = f"{scheme}://{server.authority}"
            for words, output in [
                    (("wait", "with-token", "eq", "0"), "0\n"),
                    (("watch", "with-token", "-n", "1"), "with-token 0\n"),
                    (("watch", "--prefix", "with", "-n", "1"), "with-token 0\n")]:
                assert output == command_line(
                    *words, *roots(made), "--token-file", secret, server=address)
                # Asked by nobody in particular, and for what the token does not permit.
                command_line(*words, *roots(made), status=4, server=address)
            command_line(
                "wait", "with-token", "eq", "0", "--then", "inc", *roots(made), "--token-file",
                secret, status=4, server=address)
        assert server.stop() == 0, server.errors()
    # Nobody listens there, and nobody is asked: the mistake is found before.
    for address, instead in [
            ("atr://192.0.2.1:7070", "atrs://192.0.2.1:7070"),
            ("http://192.0.2.1:7070", "https://192.0.2.1:7070")]:
        text = command_line("ping", "--token-file", secret, status=2, server=address)
        assert f"use {instead}" in text and "--insecure-token" in text
        assert token("all") not in text
    # Told to, it tries.
    command_line(
        "ping", "--token-file", secret, "--insecure-token", "--timeout", "0.1", status=3,
        server="atr://192.0.2.1:7070")
