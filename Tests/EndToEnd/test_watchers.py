# SPDX-License-Identifier: Apache-2.0
"""Many readers of one register that changes all the time: every one of them has the last value in
the end, and their number alone decides what they cost. `Benchmarks/watchers` is the same with more."""

import pytest
from support import LONG, Server
from watchers import Framed, Plain, watched

SIZE = 4 if LONG else 1


@pytest.mark.parametrize("connect", [
    lambda server: [Framed(server.host, server.port, "n", 50) for _ in range(8 * SIZE)],
    lambda server: [Plain(server.host, server.port, "n") for _ in range(300 * SIZE)],
], ids=["HTTP/2", "HTTP/1.1"])
def test_all_readers_have_the_last_value(arena, connect):
    with Server(arena, "--threads", "1") as server:
        server.create("n")
        found = watched(server, "n", lambda: connect(server), 1000, 3 * SIZE)
        assert found["readers"] >= 300 and found["events"] > 0
        assert found["most"] - found["connected"] < found["readers"] * (16 << 10) + (8 << 20)
        server.assert_serves()
