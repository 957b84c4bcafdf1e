# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven by its own protocol over two pipes, and pages for it to show."""

import contextlib
import http.server
import json
import os
import select
import shutil
import subprocess
import tempfile
import threading
import time

from support import poll, start

PROGRAM = next(filter(None, map(shutil.which, (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), None)


class Chromium:
    """A browser for which every name ends at this machine."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="atomics-chromium-")
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        options = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--remote-debugging-pipe", f"--user-data-dir={self.profile}",
            "--host-resolver-rules=MAP * 127.0.0.1"]
        # Its two pipes are 3 and 4, whatever they are here.
        shell = f'exec "$@" 3<&{commands} 4>&{answers}'
        with open(os.devnull, "w") as nothing:
            self.process = start(
                ["bash", "-c", shell, "chromium", PROGRAM, *options], {"TMPDIR": self.profile},
                stdout=nothing, stderr=nothing, pass_fds=(commands, answers))
        os.close(commands)
        os.close(answers)
        self.number = 0
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            # So that its other processes end too.
            self.call("Browser.close", seconds=10)
            self.process.wait(10)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait(10)
        os.close(self.commands)
        os.close(self.answers)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, session=None, seconds=60, **parameters):
        """The result of one call."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + seconds
        while True:
            while b"\0" not in self.unread:
                ready, _, _ = select.select([self.answers], [], [], deadline - time.monotonic())
                more = os.read(self.answers, 65536) if ready else b""
                assert more, f"no answer to {method} within {seconds} s"
                self.unread += more
            text, _, self.unread = self.unread.partition(b"\0")
            answer = json.loads(text)
            if answer.get("id") == self.number:
                assert "result" in answer, answer
                return answer["result"]

    def page(self, url):
        return Page(self, url)


class Page:
    """A page of its own, shown."""

    def __init__(self, browser, url):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call(
            "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        shown = browser.call("Page.navigate", self.session, url=url)
        assert "errorText" not in shown, (url, shown)
        poll(lambda: self.run("location.href != 'about:blank' && document.readyState")
             == "complete", seconds=30, what=f"{url} shown")

    def run(self, script):
        """The value of an expression, or what a promise comes to."""
        result = self.browser.call(
            "Runtime.evaluate", self.session, expression=script, awaitPromise=True,
            returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")


@contextlib.contextmanager
def web_site():
    """The port of a site that shows the same empty page under every name."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            page = b"<!doctype html><title>a page</title>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as site:
        thread = threading.Thread(target=site.serve_forever, daemon=True)
        thread.start()
        try:
            yield site.server_address[1]
        finally:
            site.shutdown()
            thread.join()
