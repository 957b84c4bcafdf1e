# SPDX-License-Identifier: Apache-2.0
"""A proxy that forwards what it gets, and cuts a connection after so many bytes."""

import select
import socket
import struct
import threading

REQUESTS, REPLIES = "requests", "replies"
CLOSE, RESET = "close", "reset"


class CuttingProxy:
    """Forwards connections, one at a time, to `host`:`port`. The next connection is cut as `cut`
    tells; those after it are forwarded whole, so that what is tried again gets through."""

    def __init__(self, host, port):
        self.upstream = host, port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepted = 0
        self.passed = {REQUESTS: b"", REPLIES: b""}
        self.whole = threading.Event()  # nothing is under way
        self.whole.set()
        self._plan = None
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def cut(self, direction=None, after=0, manner=CLOSE):
        """The next connection ends after `after` bytes of its requests or replies; without a
        direction it is whole."""
        self.await_end()
        self.accepted = 0
        self.passed = {REQUESTS: b"", REPLIES: b""}
        self._plan = direction, after, manner

    def await_end(self):
        """Until the last connection is over on both sides."""
        assert self.whole.wait(20), "the server keeps a connection that was cut"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Wakes the thread out of accept.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(20)
        self.listener.close()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.whole.clear()
            self.accepted += 1
            plan, self._plan = self._plan or (None, 0, CLOSE), None
            with client, socket.create_connection(self.upstream, 20) as server:
                for one in client, server:
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    self._forward(client, server, *plan)
                except OSError:
                    pass  # one of them is gone already
            self.whole.set()

    def _forward(self, client, server, direction, after, manner):
        left = after
        while direction is None or left > 0:
            for source in select.select([client, server], [], [], 20)[0]:
                side, target = (REQUESTS, server) if source is client else (REPLIES, client)
                data = source.recv(65536 if side != direction else left)
                if not data:
                    return self._end(client, server, CLOSE)
                target.sendall(data)
                self.passed[side] += data
                if side == direction:
                    left -= len(data)
                    if left == 0:
                        break
        self._end(client, server, manner)

    def _end(self, client, server, manner):
        if manner == RESET:
            for one in client, server:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        # All that was sent arrives, and the server has done with it when it closes too.
        server.shutdown(socket.SHUT_WR)
        client.close()
        while server.recv(65536):
            pass
