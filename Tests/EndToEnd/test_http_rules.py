# SPDX-License-Identifier: Apache-2.0
"""What only a socket shows of the JSON interface: heads without bodies, lengths, and races."""

import concurrent.futures
import json

import httpx
import pytest
from support import LONG, Server, raw

TARGETS = [
    "/v1/registers/n", "/v1/registers/n?order=acquire", "/v1/registers/n/value", "/v1/registers",
    "/v1/registers?prefix=n&limit=1", "/v1/capabilities", "/livez", "/readyz",
    # Problems too.
    "/v1/registers/none", "/v1/registers/none/value", "/v1/registers/n?oder=x", "/nothing",
    "/v1/registers/n/inc", "/v1/registers/a%",
]


@pytest.fixture(scope="module", params=["HTTP/1.1", "HTTP/2"])
def client(request, shared_server):
    shared_server.create("n", initial="10")
    is_second = request.param == "HTTP/2"
    with httpx.Client(
            http1=not is_second, http2=is_second, base_url=shared_server.url, timeout=10) as client:
        assert client.get("/livez").http_version == request.param
        yield client


@pytest.mark.parametrize("target", TARGETS)
def test_head_is_get_without_its_body(client, target):
    get, head = client.get(target), client.head(target)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert int(get.headers["content-length"]) == len(get.content) > 0
    fields = [
        {name: value for name, value in answer.headers.items() if name != "date"}
        for answer in (get, head)]
    assert fields[0] == fields[1]
    # The connection goes on behind it.
    assert client.get("/v1/registers/n/value").text == "10\n"


def test_answers_without_a_body(client):
    for answer, status in [
            (client.get("/v1/registers/n", headers={"If-None-Match": '"10"'}), 304),
            (client.head("/v1/registers/n/value", headers={"If-None-Match": '"10"'}), 304),
            (client.put("/v1/registers/n/value", content="10"), 204),
            (client.options("/v1/registers/n"), 204)]:
        assert (answer.status_code, answer.content) == (status, b"")
        assert "content-length" not in answer.headers and "content-type" not in answer.headers
        if status == 304:
            assert answer.headers["etag"] == '"10"'
            assert answer.headers["cache-control"] == "no-store"
    assert client.get("/v1/registers/n/value").text == "10\n"


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND", "get"])
def test_a_method_that_is_unknown(client, method):
    request = client.build_request("GET", "/v1/registers/n")
    # Methods are case-sensitive: httpx would make this one upper case.
    request.method = method
    answer = client.send(request)
    assert answer.status_code == 405 and answer.json()["type"] == "/problems/method-not-allowed"
    assert answer.headers["allow"] == "GET, HEAD, PUT, DELETE, OPTIONS"


def test_one_content_type(server):
    """As curl sends bodies, and as nobody should."""
    for kind, status in [
            (None, 200), ("application/json", 200), ("application/x-www-form-urlencoded", 200),
            ("text/plain; charset=utf-8", 200), ("application/octet-stream", 415), ("", 415)]:
        fields = {} if kind is None else {"Content-Type": kind}
        answer = server.request("POST", "/v1/registers/n/load", "{}", fields)
        assert answer[0] == status, (kind, answer)


def test_the_server_as_a_whole_has_options(server):
    answer = raw(
        server, b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").lower()
    assert answer.startswith(b"http/1.1 204 ")
    assert b"\r\nallow: get, head, put, post, delete, options\r\n" in answer


def test_a_register_that_many_create_at_once(server):
    """`create` by many connections: none fails, and each operation counts once."""
    connections, rounds = 8, 200 if LONG else 20

    def count(_):
        with httpx.Client(base_url=server.url, timeout=30) as client:
            for number in range(rounds):
                answer = client.post(f"/v1/registers/made.{number}/inc?create=u32")
                assert answer.status_code == 200, answer.text
                item = {"name": f"made.{number}", "op": "inc", "create": "u32"}
                answer = client.post("/v1/batch", json={"operations": [item, item]})
                assert [one["status"] for one in answer.json()["results"]] == [200, 200]

    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        list(pool.map(count, range(connections)))
    for number in range(rounds):
        assert server.value(f"made.{number}") == 3 * connections


def test_a_full_arena(arena):
    with Server(arena, "--arena-capacity", "64") as server:
        for number in range(10_000):
            path = f"/v1/registers/r.{number}/inc?create=u8"
            status, _, body = server.request("POST", path)
            if status != 200:
                break
        problem = json.loads(body)
        assert status == 507 and problem["type"] == "/problems/arena-full", problem
        assert problem["applied"] == "no" and problem["register"] == f"r.{number}"
        assert server.request("POST", "/v1/registers/r.0/inc?create=u8")[0] == 200
