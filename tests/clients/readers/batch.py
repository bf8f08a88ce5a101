# What the readers here share: the request, from the command line, and the summary of what the library delivered.
import http.client
import json
import ssl
import sys
from urllib.parse import urlsplit

url, key, ids = sys.argv[1], sys.argv[2], sys.argv[3].split(",")
ca = sys.argv[4] if len(sys.argv) > 4 else None
_events = []


def connect():
    where = urlsplit(url)
    if where.scheme == "https":
        return http.client.HTTPSConnection(where.netloc, context=ssl.create_default_context(cafile=ca))
    return http.client.HTTPConnection(where.netloc)


def take(event, data):
    """For each event, what a client would do with it: `event` is movie, error or done."""
    _events.append({"event": event, "data": data})


def report(read):
    """Runs a reader to its end and prints what it got."""
    failure = None
    try:
        read()
    except Exception as error:
        failure = repr(error)
    print(json.dumps({"events": _events, "failure": failure}))
