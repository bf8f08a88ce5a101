// npm undici: its fetch, and the whole answer at once.
import { readFileSync } from "node:fs";
import { Agent, fetch } from "undici";
import { report, request, take, url } from "./batch.mjs";

const ca = process.argv[5];
const dispatcher = new Agent(ca ? { connect: { ca: readFileSync(ca) } } : {});

await report(async () => {
  const headers = { ...request.headers, Accept: "application/json" };
  const response = await fetch(url, { ...request, headers, dispatcher });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const { movies, errors, done } = await response.json();
  for (const movie of movies) take("movie", movie);
  for (const error of errors) take("error", error);
  take("done", done);
});
