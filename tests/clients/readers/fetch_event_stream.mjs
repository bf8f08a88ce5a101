// npm fetch-event-stream.
import { events } from "fetch-event-stream";
import { report, request, take, url } from "./batch.mjs";

await report(async () => {
  const response = await fetch(url, request);
  if (!response.ok) throw new Error(`status ${response.status}`);
  for await (const { event, data } of events(response)) take(event, JSON.parse(data));
});
