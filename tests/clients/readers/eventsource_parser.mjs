// npm eventsource-parser, fed by node's own fetch.
import { createParser } from "eventsource-parser";
import { report, request, take, url } from "./batch.mjs";

await report(async () => {
  const response = await fetch(url, request);
  if (!response.ok) throw new Error(`status ${response.status}`);
  const parser = createParser({ onEvent: ({ event, data }) => take(event, JSON.parse(data)) });
  const decoder = new TextDecoder();
  for await (const bytes of response.body) parser.feed(decoder.decode(bytes, { stream: true }));
});
