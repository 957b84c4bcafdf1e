# SPDX-License-Identifier: Apache-2.0
"""What schemathesis is told beyond the document, and the checks that are this service's own."""

import json
import os
import re
import zlib

import schemathesis
from pool import POOL
from schemathesis.openapi.checks import IgnoredAuth

FACE = os.environ["SCHEMA_FACE"]
NAME = re.compile(
    r"(?=.{1,128}\Z)(?!.*(?:\A|/)\.{0,2}(?:/|\Z))[A-Za-z0-9._@:/-]+", re.ASCII)
VALUES = {
    "operand", "expected", "desired", "unless", "mask", "min", "max", "initial", "restore_gap",
    "until"}


def is_name(text):
    return isinstance(text, str) and NAME.fullmatch(text) is not None


def known(name):
    """Four of five names become those of registers that are there: else most requests would only
    learn that nothing is."""
    number = zlib.crc32(name.encode())
    return POOL[number // 5 % len(POOL)] if number % 5 else name


@schemathesis.hook
def before_load_schema(_, document):
    """Members stand in the body or in the query. The document has both beside each other, for it
    cannot say that it is one of them; a run looks at one."""
    for path, item in document["paths"].items():
        for operation in item.values():
            if "requestBody" not in operation or path == "/v1/batch" or path.endswith("/value"):
                continue
            shared = document["components"]["parameters"]
            parameters = [
                (it, shared[it["$ref"].split("/")[-1]] if "$ref" in it else it)
                for it in operation["parameters"]]
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            members = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
            required = members.get("required", ["until"])
            if FACE == "body":
                operation["parameters"] = [
                    written for written, it in parameters if it["in"] != "query"]
                operation["requestBody"]["required"] = bool(required)
            else:
                del operation["requestBody"]
                operation["parameters"] = [
                    {**it, "required": True} if it["name"] in required else written
                    for written, it in parameters]


@schemathesis.hook
def map_path_parameters(context, parameters):
    # What the run makes and deletes has names of its own.
    keeps = context.operation.method.upper() not in ("PUT", "DELETE") or (
        context.operation.path.endswith("/value"))
    if keeps and parameters and is_name(parameters.get("name")):
        parameters["name"] = known(parameters["name"])
    return parameters


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Wrong tokens in number are answered by 429 in place of 401: both refuse, and that is all that
    the check of ignored credentials is about."""
    return not (isinstance(failure, IgnoredAuth) and "got `429 " in failure.message)


@schemathesis.hook
def map_query(context, query):
    if not isinstance(query, dict):
        return query
    if context.operation.path == "/v1/watch":
        names = query.get("name")
        if isinstance(names, list):
            # Still as many different ones, for another name than these is refused.
            mapped = [known(name) if is_name(name) else name for name in names]
            query["name"] = mapped if len(set(map(str, mapped))) == len(names) else names
    return query


@schemathesis.hook
def before_call(context, case, kwargs):
    """A stream has something to read at once: another prefix, of registers that are there. What is
    refused without it is refused with it."""
    query = case.query
    if case.operation.path != "/v1/watch" or case.method.upper() != "GET" or not query:
        return
    prefixes = query.get("prefix", [])
    if isinstance(prefixes, list) and (prefixes or query.get("name")):
        query["prefix"] = [*prefixes, "pool."]


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict) and isinstance(body.get("operations"), list):
        for operation in body["operations"]:
            if isinstance(operation, dict) and is_name(operation.get("name")):
                operation["name"] = known(operation["name"])
    return body


def problem(response):
    if response.headers.get("content-type", [""])[0] != "application/problem+json":
        return None
    return json.loads(response.content) if response.content else None


def may_be_refused(document, case):
    """Whether a valid request may be refused like this: for what only a register's type decides,
    or for what schemas cannot say."""
    slug = document["type"].removeprefix("/problems/")
    member = (document.get("member") or "").split(".")[-1]
    path = case.operation.path
    given = {}
    for part in (case.query, case.body):
        if isinstance(part, dict):
            given.update(part)
            if isinstance(part.get("then"), dict):
                given.update(part["then"])
    if slug == "unsupported-operation":
        return True  # on this type
    if slug == "invalid-index":
        return True  # of this width
    if slug in ("invalid-value", "value-out-of-range"):
        if member in VALUES or path.endswith("/value") and not member:
            return True  # of this type
        if member in ("index", "owner", "timeout_ms"):
            return isinstance(given.get(member), float)  # 2.0 is an integer in JSON Schema alone
        if member == "label":
            return len(str(given.get("label")).encode()) > 64
        if path == "/v1/watch" and member == "prefix":
            return any(len(it.encode()) > 128 for it in given.get("prefix", []))
        if path == "/v1/watch" and member == "name":
            limit = int(os.environ["SCHEMA_WATCHES"])
            return len(given.get("prefix", [])) + len(given.get("name", [])) > limit
        if member == "overflow" and FACE == "query":
            return bool({"min", "max"} & given.keys())
        return False
    if slug == "invalid-order":
        # A pair of orders in a query; the store that a PUT without a tag is.
        if path.endswith("/value"):
            return (case.headers or {}).get("If-Match") in (None, "*")
        return FACE == "query" and "failure_order" in given
    if slug == "missing-member":
        return path == "/v1/watch" and not given.get("name") and not given.get("prefix")
    return False


@schemathesis.check
def refused_for_a_reason(ctx, response, case):
    """Valid data is refused by 400 only for what the document cannot say."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code != 400 or case.method.upper() == "HEAD":
        return
    document = problem(response)
    if document is None:
        return
    assert may_be_refused(document, case), f"valid data was refused: {document}"


@schemathesis.check
def batch_tells_of_each(ctx, response, case):
    """A batch that is refused has no results; one that is run has one for each operation."""
    if case.operation.path != "/v1/batch" or response.status_code != 200:
        return
    results = json.loads(response.content)["results"]
    operations = case.body["operations"]
    stops = case.body.get("stop_on_error") is True
    assert len(results) == len(operations) or stops and 0 < len(results) < len(operations)
    valid = set()
    for operation, result in zip(operations, results):
        isright = isinstance(operation, dict) and is_name(operation.get("name")) and isinstance(
            operation.get("op"), str)
        assert isright or result["status"] >= 400, (operation, result)
        valid.add(result["status"])
    if stops and len(results) < len(operations):
        assert results[-1]["status"] >= 400 and valid <= {200, results[-1]["status"]}


@schemathesis.check
def events_are_what_is_described(ctx, response, case):
    """Events of a stream are of the schemas that the document names."""
    if case.operation.path != "/v1/watch" or response.status_code != 200 or not response.content:
        return
    schemas = {"change": "WatchChange", "gap": "WatchGap", "deleted": "WatchDeleted",
               "ended": "Problem"}
    components = case.operation.schema.raw_schema["components"]
    for block in response.content.decode().split("\n\n"):
        lines = dict(
            line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ":")
        if "data" not in lines:
            continue
        import jsonschema_rs
        jsonschema_rs.validate(
            {"$ref": f"#/components/schemas/{schemas[lines['event']]}", "components": components},
            json.loads(lines["data"]))
