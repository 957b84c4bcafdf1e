# SPDX-License-Identifier: Apache-2.0
"""What a client can do to an HTTP server beside using it: a table of attacks, each with the limit that
ends it. They are run by test_http_attacks.py, and by Benchmarks/attacks."""

import contextlib
import select
import socket
import time
import typing

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    0, 1, 2, 3, 4, 6, 7, 8, 9)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 3, 4
CALM = "GOAWAY 11"  # ENHANCE_YOUR_CALM


# MARK: frames (RFC 9113 §4, §6) and fields (RFC 7541 §5, §6)

def frame(kind, flags=0, stream=0, payload=b""):
    return (len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
            + payload)


def word(value):
    return value.to_bytes(4, "big")


def settings(*entries):
    return frame(SETTINGS, payload=b"".join(
        name.to_bytes(2, "big") + word(value) for name, value in entries))


def string(text):
    if len(text) < 127:
        return bytes((len(text),)) + text
    rest, more = len(text) - 127, b"\x7f"
    while rest >= 128:
        more += bytes((rest & 127 | 128,))
        rest >>= 7
    return more + bytes((rest,)) + text


def literal(name, value):
    return b"\0" + string(name) + string(value)


def block(path=b"/livez", method=0x82):
    """`:method`, `:scheme`, `:authority` and `:path`."""
    return bytes((method, 0x86)) + b"\x01" + string(b"127.0.0.1") + b"\x04" + string(path)


def get(stream, path=b"/livez"):
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, block(path))


def post(stream):
    """One whose body is still to come."""
    return frame(HEADERS, END_HEADERS, stream, block(b"/v1/registers/none/inc", 0x83))


def streams(count):
    return range(1, 2 * count, 2)


class Attacker:
    """An HTTP/2 connection that knows no manners, and what it is sent."""

    def __init__(self, server, *entries, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect((server.host, server.port))
        self.socket.setblocking(False)
        self.received = bytearray()
        self.is_over, self.last_word = False, None
        self.resets, self.ended, self.pongs = {}, set(), set()
        self.send(PREFACE + settings(*entries))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data, reading=True):
        """All of it, unless the connection ends."""
        left = memoryview(data)
        while left and not self.is_over:
            readable, writable, _ = select.select(
                [self.socket] if reading else [], [self.socket], [], 20)
            assert readable or writable, "the server neither reads nor ends the connection"
            if readable:
                self.receive()
            if writable:
                try:
                    left = left[self.socket.send(left[:16384]):]
                except BlockingIOError:
                    pass
                except OSError:
                    # What it has said before is still there, perhaps.
                    self.await_condition(lambda: False, 1)
                    self.is_over = True

    def receive(self):
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.is_over = True
        self.received += data
        start = 0
        while len(self.received) - start >= 9:
            end = start + 9 + int.from_bytes(self.received[start:start + 3], "big")
            if len(self.received) < end:
                break
            self.take(*self.received[start + 3:start + 5],
                      int.from_bytes(self.received[start + 5:start + 9], "big"),
                      bytes(self.received[start + 9:end]))
            start = end
        del self.received[:start]

    def take(self, kind, flags, stream, payload):
        if kind == GOAWAY:
            self.last_word = f"GOAWAY {int.from_bytes(payload[4:8], 'big')}"
        elif kind == RESET:
            self.resets[stream] = int.from_bytes(payload, "big")
        elif kind == PING and flags & ACK:
            self.pongs.add(payload)
        elif kind in (DATA, HEADERS) and flags & END_STREAM:
            self.ended.add(stream)

    def await_condition(self, condition, seconds):
        """Reads until it holds, the connection ends or the time is up; whether it holds."""
        end = time.monotonic() + seconds
        while not condition() and not self.is_over:
            left = end - time.monotonic()
            if left <= 0:
                break
            if select.select([self.socket], [], [], left)[0]:
                self.receive()
        return condition()

    def fate(self):
        """`served`, if the connection still answers; else how it ended."""
        self.send(frame(PING, payload=b"the end!"))
        if self.await_condition(lambda: b"the end!" in self.pongs or self.last_word, 20):
            return self.last_word or "served"
        return "closed"


# MARK: attacks by a flood

def flood(pieces, last=b"", reading=True):
    """What is sent from the beginning to the end, if the server lets it."""

    def attack(server, _patience):
        with Attacker(server) as attacker:
            attacker.send(b"".join(pieces), reading)
            if not attacker.last_word:
                attacker.send(last)
            return attacker.fate()

    attack.pieces = pieces
    return attack


def reset_pairs(count, provocation):
    return [post(stream) + provocation(stream) for stream in streams(count)]


def on_stream_1(count, piece):
    return [post(1), *[piece] * count]


def header_section(count, piece):
    """HEADERS whose section goes on for so many CONTINUATION frames."""
    return [frame(HEADERS, END_STREAM, 1, block()),
            *[frame(CONTINUATION, 0, 1, piece)] * count]


def bomb(references):
    """A long field that stands in the table once and is named by a byte each time after that."""
    indexed = b"\x40" + string(b"x") + string(b"a" * 4000)
    return [frame(HEADERS, END_HEADERS | END_STREAM, 1, block() + indexed + b"\xbe" * references)]


END_OF_SECTION = frame(CONTINUATION, END_HEADERS, 1)
ANOTHER_PING = frame(PING, payload=b"and more")


# MARK: attacks by patience

def long_header_list(server, _patience):
    with Attacker(server) as attacker:
        fields = b"".join(literal(b"x-%d" % number, b"a" * 2000) for number in range(7))
        attacker.send(frame(HEADERS, END_STREAM, 1, block() + fields)
                      + frame(CONTINUATION, END_HEADERS, 1, fields))
        status = {}

        def take(kind, flags, stream, payload):
            # `:status` 431 is no entry of the static table; 200 is entry 8.
            if kind == HEADERS:
                status[stream] = "served" if payload[0] == 0x88 else "431"
            Attacker.take(attacker, kind, flags, stream, payload)

        attacker.take = take
        attacker.await_condition(lambda: 1 in attacker.ended, 20)
        assert attacker.fate() == "served"
        return status[1]


def after(attacker, count, patience, ending):
    """What became of so many streams in the time; `ending` makes them come to their ends."""
    if attacker.await_condition(lambda: len(attacker.resets) == count, patience):
        return "RST_STREAM " + ", ".join(map(str, set(attacker.resets.values())))
    assert not attacker.resets
    attacker.send(ending)
    attacker.await_condition(lambda: len(attacker.ended) == count, 20)
    return "served" if len(attacker.ended) == count else attacker.last_word or "closed"


def zero_window(server, patience):
    with Attacker(server, (INITIAL_WINDOW_SIZE, 0)) as attacker:
        attacker.send(b"".join(map(get, streams(100))))
        return after(attacker, 100, patience, settings((INITIAL_WINDOW_SIZE, 1 << 20))
                     + frame(WINDOW_UPDATE, payload=word(1 << 24)))


def requests_without_end(server, patience):
    with Attacker(server) as attacker:
        attacker.send(b"".join(map(post, streams(100))))
        return after(attacker, 100, patience, b"".join(
            frame(DATA, END_STREAM, stream) for stream in streams(100)))


def section_without_end(server, patience):
    with Attacker(server) as attacker:
        attacker.send(frame(HEADERS, END_STREAM, 1, block()))
        attacker.await_condition(lambda: attacker.last_word, patience)
        attacker.send(END_OF_SECTION)
        return attacker.fate()


def too_many_streams(server, _patience):
    with Attacker(server) as attacker:
        attacker.send(frame(SETTINGS, ACK) + b"".join(map(post, streams(400))))
        return attacker.fate()


def plain(server, receive_buffer=None):
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect((server.host, server.port))
    connection.settimeout(20)
    return connection


def http1(line, *fields):
    return "\r\n".join((f"{line} HTTP/1.1", "Host: 127.0.0.1", *fields, "", "")).encode()


def status(connection):
    """`served`, or the status that ends the connection."""
    received = b""
    with contextlib.suppress(OSError):
        while b"\r\n\r\n" not in received:
            if not (more := connection.recv(1 << 16)):
                break
            received += more
    code = received[9:12].decode()
    return "served" if code in ("200", "404") else code or "closed"


def drip(start, drop, rest):
    """Bytes that come one at a time; `rest`: those that come after so many."""

    def attack(server, patience):
        with plain(server) as connection:
            connection.sendall(start)
            end, count = time.monotonic() + patience, 0
            while time.monotonic() < end:
                if select.select([connection], [], [], 0.05)[0]:
                    return status(connection)
                connection.sendall(drop)
                count += 1
            connection.sendall(rest(count))
            return status(connection)

    return attack


def head_without_end(server, _patience):
    with plain(server) as connection:
        connection.sendall(http1("GET /livez")[:-2])
        for number in range(2000):
            if select.select([connection], [], [], 0)[0]:
                return status(connection)
            try:
                connection.sendall(b"X-%d: 0123456789012345678901234567890\r\n" % number)
            except OSError:
                break
        else:
            connection.sendall(b"\r\n")
        return status(connection)


ASKED = 2000


def answers_not_taken(server, patience):
    """Asks for megabytes, and takes none of them for a while."""
    with plain(server, receive_buffer=4096) as connection:
        one, asked = http1("GET /v1/capabilities"), ASKED
        left = one * asked
        end = time.monotonic() + patience
        watch = select.poll()
        watch.register(connection, select.POLLRDHUP)
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                left = left[connection.send(left, socket.MSG_DONTWAIT):]
            if watch.poll(50):
                return "closed"
            if not left:
                # It is there, and says so.
                left, asked = one, asked + 1
        count, tail = 0, b""
        while count < asked:
            if left:
                with contextlib.suppress(BlockingIOError):
                    left = left[connection.send(left, socket.MSG_DONTWAIT):]
            if not (data := connection.recv(1 << 18)):
                return "closed"
            count += (tail + data).count(b"HTTP/1.1 200")
            tail = data[-11:]
        return "served"


def streams_not_taken(server, patience):
    """The same over HTTP/2, with windows for all of it."""
    with Attacker(server, (INITIAL_WINDOW_SIZE, 0x7FFFFFFF), receive_buffer=4096) as attacker:
        asked = b"".join(get(stream, b"/v1/capabilities") for stream in streams(ASKED))
        attacker.send(frame(WINDOW_UPDATE, payload=word(0x7FFF0000 - 65535)) + asked, reading=False)
        end = time.monotonic() + patience
        watch = select.poll()
        watch.register(attacker.socket, select.POLLRDHUP)
        while time.monotonic() < end:
            if watch.poll(50):
                return "closed"
            # It is there, and says so.
            attacker.send(frame(WINDOW_UPDATE, payload=word(100)), reading=False)
        attacker.await_condition(lambda: len(attacker.ended) == ASKED, 20)
        return "served" if len(attacker.ended) == ASKED else "closed"


def pipelining(server, _patience):
    """More requests than are kept, before anything is read."""
    with plain(server) as connection:
        count, received, left = 20_000, bytearray(), memoryview(http1("GET /livez") * 20_000)
        connection.setblocking(False)
        end = time.monotonic() + 60
        while received.count(b"HTTP/1.1 200") < count and time.monotonic() < end:
            readable, writable, _ = select.select(
                [] if left else [connection], [connection] if left else [], [], 0.5)
            if writable:
                left = left[connection.send(left[:1 << 16]):]
            elif left or readable:
                # It takes no more before something is read.
                with contextlib.suppress(BlockingIOError):
                    received += connection.recv(1 << 18)
        return "served" if received.count(b"HTTP/1.1 200") == count else "closed"


def idle_connections(server, _patience):
    """Connections that have asked once, and stay."""
    with contextlib.ExitStack() as stack:
        fates = []
        for _ in range(120):
            connection = stack.enter_context(plain(server))
            with contextlib.suppress(OSError):
                connection.sendall(http1("GET /livez"))
            fates.append(status(connection))
        return next((fate for fate in fates if fate != "served"), "served")


# MARK: the table

class Row(typing.NamedTuple):
    name: str
    # How it ends, as the article says it, and as `attack` returns it.
    ends: str
    outcome: str
    attack: typing.Callable
    # The settings that have to be larger for it to succeed, and what is set in any case.
    raised: dict
    base: dict = {}
    # Whether it takes the time of a limit: these run together.
    is_slow: bool = False


CALMED = "GOAWAY `ENHANCE_YOUR_CALM`"
MANY = 1 << 30
NUISANCES = {"http2_nuisances": MANY}
ANSWERED = {"http2_nuisances": MANY, "http2_acknowledgements": MANY}
CONTINUED = {"http2_continuations": 6000}
PATIENT = {"stall_timeout_seconds": 3600}
SLOW = {"head_timeout_seconds": 3600}

ROWS = [
    Row("requests that are reset at once", CALMED, CALM, flood(
        [get(stream) + frame(RESET, 0, stream, word(8)) for stream in streams(3000)]), NUISANCES),
    Row("streams that the server has to reset, by a window that is too large", CALMED, CALM, flood(
        reset_pairs(3000, lambda stream: frame(WINDOW_UPDATE, 0, stream, word(0x7FFFFFFF)))),
        NUISANCES),
    Row("the same, by requests without `:path`", CALMED, CALM, flood(
        [frame(HEADERS, END_HEADERS | END_STREAM, stream, b"\x82\x86")
         for stream in streams(3000)]), NUISANCES),
    Row("empty HEADERS", CALMED, CALM, flood(
        [frame(HEADERS, END_HEADERS | END_STREAM, stream) for stream in streams(3000)]), NUISANCES),
    Row("empty DATA", CALMED, CALM, flood(on_stream_1(5000, frame(DATA, 0, 1))), NUISANCES),
    Row("DATA of padding alone", CALMED, CALM, flood(
        on_stream_1(5000, frame(DATA, PADDED, 1, b"\3\0\0\0"))), NUISANCES),
    Row("window updates of 1", CALMED, CALM, flood(
        [frame(WINDOW_UPDATE, payload=word(1))] * 5000), NUISANCES),
    Row("PRIORITY", CALMED, CALM, flood(
        [frame(PRIORITY, 0, 1, word(3) + b"\1")] * 5000), NUISANCES),
    Row("SETTINGS", CALMED, CALM, flood([settings()] * 3000), ANSWERED),
    Row("PING", CALMED, CALM, flood([ANOTHER_PING] * 3000), ANSWERED),
    Row("PING whose answers are not read", CALMED, CALM, flood([ANOTHER_PING] * 3000, reading=False),
        {"http2_acknowledgements": MANY}, NUISANCES),
    Row("SETTINGS with many entries", CALMED, CALM, flood(
        [settings(*[(MAX_CONCURRENT_STREAMS, 100)] * 2000)]), {"http2_settings_entries": 2000}),
    Row("small CONTINUATION frames", CALMED, CALM, flood(
        header_section(400, literal(b"x", b"y")), END_OF_SECTION), CONTINUED),
    Row("empty CONTINUATION frames", CALMED, CALM, flood(
        header_section(5000, b""), END_OF_SECTION), CONTINUED),
    Row("large CONTINUATION frames, where many are allowed", CALMED, CALM, flood(
        header_section(200, literal(b"x", b"y" * 8000)), END_OF_SECTION),
        {"header_bytes": 1 << 20}, {"http2_continuations": 1000}),
    Row("a header section that unpacks to megabytes", CALMED, CALM, flood(bomb(900)),
        {"header_bytes": 1 << 20}),
    Row("a header section that is too long", "431", "431", long_header_list,
        {"header_bytes": 1 << 16}),
    Row("more streams than are allowed", "GOAWAY `PROTOCOL_ERROR` (RFC 9113 §5.1.2)", "GOAWAY 1",
        too_many_streams, {"streams": 400}),
    Row("windows of 0 for 100 answers", "RST_STREAM `ENHANCE_YOUR_CALM` on each", "RST_STREAM 11",
        zero_window, PATIENT, is_slow=True),
    Row("100 requests without an end", "RST_STREAM `ENHANCE_YOUR_CALM` on each", "RST_STREAM 11",
        requests_without_end, PATIENT, is_slow=True),
    Row("a header section without an end", CALMED, CALM, section_without_end, PATIENT,
        is_slow=True),
    Row("HTTP/1.1: a head that comes byte by byte", "408", "408",
        drip(http1("GET /livez")[:-2] + b"X: ", b"x", lambda _: b"\r\n\r\n"), SLOW, is_slow=True),
    Row("HTTP/1.1: a body that comes byte by byte", "408", "408",
        drip(http1("POST /v1/registers/none/inc", "Content-Length: 10000"), b" ",
             lambda count: b" " * (9998 - count) + b"{}"), SLOW, is_slow=True),
    Row("HTTP/1.1: a head without an end", "431", "431", head_without_end,
        {"header_bytes": 1 << 20, "header_fields": 10_000}),
    Row("answers that are asked for and not taken", "the connection is closed", "closed",
        streams_not_taken, PATIENT, is_slow=True),
    Row("HTTP/1.1: the same", "the connection is closed", "closed", answers_not_taken, PATIENT,
        is_slow=True),
    Row("HTTP/1.1: more pipelined requests than are kept", "they wait, and are answered in order",
        "served", pipelining, {"streams": 10_000}),
    Row("connections that stay, more than are allowed", "503", "503",
        idle_connections, {"connections": 1000}, {"connections": 100}),
]
