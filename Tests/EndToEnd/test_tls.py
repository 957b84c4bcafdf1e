# SPDX-License-Identifier: Apache-2.0
"""The server over TLS: every protocol, certificates of clients, new certificates while it runs, and
what is refused beyond loopback."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile

import h2.config
import h2.connection
import h2.events
import httpx
import pytest
from atr_client import GOAWAY, Client, Reply
from support import ROOT, Server, arena_directory, poll
from test_connections import HELLO
from test_lifecycle import refused


@pytest.fixture(scope="module")
def made():
    """The certificates of `Tests/Certificates/make`."""
    with tempfile.TemporaryDirectory(prefix="atomics-certificates-") as directory:
        subprocess.run([ROOT / "Tests/Certificates/make", directory], check=True, timeout=60)
        yield directory


def encrypting(made, name="server"):
    return "--tls-certificate", f"{made}/{name}.pem", "--tls-key", f"{made}/{name}.key"


def asking_clients(made, policy):
    return ("--tls-client-ca", f"{made}/authority.pem", "--tls-client-certificates", policy)


@pytest.fixture(scope="module")
def tls_server(made):
    with arena_directory() as arena, Server(arena, *encrypting(made)) as server:
        server.create("hits")
        yield server
        assert server.stop() == 0, server.errors()


@pytest.fixture
def server(tls_server):
    yield tls_server
    tls_server.assert_serves()


def context(made, *protocols, client=None):
    made_context = ssl.create_default_context(cafile=f"{made}/authority.pem")
    if protocols:
        made_context.set_alpn_protocols(protocols)
    if client:
        made_context.load_cert_chain(f"{made}/{client}.pem", f"{made}/{client}.key")
    return made_context


def encrypted(server, tls, host=None):
    return tls.wrap_socket(server.connect(), server_hostname=host or server.host)


def curl(made, *arguments, status=0):
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "20", "--cacert", f"{made}/authority.pem", *arguments],
        capture_output=True, text=True, timeout=30)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stdout if status == 0 else done.stderr


def certificate_name(server, made, host=None, client=None):
    """The common name of the certificate that a new connection sees."""
    with encrypted(server, context(made, client=client), host) as connection:
        subject = connection.getpeercert()["subject"]
        return dict(part[0] for part in subject)["commonName"]


# MARK: protocols


@pytest.mark.parametrize("offered,chosen", [
    (["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["atr/1", "http/1.1"], "http/1.1"),
    (["atr/1"], "atr/1"), (["spdy/3", "atr/1"], "atr/1"), ([], None),
])
def test_the_protocol_is_agreed_on(server, made, offered, chosen):
    with encrypted(server, context(made, *offered)) as connection:
        assert connection.selected_alpn_protocol() == chosen
        assert connection.version() == "TLSv1.3"


def test_no_common_protocol_is_told_so(server, made):
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        encrypted(server, context(made, "h3"))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version,works", [
    (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True),
    (ssl.TLSVersion.TLSv1, False), (ssl.TLSVersion.TLSv1_1, False),
])
def test_versions(server, made, version, works):
    tls = context(made)
    tls.minimum_version = tls.maximum_version = version
    tls.set_ciphers("DEFAULT:@SECLEVEL=0")
    if not works:
        with pytest.raises(ssl.SSLError):
            encrypted(server, tls)
        return
    with encrypted(server, tls) as connection:
        assert connection.version() == version.name.replace("_", ".")


@pytest.mark.parametrize("flag,version", [("--http1.1", "1.1"), ("--http2", "2")])
def test_curl(server, made, flag, version):
    url = f"https://localhost:{server.port}/v1/registers/hits"
    before = int(curl(made, flag, f"{url}/value"))
    answer = curl(made, flag, "-w", "%{http_version}", "-X", "POST", f"{url}/inc")
    body, _, spoken = answer.rpartition("}")
    assert json.loads(body + "}")["new"] == str(before + 1) and spoken.strip() == version
    assert int(curl(made, f"https://127.0.0.1:{server.port}/v1/registers/hits/value")) == before + 1


def test_who_does_not_trust_the_server_is_not_talked_to(server, made):
    url = f"https://localhost:{server.port}/livez"
    done = subprocess.run(["curl", "-sS", url], capture_output=True, text=True, timeout=30)
    assert done.returncode == 60, done.stderr
    with pytest.raises(ssl.SSLCertVerificationError, match="(?i)mismatch"):
        encrypted(server, context(made), "example.com")


def test_openssl_client(server, made):
    def ask(*options):
        return subprocess.run(
            ["openssl", "s_client", "-connect", server.authority, "-CAfile",
             f"{made}/authority.pem", "-verify_return_error", "-quiet", "-ign_eof", *options],
            input="GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            capture_output=True, text=True, timeout=30)
    for options in ["-tls1_3"], ["-tls1_2"], ["-alpn", "http/1.1"]:
        done = ask(*options)
        assert "HTTP/1.1 200 OK" in done.stdout, (options, done.stderr)
    # Who wants to negotiate again is sent away.
    again = subprocess.run(
        ["openssl", "s_client", "-connect", server.authority, "-tls1_2"], input="R\n",
        capture_output=True, text=True, timeout=30)
    assert "RENEGOTIATING" in again.stderr and "no renegotiation" in again.stderr, again.stderr
    # What makes a server calculate more than its client is not spoken.
    assert "HTTP/1.1" not in ask("-tls1_2", "-cipher", "DHE").stdout


def test_the_binary_protocol(server, made):
    connection = encrypted(server, context(made, "atr/1"))
    with Client(connection) as client:
        register = client.open("atr", create="u64")
        before = client.operate(register, "fetch_add", operand=5)
        frames = [client.operation_frame(register, "inc_fetch") for _ in range(5000)]
        connection.sendall(b"".join(frames))
        for number in range(1, 5001):
            assert client.receive().value == before + 5 + number
    assert server.value("atr") == before + 5005


def test_http2_by_a_library(server, made):
    with httpx.Client(
            http2=True, verify=context(made), base_url=f"https://{server.authority}") as web:
        answer = web.post("/v1/registers/hits/inc")
        assert answer.status_code == 200 and answer.http_version == "HTTP/2"
        # The origin of the server's own pages is https here, and nothing else.
        own = {"origin": f"https://{server.authority}"}
        assert web.get("/v1/registers/hits", headers=own).status_code == 200
        foreign = {"origin": f"http://{server.authority}"}
        assert web.get("/v1/registers/hits", headers=foreign).status_code == 403


@pytest.mark.parametrize("scheme,status", [("https", b"200"), ("http", b"403")])
def test_the_own_origin_whatever_http2_calls_its_scheme(server, made, scheme, status):
    client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    client.initiate_connection()
    client.send_headers(1, [
        (":method", "GET"), (":scheme", "http"), (":authority", server.authority),
        (":path", "/livez"), ("origin", f"{scheme}://{server.authority}")], end_stream=True)
    with encrypted(server, context(made, "h2")) as connection:
        connection.sendall(client.data_to_send())
        answered = None
        while answered is None:
            for event in client.receive_data(connection.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    answered = dict(event.headers)[b":status"]
    assert answered == status


@pytest.mark.parametrize("scheme,status", [("https", 200), ("http", 403)])
def test_the_own_origin_over_http1(server, made, scheme, status):
    connection = http.client.HTTPSConnection(server.host, server.port, context=context(made))
    connection.request("GET", "/livez", headers={"Origin": f"{scheme}://{server.authority}"})
    assert connection.getresponse().status == status
    connection.close()


def test_large_bodies_and_answers(server, made):
    connection = http.client.HTTPSConnection(server.host, server.port, context=context(made))
    connection.request("POST", "/v1/registers/hits/load", "{" + " " * 1_000_000 + "}")
    assert json.loads(connection.getresponse().read())["op"] == "load"
    for _ in range(50):
        connection.request("GET", "/v1/capabilities")
        answer = connection.getresponse()
        assert answer.status == 200 and len(json.loads(answer.read())) > 3
    connection.close()


def test_a_client_that_does_not_read_is_not_served_without_end(server, made):
    connection = encrypted(server, context(made, "http/1.1"))
    request = (b"GET /v1/capabilities HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n"
               % (b"x" * 8000))
    before = server.memory()
    connection.setblocking(False)
    sent = 0
    for _ in range(20_000):
        try:
            connection.send(request)
            sent += 1
        except (ssl.SSLWantWriteError, BlockingIOError):
            break
    assert sent < 20_000
    server.await_idle()
    assert server.memory() - before < 8 << 20
    connection.close()


def test_plain_bytes_beside_it_on_loopback(server):
    server.create("plain")
    with Client(server.host, server.port) as client:
        client.open("plain")
    with httpx.Client(http1=False, http2=True, base_url=server.url) as web:
        assert web.get("/livez").status_code == 200


def test_one_byte_at_a_time(server, made):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context(made).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with server.connect() as connection:

        def send():
            for byte in outgoing.read():
                connection.sendall(bytes([byte]))

        def pump(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    send()
                    data = connection.recv(65536)
                    assert data, "the server closed the connection"
                    incoming.write(data)

        pump(tls.do_handshake)
        tls.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        send()
        assert pump(lambda: tls.read(65536)).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("data", [
    b"\x16\x03\x01\xff\xff" + bytes(100), b"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff",
    b"\x16\x03\x03\x02\x00" + bytes(range(256)) * 2,
])
def test_garbage_gets_an_alert(server, data):
    with server.connect() as connection:
        connection.sendall(data)
        answer = b""
        try:
            while more := connection.recv(65536):
                answer += more
        except ConnectionResetError:
            pass
    assert answer[:1] == b"\x15" and len(answer) == 7, answer


def test_a_handshake_that_stalls_is_ended(made, arena):
    with Server(arena, *encrypting(made),
                "--set", "limits.classification_timeout_seconds=0.2") as server:
        outgoing = ssl.MemoryBIO()
        tls = context(made).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        hello = outgoing.read()
        for count in 1, 5, len(hello) - 1, len(hello):
            with server.connect() as connection:
                connection.sendall(hello[:count])
                while connection.recv(65536):
                    pass
        # Who says nothing inside is ended, too; who has spoken is not.
        with encrypted(server, context(made, "atr/1")) as connection:
            assert connection.recv(1) == b""
        with Client(encrypted(server, context(made, "atr/1"))) as client:
            register = client.open("slow", create="u64")
            with encrypted(server, context(made)) as connection:
                assert connection.recv(1) == b""
            assert client.operate(register, "inc_fetch") == 1


def test_the_end_of_the_server_is_told(made, arena):
    with Server(arena, *encrypting(made)) as server:
        connection = context(made, "atr/1").wrap_socket(
            server.connect(), server_hostname=server.host, suppress_ragged_eofs=False)
        with Client(connection) as client:
            client.open("n", create="u64")
            server.process.terminate()
            farewell = client.receive()
            assert (farewell.opcode, farewell.status) == (GOAWAY, "SHUTTING_DOWN")
            # An end without close_notify would be an error of its own.
            assert client.socket.recv(1) == b""
        assert server.process.wait(8) == 0, server.errors()


# MARK: certificates of clients


def test_required_client_certificates(made, arena):
    with Server(arena, *encrypting(made), *asking_clients(made, "required")) as server:
        url = f"https://localhost:{server.port}/livez"
        alice = ("--cert", f"{made}/alice.pem", "--key", f"{made}/alice.key")
        assert "ok" in curl(made, *alice, url)
        for wrong in [], ["--cert", f"{made}/mallory.pem", "--key", f"{made}/mallory.key"]:
            done = subprocess.run(
                ["curl", "-sS", "--cacert", f"{made}/authority.pem", *wrong, url],
                capture_output=True, text=True, timeout=30)
            assert done.returncode != 0 and done.stdout == "", done
        with Client(encrypted(server, context(made, "atr/1", client="alice"))) as client:
            client.open("n", create="u64")


def test_optional_client_certificates(made, arena):
    with Server(arena, *encrypting(made), *asking_clients(made, "optional")) as server:
        url = f"https://localhost:{server.port}/livez"
        for client in None, "alice":
            with encrypted(server, context(made, "http/1.1", client=client)) as connection:
                connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        done = subprocess.run(
            ["curl", "-sS", "--cacert", f"{made}/authority.pem", "--cert", f"{made}/mallory.pem",
             "--key", f"{made}/mallory.key", url], capture_output=True, text=True, timeout=30)
        assert done.returncode != 0 and done.stdout == "", done


# MARK: reload


def test_a_new_certificate_by_sighup(made, arena, tmp_path):
    def install(name, key=None):
        for source, target in (f"{name}.pem", "tls.pem"), (f"{key or name}.key", "tls.key"):
            shutil.copy(f"{made}/{source}", tmp_path / "new")
            os.replace(tmp_path / "new", tmp_path / target)

    install("server")
    with Server(arena, "--tls-certificate", tmp_path / "tls.pem",
                "--tls-key", tmp_path / "tls.key") as server:
        assert certificate_name(server, made) == "server"
        with Client(encrypted(server, context(made, "atr/1"))) as old:
            register = old.open("n", create="u64")
            install("server2")
            assert certificate_name(server, made) == "server"
            server.process.send_signal(signal.SIGHUP)
            poll(lambda: certificate_name(server, made) == "server2", what="the new certificate")
            assert old.operate(register, "inc_fetch") == 1

            # A bad pair leaves the good one in place, and is told.
            install("rsa", key="server")
            server.process.send_signal(signal.SIGHUP)
            poll(lambda: "error" in server.errors(), what="the error")
            assert "the key does not belong to the certificate" in server.errors()
            assert certificate_name(server, made) == "server2"
            os.remove(tmp_path / "tls.key")
            server.process.send_signal(signal.SIGHUP)
            poll(lambda: "No such file" in server.errors(), what="the second error")
            assert certificate_name(server, made) == "server2"
            assert old.operate(register, "inc_fetch") == 2
        server.assert_serves()


def test_sighup_without_tls_ends_nothing(own_server):
    own_server.process.send_signal(signal.SIGHUP)
    own_server.assert_serves()


# MARK: what is refused


@pytest.mark.parametrize("arguments,status,words", [
    (("--tls-certificate", "{}/server.pem"), 2, "tls_key"),
    (("--tls-key", "{}/server.key"), 2, "tls_certificate"),
    (("--tls-certificate", "{}/server.pem", "--tls-key", "{}/server2.key"), 1,
     "does not belong to the certificate"),
    (("--tls-certificate", "{}/none.pem", "--tls-key", "{}/server.key"), 1, "No such file"),
    (("--tls-certificate", "{}/server.key", "--tls-key", "{}/server.key"), 1, "no start line"),
    (("--tls-certificate", "{}/server.pem", "--tls-key", "{}/encrypted.key"), 1, "passphrase"),
    (("--tls-certificate", "{}/server.pem", "--tls-key", "{}/server.key",
      "--tls-client-certificates", "required"), 2, "tls_client_ca"),
    (("--tls-certificate", "{}/server.pem", "--tls-key", "{}/server.key",
      "--tls-client-certificates", "perhaps"), 2, "none, optional, required"),
    (("--tls-certificate", "{}/server.pem", "--tls-key", "{}/server.key", "--tls-client-ca",
      "{}/server.key", "--tls-client-certificates", "required"), 1, "server.key: expected"),
])
def test_files_that_do_not_serve(made, arena, arguments, status, words):
    arguments = [argument.format(made) for argument in arguments]
    text = refused("--listen", "127.0.0.1:0", "--arena", arena, *arguments, status=status)
    assert words in text, text
    assert not os.path.exists(arena)


def test_an_expired_certificate_is_a_warning(made, arena):
    with Server(arena, *encrypting(made, "expired")) as server:
        assert "warning" in server.errors() and "the certificate expired on" in server.errors()


@pytest.mark.parametrize("protection,missing", [
    ([], "TLS and authentication"), (["tls"], "authentication"),
    (["tls", "optional"], "authentication"),
])
def test_beyond_loopback_it_needs_both(made, arena, protection, missing):
    arguments = list(encrypting(made)) if protection else []
    if "optional" in protection:
        arguments += asking_clients(made, "optional")
    text = refused("--listen", "0.0.0.0:0", "--arena", arena, *arguments)
    assert f"0.0.0.0:0 is not a loopback address and is without {missing}:" in text
    assert "--insecure" in text
    with Server(arena, *arguments, "--insecure", listen=("0.0.0.0:0",)) as server:
        assert f"is without {missing} (insecure)" in server.errors()
        server.host = "127.0.0.1"
        server.assert_serves()


def test_beyond_loopback_plain_bytes_are_refused(made, arena, tmp_path):
    arguments = [*encrypting(made), *asking_clients(made, "required")]
    with Server(arena, *arguments, listen=("0.0.0.0:0", "127.0.0.1:0")) as server:
        assert "warning" not in server.errors()
        assert "curl --cacert" not in server.announcement
        local = server.addresses[1]
        server.host = "127.0.0.1"

        def answer(data):
            with server.connect() as connection:
                connection.sendall(data)
                received = b""
                while more := connection.recv(65536):
                    received += more
                return received

        told = answer(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert told.startswith(b"HTTP/1.1 400 ") and b"https://" in told
        told = answer(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert told.startswith(b"\0\0\0\4\0") and b"https://" in told
        told = Reply(*(lambda data: (data[:16], data[16:]))(answer(HELLO)))
        assert (told.opcode, told.status) == (GOAWAY, "DENIED") and b"TLS" in told.body
        with Client(encrypted(server, context(made, "atr/1", client="alice"))) as client:
            client.open("n", create="u64")
        # The loopback address of the same server takes plain bytes.
        server.port = int(local.rpartition(":")[2])
        server.assert_serves()

    # Plain bytes would have no identity: they are refused, whatever else may be unprotected.
    with Server(arena, *arguments, "--insecure", listen=("0.0.0.0:0",)) as server:
        assert "warning" not in server.errors()
        server.host = "127.0.0.1"
        status, _, body = server.request("PUT", "/v1/registers/x", {"type": "u64"})
        assert status == 400 and b"https://" in body
        with Client(encrypted(server, context(made, "atr/1", client="alice"))) as client:
            client.open("n")

    # Access rules ask plain connections, too.
    rules = tmp_path / "access.yaml"
    rules.write_text("principals: []")
    with Server(arena, *arguments, "--insecure", "--access", rules,
                listen=("0.0.0.0:0",)) as server:
        assert "takes plain connections beside TLS (insecure)" in server.errors()
        server.host = "127.0.0.1"
        assert server.request("PUT", "/v1/registers/x", {"type": "u64"})[0] == 401


def test_a_unix_socket_speaks_no_tls(made, arena, tmp_path):
    path = str(tmp_path / "socket")
    with Server(arena, *encrypting(made), listen=(f"unix:{path}",)):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            connection.sendall(b"\x16\x03\x01\0\1\0")
            assert connection.recv(64) == b"\x15\x03\x03\0\2\2\x28"
        with Client(path) as client:
            client.open("n", create="u64")
