// npm undici: its fetch, and a parser of one's own.
import { readFileSync } from "node:fs";
import { Agent, fetch } from "undici";
import { report, request, take, url } from "./batch.mjs";

const ca = process.argv[5];
const dispatcher = new Agent(ca ? { connect: { ca: readFileSync(ca) } } : {});

await report(async () => {
  const response = await fetch(url, { ...request, dispatcher });
  if (!response.ok) throw new Error(`status ${response.status}`);
  let event = ""; // out here, for a read may end between a name and its data
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("event: ")) event = line.slice(7);
      else if (line.startsWith("data: ")) take(event, JSON.parse(line.slice(6)));
    }
  }
});
