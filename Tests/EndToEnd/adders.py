# SPDX-License-Identifier: Apache-2.0
"""A process that adds 1 to a register until its standard input ends, then prints
`ACKNOWLEDGED UNKNOWN`: additions that were answered, and those sent without an answer. Reconnects
when the server goes away; an addition is never sent twice.

    adders.py atr|http2|command HOST PORT NAME [CLIENT ARENA]
"""

import select
import subprocess
import sys
import time

import httpx
from atr_client import Client, Refused

DEPTH = 32  # binary requests sent together


def stopped():
    return bool(select.select([sys.stdin], [], [], 0)[0])


def add_binary(host, port, name, counts):
    with Client(host, port, timeout=5) as client:
        register = client.open(name)
        previous = -1
        while not stopped():
            frames = b"".join(
                client.operation_frame(register, "fetch_add", operand=1, order="relaxed")
                for _ in range(DEPTH))
            counts["unknown"] += DEPTH
            client.socket.sendall(frames)
            for _ in range(DEPTH):
                value = client.receive().check().value
                assert value > previous, f"the register went from {previous} to {value}"
                previous = value
                counts["unknown"] -= 1
                counts["acknowledged"] += 1


def add_http2(host, port, name, counts):
    base = f"http://{host}:{port}"
    with httpx.Client(http1=False, http2=True, base_url=base, timeout=5) as client:
        while not stopped():
            counts["unknown"] += 1
            response = client.post(f"/v1/registers/{name}/inc")
            assert response.http_version == "HTTP/2"
            counts["unknown"] -= 1
            # Refused is answered: nothing was applied.
            if response.status_code == 200:
                counts["acknowledged"] += 1
            else:
                assert response.json()["applied"] == "no", response.text


def add_by_command(program, arena, name, counts):
    """The Swift client on the map, a fresh process each time; it needs no server."""
    while not stopped():
        subprocess.run(
            [program, "inc", name, "--server", f"shm:{arena}"], check=True, timeout=20,
            stdout=subprocess.DEVNULL)
        counts["acknowledged"] += 1


def main():
    way, host, port, name, *rest = sys.argv[1:]
    counts = {"acknowledged": 0, "unknown": 0}
    print("ready", flush=True)
    while not stopped():
        try:
            if way == "atr":
                add_binary(host, int(port), name, counts)
            elif way == "http2":
                add_http2(host, port, name, counts)
            else:
                add_by_command(*rest, name, counts)
        except Refused as refused:
            # The farewell of a server that drains, instead of the next answer.
            assert refused.status == "SHUTTING_DOWN", refused
        except (OSError, httpx.TransportError):
            time.sleep(0.02)  # the server is away
    print(counts["acknowledged"], counts["unknown"], flush=True)


if __name__ == "__main__":
    main()
