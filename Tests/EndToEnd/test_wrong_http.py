# SPDX-License-Identifier: Apache-2.0
"""Wrong HTTP requests get the documented problem and harm nobody."""

import json

import httpx
import pytest
from support import raw

NINES = "9" * 100_000
DEEP = '{"operand":' + "[" * 17 + "]" * 17 + "}"
JSON_TYPE = {"Content-Type": "application/json"}

# (method, path, body, status, slug); the registers are u64 `n`, i8 `small` and bytes4 `raw`.
OPERATION = "/v1/registers/n"
WRONG = [
    ("POST", f"{OPERATION}/fetch_frob", "", 404, "unknown-operation"),
    ("POST", "/v1/registers/nobody/inc", "", 404, "not-found"),
    ("GET", "/v1/registers/nobody", None, 404, "not-found"),
    ("GET", "/v1/registers/nobody/value", None, 404, "not-found"),
    ("DELETE", "/v1/registers/nobody", None, 404, "not-found"),
    ("GET", "/v2/registers", None, 404, "not-found"),
    ("GET", "/", None, 404, "not-found"),
    ("GET", f"{OPERATION}/value/more", None, 404, "not-found"),
    # types
    ("PUT", OPERATION, '{"type":"i64"}', 409, "type-mismatch"),
    ("PUT", "/v1/registers/new", '{"type":"u24"}', 400, "invalid-value"),
    ("PUT", "/v1/registers/new", '{"type":64}', 400, "invalid-value"),
    ("PUT", "/v1/registers/new", "{}", 400, "missing-member"),
    ("PUT", "/v1/registers/new", "", 400, "missing-member"),
    ("PUT", "/v1/registers/new", '{"type":"u8","initial":"256"}', 400, "value-out-of-range"),
    ("PUT", "/v1/registers/new", '{"type":"u8","label":"' + "l" * 65 + '"}', 400, "invalid-value"),
    ("PUT", "/v1/registers/new", '{"type":"u8","label":"a\\u0007"}', 400, "invalid-value"),
    ("POST", "/v1/registers/raw/add", '{"operand":"01020304"}', 400, "unsupported-operation"),
    # values
    ("POST", f"{OPERATION}/add", '{"operand":"18446744073709551616"}', 400, "value-out-of-range"),
    ("POST", f"{OPERATION}/add", '{"operand":-1}', 400, "value-out-of-range"),
    ("POST", f"{OPERATION}/add", f'{{"operand":{NINES}}}', 400, "value-out-of-range"),
    ("POST", f"{OPERATION}/add", '{"operand":1.0}', 400, "invalid-value"),
    ("POST", f"{OPERATION}/add", '{"operand":1e3}', 400, "invalid-value"),
    ("POST", f"{OPERATION}/add", '{"operand":"+1"}', 400, "invalid-value"),
    ("POST", f"{OPERATION}/add", '{"operand":true}', 400, "invalid-value"),
    ("POST", f"{OPERATION}/add", '{"operand":null}', 400, "invalid-value"),
    ("POST", f"{OPERATION}/add", '{"operand":["1"]}', 400, "invalid-value"),
    ("POST", f"{OPERATION}/add", '{"operand":" 1"}', 400, "invalid-value"),
    ("POST", "/v1/registers/small/store", '{"operand":"0xff"}', 400, "value-out-of-range"),
    ("POST", "/v1/registers/raw/store", '{"operand":"0102030"}', 400, "invalid-value"),
    ("PUT", f"{OPERATION}/value", "seven", 400, "invalid-value"),
    ("PUT", f"{OPERATION}/value", "", 400, "invalid-value"),
    # orders
    ("POST", f"{OPERATION}/load", '{"order":"release"}', 400, "invalid-order"),
    ("POST", f"{OPERATION}/store", '{"operand":"1","order":"acquire"}', 400, "invalid-order"),
    ("POST", f"{OPERATION}/inc", '{"order":"SEQ_CST"}', 400, "invalid-order"),
    ("POST", f"{OPERATION}/inc?order=consume", "", 400, "invalid-order"),
    ("GET", f"{OPERATION}?order=release", None, 400, "invalid-order"),
    ("POST", f"{OPERATION}/cmpxchg_weak",
     '{"expected":"1","desired":"2","order":"relaxed","failure_order":"acquire"}', 400,
     "invalid-order"),
    # The order is refused before the register is looked for.
    ("POST", "/v1/registers/nobody/load", '{"order":"release"}', 400, "invalid-order"),
    # bits
    ("POST", f"{OPERATION}/bit_test", '{"index":64}', 400, "invalid-index"),
    ("POST", f"{OPERATION}/bit_test_set", '{"index":18446744073709551615}', 400, "invalid-index"),
    ("POST", f"{OPERATION}/bit_test_set", "", 400, "missing-member"),
    # members
    ("POST", f"{OPERATION}/inc", '{"oder":"relaxed"}', 400, "unknown-member"),
    ("POST", f"{OPERATION}/inc", '{"order":"relaxed","order":"relaxed"}', 400, "duplicate-member"),
    ("POST", f"{OPERATION}/add?operand=1", '{"operand":"1"}', 400, "duplicate-member"),
    ("POST", f"{OPERATION}/add", "{}", 400, "missing-member"),
    ("GET", f"{OPERATION}?oder=relaxed", None, 400, "unknown-member"),
    # JSON
    ("POST", f"{OPERATION}/inc", "{", 400, "invalid-json"),
    ("POST", f"{OPERATION}/inc", "{} {}", 400, "invalid-json"),
    ("POST", f"{OPERATION}/inc", '{"order":"relaxed",}', 400, "invalid-json"),
    ("POST", f"{OPERATION}/inc", "{'order':'relaxed'}", 400, "invalid-json"),
    ("POST", f"{OPERATION}/inc", " ", 400, "invalid-json"),
    ("POST", f"{OPERATION}/inc", b"\xef\xbb\xbf{}", 400, "invalid-json"),
    ("POST", f"{OPERATION}/inc", b'{"order":"\xff"}', 400, "invalid-json"),
    ("POST", f"{OPERATION}/inc", '{"order":"\\ud800"}', 400, "invalid-json"),
    ("POST", f"{OPERATION}/inc", '{"order":"a\nb"}', 400, "invalid-json"),
    ("POST", f"{OPERATION}/add", '{"operand":01}', 400, "invalid-json"),
    ("POST", f"{OPERATION}/add", DEEP, 400, "invalid-json"),
    ("POST", f"{OPERATION}/inc", "[]", 400, "invalid-value"),
    ("POST", f"{OPERATION}/inc", '"text"', 400, "invalid-value"),
    ("POST", f"{OPERATION}/inc", "7", 400, "invalid-value"),
    # names
    ("GET", "/v1/registers/" + "n" * 129, None, 400, "invalid-name"),
    ("GET", "/v1/registers/a%2F..%2Fb", None, 400, "invalid-name"),
    ("GET", "/v1/registers/a%00b", None, 400, "invalid-name"),
    ("GET", "/v1/registers/a%zz", None, 400, "invalid-name"),
    ("GET", "/v1/registers/a%2", None, 400, "invalid-name"),
    ("GET", "/v1/registers/%C3%A9", None, 400, "invalid-name"),
    ("GET", "/v1/registers/a+b", None, 400, "invalid-name"),
    ("PUT", "/v1/registers/a%20b", '{"type":"u8"}', 400, "invalid-name"),
    # the list
    ("GET", "/v1/registers?limit=0", None, 400, "value-out-of-range"),
    ("GET", "/v1/registers?limit=1001", None, 400, "value-out-of-range"),
    ("GET", "/v1/registers?limit=ten", None, 400, "invalid-value"),
    ("GET", "/v1/registers?page=1", None, 400, "unknown-member"),
    ("GET", "/v1/registers?prefix=%zz", None, 400, "invalid-value"),
    # methods
    ("GET", f"{OPERATION}/inc", None, 405, "method-not-allowed"),
    ("POST", OPERATION, "", 405, "method-not-allowed"),
    ("DELETE", f"{OPERATION}/value", None, 405, "method-not-allowed"),
    ("PATCH", OPERATION, "{}", 405, "method-not-allowed"),
]


@pytest.fixture(scope="module")
def registers(shared_server):
    for name, type in (("n", "u64"), ("small", "i8"), ("raw", "bytes4")):
        shared_server.create(name, type)
    shared_server.request("PUT", "/v1/registers/n/value", "7")


def check(answer, status, slug, path):
    assert answer[0] == status, answer
    problem = json.loads(answer[2])
    assert problem["type"] == f"/problems/{slug}", problem
    assert problem["status"] == status and problem["applied"] == "no"
    assert problem["title"] and problem["detail"]
    assert answer[1]["content-type"] == "application/problem+json"
    assert ("allow" in answer[1]) == (status == 405)
    # What was sent is not sent back: an error page is no mirror.
    assert len(answer[2]) < 1000


def lowered(fields):
    return {name.lower(): value for name, value in dict(fields).items()}


def test_http1(server, registers):
    for method, path, body, status, slug in WRONG:
        answer = server.request(method, path, body, JSON_TYPE if body else {})
        check((answer[0], lowered(answer[1]), answer[2]), status, slug, path)
    assert server.value("n") == 7


def test_http2(server, registers):
    with httpx.Client(http1=False, http2=True, base_url=server.url, timeout=10) as client:
        for method, path, body, status, slug in WRONG:
            answer = client.request(method, path, content=body)
            assert answer.http_version == "HTTP/2"
            check((answer.status_code, lowered(answer.headers), answer.content), status, slug, path)
    assert server.value("n") == 7


@pytest.mark.parametrize("fields,status,slug", [
    ({"Content-Type": "application/xml"}, 415, "unsupported-media-type"),
    ({"Content-Encoding": "gzip"}, 415, "unsupported-media-type"),
    ({"If-Match": '"7"'}, 400, "precondition-unsupported"),
    ({"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 400, "precondition-unsupported"),
])
def test_fields(server, registers, fields, status, slug):
    answer = server.request("POST", "/v1/registers/n/inc", "{}", fields)
    check((answer[0], lowered(answer[1]), answer[2]), status, slug, "")
    assert server.value("n") == 7


def test_preconditions(server, registers):
    server.create("guarded", initial="7")
    path = "/v1/registers/guarded"
    assert server.request("PUT", f"{path}/value", "8", {"If-Match": '"7"'})[0] == 204
    status, _, body = server.request("PUT", f"{path}/value", "9", {"If-Match": '"7"'})
    assert status == 412 and json.loads(body)["value"] == "8"
    status, fields, _ = server.request("GET", path, headers={"If-None-Match": '"8"'})
    assert status == 304
    assert server.request("PUT", path, {"type": "u64"}, {"If-None-Match": "*"})[0] == 412
    assert server.request("DELETE", path, headers={"If-Match": '"8"'})[0] == 400
    assert server.request("DELETE", path)[0] == 204
    assert server.request("GET", path)[0] == 404


HEAD = b"POST /v1/registers/n/inc HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize("request_bytes,status", [
    (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
    (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 400),
    (HEAD + b"Content-Length: +2\r\n\r\n{}", 400),
    (HEAD + b"Content-Length: 2x\r\n\r\n{}", 400),
    (HEAD + b"Host: localhost\r\n\r\n", 400),
    (HEAD + b"X-Space : 1\r\n\r\n", 400),
    (HEAD + b"X-Fold: 1\r\n 2\r\n\r\n", 400),
    (HEAD + b"X-Control: \x01\r\n\r\n", 400),
    (HEAD + b"X-Bare: 1\n\r\n", 400),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    (b"POST /v1/registers/n/inc HTTP/1.1\r\n\r\n", 400),
    (b"GET /livez HTTP/2.0\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /livez HTTP/1.1 extra\r\nHost: localhost\r\n\r\n", 400),
    (b"GET  /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET http://a/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 17_000 + b"\r\n\r\n", 431),
    (b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + b"X: 1\r\n" * 101 + b"\r\n", 431),
    (HEAD + b"Content-Length: 1048577\r\n\r\n", 413),
])
def test_broken_framing_is_answered_and_closed(server, registers, request_bytes, status):
    answer = raw(server, request_bytes)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert b"application/problem+json" in answer
    assert server.value("n") == 7
