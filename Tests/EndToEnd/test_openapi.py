# SPDX-License-Identifier: Apache-2.0
"""The document at /openapi.json: that it is OpenAPI, that it is whole, that its examples run."""

import http.client
import json
import urllib.parse

import pytest
from openapi_spec_validator import validate


@pytest.fixture
def document(server):
    status, fields, body = server.request("GET", "/openapi.json")
    assert status == 200 and fields["content-type"] == "application/json"
    return json.loads(body)


def test_it_is_openapi_3_1(document):
    validate(document)
    assert document["openapi"].startswith("3.1.")


def test_it_has_every_resource_and_every_method(server, document):
    paths = document["paths"]
    for path, item in paths.items():
        status, fields, _ = server.request("OPTIONS", path.replace("{name}", "a"))
        assert status == 204, path
        allowed = set(fields["allow"].split(", ")) - {"OPTIONS"}
        assert {method.upper() for method in item} == allowed, path
    _, _, body = server.request("GET", "/v1/capabilities")
    operations = [operation["name"] for operation in json.loads(body)["operations"]]
    assert {f"/v1/registers/{{name}}/{name}" for name in operations} <= paths.keys()
    # What is not there is answered by a list of what is.
    _, _, body = server.request("GET", "/nothing")
    detail = json.loads(body)["detail"].replace(",", " ").split()
    resources = {word for word in detail if word.startswith("/")}
    assert resources and resources <= paths.keys()


def resolved(document, part):
    while "$ref" in part:
        found = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def examples(document):
    """(path, method, target, name of the example, body) in an order in which they can be run."""
    ranks = {"put": 0, "get": 1, "head": 1, "post": 2, "delete": 4}
    every = [
        (3 if path.endswith("/value") and method == "put" else ranks[method], path, method, it)
        for path, item in document["paths"].items() for method, it in item.items()]
    for _, path, method, operation in sorted(every, key=lambda it: it[0]):
        target, query = path, []
        for parameter in operation.get("parameters", []):
            parameter = resolved(document, parameter)
            if parameter["in"] == "path":
                target = target.replace(f"{{{parameter['name']}}}", parameter["example"])
            elif parameter["in"] == "query" and "example" in parameter:
                query.append((parameter["name"], parameter["example"]))
            else:
                assert not parameter.get("required")
        if query:
            target += "?" + urllib.parse.urlencode(query, doseq=True)
        if "requestBody" not in operation:
            yield path, method, target, None, None, None
            continue
        for content, media in operation["requestBody"]["content"].items():
            assert media["examples"], path
            for name, example in media["examples"].items():
                value = example["value"]
                body = value if isinstance(value, str) else json.dumps(value)
                yield path, method, target, name, content, body


def test_its_examples_run(own_server):
    _, _, body = own_server.request("GET", "/openapi.json")
    document = json.loads(body)
    compared = 0
    for path, method, target, name, content, body in examples(document):
        connection = http.client.HTTPConnection(own_server.host, own_server.port, timeout=10)
        connection.request(method.upper(), target, body, {"Content-Type": content} if content else {})
        answer = connection.getresponse()
        # An event stream has no end.
        text = answer.read1() if path == "/v1/watch" else answer.read()
        connection.close()
        told = f"{method} {target} {name}: {answer.status} {text}"
        described = document["paths"][path][method]["responses"]
        assert 200 <= answer.status < 300 and str(answer.status) in described, told
        kinds = resolved(document, described[str(answer.status)]).get("content", {})
        if method == "head" or not kinds:
            assert text == b"", told
            continue
        media = kinds[answer.getheader("content-type").split(";")[0]]
        expected = [media["example"]] if "example" in media else [
            example["value"] for key, example in media.get("examples", {}).items()
            if key == (name or key)]
        for value in expected:
            compared += 1
            assert (text.decode() if isinstance(value, str) else json.loads(text)) == value, told
    # Each operation's, and those of the other resources.
    assert compared > 60
