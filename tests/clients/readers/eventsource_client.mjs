// npm eventsource-client. Its `for await` may drop events that have come when it is closed: hence the callbacks.
import { createEventSource } from "eventsource-client";
import { report, request, take, url } from "./batch.mjs";

await report(async () => {
  await new Promise((resolve, reject) => {
    const source = createEventSource({
      url,
      ...request,
      onMessage({ event, data }) {
        take(event, JSON.parse(data));
        if (event !== "done") return;
        source.close(); // else it asks again two seconds after the stream has ended
        resolve();
      },
      onScheduleReconnect() {
        source.close();
        reject(new Error("torn, or refused"));
      },
    });
  });
});
