// npm undici: its fetch, and one object a line.
import { readFileSync } from "node:fs";
import { Agent, fetch } from "undici";
import { report, request, take, url } from "./batch.mjs";

const ca = process.argv[5];
const dispatcher = new Agent(ca ? { connect: { ca: readFileSync(ca) } } : {});

await report(async () => {
  const headers = { ...request.headers, Accept: "application/x-ndjson" };
  const response = await fetch(url, { ...request, headers, dispatcher });
  if (!response.ok) throw new Error(`status ${response.status}`);
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const { type, ...data } = JSON.parse(line); // blanks before the object are heartbeats
      take(type, data);
    }
  }
});
