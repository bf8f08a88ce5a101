# Python's own http.client, and one object a line.
import json

from batch import connect, ids, key, report, take


def read():
    connection = connect()
    connection.request("POST", "/api/v1/movies/batch", body=json.dumps({"imdbIds": ids}),
                       headers={"X-API-Key": key, "Content-Type": "application/json", "Accept": "application/x-ndjson"})
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"status {response.status}")
    for line in response:
        data = json.loads(line)  # blanks before the object are heartbeats
        take(data.pop("type"), data)


report(read)
