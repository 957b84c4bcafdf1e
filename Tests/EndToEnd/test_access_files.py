# SPDX-License-Identifier: Apache-2.0
"""What the files of access control are like, who may touch them, and the command that makes them."""

import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile

import pytest
from atr_client import GOAWAY, PING, Refused
from support import BINARIES, ENVIRONMENT, Server, command_line, poll
from test_access import RIGHTS, bearer, connect, principal, reload, serving, token
from test_tls import encrypting, made  # noqa: F401


def test_sighup_changes_what_open_connections_may():
    before = [principal("p", ("", ["operate"])), principal("q", ("", ["read"]))]
    with serving(*before, principal("all", ("", RIGHTS))) as (server, file):
        with connect(server, "all") as everybody:
            everybody.create("n", "u64")
            with connect(server, "p") as client, connect(server, "q") as other:
                register = client.open("n")
                client.operate(register, "inc")
                assert server.request("POST", "/v1/registers/n/inc", headers=bearer("p"))[0] == 200
                all_ = principal("all", ("", RIGHTS))
                reload(server, file, [principal("p", ("", ["read"])), before[1], all_], 1)
                assert client.operate(register, "load") == 2
                with pytest.raises(Refused) as refused:
                    client.operate(register, "inc")
                assert refused.value.status == "DENIED"
                assert server.request("POST", "/v1/registers/n/inc", headers=bearer("p"))[0] == 403
                # A file with a mistake leaves everything as it was, and says where it is.
                reload(server, file, "principals:\n- name: p\n  tokens: x\n", 1,
                       "access rules left as they were")
                assert f"{file}:3:3: a principal has no key 'tokens'" in server.errors()
                file.chmod(0o646)
                os.kill(server.pid, signal.SIGHUP)
                poll(lambda: "others than its owner may write" in server.errors(), what="the error")
                file.unlink()
                os.kill(server.pid, signal.SIGHUP)
                poll(lambda: "cannot be read: No such file" in server.errors(), what="the error")
                assert client.operate(register, "load") == 2
                # One who is taken out is told so at his next request, and none other.
                reload(server, file, [before[1], all_], 2)
                reply = client.ask(PING)
                assert (reply.opcode, reply.status) == (GOAWAY, "AUTH_REQUIRED")
                with pytest.raises((ConnectionError, OSError)):
                    client.ask(PING)
                assert other.ask(PING).status == "OK"
                # An editor may have cut the file, and not written it yet.
                reload(server, file, "# nobody\n", 4, "access rules left as they were")
                assert other.ask(PING).status == "OK"
                reload(server, file, "principals: []\n", 3)
                assert "names nobody" in server.errors()
                assert other.ask(PING).opcode == GOAWAY
        assert "atr_" not in server.errors()


def test_a_private_key_that_everybody_may_read_is_warned_of(made, arena):
    with Server(arena, *encrypting(made)) as server:
        assert "may read the private key" not in server.errors()
        key = pathlib.Path(made, "server.key")
        mode = key.stat().st_mode
        try:
            key.chmod(0o644)
            os.kill(server.pid, signal.SIGHUP)
            poll(lambda: "may read the private key" in server.errors(), what="the warning")
        finally:
            key.chmod(mode)


def test_sighup_says_when_there_is_nothing_to_read(own_server):
    os.kill(own_server.pid, signal.SIGHUP)
    poll(lambda: "nothing to read again" in own_server.errors(), what="the line")


# MARK: The command line


def made_token(*arguments):
    """What `token new` prints on standard output, and on standard error."""
    done = subprocess.run([BINARIES / "atomics-client", "token", "new", *arguments],
                          env=ENVIRONMENT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_a_token_file_is_for_its_owner_alone():
    with tempfile.TemporaryDirectory(prefix="atomics-token-") as directory:
        file = pathlib.Path(directory, "billing.token")
        lines, said = made_token("--name", "billing", "--out", file)
        secret = file.read_text()
        assert re.fullmatch("atr_[0-9a-f]{64}\n", secret) and file.stat().st_mode & 0o777 == 0o600
        assert hashlib.sha256(secret.rstrip().encode()).hexdigest() in lines
        assert said == "" and secret.rstrip() not in lines
        said = command_line("token", "new", "--out", file, status=2)
        assert "cannot be made: A file with the same name already exists" in said
        assert file.read_text() == secret
        for name in ("a\nb: x", "x" * 49, "\u202ex"):
            said = command_line("token", "new", "--name", name, status=2)
            assert "a principal's name has 1 to 48 bytes" in said
        # As the README has curl send it.
        with serving() as (server, access):
            reload(server, access, "principals:\n" + lines, 1)
            shell = ("""sed 's/^/Authorization: Bearer /' "$ATOMICS_TOKEN_FILE" | """
                     f"curl -s -H @- -o /dev/null -w '%{{http_code}}' {server.url}/v1/registers")
            done = subprocess.run(shell, shell=True, capture_output=True, text=True, timeout=30,
                                  env={**ENVIRONMENT, "ATOMICS_TOKEN_FILE": str(file)})
            assert done.stdout == "200", done
            for mode, warns in ((0o600, False), (0o640, False), (0o644, True)):
                file.chmod(mode)
                done = subprocess.run(
                    [BINARIES / "atomics-client", "ls", "--server", f"atr://{server.authority}",
                     "--token-file", file], env=ENVIRONMENT, capture_output=True, text=True,
                    timeout=30)
                assert done.returncode == 0
                assert ("any user of this machine may read the token" in done.stderr) == warns


def test_a_new_token_opens_the_server_it_is_given_to():
    secret, lines = made_token("--name", "billing")
    assert re.fullmatch("atr_[0-9a-f]{64}\n", secret)
    secret = secret.rstrip()
    assert hashlib.sha256(secret.encode()).hexdigest() in lines
    assert secret not in lines and "name: billing" in lines
    made = json.loads(command_line("token", "new", "--json"))
    assert made["token"] != secret
    assert made["token_sha256"] == hashlib.sha256(made["token"].encode()).hexdigest()
    with serving() as (server, file):
        assert "names nobody" in server.errors()
        reload(server, file, "principals:\n" + lines, 1)
        file.with_name("token").write_text(secret + "\n")
        given = {"ATOMICS_TOKEN_FILE": str(file.with_name("token"))}
        for address in (f"atr://{server.authority}", f"http://{server.authority}"):
            assert command_line("ls", server=address, environment=given) == ""
            assert command_line(
                "ls", "--token-file", file.with_name("token"), server=address) == ""
            assert command_line("ls", server=address, environment={"ATOMICS_TOKEN": secret}) == ""
            # Exit code 4, with what to do.
            said = command_line("ls", server=address, status=4)
            assert "does not know who asks" in said and "--token-file" in said
            said = command_line(
                "ls", server=address, environment={"ATOMICS_TOKEN": token("stranger")}, status=4)
            assert "does not know this token" in said and token("stranger") not in said
            said = command_line("create", "n", "u64", server=address, environment=given, status=4)
            assert "billing may not create n" in said
        said = command_line(
            "ls", server=f"atr://{server.authority}", environment={"ATOMICS_TOKEN": "hunter2"},
            status=2)
        assert "environment variable ATOMICS_TOKEN" in said and "hunter2" not in said
        said = command_line("ls", "--token-file", "/no/such/file", status=2)
        assert "/no/such/file" in said
        assert "  4   the server does not know" in command_line("--help")
        assert secret not in server.errors()


def test_a_file_with_a_mistake_keeps_the_server_from_starting(arena):
    with tempfile.TemporaryDirectory(prefix="atomics-access-") as directory:
        file = pathlib.Path(directory, "access.yaml")
        file.write_text("principals:\n- name: p\n  user: 1\n  allow: [{prefix: '/', may: [read]}]\n")
        def said():
            done = subprocess.run(
                [BINARIES / "atomics-server", "--listen", "127.0.0.1:0", "--arena", arena,
                 "--access", file], env=ENVIRONMENT, capture_output=True, text=True, timeout=30)
            assert done.returncode == 2
            return done.stderr

        assert f"{file}:4:20: no register's name begins with '/'" in said()
        file.write_text("principals: []\n")
        file.chmod(0o660)
        assert f"{file}: others than its owner may write this file" in said()
    assert not pathlib.Path(arena).exists()
