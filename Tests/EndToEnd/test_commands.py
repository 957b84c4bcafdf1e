# SPDX-License-Identifier: Apache-2.0
"""The commands of the README, each against the same register."""

import json
import re
import subprocess

from support import LONG, command_line


def curl(*arguments):
    """(status, body) of what curl gets."""
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "10", "-w", "\n%{http_code} %{http_version}", *arguments],
        capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    body, _, last = done.stdout.rpartition("\n")
    status, version = last.split()
    return int(status), version, body


def test_one_register_reached_in_every_way(own_server):
    server = own_server
    url = f"{server.url}/v1/registers/hits"
    assert curl("-X", "PUT", url, "-d", '{"type":"u64"}') == (
        201, "1.1", '{"name":"hits","type":"u64","value":"0"}')
    assert curl("-X", "PUT", url, "-d", '{"type":"u64"}')[0] == 200
    assert curl(
        "--http2-prior-knowledge", "-X", "POST", f"{url}/fetch_add", "-d",
        '{"operand":"5","order":"acq_rel"}',
    ) == (200, "2", '{"op":"fetch_add","old":"0","new":"5"}')
    assert command_line("inc", "hits", server=f"atr://{server.authority}") == "6\n"
    assert command_line("inc", "hits", server=f"shm:{server.arena}") == "7\n"
    assert curl(f"{url}/value") == (200, "1.1", "7\n")
    assert curl(url)[2] == '{"name":"hits","type":"u64","value":"7"}'
    h2load(server, "hits")
    # Options may stand before the verb too, and HTTP is one more way.
    assert command_line("--server", f"http://{server.authority}", "inc", "hits") == "8\n"
    assert command_line("get", "hits", server=f"unix:{server.arena}/sock") == "8\n"


def test_batches_of_many_turns_beside_others(own_server):
    """Each batch takes several turns of the loop; whoever asks meanwhile is answered."""
    server = own_server
    url = f"{server.url}/v1/batch"
    operations = [
        {"name": f"batch.{number % 7}", "op": "inc", "create": "u64"} for number in range(2_000)]
    body = json.dumps({"operations": operations})
    for version in "--http1.1", "--http2-prior-knowledge":
        batches = [
            subprocess.Popen(
                ["curl", "-sS", "--max-time", "30", version, url, "-d", "@-"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        for batch in batches:
            batch.stdin.write(body)
            batch.stdin.close()
        assert curl(version, f"{server.url}/livez")[0] == 200
        for batch in batches:
            results = json.loads(batch.stdout.read())["results"]
            assert batch.wait(30) == 0
            assert [result["status"] for result in results] == [200] * len(operations)
    total = sum(int(server.value(f"batch.{number}")) for number in range(7))
    assert total == 6 * len(operations)


def h2load(server, name):
    requests = 100_000 if LONG else 5_000
    done = subprocess.run(
        ["h2load", "-n", str(requests), "-c", "10", "-m", "10",
         f"{server.url}/v1/registers/{name}"],
        capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    counts = re.search(
        r"requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, "
        r"(\d+) errored, (\d+) timeout", done.stdout)
    assert [int(count) for count in counts.groups()] == [requests] * 3 + [0, 0, 0], done.stdout
    assert f"status codes: {requests} 2xx, 0 3xx, 0 4xx, 0 5xx" in done.stdout, done.stdout


def test_the_announced_commands_are_true(own_server):
    """What the server says to try works as it stands."""
    lines = own_server.announcement.splitlines()
    assert f"arena {own_server.arena} (new)" in lines, lines
    commands = [line.strip() for line in lines[lines.index("try:") + 1:]]
    assert len(commands) == 3
    outputs = []
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, (command, done.stderr)
        outputs.append(done.stdout)
    assert json.loads(outputs[0])["type"] == "u64"
    assert json.loads(outputs[1]) == {"op": "inc", "old": "0", "new": "1"}
    assert outputs[2] == "2\n"


def test_every_face_sees_the_same_registers(server):
    binary, mapped = f"atr://{server.authority}", f"shm:{server.arena}"
    http = f"http://{server.authority}"
    for number, (maker, reader) in enumerate(
            [(binary, mapped), (mapped, http), (http, binary)]):
        name = f"faces/{number}:x"
        command_line("create", name, "i32", server=maker)
        assert command_line("add", name, "-5", server=maker) == "-5\n"
        assert command_line("fetch-add", name, "2", server=reader) == "-5\n"
        assert command_line("swap", name, "9", server=reader) == "-3\n"
        assert command_line("cas", name, "9", "10", server=maker) == "9\n"
        command_line("cas", name, "9", "11", server=reader, status=1)
        assert command_line("get", name, server=maker) == "10\n"
        assert f"{name}" in command_line("ls", server=reader)
        command_line("rm", name, server=reader)
        command_line("get", name, server=maker, status=1)


def test_locate_tells_where_the_bytes_are(server):
    server.create("located", initial="258")
    place = json.loads(
        command_line("locate", "located", "--json", server=f"shm:{server.arena}"))
    assert sorted(place) == ["file", "lock_byte", "offset", "width"]
    assert place["file"] == f"{server.arena}/val" and place["width"] == 8
    assert place["offset"] % 64 == 0 and place["lock_byte"] >= 1 << 62
    with open(place["file"], "rb") as file:
        file.seek(place["offset"])
        assert int.from_bytes(file.read(8), "little") == 258


def test_exit_codes(server):
    binary = f"atr://{server.authority}"
    command_line("get", "no-such-register", server=binary, status=1)
    command_line("no-such-verb", server=binary, status=2)
    command_line("get", server=binary, status=2)
    command_line("get", "x", server="atr://127.0.0.1:1", status=3)
    command_line("ping", server=binary)
