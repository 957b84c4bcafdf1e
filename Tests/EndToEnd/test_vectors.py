# SPDX-License-Identifier: Apache-2.0
"""The vector file against a real server: binary by handle and by name, HTTP/2 and HTTP/1.1."""

import http.client
import json
import pathlib
import struct
import subprocess
import sys

import httpx
import pytest
from atr_client import (
    AS_REGISTERED, BY_NAME, CREATED, FLAG_NAME, OPERATIONS, STATUSES, TYPES, Client, frame,
    name_block, operation, operation_frame, slot,
)

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "Vectors"
ALL = [json.loads(line) for line in (VECTORS / "operations.jsonl").read_text().splitlines()]
BATCH = 200  # requests sent together
RAN = ("OK", "MISMATCH", "OVERFLOW")
MODIFIERS = ("mask", "relation", "overflow", "min", "max")


def register_name(vector):
    """Each vector runs on the register of its type."""
    return f"vector.{vector['type']}"


@pytest.fixture(scope="module")
def registers(shared_server):
    for type in dict.fromkeys(vector["type"] for vector in ALL):
        shared_server.create(f"vector.{type}", type)


def batches(vectors):
    return [vectors[start:start + BATCH] for start in range(0, len(vectors), BATCH)]


def value_of(vector, text):
    """A value in the vector's type: an integer, or bytes as they lie in memory."""
    type = vector["type"]
    if type.startswith("bytes"):
        return bytes.fromhex(text)
    if type.startswith("f"):
        return struct.pack("<f" if type == "f32" else "<d", float(text))
    return int(text)


def slot_of(vector, text):
    return slot(TYPES[vector["type"]], value_of(vector, text))


def test_the_file_is_what_its_generator_writes():
    subprocess.run([sys.executable, VECTORS / "generate.py", "--check"], check=True)


def run_frames(client, vectors, frames, handles):
    """Stores each initial value, sends the vector's frame, loads the final value."""
    for batch in batches(list(zip(vectors, frames))):
        sent = b""
        for vector, data in batch:
            handle = handles[vector["type"]]
            sent += frame(OPERATIONS["store"], 2, slot_of(vector, vector["initial"]), order=5,
                          type=AS_REGISTERED, handle=handle)
            sent += data
            sent += frame(OPERATIONS["load"], 3, order=5 | 1 << 6, type=AS_REGISTERED,
                          handle=handle)
        client.socket.sendall(sent)
        for vector, _ in batch:
            assert client.receive().status == "OK"
            reply = client.receive()
            final = client.receive()
            assert reply.status == vector["status"], (vector, reply.bytes.hex())
            assert ("reply_hex" in vector) == (vector["status"] in RAN)
            if "reply_hex" in vector:
                assert reply.bytes.hex() == vector["reply_hex"], vector
            else:
                applied, length = reply.body[0], reply.body[4]
                assert applied == 0 and 0 < length <= 200, reply.bytes.hex()
            assert final.body == slot_of(vector, vector["final"]), (vector, final.body.hex())


def framed():
    vectors = [vector for vector in ALL if "request_hex" in vector]
    assert len(vectors) > 10000
    return vectors


def test_binary_by_handle(server, registers):
    vectors = framed()
    with Client(server.host, server.port) as client:
        handles = {}
        # Handles are dense small integers; the vectors say 7.
        for type in dict.fromkeys(vector["type"] for vector in vectors):
            handles[type], _ = client.open(f"vector.{type}")
        frames = []
        for vector in vectors:
            data = bytearray.fromhex(vector["request_hex"])
            data[12:16] = handles[vector["type"]].to_bytes(4, "little")
            frames.append(bytes(data))
        run_frames(client, vectors, frames, handles)


def test_binary_in_batches(server, registers):
    """Every vector, with the store before and the load after it, as elements of one frame."""
    vectors = framed()
    with Client(server.host, server.port) as client:
        handles = {type: client.open(f"vector.{type}")[0]
                   for type in dict.fromkeys(vector["type"] for vector in vectors)}
        for part in batches(vectors):
            elements = []
            for vector in part:
                handle = handles[vector["type"]]
                data = bytearray.fromhex(vector["request_hex"])
                data[12:16] = handle.to_bytes(4, "little")
                elements += [
                    frame(OPERATIONS["store"], 2, slot_of(vector, vector["initial"]), order=5,
                          type=AS_REGISTERED, handle=handle),
                    bytes(data),
                    frame(OPERATIONS["load"], 3, order=5 | 1 << 6, type=AS_REGISTERED,
                          handle=handle)]
            replies, count = client.batch(*elements)
            assert count == len(elements) == len(replies)
            for vector, store, reply, final in zip(part, *[replies[n::3] for n in range(3)]):
                assert store.status == "OK"
                assert reply.status == vector["status"], (vector, reply.bytes.hex())
                if "reply_hex" in vector:
                    assert reply.bytes.hex() == vector["reply_hex"], vector
                assert final.body == slot_of(vector, vector["final"]), (vector, final.body.hex())


def test_binary_by_names_that_are_made(server):
    """Vectors that begin at zero, each on a register that its own frame makes."""
    zeros = {slot(TYPES[type], 0) for type in TYPES}
    vectors = [
        vector for vector in framed()
        if vector["status"] in RAN and slot_of(vector, vector["initial"]) in zeros]
    assert len(vectors) > 500
    with Client(server.host, server.port) as client:
        for index, vector in enumerate(vectors):
            name = f"made.{index}"
            data = bytearray.fromhex(vector["request_hex"])
            body = name_block(name, 1) + bytes(data[16:])
            type_code = data[3] & 0xC0 | TYPES[vector["type"]]
            reply = client.ask(
                data[0], body, flags=data[1] | FLAG_NAME, order=data[2], type=type_code,
                argument=data[7], handle=BY_NAME)
            expected = bytearray.fromhex(vector["reply_hex"])
            assert reply.flags == CREATED, (vector, reply.bytes.hex())
            assert reply.status == STATUSES[expected[2]] == vector["status"], vector
            assert (reply.body, reply.argument) == (expected[16:], expected[7]), vector
            reply = client.by_name(
                OPERATIONS["load"], name, order=5 | 1 << 6, type=AS_REGISTERED)
            assert reply.body == slot_of(vector, vector["final"]), vector


def test_binary_by_name(server, registers):
    # One vector of each operation, type, status and set of modifiers says how names travel; the
    # rest is the same.
    seen = {}
    for vector in framed():
        modifiers = [member for member in MODIFIERS if member in vector]
        seen.setdefault((vector["op"], vector["type"], vector["status"], *modifiers), vector)
    vectors = list(seen.values())
    with Client(server.host, server.port) as client:
        handles, frames = {}, []
        for vector in vectors:
            handles[vector["type"]] = client.open(register_name(vector))[0]
            data = bytearray.fromhex(vector["request_hex"])
            body = name_block(register_name(vector)) + bytes(data[16:])
            data[1] |= FLAG_NAME
            data[4:7] = len(body).to_bytes(3, "little")
            data[12:16] = BY_NAME.to_bytes(4, "little")
            frames.append(bytes(data[:16]) + body)
        run_frames(client, vectors, frames, handles)


def test_the_client_speaks_as_the_file_does():
    """The Python client's own encoding, beside the file's frames; no server is asked."""
    names = {"operand": "operand", "expected": "expected", "unless": "unless", "mask": "mask",
             "min": "low", "max": "high"}
    checked = 0
    for vector in ALL:
        if vector["status"] not in RAN:
            continue
        arguments = {
            name: value_of(vector, vector[member])
            for member, name in names.items() if member in vector}
        if "expected" in vector:
            arguments["desired"] = arguments.pop("operand")
        for member in ("index", "relation", "overflow"):
            if member in vector:
                arguments[member] = vector[member]
        assert operation_frame(
            1, (7, TYPES[vector["type"]]), vector["op"], order=vector["order"],
            failure=vector.get("failure_order"), **arguments,
        ).hex() == vector["request_hex"], vector
        assert operation(vector["op"])[0] == int(vector["request_hex"][:2], 16)
        checked += 1
    assert checked > 8000


def http_vectors(share):
    """Every refusal, and one vector that runs in `share`. An odd share meets all turns of what
    the file alternates."""
    vectors = [vector for vector in ALL if "http_body" in vector]
    return [vector for vector in vectors if vector["status"] in RAN][::share] + [
        vector for vector in vectors if vector["status"] not in RAN]


def run_http(vectors, request):
    for vector in vectors:
        path = f"/v1/registers/{register_name(vector)}"
        status, body = request("PUT", f"{path}/value", vector["initial"])
        assert status == 204, (vector, body)
        status, body = request("POST", f"{path}/{vector['op']}", json.dumps(vector["http_body"]))
        answer = json.loads(body)
        if "http_reply" in vector:
            assert (status, answer) == (200, vector["http_reply"]), vector
        else:
            assert status == vector["http_status"], (vector, answer)
            assert answer["type"] == f"/problems/{vector['http_slug']}", (vector, answer)
            assert answer["status"] == status and answer["applied"] == "no"
            assert answer["title"] and answer["detail"]
            assert answer.get("value") == vector.get("http_value"), (vector, answer)
        status, body = request("GET", f"{path}/value", None)
        assert (status, body.decode()) == (200, vector["final"] + "\n"), vector


def test_http1(server, registers):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)

    def request(method, path, body):
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.read()

    run_http(http_vectors(5), request)
    connection.close()


def test_http2(server, registers):
    with httpx.Client(http1=False, http2=True, base_url=server.url, timeout=10) as client:
        def request(method, path, body):
            response = client.request(method, path, content=body)
            assert response.http_version == "HTTP/2"
            return response.status_code, response.content

        run_http(http_vectors(17), request)
