#!/usr/bin/python3
"""check_answers.py: answers that are right pass, and each way to be wrong is named."""

import copy
import json
import pathlib
import sys
import unittest

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from check_answers import AnswerCheck, Document, lint  # noqa: E402

OURS = yaml.safe_load((pathlib.Path(__file__).parents[2] / "docs/openapi.yaml").read_text(encoding="utf-8"))
BATCH = "/api/v1/movies/batch"
ID = {"X-Request-Id": "mine:1"}


def movie(imdb_id="tt0000001", **changes):
    return {"imdbId": imdb_id, "status": "cached", "rtUrl": "https://www.rottentomatoes.com/m/x", "title": "X", "year": 1999,
            "criticScore": 0, "audienceScore": None, "criticRating": "rotten", "audienceRating": None, "consensus": None,
            "cachedAt": "2023-11-14T22:13:20.123Z"} | changes


def failure(imdb_id="tt0000002", **changes):
    return {"imdbId": imdb_id, "error": "scrape_failed", "message": "No."} | changes


def done(**changes):
    return {"total": 2, "cached": 1, "fetched": 0, "errors": 1, "stale": 0} | changes


def event(name, data):
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def events(*parts):
    return ":\n" + "".join(part if isinstance(part, str) else event(*part) for part in parts)


def lines(*parts):
    return " " + "".join(json.dumps({"type": kind} | data) + "\n" for kind, data in parts)


def problem(status, error, title, headers=None, **members):
    body = {"type": "urn:rtbatch:problem:" + error, "title": title, "status": status, "detail": "Why.", "error": error} | members
    return status, {"Content-Type": "application/problem+json", "Cache-Control": "no-store"} | ID | (headers or {}), json.dumps(body)


def stream(body, media_type="text/event-stream", **headers):
    return 200, {"Content-Type": media_type, "Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"} | ID | headers, body


WHOLE = (("movie", movie()), ("error", failure(retryAfterS=600)), ("done", done()))
MOVIE_HEADERS = {"Cache-Control": "private, max-age=604800, stale-if-error=86400", "Age": "7", "ETag": 'W/"18bd"'} | ID
JSON = {"Content-Type": "application/json"}


class Answers(unittest.TestCase):
    check = AnswerCheck(Document(OURS))

    def faults(self, method, path, status, headers, body):
        return list(self.check.faults(
            {"case": "a case", "method": method, "path": path, "status": status, "headers": headers, "body": body}))

    def right(self, method, path, answer):
        self.assertEqual(self.faults(method, path, *answer), [])

    def wrong(self, method, path, answer, *parts):
        """Exactly one fault, that has these parts."""
        faults = self.faults(method, path, *answer)
        self.assertEqual(len(faults), 1, faults)
        for part in parts:
            self.assertIn(part, faults[0])

    def test_what_is_right_passes(self):
        self.right("POST", BATCH, stream(events(*WHOLE)))
        self.right("POST", BATCH, stream(events(WHOLE[0], ":\n", *WHOLE[1:])))
        self.right("POST", BATCH, stream(lines(*WHOLE), "application/x-ndjson"))
        document = {"movies": [movie()], "errors": [failure()], "done": done()}
        self.right("POST", BATCH, stream("  " + json.dumps(document) + "\n", "application/json"))
        self.right("GET", "/api/v1/movie/tt0000001?x=1", (200, MOVIE_HEADERS | JSON, json.dumps(movie())))
        self.right("HEAD", "/api/v1/movie/tt0000001", (200, MOVIE_HEADERS | JSON, ""))
        self.right("GET", "/api/v1/movie/tt0000001", (304, MOVIE_HEADERS, ""))
        self.right("GET", "/api/v1/movie/tt12", problem(422, "invalid_id", "Unprocessable Entity", invalid=["tt12"]))
        self.right("GET", "/nowhere", problem(404, "no_such_path", "Not Found"))
        self.right("PUT", BATCH, problem(405, "method_not_allowed", "Method Not Allowed", {"Allow": "POST"}))
        self.right("DELETE", "/api/v1/admin/keys/7", (204, {"Cache-Control": "no-store"} | ID, ""))

    def test_paths_are_understood_as_nginx_does(self):
        answer = problem(422, "invalid_id", "Unprocessable Entity", invalid=["tt12"])
        for path in ("//api//v1/movie/%74t12", "/api/v1/x/../movie/tt12", "http://host/api/v1/movie/tt12#x"):
            self.right("GET", path, answer)
        for path in ("/api/v1/movie/", "/api/v1/movie/tt12/", "/api/v1/movie/tt12%2Fx"):
            self.wrong("GET", path, answer, "422 is not documented for another path")

    def test_a_status_that_is_not_documented(self):
        self.wrong("GET", "/api/v1/health", problem(404, "no_such_path", "Not Found"), "$.status", "404", "readHealth")
        self.wrong("PATCH", "/api/v1/health", problem(404, "no_such_path", "Not Found"), "$.status", "another method")
        self.wrong("GET", "/nowhere", (200, ID, ""), "$.status", "another path")

    def test_headers(self):
        status, headers, body = problem(401, "key_missing", "Unauthorized")
        self.wrong("POST", BATCH, (status, headers, body), "$.headers.www-authenticate", "missing")
        status, headers, body = problem(404, "no_such_path", "Not Found")
        self.wrong("GET", "/x", (status, headers | {"X-Request-Id": "a b"}, body), "$.headers.x-request-id", "does not match")
        self.wrong("GET", "/x", (status, headers | {"Retry-After": "5"}, body), "$.headers.retry-after", "not documented here")
        self.wrong("GET", "/api/v1/movie/tt0000001", (304, MOVIE_HEADERS | {"Age": "-1"}, ""), "$.headers.age", "minimum")
        self.wrong("GET", "/api/v1/movie/tt0000001", (304, MOVIE_HEADERS | {"Age": "soon"}, ""), "$.headers.age", "integer")
        self.wrong("PUT", BATCH, problem(405, "method_not_allowed", "Method Not Allowed", {"Allow": "DELETE"}), "$.headers.allow")

    def test_content_types(self):
        self.wrong("POST", BATCH, stream(events(*WHOLE), "text/html"), "$.headers.content-type", "text/html")
        self.wrong("GET", "/api/v1/health", (200, {"Cache-Control": "no-store"} | ID, "{}"), "$.headers.content-type", "None")

    def test_bodies_where_there_should_be_none(self):
        self.wrong("GET", "/api/v1/movie/tt0000001", (304, MOVIE_HEADERS, "x"), "$.body")
        self.wrong("HEAD", "/api/v1/movie/tt0000001", (200, MOVIE_HEADERS | JSON, "{}"), "$.body", "HEAD")

    def test_bodies(self):
        def single(**changes):
            return 200, MOVIE_HEADERS | JSON, json.dumps(movie(**changes))

        path = "/api/v1/movie/tt0000001"
        without_year = movie()
        del without_year["year"]
        self.wrong("GET", path, (200, MOVIE_HEADERS | JSON, json.dumps(without_year)), "$.body", "'year' is a required")
        self.wrong("GET", path, single(more=1), "$.body", "more")
        self.wrong("GET", path, single(criticScore=101), "$.body.criticScore")
        self.wrong("GET", path, single(audienceRating="upright"), "$.body.audienceRating")
        self.wrong("GET", path, single(rtUrl="https://example.org/m/x"), "$.body.rtUrl")
        self.wrong("GET", path, single(cachedAt="2023-11-14"), "$.body.cachedAt")
        self.wrong("GET", path, (200, MOVIE_HEADERS | JSON, "{"), "$.body", "no JSON")
        self.wrong("GET", path, (200, MOVIE_HEADERS | JSON, '{"a":1,"a":1}'), "$.body", "twice")
        self.wrong("GET", path, (200, MOVIE_HEADERS | JSON, '"\u2028"'), "$.body", "ASCII")
        self.wrong("GET", "/x", problem(404, "not_found", "Not Found"), "$.body.error")
        self.wrong("GET", "/x", problem(404, "no_such_path", "Not Found", invalid=["x"]), "$.body", "['x']")
        self.wrong("GET", path, problem(422, "invalid_id", "Unprocessable Entity"), "$.body", "'invalid' is a required")
        self.wrong("GET", "/x", problem(404, "no_such_path", "Not Found", type="urn:rtbatch:problem:not_found"), "$.body.type")
        self.wrong("GET", "/metrics", (200, {"Cache-Control": "no-store", "Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
                                       | ID, "up 1\n"), "$.body", "does not match")

    def test_streams(self):
        def wrong(parts, *named):
            self.wrong("POST", BATCH, stream(events(*parts)), *named)
            if all(isinstance(part, tuple) for part in parts):
                self.wrong("POST", BATCH, stream(lines(*parts), "application/x-ndjson"), *named[1:])

        wrong(WHOLE[:2], "$.body", "0 done")
        wrong((*WHOLE, WHOLE[2]), "$.body", "2 done")
        wrong((WHOLE[0], WHOLE[2], WHOLE[1]), "$.body", "the last is error")
        wrong((("movie", movie(year="1999")), *WHOLE[1:]), "$.body.events[0].data", "year")
        wrong((WHOLE[0], ("error", failure(error="gone")), WHOLE[2]), "$.body.events[1].data", "error", "gone")
        wrong((WHOLE[0], ("error", failure(imdbId="x")), WHOLE[2]), "$.body.events[1].data", "imdbId")
        wrong((("film", movie()), *WHOLE[1:]), "$.body.events[0]", "film")
        wrong((*WHOLE[:2], ("done", done(total=3))), "$.body.done.total", "there came 2")
        wrong((WHOLE[0], ("error", failure("tt0000001")), WHOLE[2]), "$.body", "two outcomes")
        wrong((WHOLE[0], "data: {}\n\n", *WHOLE[1:]), "$.body.events[1]")
        wrong((WHOLE[0], "event: movie\ndata: {\n\n", *WHOLE[1:]), "$.body.events[1]", "no JSON")
        self.wrong("POST", BATCH, stream(lines(*WHOLE)[:-1], "application/x-ndjson"), "$.body", "not complete")
        document = {"movies": [movie()], "errors": [], "done": done(errors=0)}
        self.wrong("POST", BATCH, stream(json.dumps(document), "application/json"), "$.body.done.total")

    def test_a_line_s_type_comes_first(self):
        body = " " + json.dumps(done(total=1, cached=0) | {"type": "done"}) + "\n"
        faults = self.faults("POST", BATCH, *stream(body, "application/x-ndjson"))
        self.assertTrue(any("first member" in fault for fault in faults), faults)

    def test_what_was_right_once_is_not_right_in_another_form(self):
        self.right("POST", BATCH, stream(events(*WHOLE)))
        self.assertTrue(self.faults("POST", BATCH, *stream(events(*WHOLE), "application/x-ndjson")))


SMALL = {
    "openapi": "3.1.0",
    "paths": {"/a/{b}": {
        "parameters": [{"name": "b", "in": "path", "required": True, "schema": {"type": "string"}, "example": "x"}],
        "get": {"operationId": "readA", "summary": "It", "security": [{"key": []}], "responses": {
            "200": {"description": "It", "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/A"}, "example": {"a": 1}}}}}}}},
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "K"}},
                   "schemas": {"A": {"type": "object", "properties": {"a": {"type": "integer"}}, "examples": [{"a": 2}]}}},
}


class Lint(unittest.TestCase):
    def wrong(self, change, *parts):
        root = copy.deepcopy(SMALL)
        change(root, root["paths"]["/a/{b}"]["get"])
        faults = list(lint(root))
        self.assertTrue(any(all(part in fault for part in parts) for fault in faults), faults)

    def test_what_is_right_passes(self):
        self.assertEqual(list(lint(SMALL)), [])
        self.assertEqual(list(lint(OURS)), [])

    def test_each_way_to_be_wrong(self):
        def content(operation):
            return operation["responses"]["200"]["content"]["application/json"]

        self.wrong(lambda root, _: root.update(openapi="3.0.3"), "#/openapi")
        self.wrong(lambda _, get: content(get).update(schema={"$ref": "#/components/schemas/B"}), "schemas/B leads nowhere")
        self.wrong(lambda root, _: root["paths"]["/a/{b}"].pop("parameters"), "GET /a/{b}", "parameters")
        self.wrong(lambda root, _: root["paths"].update({"/a": root["paths"]["/a/{b}"]}), "GET /a:", "parameters", "['b']")
        for member in ("operationId", "summary", "responses", "security"):
            self.wrong(lambda _, get, member=member: get.pop(member), "GET /a/{b}", "no " + member)
        self.wrong(lambda root, get: root["paths"].update({"/c": {"get": get}}), "readA", "twice")
        self.wrong(lambda _, get: get.update(security=[{"other": []}]), "no security scheme other")
        self.wrong(lambda _, get: get["responses"].update(default={"description": "x"}), "default is not one status")
        self.wrong(lambda root, _: root["components"]["schemas"]["A"].update(type="thing"), "schemas/A", "no schema")
        self.wrong(lambda _, get: content(get).update(schema={"type": "thing"}), "application~1json/schema", "no schema")
        self.wrong(lambda _, get: content(get).update(example={"a": "x"}), "/example", "$.a")
        self.wrong(lambda root, _: root["components"]["schemas"]["A"].update(examples=[{"a": "x"}]), "/examples", "$.a")
        self.wrong(lambda root, _: root["components"].update(headers={"H": {}}), "#/components/headers/H", "nobody")


if __name__ == "__main__":
    unittest.main()
