# SPDX-License-Identifier: Apache-2.0
"""Who may do what: tokens, users and groups, over both protocols, while the rules change."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import struct
import tempfile

import pytest
from atr_client import (
    ARENA_STAT, BATCH, CLOSE, CREATE, DELETE, DELETE_OWNED, FLAG_QUIET, GOAWAY, LIST, NOP, OPEN,
    OPERATIONS, PIN, PING, PONG, STAT, TYPES, Client, Refused, frame)
from support import Server, arena_directory, poll
from waiting import (
    CANCEL, CREDIT, EVENT, NOTIFY, UNWATCH, WAIT_THEN, WAIT_UNTIL, WATCH, Event, send_wait, watch,
    watch_prefix)
from test_tls import asking_clients, context, curl, encrypted, encrypting, made  # noqa: F401

RIGHTS = "read", "operate", "create", "delete", "administer"


def token(name):
    return "atr_" + hashlib.sha256(name.encode()).hexdigest()


def principal(name, *allow, **marks):
    marks = marks or {"token_sha256": hashlib.sha256(token(name).encode()).hexdigest()}
    return {"name": name, **marks,
            "allow": [{"prefix": prefix, "may": list(may)} for prefix, may in allow]}


ONE_EACH = [principal(right, ("a.", [right])) for right in RIGHTS] + [
    principal("all", ("", RIGHTS)), principal("admin", ("", ["administer"])),
    principal("reader", ("", ["read"]))]


@contextlib.contextmanager
def serving(*principals, arguments=(), **options):
    """A server whose access file names `principals`, and that file."""
    with tempfile.TemporaryDirectory(prefix="atomics-access-") as directory:
        file = pathlib.Path(directory, "access.yaml")
        # YAML has all of JSON.
        file.write_text(json.dumps({"principals": principals}))
        with arena_directory() as arena, Server(arena, "--access", file, *arguments,
                                                **options) as server:
            yield server, file


def reload(server, file, text, count, what="access rules replaced"):
    """Puts `text` into the file and has the server read it, which is its `count`th time."""
    file.write_text(text if isinstance(text, str) else json.dumps({"principals": text}))
    os.kill(server.pid, signal.SIGHUP)
    poll(lambda: server.errors().count(what) == count, what=what)


def connect(server, name):
    return Client(server.host, server.port, token=token(name).encode())


def bearer(name):
    return {"Authorization": f"Bearer {token(name)}"}


@pytest.fixture(scope="module")
def one_each():
    with serving(*ONE_EACH) as (server, _):
        with connect(server, "all") as client:
            client.create("a.n", "u64")
            client.create("b.n", "u64")
        yield server
        assert server.stop() == 0, server.errors()
        # Neither what was right nor what was wrong is ever in the log.
        log = server.errors()
        assert "refused" in log and "atr_" not in log and "hunter2" not in log


def test_without_an_identity_only_health_is_told(one_each):
    server = one_each
    for path in ("/livez", "/readyz"):
        assert server.request("GET", path)[0] == 200
    for method, path in [
            ("GET", "/v1/capabilities"), ("GET", "/v1/registers"), ("GET", "/v1/registers/a.n"),
            ("PUT", "/v1/registers/x"), ("DELETE", "/v1/registers/a.n"), ("GET", "/"),
            ("POST", "/v1/registers/a.n/inc"), ("GET", "/metrics"), ("OPTIONS", "*"),
            ("GET", f"/v1/registers?access_token={token('all')}")]:
        status, fields, body = server.request(method, path)
        assert status == 401, (method, path, body)
        assert fields["www-authenticate"] == "Bearer"
        assert json.loads(body)["type"] == "/problems/unauthorized"
    status, fields, _ = server.request("GET", "/v1/registers", headers=bearer("stranger"))
    assert status == 401 and "invalid_token" in fields["www-authenticate"]
    for wrong in (b"", token("stranger").encode(), b"hunter2"):
        with pytest.raises(Refused) as refused:
            Client(server.host, server.port, token=wrong)
        assert refused.value.status == "AUTH_REQUIRED"


def test_tokens_open_both_protocols(one_each):
    server = one_each
    with connect(server, "all") as client:
        register = client.open("a.n")
        before = client.operate(register, "fetch_add", operand=1)
        status, _, body = server.request("POST", "/v1/registers/a.n/inc", headers=bearer("all"))
        assert status == 200 and json.loads(body)["old"] == str(before + 1)


# WAIT_THEN and BATCH ask for the right of their operations, too: see below.
NAMED = {STAT: "read", DELETE: "delete", PIN: "administer", WAIT_UNTIL: "read", WAIT_THEN: "read",
         WATCH: "read", NOTIFY: "operate"}
ARENA = {DELETE_OWNED, ARENA_STAT}
FREE = {NOP, PING, PONG, GOAWAY, LIST, CLOSE, CANCEL, CREDIT, UNWATCH, BATCH}
READS = {OPERATIONS["load"], OPERATIONS["bit_test"]}


def needed(opcode):
    if opcode in OPERATIONS.values():
        return "read" if opcode in READS else "operate"
    return NAMED[opcode]


def test_every_opcode_takes_its_right(one_each):
    server = one_each
    with contextlib.ExitStack() as stack:
        clients = {name: stack.enter_context(connect(server, name))
                   for name in (*RIGHTS, "admin", "all")}
        bits = clients["all"].extensions[2]
        opcodes = {n for n in range(256) if bits[n >> 3] >> (n & 7) & 1}
        # An opcode that is new needs a line here, and its right.
        known = set(NAMED) | ARENA | FREE | {OPEN, CREATE} | set(OPERATIONS.values())
        assert opcodes == known, f"no right is known for {opcodes ^ known}"

        def denied(reply):
            return reply.status == "DENIED"

        for name, client in clients.items():
            may = set(RIGHTS) if name == "all" else {"administer"} if name == "admin" else {name}
            may |= {"read"} if "operate" in may else set()
            everywhere = name in ("admin", "all")
            for register, is_his in [
                    ("a.n", True), ("a.missing", True), ("b.n", everywhere),
                    ("b.missing", everywhere)]:
                for opcode in sorted(set(OPERATIONS.values()) | set(NAMED)):
                    if opcode == DELETE and register.endswith(".n") and name in ("delete", "all"):
                        continue  # the others want it
                    expected = not (is_his and needed(opcode) in may)
                    # Nothing behind the name: where it is permitted something else is wrong.
                    reply = client.by_name(opcode, register)
                    said = (name, register, opcode, reply.status, reply.body)
                    if opcode == PIN and not expected:
                        assert b"may not" not in reply.body, said
                    else:
                        assert denied(reply) == expected, said
                reply = client.by_name(OPEN, register, type=0x3F)
                assert denied(reply) == (not (is_his and "read" in may)), (name, register)
                reply = client.by_name(OPEN, f"{register}.{name}", policy=1, type=TYPES["u64"])
                assert denied(reply) == (not (is_his and "create" in may)), (name, register)
                body = bytes(48)
                reply = client.by_name(
                    CREATE, f"{register}.{name}2", body, policy=1, type=TYPES["u64"])
                assert denied(reply) == (not (is_his and "create" in may)), (name, register)
            for opcode, body in [(DELETE_OWNED, struct.pack("<QQ", 77, 0)), (ARENA_STAT, b"")]:
                assert denied(client.ask(opcode, body)) == (not everywhere), (name, opcode)
            assert client.ask(NOP).status == client.ask(PING).status == "OK"
            assert client.ask(LIST, struct.pack("<QIHH", 0, 10, 0, 0)).status == "OK"
            assert client.ask(CLOSE, handle=12345).status == "NOT_FOUND"


def test_a_handle_has_the_rights_of_its_opener(one_each):
    with connect(one_each, "read") as reader, connect(one_each, "operate") as worker:
        theirs, his = worker.open("a.n"), reader.open("a.n")
        for name in ("load", "bit_test"):
            reader.operate(his, name)
            worker.operate(theirs, name)
        worker.operate(theirs, "inc")
        with pytest.raises(Refused) as refused:
            reader.operate(his, "inc")
        assert (refused.value.status, refused.value.applied) == ("DENIED", 0)
        assert refused.value.text == "read may not operate on a.n"


def test_operations_within_other_frames_take_their_rights(one_each):
    with connect(one_each, "read") as reader, connect(one_each, "operate") as worker:
        for client, may in (reader, False), (worker, True):
            register = client.open("a.n")

            def said(reply, may=may):
                assert (reply.status == "DENIED") != may, reply.bytes.hex()

            send_wait(client, register, "ge", 0, 0)
            assert client.receive().status == "OK"
            send_wait(client, register, "ge", 0, 0, then="load")
            assert client.receive().status == "OK"
            send_wait(client, register, "ge", 0, 0, then="add", operand=1)
            said(client.receive())
            # Neighbours that run as one, quiet ones, and those of a batch.
            inc = client.operation_frame(register, "inc")
            client.socket.sendall(inc * 3)
            for _ in range(3):
                said(client.receive())
            quiet = frame(OPERATIONS["inc"], 7, flags=FLAG_QUIET, order=5, handle=register[0],
                          type=register[1])
            client.socket.sendall(quiet)
            if not may:
                said(client.receive())
            body = client.ask(BATCH, inc + client.operation_frame(register, "load")).check().body
            assert (body[2] == 12) != may, body.hex()
            # A register made by an operation takes the right to create, too.
            added = client.operation_frame(("a.made", TYPES["u64"]), "inc", policy=1)
            client.socket.sendall(added)
            reply = client.receive()
            assert reply.status == "DENIED", reply.bytes.hex()


def test_a_watch_shows_what_may_be_read(one_each):
    with connect(one_each, "read") as reader, connect(one_each, "all") as everybody:
        with pytest.raises(Refused) as refused:
            everybody.create("b.seen", "u64")
            reader.by_name(WATCH, "b.n", bytes(8)).check()
        assert refused.value.status == "DENIED"
        watch_prefix(reader, "")
        everybody.create("b.new", "u64")
        everybody.create("a.new", "u64")
        names = set()
        while "a.new" not in names:
            names.add(Event(reader.receive()).name)
        assert all(name.startswith("a.") for name in names), names


def test_new_rules_reach_those_who_only_wait():
    first = [principal("p", ("", ["operate"])), principal("q", ("", ["read"]))]
    all_ = principal("all", ("", RIGHTS))
    with serving(*first, all_) as (server, file):
        with contextlib.ExitStack() as stack:
            everybody, taker, looker, watcher, same = (
                stack.enter_context(connect(server, name)) for name in ("all", "p", "q", "q", "all"))
            everybody.create("n", "u64")
            send_wait(taker, taker.open("n"), "ge", 1, then="sub", operand=1)
            send_wait(looker, looker.open("n"), "ge", 1)
            watch(watcher, watcher.open("n"))
            assert Event(watcher.receive()).kind == EVENT
            kept = send_wait(same, same.open("n"), "ge", 5)
            for client in (taker, looker, same):
                assert client.ask(NOP).status == "OK"
            # The rights of one change, the other is taken out; who has what he had waits on.
            reload(server, file, [principal("p", ("", ["read"])), all_], 1)
            for client in (taker, looker, watcher):
                reply = client.receive()
                assert (reply.opcode, reply.status) == (GOAWAY, "AUTH_REQUIRED"), reply.bytes.hex()
            register = everybody.open("n")
            everybody.operate(register, "store", operand=5)
            reply = same.receive()
            assert (reply.sequence, reply.status, reply.value) == (kept, "OK", 5)
            assert everybody.operate(register, "load") == 5


def test_new_rules_reach_those_who_read_nothing():
    """What was done before is answered, and nothing is done after."""
    all_ = principal("all", ("", RIGHTS))
    with serving(principal("p", ("", ["operate"])), all_) as (server, file):
        with connect(server, "all") as everybody, connect(server, "p") as taker:
            everybody.create("n", "u64", 0)
            for number in range(500):
                everybody.create(f"long/{'n' * 100}/{number}", "u64")
            register, kept = taker.open("n"), everybody.open("n")
            waits = [send_wait(taker, register, "ge", 1, then="sub", operand=1) for _ in range(2)]
            assert taker.ask(NOP).status == "OK"
            # Answers that it does not read, until the server stops for it.
            page = frame(LIST, 1, struct.pack("<QIHH", 0, 1000, 0, 0)) * 64
            taker.socket.settimeout(0.3)
            with contextlib.suppress(TimeoutError, BlockingIOError):
                while True:
                    taker.socket.sendall(page)
            everybody.operate(kept, "store", operand=1)
            poll(lambda: everybody.operate(kept, "load") == 0, what="the first wait's operation")
            reload(server, file, [all_], 1)
            everybody.operate(kept, "store", operand=5)
            for _ in range(20):
                assert everybody.ask(NOP).status == "OK"
            assert everybody.operate(kept, "load") == 5, "one who was taken out took something"
            taker.socket.settimeout(10)
            answers = []
            with contextlib.suppress(ConnectionError):
                while not answers or answers[-1].opcode != GOAWAY:
                    answers.append(taker.receive())
            assert answers[-1].status == "AUTH_REQUIRED"
            told = [reply for reply in answers if reply.opcode == WAIT_THEN]
            assert [(reply.sequence, reply.status) for reply in told] == [(waits[0], "OK")]


def test_http_asks_for_the_same_rights(one_each):
    server = one_each
    requests = [
        ("GET", "", None, "read"), ("HEAD", "", None, "read"), ("GET", "/value", None, "read"),
        ("PUT", "/value", "1", "operate"), ("POST", "/load", None, "read"),
        ("POST", "/inc", None, "operate"), ("POST", "/fetch_add", {"operand": 1}, "operate"),
        ("PUT", "", {"type": "u64"}, "create")]
    for name in RIGHTS:
        may = {name} | ({"read"} if name == "operate" else set())
        for method, rest, body, right in requests:
            for register in ("a.n", "a.missing" if right != "create" else "a.n", "b.n"):
                status, _, answer = server.request(
                    method, f"/v1/registers/{register}{rest}", body, bearer(name))
                expected = register.startswith("a.") and right in may
                assert (status != 403) == expected, (name, method, register, rest, answer)
    status, _, body = server.request("POST", "/v1/registers/b.n/inc", headers=bearer("read"))
    problem = json.loads(body)
    assert status == 403 and problem["type"] == "/problems/forbidden"
    assert problem["detail"] == "read may not operate on b.n" and problem["applied"] == "no"


def test_lists_leave_out_what_may_not_be_read(one_each):
    def listed(name):
        _, _, body = one_each.request("GET", "/v1/registers?limit=1000", headers=bearer(name))
        over_http = {register["name"] for register in json.loads(body)["registers"]}
        with connect(one_each, name) as client:
            reply = client.ask(LIST, struct.pack("<QIHH", 0, 1000, 0, 0)).check()
        over_binary, offset = set(), 8
        while offset < len(reply.body):
            length, _, label = struct.unpack_from("<HBB", reply.body, offset)
            over_binary.add(reply.body[offset + 24:offset + 24 + length].decode())
            offset += 24 + length + -length % 8 + label + -label % 8
        assert over_http == over_binary
        return over_http

    everything = listed("all")
    assert {"a.n", "b.n"} <= everything == listed("reader")
    assert listed("read") == {name for name in everything if name.startswith("a.")}
    assert listed("create") == set()


def test_wrong_tokens_are_slowed_down_and_right_ones_are_not():
    with serving(principal("p", ("", ["read"]))) as (server, _):
        statuses = []
        for index in range(40):
            with pytest.raises(Refused) as refused:
                Client(server.host, server.port, token=token(f"guess {index}").encode())
            statuses.append(refused.value.status)
        assert statuses[:10] == ["AUTH_REQUIRED"] * 10 and "LIMIT" in statuses
        with connect(server, "p") as client:
            assert client.ask(PING).status == "OK"
        status, fields, _ = server.request("GET", "/v1/registers", headers=bearer("guess"))
        assert status == 401 or status == 429 and fields["retry-after"] == "1"
        log = server.errors()
        assert 1 <= log.count("refused: no identity") <= 20 and "atr_" not in log


# MARK: Unix sockets


def connected_as(path, user, group, groups=()):
    """A connection to the Unix socket at `path` that a process of this user and these groups made."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups(groups)
            os.setgid(group)
            os.setuid(user)
            made = socket.socket(socket.AF_UNIX)
            made.connect(path)
            socket.send_fds(theirs, [b"x"], [made.fileno()])
        finally:
            os._exit(0)
    theirs.close()
    with ours:
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    os.waitpid(child, 0)
    return socket.socket(fileno=descriptors[0])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may be others")
def test_users_and_groups_over_a_unix_socket():
    principals = [
        principal("uid", ("u.", ["read"]), user=[64001, "nobody"]),
        principal("gid", ("g.", ["read"]), group=64002), principal("token", ("t.", ["read"]))]
    with tempfile.TemporaryDirectory(prefix="atomics-sock-") as directory:
        os.chmod(directory, 0o755)
        path = f"{directory}/sock"
        with serving(*principals, listen=("127.0.0.1:0", f"unix:{path}")) as (server, _):
            os.chmod(path, 0o666)

            def may(client):
                """The prefixes that it may read."""
                return {prefix for prefix in ("u.", "g.", "t.")
                        if client.by_name(STAT, prefix + "x").status == "NOT_FOUND"}

            def asks(user, group, groups=(), **options):
                with Client(connected_as(path, user, group, groups), **options) as client:
                    return may(client)

            import pwd
            assert asks(64001, 5) == asks(pwd.getpwnam("nobody").pw_uid, 5) == {"u."}
            assert asks(64009, 64002) == asks(64009, 5, [7, 64002]) == {"g."}
            assert asks(64001, 64002) == {"u."}, "a user comes before a group"
            assert asks(0, 0) == {"u.", "g.", "t."}, "root owns everything"
            with Client(path) as client:
                assert may(client) == {"u.", "g.", "t."}, "so does the server's user"
                assert client.ask(ARENA_STAT).status == "OK"
            assert asks(64001, 5, token=token("token").encode()) == {"t."}, "a token wins"
            assert asks(0, 0, token=token("token").encode()) == {"t."}
            for user, group, options in [
                    (64009, 5, {}), (64001, 5, {"token": token("stranger").encode()}),
                    (0, 0, {"token": token("stranger").encode()})]:
                with pytest.raises(Refused) as refused:
                    asks(user, group, **options)
                assert refused.value.status == "AUTH_REQUIRED"
            # HTTP on the same socket knows the same people.
            with connected_as(path, 64001, 5) as made:
                made.sendall(b"GET /v1/registers/u.x HTTP/1.1\r\nHost: localhost\r\n\r\n"
                             b"GET /v1/registers/g.x HTTP/1.1\r\nHost: localhost\r\n\r\n")
                made.shutdown(socket.SHUT_WR)
                answer = b"".join(iter(lambda: made.recv(65536), b""))
            assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"404", b"403"]
            # Over TCP the same user is nobody.
            with pytest.raises(Refused):
                Client(server.host, server.port)


# MARK: Certificates


def test_a_verified_certificate_is_an_identity(made):
    principals = [principal("alice", ("c.", ["read"]), certificate=["other.test", "alice.test"]),
                  principal("token", ("t.", ["read"]))]
    arguments = (*encrypting(made), *asking_clients(made, "optional"))
    with serving(*principals, arguments=arguments) as (server, _):
        def may(certificate, **options):
            made_context = context(made, "atr/1", client=certificate)
            with Client(encrypted(server, made_context), **options) as client:
                return {prefix for prefix in ("c.", "t.")
                        if client.by_name(STAT, prefix + "x").status == "NOT_FOUND"}

        assert may("alice") == {"c."}
        assert may("alice", token=token("token").encode()) == {"t."}, "a token wins"
        assert may(None, token=token("token").encode()) == {"t."}
        # One that is valid and that nobody has, none at all, and a wrong token beside a right one.
        for certificate, options in [("server", {}), (None, {}),
                                     ("alice", {"token": token("stranger").encode()})]:
            with pytest.raises(Refused) as refused:
                may(certificate, **options)
            assert refused.value.status == "AUTH_REQUIRED"
        url = f"https://localhost:{server.port}/v1/registers"
        alice = "--cert", f"{made}/alice.pem", "--key", f"{made}/alice.key"
        for options, name, status in [
                (alice, "c.x", "404"), (alice, "t.x", "403"), ((), "c.x", "401"),
                ((*alice, "-H", f"Authorization: Bearer {token('token')}"), "t.x", "404")]:
            assert curl(made, *options, "-o", "/dev/null", "-w", "%{http_code}",
                        f"{url}/{name}") == status


def test_access_rules_are_authentication_beyond_loopback(made):
    everywhere = {"listen": ("0.0.0.0:0",)}
    with serving(principal("p", ("", ["read"])), arguments=encrypting(made), **everywhere):
        pass
    with pytest.raises(AssertionError, match="TLS"):
        with serving(principal("p", ("", ["read"])), **everywhere):
            pass
