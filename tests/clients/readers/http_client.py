# Python's own http.client.
import json

from batch import connect, ids, key, report, take


def read():
    connection = connect()
    connection.request("POST", "/api/v1/movies/batch", body=json.dumps({"imdbIds": ids}),
                       headers={"X-API-Key": key, "Content-Type": "application/json"})
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"status {response.status}")
    event = None
    for line in response:
        if line.startswith(b"event: "):
            event = line[7:].strip().decode()
        elif line.startswith(b"data: "):
            take(event, json.loads(line[6:]))


report(read)
