# SPDX-License-Identifier: Apache-2.0
"""`atomics-client bench` against real servers: every transport, peers, reports, mistakes."""

import contextlib
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import xml.etree.ElementTree

import pytest
from support import BINARIES, command_line, poll, start

LATENCIES = {"p50", "p90", "p99", "p99.9", "p99.99", "max"}


def bench(server, *arguments, slices=1, connections=3):
    if connections:
        arguments = ("-c", connections, *arguments)
    return json.loads(command_line(
        "bench", "--json", "--slices", slices, *arguments, server=server))


def addresses(server):
    return [f"atr://{server.authority}", f"unix:{server.arena}/sock", server.url,
            f"shm:{server.arena}"]


def names(server, prefix="bench"):
    return command_line("ls", prefix, server=f"atr://{server.authority}").split()


@contextlib.contextmanager
def peer(name, *arguments, port_option):
    """redis-server or memcached on a free port of loopback."""
    program = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        pytest.skip(f"{name} is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start(
        [program, port_option, port, *arguments], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        def answers():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        poll(answers, what=f"a connection to {name}")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def test_every_transport_is_loaded_and_compared(server):
    first, *others = addresses(server)
    report = bench(first, "--compare", *others, slices=2)
    assert [result["target"] for result in report["results"]] == [first, *others]
    for result in report["results"]:
        assert len(result["slices"]) == 2
        assert result["operations_per_second"] > 0
        assert set(result["latency_us"]) == LATENCIES
        assert 0 < result["latency_us"]["p50"] <= result["latency_us"]["max"]
    # What has a process of its own has its processor time told; the map has none.
    times = [result["cpu_ns_per_operation"] for result in report["results"]]
    assert all(time > 0 for time in times[:3]) and times[3] is None
    assert set(report["ratios"]) == {"atr", "http", "shm"}
    assert set(report["cpu_ratios"]) == {"atr", "http"}
    assert names(server) == ["bench"]
    assert server.value("bench") > 0


@pytest.mark.parametrize("extra", [(), ("--by-name",), ("--distribution", "zipf:1.1")])
def test_many_names_are_made_asked_for_and_deleted(server, extra):
    address = f"atr://{server.authority}"
    report = bench(
        address, "--names", 200, "--depth", 8, "--mix", "load=3,fetch_add=1", "--threads", 2,
        "--register", "many", *extra)
    assert report["names"]["count"] == 200
    made = names(server, "many")
    assert sorted(made) == [f"many/{number:06}" for number in range(200)]
    values = [server.value(name.replace("/", "%2F")) for name in made]
    assert sum(value > 0 for value in values) > 100
    # Made by the run before, they are not this one's to delete.
    bench(address, "--names", 200, "--register", "many", "--clean")
    assert len(names(server, "many")) == 200
    bench(address, "--names", 150, "--register", "gone", "--clean", *extra)
    assert names(server, "gone") == []


def test_peers_are_loaded_alike(server):
    with peer("redis-server", "--bind", "127.0.0.1", "--save", "", port_option="--port") as redis, \
            peer("memcached", "-l", "127.0.0.1", "-u", "nobody", port_option="-p") as memcached:
        report = bench(
            f"atr://{server.authority}", "--names", 100, "--depth", 4, "--register", "peers",
            "--mix", "inc_fetch=2,load=1,store=1", "--clean", "--compare",
            f"redis://127.0.0.1:{redis}", f"memcached://127.0.0.1:{memcached}")
        assert set(report["ratios"]) == {"redis", "memcached"}
        assert all(ratio > 0 for ratio in report["ratios"].values())
        assert set(report["decided_by"].values()) <= {"cpu", "throughput"}
        with socket.create_connection(("127.0.0.1", redis), 10) as connection:
            connection.sendall(b"DBSIZE\r\n")
            assert connection.recv(100) == b":0\r\n"


def test_a_rate_is_kept_over_threads(server):
    for address in addresses(server):
        connections = 0 if address.startswith("shm:") else 3
        report = bench(
            address, "--rate", 2000, "--threads", 2, slices=2, connections=connections)
        result = report["results"][0]
        assert report["rate"] == 2000
        # 600 in each slice, sent or not: none is left out.
        assert 1199 <= result["latencies"] <= 1201
        assert result["operations_per_second"] < 2100


def test_reports_are_whole_documents(server, tmp_path):
    address = f"atr://{server.authority}"
    for name in ("report.html", "report.svg"):
        path = tmp_path / name
        command_line(
            "bench", "-c", 2, "--slices", 3, "--report", path, "--compare", f"shm:{server.arena}",
            server=address)
        text = path.read_text()
        root = xml.etree.ElementTree.fromstring(text.replace("<!DOCTYPE html>\n", ""))
        lines = [element for element in root.iter() if element.tag.endswith("polyline")]
        assert len(lines) == 4
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "atomics-client bench -c 2 --slices 3 --report" in text
        assert re.search(r"\d logical processor", text)


def test_an_interrupted_run_prints_what_it_has(server):
    terminal, line = pty.openpty()
    process = start(
        [BINARIES / "atomics-client", "--server", f"atr://{server.authority}", "bench", "-c", 2,
         "--seconds", 600, "--json"], stdout=subprocess.PIPE, stderr=line)
    os.close(line)
    shown = b""
    # The progress line, by which slices are under way.
    while b"op/s" not in shown:
        shown += os.read(terminal, 1000)
    assert re.search("\\d of 600\\.3 s  atr://\\S+  \\d+ op/s  p99 \\d+\\.\\d µs", shown.decode()), shown
    # Two slices later there is one that counts.
    while shown.count(b"op/s") < 2:
        shown += os.read(terminal, 1000)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    os.close(terminal)
    assert process.returncode == 130
    report = json.loads(out)
    assert report["interrupted"] is True
    assert 1 <= len(report["results"][0]["slices"]) < 2000


def test_a_run_without_a_measured_slice_says_so(server):
    terminal, line = pty.openpty()
    process = start(
        [BINARIES / "atomics-client", "--server", f"atr://{server.authority}", "bench", "-c", 2,
         "--seconds", 600, "--compare", f"shm:{server.arena}", "--clean", "--register", "early"],
        stdout=subprocess.PIPE, stderr=line, text=True)
    os.close(line)
    # The warm-up of the first target is over, that of the second is not.
    shown = b""
    while b"op/s" not in shown:
        shown += os.read(terminal, 1000)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    os.close(terminal)
    assert process.returncode == 130
    assert out.count("no slice was measured") >= 1
    assert "against" not in out
    assert names(server, "early") == []


def test_the_process_is_found_by_any_of_its_sockets(server):
    """Several sockets on one port, as redis and memcached have at IPv4 and IPv6."""
    with peer("memcached", "-l", "127.0.0.1,127.0.0.2", "-u", "nobody", port_option="-p") as port:
        report = bench(f"atr://{server.authority}", "--compare", f"memcached://127.0.0.1:{port}")
        assert report["results"][1]["cpu_ns_per_operation"] > 0


def test_help_lists_no_tls_and_every_exit_code():
    assert "--tls" not in command_line("bench", "--help")
    assert "--tls-ca" in command_line("wait", "--help")
    assert "130 a wait or a measurement" in command_line("--help")


@pytest.mark.parametrize("arguments, words", [
    (("-c", "0"), "--connections takes 1 to 10000"),
    (("--depth", "5000"), "--depth takes 1 to 4096"),
    (("-c", "10000", "--depth", "4096"), "at most 4194304"),
    (("--threads", "0"), "--threads takes 1 to 256"),
    (("-c", "2", "--threads", "3"), "each needs one"),
    (("--rate", "0"), "--rate takes"),
    (("--rate", "3"), "less than 2 requests"),
    (("--seconds", "0"), "--seconds takes"),
    (("--seconds", "1", "--slices", "1"), "give one of them"),
    (("--slices", "0"), "--slices takes"),
    (("--names", "0"), "--names takes 1 to 1000000"),
    (("--distribution", "zipf"), "give --names too"),
    (("--names", "2", "--distribution", "normal"), "`normal` is no distribution"),
    (("--names", "2", "--distribution", "zipf:0"), "skew above 0"),
    (("--op", "load", "--mix", "load=1"), "give one of them"),
    (("--op", "load=1"), "--op takes one operation"),
    (("--op", "increase"), "no operation `increase`"),
    (("--op", "byte_min"), "bench loads u64 registers"),
    (("--mix", "load=0"), "`load=0`"),
    (("--mix", "load=1,load=2"), "load twice"),
    (("--register", "a b"), "byte 32 at offset 1"),
    (("--report", "x.pdf"), ".html or .svg"),
    (("--report", "/nowhere/x.svg"), "there is no directory /nowhere"),
    (("--report", "{directory}/x.svg"), "that is a directory"),
    (("--timeout", "0"), "--timeout takes seconds above 0"),
    (("--tls-insecure",), "bench speaks no TLS: --tls-insecure"),
    (("--tls-ca", "x.pem"), "bench speaks no TLS: --tls-ca"),
    (("--compare", "redis://127.0.0.1", "redis://127.0.0.1"), "names `redis://127.0.0.1` twice"),
    (("--server-pid", "999999999"), "no process 999999999"),
    (("--compare-pid", "1"), "more often"),
    (("atr://127.0.0.1:1",), "name other servers with --compare"),
    (("--compare", "postgres://x"), "postgres://x"),
    (("--server", "shm:/x", "--depth", "2"), "--depth means nothing there"),
    (("--server", "http://127.0.0.1:1", "--by-name"), "for the binary protocol"),
])
def test_mistakes_are_told(arguments, words, tmp_path):
    (tmp_path / "x.svg").mkdir()
    arguments = [argument.format(directory=tmp_path) for argument in arguments]
    done = subprocess.run(
        [str(BINARIES / "atomics-client"), "bench", *arguments], capture_output=True, text=True,
        timeout=20)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert words in done.stderr
    assert done.stdout == ""
