# SPDX-License-Identifier: Apache-2.0
"""Each attack of the table beside a client that behaves: how it ends, what the server keeps, that the
other one is served all the time, and that the attack succeeds where its limit is raised."""

import concurrent.futures
import contextlib
import threading
import time

import httpx
import pytest
from http_attacks import ROWS
from support import ROOT, Server, arena_directory, poll

MIB = 1 << 20
ARTICLE = ROOT / "Sources/AtomicsServer/AtomicsServer.docc/Attacks.md"
# Limits of time that a test can reach; an attack that none ends takes more than twice as long.
TIMES = {"stall_timeout_seconds": 1, "head_timeout_seconds": 1}
# With more streams than one connection can be answered.
SHORT = {**TIMES, "streams": 2000}
PATIENCE = 2.5
AT_MOST = 30


class GoodClient:
    """Asks one thing after the other over HTTP/2, and looks at the server's memory."""

    def __init__(self, server, name):
        self.server, self.url = server, f"/v1/registers/{name}/inc"
        server.create(name)
        self.begin = int(server.request("GET", f"/v1/registers/{name}/value")[2])
        self.answers, self.slowest, self.failure = 0, 0, None
        self.memory = self.memory_before = server.memory()
        self.is_over = False
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            with httpx.Client(http1=False, http2=True, base_url=self.server.url, timeout=30) as http:
                while not self.is_over:
                    start = time.monotonic()
                    answer = http.post(self.url)
                    assert answer.status_code == 200, answer.text
                    self.answers += 1
                    assert int(answer.json()["new"]) == self.begin + self.answers
                    self.slowest = max(self.slowest, time.monotonic() - start)
                    self.memory = max(self.memory, self.server.memory())
        except Exception as error:  # It is told by the thread of the test.
            self.failure = error

    def await_answers(self, count):
        target = self.answers + count
        poll(lambda: self.answers >= target or self.failure, 30, "the good client's next answer")

    def __enter__(self):
        self.thread.start()
        self.await_answers(1)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(AssertionError):
            self.await_answers(2)
        self.is_over = True
        self.thread.join(40)
        assert self.failure is None, self.failure
        assert self.answers >= 3
        # The machine may be busy; what counts is that nobody waits for the attack's end.
        assert self.slowest < 5
        assert self.memory - self.memory_before < 24 * MIB


@pytest.fixture(scope="module")
def servers():
    """Servers by their limits, made when one asks for them; all of them still serve at the end."""
    with contextlib.ExitStack() as stack:
        made = {}

        def with_limits(limits):
            key = tuple(sorted(limits.items()))
            if key not in made:
                arguments = [part for name, value in key
                             for part in ("--set", f"limits.{name}={value}")]
                made[key] = stack.enter_context(
                    Server(stack.enter_context(arena_directory()), *arguments))
            return made[key]

        yield with_limits
        for server in made.values():
            server.assert_serves()
            assert server.stop() == 0, server.errors()


QUICK = [row for row in ROWS if not row.is_slow]


@pytest.mark.parametrize("row", QUICK, ids=[row.name for row in QUICK])
def test_attack(servers, row):
    server = servers(row.base)
    with GoodClient(server, "beside"):
        assert row.attack(server, AT_MOST) == row.outcome


@pytest.mark.parametrize("row", QUICK, ids=[row.name for row in QUICK])
def test_attack_with_its_limit_raised(servers, row):
    server = servers({**row.base, **row.raised})
    with GoodClient(server, "beside"):
        assert row.attack(server, PATIENCE) == "served"


def together(server, rows, patience):
    with concurrent.futures.ThreadPoolExecutor(len(rows)) as pool, GoodClient(server, "beside"):
        found = [(row.name, pool.submit(row.attack, server, patience)) for row in rows]
        return {name: outcome.result(AT_MOST * 2) for name, outcome in found}


SLOW = [row for row in ROWS if row.is_slow]


def test_attacks_that_take_their_time(servers):
    expected = {row.name: row.outcome for row in SLOW}
    assert together(servers(SHORT), SLOW, AT_MOST) == expected


@pytest.mark.parametrize("limit", TIMES)
def test_attacks_that_take_their_time_with_the_limit_raised(servers, limit):
    rows = [row for row in SLOW if limit in row.raised]
    server = servers({**SHORT, limit: 3600})
    assert together(server, rows, PATIENCE) == {row.name: "served" for row in rows}


def test_the_article_has_the_table():
    lines = [f"| {row.name} | {row.ends} | "
             + ", ".join(f"`{name}`" for name in row.raised) + " |" for row in ROWS]
    assert "\n".join(lines) in ARTICLE.read_text(), "\n".join(lines)
