# SPDX-License-Identifier: Apache-2.0
"""Fixtures. No test and no server outlives its time."""

import signal

import pytest
from support import LONG, Server, arena_directory

TEST_SECONDS = 900 if LONG else 100


@pytest.fixture(autouse=True)
def deadline(request):
    """A hard end for each test: a hung server fails its test instead of the whole run."""

    def expire(*_):
        raise TimeoutError(f"{request.node.name} took more than {TEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(TEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def shared_server():
    with arena_directory() as arena, Server(arena) as server:
        yield server
        assert server.stop() == 0, server.errors()


@pytest.fixture
def server(shared_server):
    """The server that a file of tests shares, which each test must leave serving."""
    yield shared_server
    shared_server.assert_serves()


@pytest.fixture
def own_server():
    """A server that belongs to one test."""
    with arena_directory() as arena, Server(arena) as server:
        yield server


@pytest.fixture
def arena():
    with arena_directory() as path:
        yield path
