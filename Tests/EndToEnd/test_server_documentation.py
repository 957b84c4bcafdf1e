# SPDX-License-Identifier: Apache-2.0
"""What the articles for those who run a server show on the command line is what happens."""

import os
import re
import shlex
import subprocess

import pytest
from support import BINARIES, ENVIRONMENT, ROOT, Server, arena_directory, poll

ARTICLES = ROOT / "Sources/AtomicsServer/AtomicsServer.docc"


def commands(article):
    """(command, what it prints) of each `$` line, an ellipsis standing for anything."""
    for block in re.findall(r"^```\n(.*?)^```$", article.read_text(), re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.split("\n")
            end = 0
            while lines[end].endswith(("\\", "|")):
                end += 1
            yield "\n".join(lines[:end + 1]), "\n".join(lines[end + 1:])


def pattern(text):
    return ".*".join(re.escape(part) for part in text.split("…"))


@pytest.mark.parametrize("name", ["JSONInterface", "AccessLog", "Browsers", "EncryptionAndTokens"])
def test_commands(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environment = {**ENVIRONMENT, "PATH": f"{BINARIES}:{os.environ['PATH']}"}
    server = None

    def printed(command):
        if server:
            command = command.replace(":7070", f":{server.port}")
        command = command.replace("curl ", "curl -sS --max-time 20 ")
        done = subprocess.run(
            ["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout.replace("\r", "").rstrip("\n")

    with arena_directory() as arena:
        count = 0
        try:
            for command, expected in commands(ARTICLES / f"{name}.md"):
                count += 1
                if shlex.split(command)[0] == "atomics-server":
                    server = Server(arena, *shlex.split(command)[1:])
                    continue
                wanted = re.compile(pattern(expected.rstrip("\n")))
                if command.startswith("tail "):
                    # A line of the log comes a little later.
                    poll(lambda: wanted.fullmatch(printed(command)), what=command)
                else:
                    text = printed(command)
                    assert wanted.fullmatch(text), (command, text)
        finally:
            if server:
                server.stop()
        assert count >= 5
