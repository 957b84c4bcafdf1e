# SPDX-License-Identifier: Apache-2.0
"""Event streams and waits over HTTP/1.1, as bytes on a socket."""

import json
import pathlib
import socket
import threading


def request(method, path, body=b"", fields=()):
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def wait_body(until, milliseconds=20_000, then=None):
    """What a POST of a wait says."""
    return json.dumps({"until": until, "timeout_ms": milliseconds,
                       **({"then": then} if then else {})}).encode()


class Event:
    """One event, or a comment where its kind is None."""

    def __init__(self, block):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        self.kind, self.id = fields.get("event"), fields.get("id")
        self.data = json.loads(fields["data"]) if "data" in fields else None
        self.value = (self.data or {}).get("value")
        self.name = (self.data or {}).get("name")


class EventParser:
    """Makes events of the text of a stream."""

    def __init__(self):
        self.rest = ""

    def take(self, text):
        *blocks, self.rest = (self.rest + text).split("\n\n")
        return [Event(block) for block in blocks if not block.startswith("retry: ")]


class Watching:
    """A stream on a connection of its own, read when it is asked for the next event."""

    def __init__(self, server, query, fields=(), receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(20)
        self.socket.connect((server.host, server.port))
        self.socket.sendall(request("GET", f"/v1/watch?{query}", fields=fields))
        self.buffer, self.parser, self.ready = b"", EventParser(), []
        self.ended = False
        self.head = self._until(b"\r\n\r\n").decode()
        self.status = int(self.head.split(" ")[1])

    def _until(self, end):
        while end not in self.buffer:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the stream was cut off")
            self.buffer += more
        head, _, self.buffer = self.buffer.partition(end)
        return head

    def _chunk(self):
        length = int(self._until(b"\r\n"), 16)
        while len(self.buffer) < length + 2:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the stream was cut off")
            self.buffer += more
        chunk, self.buffer = self.buffer[:length], self.buffer[length + 2:]
        return chunk

    def next(self, comments=False):
        """The next event; None at the end of the stream."""
        while True:
            while self.ready:
                event = self.ready.pop(0)
                if event.kind or comments:
                    return event
            if self.ended:
                return None
            chunk = self._chunk()
            self.ended = not chunk
            self.ready += self.parser.take(chunk.decode())

    def until(self, value, comments=False):
        """All events up to the one with this value."""
        events = []
        while not events or events[-1].value != str(value):
            events.append(self.next(comments))
            assert events[-1], "the stream has ended"
        return events

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def in_background(call):
    """Runs `call` on a thread; returns what waits for its result."""
    results = []
    thread = threading.Thread(target=lambda: results.append(call()), daemon=True)
    thread.start()

    def result(seconds=30):
        thread.join(seconds)
        assert results, "no result in time"
        return results[0]

    return result


def peers(server):
    """Connections that the server has."""
    return sum(1 for line in pathlib.Path(f"/proc/{server.pid}/net/tcp").read_text().splitlines()
               if f":{server.port:04X} " in line.split()[1] + " " and line.split()[3] == "01")
