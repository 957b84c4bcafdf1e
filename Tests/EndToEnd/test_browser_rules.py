# SPDX-License-Identifier: Apache-2.0
"""What a browser would send on behalf of a hostile page, over every protocol: nothing of it is done,
and each refusal is a problem of its own. `test_browser.py` has a real browser send it."""

import http.client
import json

import h2.events
import pytest
from http2_connection import HTTP2
from support import Server, arena_directory, raw
from test_access import principal, serving, token
from test_tls import context, encrypting, made  # noqa: F401

FORM = {"content-type": "application/x-www-form-urlencoded"}
TEXT = {"content-type": "text/plain"}
STREAM = {"accept": "text/event-stream"}
INC, WATCH = "/v1/registers/hits/inc", "/v1/watch?name=hits"
VALUE = "/v1/registers/hits/value"

# (what is tried, method, path, body, fields, authority, status, slug); {port} and {scheme} are the
# server's own.
ATTACKS = [
    ("a form of another site", "POST", INC, "a=b", {**FORM, "origin": "http://evil.example"},
     None, 403, "forbidden"),
    ("a form whose body is JSON", "POST", INC, '{"order":"relaxed"}',
     {**TEXT, "origin": "https://evil.example"}, None, 403, "forbidden"),
    ("a form without an Origin", "POST", INC, "", {**FORM, "sec-fetch-site": "cross-site"},
     None, 403, "forbidden"),
    ("a link or an image of another site", "GET", VALUE, "", {"sec-fetch-site": "cross-site"},
     None, 403, "forbidden"),
    ("a page behind a name of this machine", "GET", VALUE, "", {}, "evil.example:{port}",
     421, "misdirected"),
    ("the same, as its own origin", "PUT", VALUE, "9",
     {"origin": "{scheme}://evil.example:{port}", "sec-fetch-site": "same-origin"},
     "evil.example:{port}", 421, "misdirected"),
    ("a name that begins as an address does", "GET", VALUE, "", {}, "127.0.0.1.evil.example",
     421, "misdirected"),
    ("an event stream of another site", "GET", WATCH, "",
     {**STREAM, "origin": "http://evil.example", "sec-fetch-site": "cross-site"}, None, 403,
     "forbidden"),
    ("an event stream without an Origin", "GET", WATCH, "",
     {**STREAM, "sec-fetch-site": "cross-site"}, None, 403, "forbidden"),
    ("a file, or a frame in a sandbox", "PUT", VALUE, "9", {"origin": "null"}, None, 403,
     "forbidden"),
    ("another name of the same site", "PUT", VALUE, "9",
     {"origin": "{scheme}://x.localhost:{port}"}, "localhost:{port}", 403, "forbidden"),
    ("the same without an Origin", "GET", VALUE, "", {"sec-fetch-site": "same-site"}, None, 403,
     "forbidden"),
    ("another port of the same host", "PUT", VALUE, "9", {"origin": "{scheme}://127.0.0.1:1"},
     None, 403, "forbidden"),
    ("the same host without a port", "PUT", VALUE, "9", {"origin": "{scheme}://127.0.0.1"},
     None, 403, "forbidden"),
    ("another name of the same machine", "PUT", VALUE, "9",
     {"origin": "{scheme}://localhost:{port}"}, None, 403, "forbidden"),
    ("the other scheme", "PUT", VALUE, "9", {"origin": "{other}://127.0.0.1:{port}"}, None, 403,
     "forbidden"),
    ("a preflight of another site", "OPTIONS", VALUE, "",
     {"origin": "http://evil.example", "access-control-request-method": "PUT"}, None, 403,
     "forbidden"),
]


@pytest.fixture(scope="module")
def guarded(made):  # noqa: F811
    with arena_directory() as arena, Server(arena, *encrypting(made)) as server:
        server.create("hits", initial="5")
        yield server
        assert server.stop() == 0, server.errors()


class Asker:
    """Asks a server by one protocol, on one connection."""

    def __init__(self, server, made, protocol):  # noqa: F811
        self.server = server
        self.scheme = "https" if "TLS" in protocol else "http"
        self.is_http2 = "2" in protocol
        self.socket = server.connect()
        if self.scheme == "https":
            tls = context(made, "h2" if self.is_http2 else "http/1.1")
            self.socket = tls.wrap_socket(self.socket, server_hostname=server.host)
        if self.is_http2:
            self.client = HTTP2(server)
        else:
            self.client = http.client.HTTPConnection(server.host, server.port)
            self.client.sock = self.socket

    def __call__(self, method, path, body="", fields=None, authority=None):
        """(status, fields, body)."""
        def fill(text):
            return text.format(port=self.server.port, scheme=self.scheme,
                               other="http" if self.scheme == "https" else "https")
        fields = {name: fill(value) for name, value in (fields or {}).items()}
        authority = fill(authority or self.server.authority)
        if not self.is_http2:
            self.client.request(method, path, body, {**fields, "host": authority})
            answer = self.client.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        self.client.events.clear()
        stream = self.client.request(
            method, path, body.encode(), list(fields.items()), authority, self.scheme)
        self.socket.sendall(self.client.session.data_to_send())
        content = self.client.answers(self.socket, 1).get(stream, b"")
        head = next(event for event in self.client.events
                    if isinstance(event, h2.events.ResponseReceived))
        head = {name.decode(): value.decode() for name, value in head.headers}
        return int(head.pop(":status")), head, content


@pytest.fixture(params=["HTTP/1.1", "HTTP/2", "HTTP/1.1 over TLS", "HTTP/2 over TLS"])
def ask(request, guarded, made):  # noqa: F811
    asker = Asker(guarded, made, request.param)
    with asker.socket:
        yield asker


def test_attacks(guarded, ask):
    for what, method, path, body, fields, authority, status, slug in ATTACKS:
        answer = ask(method, path, body, fields, authority)
        assert answer[0] == status, (what, answer)
        assert json.loads(answer[2])["type"] == f"/problems/{slug}", (what, answer)
        assert answer[1]["content-type"] == "application/problem+json", what
        assert not any(name.startswith("access-control-") for name in answer[1]), (what, answer)
    assert guarded.value("hits") == 5


def test_who_is_no_page_of_another_site_is_served(guarded, ask):
    own = {"origin": "{scheme}://127.0.0.1:{port}"}
    for fields, authority in [
            ({}, None), (own, None), ({"sec-fetch-site": "none"}, None),
            ({"sec-fetch-site": "same-origin", **own}, None), ({}, "localhost:{port}"),
            ({"origin": "{scheme}://localhost:{port}"}, "localhost:{port}"), ({}, "[::1]:{port}")]:
        status, answered, body = ask("GET", VALUE, "", fields, authority)
        assert (status, body) == (200, b"5\n"), (fields, authority, body)
        assert not any(name.startswith("access-control-") for name in answered)


def test_two_authorities(guarded, made):  # noqa: F811
    for protocol in "HTTP/2", "HTTP/2 over TLS":
        asker = Asker(guarded, made, protocol)
        asker.client.session.config.validate_outbound_headers = False
        with asker.socket:
            for authority, host in [(None, "evil.example"), ("evil.example", "127.0.0.1")]:
                answer = asker("PUT", VALUE, "9", {"host": host}, authority)
                assert answer[0] == 400, answer
                assert json.loads(answer[2])["type"] == "/problems/malformed-request"
    for target, host in [("http://evil.example", guarded.authority),
                         (guarded.url, "evil.example")]:
        answer = raw(guarded, (
            f"PUT {target}{VALUE} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\n\r\n9").encode())
        assert answer.startswith(b"HTTP/1.1 400 ") and b"malformed-request" in answer, answer
    assert guarded.value("hits") == 5


def test_a_token_is_never_taken_from_anywhere_but_its_field(made):  # noqa: F811
    secret = token("all")
    with serving(principal("all", ("", ["read"])), principal("none"),
                 arguments=encrypting(made)) as (server, _):
        for protocol in "HTTP/1.1", "HTTP/2", "HTTP/1.1 over TLS", "HTTP/2 over TLS":
            asker = Asker(server, made, protocol)
            with asker.socket:
                for path, fields in [
                        (f"{VALUE}?access_token={secret}", {}), (f"{VALUE}?token={secret}", {}),
                        (VALUE, {"cookie": f"token={secret}"}), (VALUE, {})]:
                    status, fields, body = asker("GET", path, "", fields)
                    assert (status, fields["www-authenticate"]) == (401, "Bearer")
                    check_problem(fields, body, "unauthorized")
                    assert secret.encode() not in body
                wrong = {"authorization": "Bearer " + token("other")}
                status, fields, body = asker("GET", VALUE, "", wrong)
                assert status == 401
                assert fields["www-authenticate"] == 'Bearer error="invalid_token"'
                weak = {"authorization": "Bearer " + token("none")}
                status, fields, body = asker("GET", VALUE, "", weak)
                assert status == 403
                check_problem(fields, body, "forbidden")
                right = {"authorization": f"Bearer {secret}"}
                assert asker("GET", VALUE, "", right)[0] == 404


def check_problem(fields, body, slug):
    assert fields["content-type"] == "application/problem+json"
    assert json.loads(body)["type"] == f"/problems/{slug}"
