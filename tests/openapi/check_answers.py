#!/usr/bin/python3
"""Holds docs/openapi.yaml to OpenAPI's rules, and recorded answers of the service to docs/openapi.yaml.

    check_answers.py lint DOCUMENT
    check_answers.py answers DOCUMENT FILE.jsonl|FOLDER...

`answers` reads one answer a line: {"case","method","path","status","headers":{},"body"}. A FOLDER stands for the *.jsonl in it; what
is not there has no answers. Each violation is a line with its case and the place; the exit status is then 1.
"""

import argparse
import collections
import json
import pathlib
import posixpath
import re
import sys
import urllib.parse

import jsonschema
import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
STATUS = re.compile("[1-5][0-9]{2}")


class Document:
    """An OpenAPI document, and its schemas as validators."""

    def __init__(self, root):
        self.root = root
        self._validators = {}

    def target(self, ref):
        """What `#/a/b` refers to; None when it leads nowhere."""
        node = self.root
        for part in ref.removeprefix("#/").split("/"):
            part = part.replace("~1", "/").replace("~0", "~")
            node = node.get(part) if isinstance(node, dict) else None
        return node if ref.startswith("#/") else None

    def resolved(self, node):
        """What the node is, or refers to."""
        while isinstance(node, dict) and "$ref" in node:
            node = self.target(node["$ref"])
        return node

    def faults(self, schema, value, place="$"):
        """What is wrong with a value, each with its JSON path."""
        if id(schema) not in self._validators:
            # What the schema refers to comes with it, for the ways to hand it in beside differ from one jsonschema to the next.
            whole = {**schema, "components": self.root.get("components", {})}
            self._validators[id(schema)] = jsonschema.Draft202012Validator(whole)
        errors = list(self._validators[id(schema)].iter_errors(value))
        # A part that is wrong counts as not evaluated, and then all of its members are named too.
        causes = [error for error in errors if error.validator != "unevaluatedProperties"]
        for error in causes or errors:
            yield f"{place}{error.json_path[1:]}: {error.message}"

    def path_item(self, target):
        """The documented path that a request's target is, as nginx understands it; None when there is none."""
        path = re.sub("^[a-z]+://[^/]*", "", target)
        path = urllib.parse.unquote(re.split("[?#]", path)[0], errors="replace")
        slash = "/" if path.endswith("/") and path != "/" else ""
        path = posixpath.normpath("/" + path.lstrip("/")) + slash
        for template in sorted(self.root["paths"], key=lambda text: "{" in text):
            pattern = "[^/]+".join(re.escape(part) for part in re.split(r"{[^}]*}", template))
            if re.fullmatch(pattern, path, re.DOTALL):
                return self.root["paths"][template]
        return None

    def header_names(self):
        """All that any answer is documented to have, in lower case."""
        return {name.lower() for _, node in walk(self.root) if isinstance(node.get("headers"), dict)
                for name in node["headers"]}


def walk(node, place="#"):
    """Each object in the document with its place, but for what is in examples."""
    if isinstance(node, dict):
        yield place, node
        for key, value in node.items():
            if key not in ("example", "examples"):
                yield from walk(value, f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{place}/{index}")


# ---- answers -------------------------------------------------------------------------------------------------------------------------


def strict_object(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands there twice")
    return members


def parse_json(text):
    if not text.isascii():
        raise ValueError("it is not ASCII")
    return json.loads(text, object_pairs_hook=strict_object,
                      parse_constant=lambda name: (_ for _ in ()).throw(ValueError(f"{name} is no JSON")))


def problem_faults(problem):
    if problem["type"] != "urn:rtbatch:problem:" + problem["error"]:
        yield f"$.type: {problem['type']} is not of the error {problem['error']}"


def outcome_faults(movies, errors, done):
    """What no schema can say of a batch."""
    ids = [outcome.get("imdbId") for outcome in movies + errors]
    if len(set(ids)) != len(ids):
        yield "$: an id has two outcomes"
    status = collections.Counter(movie.get("status") for movie in movies)
    expected = {"total": len(ids), "cached": status["cached"] + status["stale"], "fetched": status["fetched"],
                "errors": len(errors), "stale": status["stale"]}
    for name, count in expected.items():
        if done.get(name) != count:
            yield f"$.done.{name}: {done.get(name)}, but there came {count}"


class BodyCheck:
    """Bodies against their media types. What was found right once is not looked at again: tests ask for the same movies often."""

    def __init__(self, document):
        self._document = document
        self._right = set()

    def faults(self, media_type, media, body):
        if "x-events" in media:
            yield from self._stream_faults("events", media["x-events"], *self._split_events(body))
        elif "x-lines" in media:
            yield from self._stream_faults("lines", media["x-lines"], *self._split_lines(body))
        elif re.fullmatch(r"application/([a-z.-]+\+)?json", media_type.split(";")[0]):
            try:
                value = parse_json(body)
            except ValueError as error:
                yield f"$: no JSON: {error}"
                return
            wrong = list(self._document.faults(media["schema"], value))
            yield from wrong
            if not wrong and media_type == "application/problem+json":
                yield from problem_faults(value)
            elif not wrong and isinstance(value, dict) and "done" in value:
                yield from outcome_faults(value["movies"], value["errors"], value["done"])
        else:
            yield from self._document.faults(media["schema"], body)

    @staticmethod
    def _split_events(body):
        """Names with the text of their data, and what is not of an event's form."""
        items, wrong, rest = [], [], body
        while rest:
            comment = re.match(":[^\n]*\n", rest)
            event = re.match("event: ([^\n]*)\ndata: ([^\n]*)\n\n", rest)
            if comment:
                rest = rest[comment.end():]
            elif event:
                items.append((event[1], event[2]))
                rest = rest[event.end():]
            else:
                wrong.append(f"$.events[{len(items)}]: neither an event nor a comment: {rest[:80]!r}")
                rest = rest.partition("\n\n")[2]
        return items, wrong

    @staticmethod
    def _split_lines(body):
        items, wrong = [], []
        if not body.endswith("\n"):
            wrong.append("$: the last line is not complete")
        for line in body.removesuffix("\n").split("\n"):
            name = re.match(r' *{ *"type" *: *"([^"]*)"', line)
            if name:
                items.append((name[1], line.lstrip(" ")))
            else:
                wrong.append(f"$.lines[{len(items)}]: \"type\" is not the first member: {line[:80]!r}")
        return items, wrong

    def _stream_faults(self, kind, schemas, items, wrong):
        yield from wrong
        outcomes = {"movie": [], "error": [], "done": []}
        for index, (name, text) in enumerate(items):
            place = f"$.{kind}[{index}]"
            if name not in schemas:
                yield f"{place}: there is no {name!r}"
                wrong.append(name)
                continue
            try:
                data = parse_json(text)
            except ValueError as error:
                yield f"{place}: no JSON: {error}"
                wrong.append(name)
                continue
            if (kind, name, text) not in self._right:
                value = {"event": name, "data": data} if kind == "events" else data
                faults = list(self._document.faults(schemas[name], value, place))
                yield from faults
                wrong += faults
                if not faults:
                    self._right.add((kind, name, text))
            outcomes[name].append(data)
        names = [name for name, _ in items]
        if names.count("done") != 1 or names[-1] != "done":
            yield f"$: {names.count('done')} done, and the last is {names[-1] if names else 'nothing'}"
        elif not wrong:
            yield from outcome_faults(outcomes["movie"], outcomes["error"], outcomes["done"][0])


class AnswerCheck:
    def __init__(self, document):
        self._document = document
        self._known_headers = document.header_names()
        self._bodies = BodyCheck(document)
        self.seen = set()  # operation and status

    def faults(self, answer):
        """What the answer has that the document has not, or the other way round."""
        method, status = answer["method"].lower(), str(answer["status"])
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        item = self._document.path_item(answer["path"])
        if item is None:
            what, responses = "another path", self._document.root["x-other-paths"]
        elif method in item:
            what, responses = item[method]["operationId"], item[method]["responses"]
        else:
            what, responses = "another method", self._document.root["x-other-methods"]
        if status not in responses:
            yield f"$.status: {status} is not documented for {what}"
            return
        self.seen.add((what, status))
        response = self._document.resolved(responses[status])
        yield from self._header_faults(response.get("headers", {}), headers)
        if item is not None and "allow" in headers and method != "trace":
            allowed = {name.upper() for name in METHODS if name in item}
            if set(re.split(", *", headers["allow"])) != allowed:
                yield f"$.headers.allow: {headers['allow']}, but the path has {sorted(allowed)}"
        yield from self._content_faults(response.get("content", {}), headers.get("content-type"), method, answer["body"])

    def _header_faults(self, documented, headers):
        wanted = {name.lower(): self._document.resolved(header) for name, header in documented.items()}
        for name, header in wanted.items():
            if name in headers:
                value = headers[name]
                if header["schema"].get("type") == "integer" and re.fullmatch("-?[0-9]+", value):
                    value = int(value)
                yield from self._document.faults(header["schema"], value, f"$.headers.{name}")
            elif header.get("required"):
                yield f"$.headers.{name}: it is missing"
        for name in sorted(self._known_headers & headers.keys() - wanted.keys()):
            yield f"$.headers.{name}: it is not documented here"

    def _content_faults(self, content, media_type, method, body):
        if not content:
            if media_type is not None or body:
                yield f"$.body: there should be none: {body[:80]!r}"
        elif media_type not in content:
            yield f"$.headers.content-type: {media_type} is not documented here"
        elif method == "head":
            if body:
                yield "$.body: a body to HEAD"
        else:
            for fault in self._bodies.faults(media_type, content[media_type], body):
                yield "$.body" + fault[1:]


def read_answers(paths):
    for path in map(pathlib.Path, paths):
        for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path] if path.exists() else []:
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise SystemExit(f"{file}:{number}: no JSON: {error}") from error


def check_answers(document, paths):
    check, count, violations = AnswerCheck(document), 0, 0
    for answer in read_answers(paths):
        count += 1
        for fault in check.faults(answer):
            violations += 1
            print(f"{answer['case']}: {answer['method']} {answer['path']}: {fault}")
    print(f"{count} answers, {violations} violations; {len(check.seen)} documented answers were seen")
    return violations == 0


# ---- lint ----------------------------------------------------------------------------------------------------------------------------


def operations(root):
    for path, item in root.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", path, item, item[method]


def operation_faults(document):
    root = document.root
    ids = collections.Counter(operation.get("operationId") for _, _, _, operation in operations(root))
    schemes = root.get("components", {}).get("securitySchemes", {})
    for where, path, item, operation in operations(root):
        for member in ("operationId", "summary", "responses"):
            if not operation.get(member):
                yield f"{where}: there is no {member}"
        if ids[operation.get("operationId")] > 1:
            yield f"{where}: operationId {operation.get('operationId')} stands there twice"
        security = operation.get("security", root.get("security"))
        if security is None:
            yield f"{where}: there is no security; [] is for none"
        for scheme in {name for alternative in security or [] for name in alternative} - set(schemes):
            yield f"{where}: there is no security scheme {scheme}"
        for status in operation.get("responses", {}):
            if not STATUS.fullmatch(str(status)):
                yield f"{where}: {status} is not one status"
        parameters = [document.resolved(p) for p in item.get("parameters", []) + operation.get("parameters", [])]
        declared = {p["name"] for p in parameters if p["in"] == "path" and p.get("required") is True}
        if declared != set(re.findall("{([^}]*)}", path)):
            yield f"{where}: its path has other parameters than are declared: {sorted(declared)}"


def component_faults(root, refs):
    used = set(refs) | {f"#/components/securitySchemes/{name}" for _, node in walk(root)
                        for alternative in node.get("security") or [] for name in alternative}
    for kind, components in root.get("components", {}).items():
        for name in components:
            if f"#/components/{kind}/{name}" not in used:
                yield f"#/components/{kind}/{name}: nobody uses it"


def schemas_in(root):
    """Each schema that is not a part of another, with its place."""
    for name, schema in root.get("components", {}).get("schemas", {}).items():
        yield f"#/components/schemas/{name}", schema
    for place, node in walk(root):
        if not place.startswith("#/components/schemas/") and isinstance(node.get("schema"), (dict, bool)):
            yield place + "/schema", node["schema"]
        for kind in ("x-events", "x-lines"):
            for name, schema in node.get(kind, {}).items():
                yield f"{place}/{kind}/{name}", schema


def example_faults(document):
    bodies = BodyCheck(document)
    for place, node in walk(document.root):
        if isinstance(node.get("schema"), dict) and "example" in node:
            if "x-events" in node or "x-lines" in node:
                faults = bodies.faults("", node, node["example"])
            else:
                faults = document.faults(node["schema"], node["example"])
            yield from (f"{place}/example: {fault}" for fault in faults)
        elif place.startswith("#/components/schemas/") and isinstance(node.get("examples"), list):
            for example in node["examples"]:
                yield from (f"{place}/examples: {fault}" for fault in document.faults(node, example))


def lint(root):
    """All that is wrong with the document."""
    if not re.fullmatch(r"3\.1\.[0-9]+", str(root.get("openapi"))):
        yield f"#/openapi: {root.get('openapi')} is not 3.1"
    document = Document(root)
    refs = [(place, node["$ref"]) for place, node in walk(root) if isinstance(node.get("$ref"), str)]
    broken = [f"{place}: {ref} leads nowhere" for place, ref in refs if document.target(ref) is None]
    yield from broken
    malformed = []
    for place, schema in schemas_in(root):
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            malformed.append(f"{place}: no schema: {error.json_path}: {error.message}")
    yield from malformed
    yield from component_faults(root, {ref for _, ref in refs})
    if not broken:
        yield from operation_faults(document)
    if not broken and not malformed:
        yield from example_faults(document)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("lint").add_argument("document")
    answers = commands.add_parser("answers")
    answers.add_argument("document")
    answers.add_argument("paths", nargs="+")
    options = parser.parse_args(arguments)
    root = yaml.safe_load(pathlib.Path(options.document).read_text(encoding="utf-8"))
    if options.command == "answers":
        return check_answers(Document(root), options.paths)
    faults = list(dict.fromkeys(lint(root)))
    for fault in faults:
        print(f"{options.document}: {fault}")
    return not faults


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
