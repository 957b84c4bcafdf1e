# SPDX-License-Identifier: Apache-2.0
"""The frames of waits and watches, for `atr_client.Client.send` and `receive`, written from the
specification."""

import struct

from atr_client import BY_NAME, FLAG_NAME, name_block, operation_frame, slot

CANCEL, CREDIT = 0x05, 0x07
WAIT_UNTIL, WAIT_THEN, WATCH, UNWATCH, NOTIFY = 0x50, 0x51, 0x52, 0x53, 0x54
EVENT, GAP, DELETED = 0xE0, 0xE1, 0xE2
PREDICATES = ["eq", "ne", "lt", "le", "gt", "ge", "any", "all", "changed"]
FOREVER = 0xFFFFFFFF


def send_wait(client, register, predicate, value=0, milliseconds=FOREVER, then=None, **arguments):
    """The sequence number of a wait for `register`; `then` is the spelled operation to run."""
    handle, type_code = register
    body = slot(type_code, value) + struct.pack("<II", milliseconds, 0)
    if then:
        body += operation_frame(0, (0, type_code), then, **arguments)
    return client.send(
        WAIT_THEN if then else WAIT_UNTIL, body, order=0 if then else 5, type=type_code,
        argument=PREDICATES.index(predicate), handle=handle)


def watch(client, register, milliseconds=0):
    """The number of a watch of one register."""
    client.send(WATCH, struct.pack("<II", milliseconds, 0), handle=register[0])
    return client.receive().check().auxiliary


def watch_prefix(client, prefix, milliseconds=0):
    client.send(
        WATCH, name_block(prefix) + struct.pack("<II", milliseconds, 0), flags=FLAG_NAME,
        handle=BY_NAME, argument=1)
    return client.receive().check().auxiliary


def credit(client, events):
    client.send(CREDIT, struct.pack("<II", events, 0))


class Event:
    """A push of a watch, taken apart."""

    def __init__(self, reply):
        assert reply.opcode in (EVENT, GAP, DELETED), reply.bytes.hex()
        self.kind, self.watch, self.status = reply.opcode, reply.auxiliary, reply.status
        if self.status != "OK":
            return
        self.changes, self.left_out, self.generation = struct.unpack_from("<QQQ", reply.body)
        self.value = int.from_bytes(reply.body[24:40], "little")
        length, = struct.unpack_from("<H", reply.body, 40)
        self.name = reply.body[48:48 + length].decode()


