# SPDX-License-Identifier: Apache-2.0
"""The access log: its lines, its sample, its file."""

import json
import os
import signal
import subprocess

from support import BINARIES, Server, arena_directory, poll

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


def lines(path):
    if not path.exists():
        return []
    text = path.read_text()
    assert not text or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def test_each_request_is_a_line_that_tells_no_secret(tmp_path):
    log = tmp_path / "access.log"
    with arena_directory() as arena, Server(arena, "--access-log", log) as server:
        server.create("hits")
        server.request(
            "POST", "/v1/registers/hits/inc?order=relaxed&token=secret",
            headers={"traceparent": f"00-{TRACE}-{PARENT}-01", "authorization": "Bearer secret"})
        server.request("GET", "/v1/registers/none", headers={"traceparent": f"00-{TRACE}-0-01"})
        operations = [{"name": "hits", "op": "inc"}] * 1_000
        server.request("POST", "/v1/batch", json.dumps({"operations": operations}))
        poll(lambda: len(lines(log)) == 4, what="four lines")
        made, refused, missing, batch = lines(log)
        assert made["method"] == "PUT" and made["status"] == 201 and made["protocol"] == "HTTP/1.1"
        assert made["peer"].startswith("127.0.0.1:") and made["bytes"] > 0
        assert refused["status"] == 400 and refused["problem"] == "unknown-member"
        assert (refused["trace_id"], refused["parent_id"], refused["sampled"]) == (
            TRACE, PARENT, True)
        assert missing["status"] == 404 and missing["problem"] == "not-found"
        assert "trace_id" not in missing
        # It took several turns of the loop.
        assert batch["status"] == 200 and batch["bytes"] > 30_000
        assert "secret" not in log.read_text()

        moved = tmp_path / "access.log.1"
        log.rename(moved)
        os.kill(server.pid, signal.SIGHUP)
        poll(log.exists, what="the new file")
        server.request("GET", "/livez")
        poll(lambda: len(lines(log)) == 1, what="the line in it")
        assert len(lines(moved)) == 4


def test_a_sample_and_a_rate(tmp_path):
    log = tmp_path / "access.log"
    with arena_directory() as arena, Server(
            arena, "--access-log", log, "--set", "access_log_one_in=0",
            "--set", "limits.access_log_lines=5") as server:
        for _ in range(20):
            assert server.request("GET", "/livez")[0] == 200
            assert server.request("GET", "/v1/registers/none")[0] == 404
        poll(lambda: any("lost" in line for line in lines(log)), what="the line of losses")
        every = lines(log)
        assert {line["status"] for line in every if "status" in line} == {404}
        server.stop()
        every = lines(log)
        told = sum(line.get("lost", 0) for line in every)
        assert told + sum("status" in line for line in every) == 20
        assert told == sum(line.get("over_rate", 0) for line in every)


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    log = tmp_path / "none" / "access.log"
    with arena_directory() as arena:
        done = subprocess.run(
            [BINARIES / "atomics-server", "--listen", "127.0.0.1:0", "--arena", arena,
             "--access-log", log],
            capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert "there is no access log" in done.stderr and str(log) in done.stderr, done.stderr
