# SPDX-License-Identifier: Apache-2.0
"""Clients that people have, each really run: curl, nghttp, h2load and Python's httpx, over every
protocol that each speaks."""

import json
import re
import subprocess

import httpx
import pytest
from support import LONG
from test_tls import context, made, server, tls_server  # noqa: F401


def run(*command):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.mark.parametrize("options,scheme,version", [
    (["--http1.1"], "http", "1.1"), (["--http1.0"], "http", "1.1"),
    (["--http2-prior-knowledge"], "http", "2"),
    # It asks for an upgrade to h2c, which is deprecated (RFC 9113 §3.1) and ignored.
    (["--http2"], "http", "1.1"),
    (["--http2"], "https", "2"), (["--http1.1"], "https", "1.1"), ([], "https", "2")])
def test_curl(server, made, options, scheme, version):  # noqa: F811
    base = f"{scheme}://localhost:{server.port}/v1/registers"
    program = ["curl", "-sS", "--max-time", 30, "--cacert", f"{made}/authority.pem", *options]

    def curl(path, *more):
        """(head, body)"""
        answer = run(*program, "-i", "-w", "\n%{http_version}", base + path, *more)
        head, _, rest = answer.replace("\r", "").partition("\n\n")
        body, _, spoken = rest.rpartition("\n")
        assert spoken == version, answer
        return head.lower(), body

    # A body without a type is sent as a form.
    assert json.loads(curl("/curl", "-X", "PUT", "-d", '{"type":"u64"}')[1])["type"] == "u64"
    assert " 204" in curl("/curl/value", "-X", "PUT", "-d", "41")[0]
    head, body = curl("/curl/inc", "-X", "POST")
    assert json.loads(body)["new"] == "42" and " 200" in head and "upgrade:" not in head
    head, body = curl("/curl", "-I")
    assert 'etag: "42"' in head and body == ""
    head, body = curl("/curl/value", "-X", "PUT", "-d", "1", "-H", 'If-Match: "7"')
    assert " 412" in head and json.loads(body)["value"] == "42"
    assert " 204" in curl("/curl", "-X", "DELETE")[0]
    # The second goes over the connection of the first. With prior knowledge curl 7.88 cannot do
    # that with any server.
    if "--http2-prior-knowledge" not in options:
        connects = run(*program, "-w", "%{num_connects} ", "-o", "/dev/null", "-o", "/dev/null",
                       f"{base}/hits", f"{base}/hits")
        assert connects == ("1 1 " if "--http1.0" in options else "1 0 ")
    spaces = "{" + " " * 100_000 + "}"
    assert json.loads(run(*program, f"{base}/hits/load", "-X", "POST", "-d", spaces, "-H",
                          "Expect: 100-continue"))["op"] == "load"


def test_nghttp(server):
    """Its frames, told by a client that knows them."""
    text = run("nghttp", "-v", "-n", "-H", ":method: POST", "-H",
               "content-type: application/json", "-d", "/dev/null",
               f"{server.url}/v1/registers/hits/inc", f"{server.url}/v1/registers/hits/add?operand=2")
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert text.count(":status: 200") == 2
    for frame in ["recv SETTINGS frame", "send SETTINGS frame", "recv HEADERS frame",
                  "recv DATA frame", "; END_STREAM", "send GOAWAY frame"]:
        assert frame in text, text
    assert "recv GOAWAY" not in text and "recv RST_STREAM" not in text
    many = run("nghttp", "-n", "-s", "-m", "200", f"{server.url}/v1/registers/hits")
    assert many.count(" 200 ") == 200, many


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("options", [[], ["--h1"]])
def test_h2load(server, tmp_path, scheme, options):
    body = tmp_path / "body"
    body.write_text('{"order":"relaxed"}')
    count = 200_000 if LONG else 4000
    before = server.value("hits")
    text = run("h2load", "-n", count, "-c", 4, "-m", 16, "-t", 1, *options, "-d", body,
               "-H", ":method: POST", "-H", "content-type: application/json",
               f"{scheme}://{server.authority}/v1/registers/hits/inc")
    assert f"{count} succeeded, 0 failed, 0 errored, 0 timeout" in text, text
    assert f"{count} 2xx, 0 3xx, 0 4xx, 0 5xx" in text, text
    assert server.value("hits") == before + count


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_httpx(server, made, scheme):  # noqa: F811
    """Many at a time on one connection, with conditions."""
    with httpx.Client(http1=False, http2=True, verify=context(made),
                      base_url=f"{scheme}://{server.authority}/v1/registers") as web:
        name = f"/httpx.{scheme}"
        answer = web.put(name, json={"type": "i128", "initial": str(-2**127)})
        assert answer.status_code == 201 and answer.http_version == "HTTP/2"
        assert answer.headers["location"] == f"/v1/registers{name}"
        assert web.get(name).json()["value"] == str(-2**127)
        tag = web.head(name).headers["etag"]
        assert web.get(name, headers={"if-none-match": tag}).status_code == 304
        put = web.put(f"{name}/value", content="5", headers={"if-match": tag})
        assert put.status_code == 204 and put.headers["etag"] == '"5"'
        refused = web.put(f"{name}/value", content="6", headers={"if-match": tag})
        assert refused.status_code == 412 and refused.json()["value"] == "5"
        for _ in range(100):
            web.post(f"{name}/add", json={"operand": "1", "order": "relaxed"})
        assert web.get(f"{name}/value").text == "105\n"
