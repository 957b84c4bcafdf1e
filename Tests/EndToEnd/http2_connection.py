# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 from the client's side, byte by byte."""

import h2.config
import h2.connection
import h2.events


class HTTP2:
    """A connection whose every byte the test sends itself."""

    def __init__(self, server, **settings):
        self.session = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.session.initiate_connection()
        self.authority = server.authority
        self.events = []

    def request(self, method, path, body=b"", fields=(), authority=None, scheme="http"):
        stream = self.session.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", scheme),
                  (":authority", authority or self.authority), (":path", path), *fields]
        self.session.send_headers(stream, fields, end_stream=not body)
        if body:
            self.session.send_data(stream, body, end_stream=True)
        return stream

    def answers(self, connection, count):
        """The bodies of the first `count` streams that end, by stream."""
        bodies, ended = {}, set()
        while len(ended) < count:
            data = connection.recv(65536)
            assert data, "the server closed the connection"
            for event in self.session.receive_data(data):
                self.events.append(event)
                if isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                    self.session.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    ended.add(event.stream_id)
            connection.sendall(self.session.data_to_send())
        return bodies
