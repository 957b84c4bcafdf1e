# SPDX-License-Identifier: Apache-2.0
"""Many readers of event streams, over HTTP/1.1 and HTTP/2, and who changes what they watch; all in
Python's standard library, and as cheap for a reader as it gets.

    watchers.py HOST PORT NAME CHANGES_A_SECOND SECONDS     changes, and prints the last value
"""

import pathlib
import selectors
import socket
import struct
import subprocess
import sys
import time

from atr_client import Client

DATA, HEADERS, SETTINGS, WINDOW_UPDATE, GOAWAY = 0, 1, 4, 8, 7
END_HEADERS, END_STREAM, ACK = 4, 1, 1
WINDOW = (1 << 31) - 1
VALUE = b'"value":"'
# Longer than an event.
TAIL = 256


class Reader:
    """What of one stream was heard: the last value, and how many events."""

    __slots__ = ("tail", "value", "events")

    def __init__(self):
        self.tail, self.value, self.events = b"", None, 0

    def take(self, data):
        self.events += data.count(b"\nevent: ")
        text = self.tail + data
        found = len(text)
        while (found := text.rfind(VALUE, 0, found)) >= 0:
            end = text.find(b'"', found + len(VALUE))
            if end >= 0:
                self.value = text[found + len(VALUE):end]
                break
        self.tail = text[-TAIL:]


class Plain:
    """One stream on a connection of HTTP/1.1."""

    def __init__(self, host, port, name):
        self.socket = socket.create_connection((host, port))
        self.socket.sendall(
            f"GET /v1/watch?name={name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.readers = [Reader()]

    def take(self, data):
        # The lines between chunks are no part of any event, and look like none.
        self.readers[0].take(data)


class Framed:
    """Many streams on a connection of HTTP/2."""

    def __init__(self, host, port, name, streams):
        self.socket = socket.create_connection((host, port))
        path = f"/v1/watch?name={name}".encode()
        # RFC 7541: GET and http are indexed, path and authority are literals.
        head = b"\x82\x86\x04" + bytes([len(path)]) + path + b"\x01\x09localhost"
        numbers = [1 + 2 * index for index in range(streams)]
        self.socket.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + self.frame(SETTINGS, 0, 0, struct.pack(">HI", 4, WINDOW))
            + self.frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW - 65535))
            + b"".join(self.frame(HEADERS, END_HEADERS | END_STREAM, number, head)
                       for number in numbers))
        self.by_number = {number: Reader() for number in numbers}
        self.readers = list(self.by_number.values())
        self.buffer = b""

    @staticmethod
    def frame(kind, flags, stream, payload):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
            ">I", stream) + payload

    def take(self, data):
        data = self.buffer + data
        place = 0
        while len(data) - place >= 9:
            length = int.from_bytes(data[place:place + 3], "big")
            if len(data) - place < 9 + length:
                break
            kind, flags, stream = struct.unpack_from(">BBI", data, place + 3)
            if kind == DATA:
                self.by_number[stream].take(data[place + 9:place + 9 + length])
            elif kind == SETTINGS and not flags & ACK:
                self.socket.setblocking(True)
                self.socket.sendall(self.frame(SETTINGS, ACK, 0, b""))
                self.socket.setblocking(False)
            assert kind != GOAWAY, data[place:]
            place += 9 + length
        self.buffer = data[place:]


class Swarm:
    """All readers of one process, read as fast as they come."""

    def __init__(self, connections):
        self.connections = connections
        self.readers = [reader for connection in connections for reader in connection.readers]
        self.selector = selectors.DefaultSelector()
        for connection in connections:
            connection.socket.setblocking(False)
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)

    def read(self, seconds, each=None, until=lambda: False):
        """Reads for a while, calls `each` ten times a second, and ends when `until` says so."""
        end, next_call = time.monotonic() + seconds, 0
        while (now := time.monotonic()) < end:
            for key, _ in self.selector.select(0.05):
                try:
                    data = key.fileobj.recv(1 << 18)
                except BlockingIOError:
                    continue
                assert data, "a stream was cut off"
                key.data.take(data)
            if now >= next_call:
                next_call = now + 0.1
                if each:
                    each()
                if until():
                    return True
        return until()

    def have(self, value):
        return all(reader.value == value for reader in self.readers)

    def events(self):
        return sum(reader.events for reader in self.readers)

    def close(self):
        self.selector.close()
        for connection in self.connections:
            connection.socket.close()


class Writer:
    """Changes a register from another process, at a steady rate."""

    def __init__(self, server, name, rate, seconds, under=()):
        self.process = subprocess.Popen(
            [*under, sys.executable, pathlib.Path(__file__).resolve(), server.host,
             str(server.port), name, str(rate), str(seconds)], stdout=subprocess.PIPE)

    @property
    def has_ended(self):
        return self.process.poll() is not None

    def last_value(self):
        value = self.process.stdout.read().strip()
        self.process.stdout.close()
        assert self.process.wait() == 0 and value
        return value


def processor_seconds(server):
    return sum(int((task / "schedstat").read_text().split()[0])
               for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir()) / 1e9


def watched(server, name, connect, rate, seconds, under=()):
    """Lets readers watch a register that changes, and tells what that took.

    `connect` makes the connections; `under` is what the writer runs under.
    """
    before = server.memory()
    swarm = Swarm(connect())
    try:
        assert swarm.read(120, until=lambda: swarm.have(b"0")), "not all were told the first value"
        connected, most = server.memory(), [0]

        def look():
            most[0] = max(most[0], server.memory())

        told, used, begin = swarm.events(), processor_seconds(server), time.monotonic()
        writer = Writer(server, name, rate, seconds, under)
        while not writer.has_ended:
            swarm.read(0.5, look, lambda: writer.has_ended)
        elapsed = time.monotonic() - begin
        told, used = swarm.events() - told, processor_seconds(server) - used
        last = writer.last_value()
        ended = time.monotonic()
        assert swarm.read(120, look, lambda: swarm.have(last)), "a reader misses the last value"
        return {
            "readers": len(swarm.readers), "changes": int(last) / elapsed, "events": told / elapsed,
            "processor": used / elapsed, "before": before, "connected": connected,
            "most": most[0], "late": time.monotonic() - ended}
    finally:
        swarm.close()


def main():
    host, port, name, rate, seconds = sys.argv[1:]
    rate, seconds = float(rate), float(seconds)
    with Client(host, int(port)) as client:
        register = client.open(name)
        begin, done = time.monotonic(), 0
        while (elapsed := time.monotonic() - begin) < seconds:
            due = int(elapsed * rate) - done
            for _ in range(due):
                client.socket.sendall(client.operation_frame(register, "add", operand=1))
            for _ in range(due):
                client.receive()
            done += due
            time.sleep(0.001)
        print(client.operate(register, "load"))


if __name__ == "__main__":
    main()
