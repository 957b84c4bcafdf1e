# SPDX-License-Identifier: Apache-2.0
"""What pages in a real browser may do with a server on their reader's machine: those of other
sites nothing at all, those of the server's own origin and of the configured ones what they like."""

import pytest
from chromium import PROGRAM, Chromium, web_site
from support import Server, arena_directory

if not PROGRAM:
    pytest.skip("no Chromium is installed: apt-get install chromium", allow_module_level=True)

# Each attempt's outcome: what it comes to, or the name of its error.
ATTEMPTS = """
(async () => {
  const url = %r, outcome = {};
  const attempt = async (name, action) => {
    try { outcome[name] = await action() } catch (error) { outcome[name] = error.name }
  };
  const text = async answer => answer.status + " " + await answer.text();
  const resource = url + "/v1/registers/hits";
  await attempt("get", async () => text(await fetch(resource + "/value")));
  await attempt("post", async () => text(await fetch(resource + "/inc", {
    method: "POST", body: "{}", headers: {"content-type": "application/json"}})));
  await attempt("put", async () => text(await fetch(resource + "/value", {
    method: "PUT", body: "77", headers: {"if-match": "*"}})));
  await attempt("missing", async () => text(await fetch(url + "/v1/registers/none")));
  await attempt("tag", async () => (await fetch(resource)).headers.get("etag"));
  // What needs nobody's permission is sent, and has to be refused by the server.
  await attempt("blind", async () => (await fetch(resource + "/inc", {
    method: "POST", mode: "no-cors", body: "{}"})).type);
  await attempt("form", () => new Promise(done => {
    const frame = document.createElement("iframe"), form = document.createElement("form");
    frame.name = "target";
    form.target = "target";
    form.method = "POST";
    form.enctype = "text/plain";
    form.action = resource + "/inc";
    document.documentElement.append(frame, form);
    frame.onload = () => done("sent");
    form.submit();
  }));
  await attempt("image", () => new Promise(done => {
    const image = new Image();
    image.onload = () => done("loaded");
    image.onerror = () => done("error");
    image.src = resource + "/value";
  }));
  await attempt("events", () => new Promise(done => {
    const events = new EventSource(url + "/v1/watch?name=hits");
    const end = outcome => { events.close(); done(outcome) };
    events.addEventListener("change", event => end(JSON.parse(event.data).name));
    events.onerror = () => end("error");
  }));
  return outcome;
})()
"""

# A frame that its page has put into a sandbox: its origin is `null`.
SANDBOX = """
new Promise(done => {
  addEventListener("message", event => done(event.data));
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  frame.srcdoc = `<script>
    fetch("%s/v1/registers/hits").then(
      answer => parent.postMessage("" + answer.status, "*"),
      error => parent.postMessage(error.name, "*"));
  <` + `/script>`;
  document.documentElement.append(frame);
})
"""


@pytest.fixture(scope="module")
def browser():
    with Chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def site():
    with web_site() as port:
        yield port


@pytest.fixture(scope="module")
def web_server(site):
    with arena_directory() as arena, Server(
            arena, "--allow-origin", f"http://good.example:{site}") as server:
        server.create("hits", initial="5")
        yield server
        assert server.stop() == 0, server.errors()


@pytest.fixture
def server(web_server):
    web_server.request("PUT", "/v1/registers/hits/value", "5")
    yield web_server
    web_server.assert_serves()


def test_a_page_of_another_site_can_do_nothing(browser, site, server):
    page = browser.page(f"http://evil.example:{site}/")
    outcome = page.run(ATTEMPTS % server.url)
    assert outcome == {
        "get": "TypeError", "post": "TypeError", "put": "TypeError", "missing": "TypeError",
        "tag": "TypeError", "blind": "opaque", "form": "sent", "image": "error",
        "events": "error"}
    assert page.run(SANDBOX % server.url) == "TypeError"
    assert server.value("hits") == 5


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nor_can_one_of_another_port_of_this_machine(browser, site, server, host):
    outcome = browser.page(f"http://{host}:{site}/").run(ATTEMPTS % server.url)
    assert outcome["get"] == "TypeError" and outcome["events"] == "error", outcome
    assert server.value("hits") == 5


def test_nor_can_one_whose_name_has_moved_to_this_machine(browser, server):
    """The browser takes the server for the page's own: only the Host tells."""
    page = browser.page(f"http://evil.example:{server.port}/v1/registers/hits/value")
    assert "misdirected" in page.run("document.body.innerText")
    outcome = page.run(ATTEMPTS % f"http://evil.example:{server.port}")
    for name in "get", "post", "put", "missing":
        assert outcome[name].startswith("421 "), outcome
    assert outcome["events"] == "error" and outcome["tag"] is None
    assert server.value("hits") == 5


def test_a_page_of_a_configured_origin_can_do_everything(browser, site, server):
    outcome = browser.page(f"http://good.example:{site}/").run(ATTEMPTS % server.url)
    check(outcome)
    assert server.value("hits") == 79


def test_so_can_one_of_its_own_origin(browser, server):
    outcome = browser.page(f"{server.url}/livez").run(ATTEMPTS % server.url)
    check(outcome)
    assert server.value("hits") == 79


def check(outcome):
    assert outcome["get"] == "200 5\n" and outcome["put"] == "204 ", outcome
    assert outcome["post"] == '200 {"op":"inc","old":"5","new":"6"}'
    assert outcome["missing"].startswith("404 {") and outcome["tag"] == '"77"'
    assert outcome["form"] == "sent" and outcome["events"] == "hits"
