#!/usr/bin/env node
// Reads the stream with the fault of the deployed client, on purpose: it forgets the name of the current event at
// every network read. When a read ends between an `event:` line and the end of its `data:` line, that event is
// lost, silently. A server is good enough for that client only if this reader loses nothing.
//
// Needs node 18 or later and no packages. Prints one line of JSON; exits 0 however much was lost, 2 on bad usage.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const kUsage = `usage: forgetful_reader.mjs URL KEY IDS [options]
  URL           of the batch endpoint
  IDS           ids with commas between, or @FILE with ids and white space between
  --runs N      POST the batch N times, one after another (1)
  --parallel P  as above, in P lanes at once (1)
  --cold        a new connection for each run, where else node keeps one open
  --ca FILE     trust this certificate too
  --insecure    trust every certificate
  --all         print every run, not only the ones that lost something
`;

// The contract's fields. The deployed client prints a missing one as "undefined%".
const kMovieFields = [
  "imdbId", "status", "rtUrl", "title", "year", "criticScore", "audienceScore", "criticRating", "audienceRating",
  "consensus", "cachedAt",
];
const kErrorFields = ["imdbId", "error", "message"];
const kDoneFields = ["total", "cached", "fetched", "errors", "stale"];

const kNames = new Set(["movie", "error", "done"]);

function fail(text) {
  process.stderr.write(text);
  process.exit(2);
}

function parseArguments(argv) {
  const options = { runs: 1, parallel: 1, cold: false, insecure: false, all: false, ca: null };
  const plain = [];
  for (let i = 0; i < argv.length; ++i) {
    const argument = argv[i];
    const value = () => argv[++i] ?? fail(`${argument} needs a value\n${kUsage}`);
    if (argument === "--runs") options.runs = Number(value());
    else if (argument === "--parallel") options.parallel = Number(value());
    else if (argument === "--cold") options.cold = true;
    else if (argument === "--ca") options.ca = value();
    else if (argument === "--insecure") options.insecure = true;
    else if (argument === "--all") options.all = true;
    else if (argument.startsWith("--")) fail(`unknown option ${argument}\n${kUsage}`);
    else plain.push(argument);
  }
  if (plain.length !== 3 || !(options.runs >= 1) || !(options.parallel >= 1)) fail(kUsage);
  const [url, key, list] = plain;
  const text = list.startsWith("@") ? readFileSync(list.slice(1), "utf8") : list;
  return { ...options, url, key, ids: text.split(/[\s,]+/).filter((id) => id !== "") };
}

// Node reads the extra certificates once, when it starts: so the option starts it again.
function restartWithCertificate(ca) {
  const again = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, NODE_EXTRA_CA_CERTS: ca },
  });
  process.exit(again.status ?? 1);
}

function missingFields(name, data) {
  const fields = name === "movie" ? kMovieFields : name === "error" ? kErrorFields : kDoneFields;
  return fields.filter((field) => data[field] === undefined).map((field) => `${name}.${field}`);
}

// The deployed client's loop, to the letter where it matters.
class ForgetfulParser {
  seen = { movies: 0, errors: 0, done: 0 };
  statuses = {};
  outcomes = new Set();
  lost = [];
  missing = [];
  counts = null;
  stopped = false;
  afterDone = 0;

  #decoder = new TextDecoder();
  #buffer = "";
  #reads = 0;
  #bytes = 0;

  get reads() {
    return this.#reads;
  }

  get bytes() {
    return this.#bytes;
  }

  read(chunk) {
    ++this.#reads;
    if (this.stopped) {
      this.afterDone += chunk.length; // the deployed client has gone; nothing should come here
      return;
    }
    this.#buffer += this.#decoder.decode(chunk, { stream: true });
    const lines = this.#buffer.split("\n");
    this.#buffer = lines.pop() || "";
    let currentEvent = ""; // the fault: it belongs outside of this function
    for (const line of lines) {
      if (line.startsWith("event: ")) {
        currentEvent = line.slice(7).trim();
      } else if (line.startsWith("data: ")) {
        this.#data(currentEvent, line.slice(6), chunk.length);
        if (this.stopped) break;
      }
    }
    this.#bytes += chunk.length;
  }

  #data(event, json, readSize) {
    const data = JSON.parse(json);
    if (!kNames.has(event)) {
      // Where the read began, counted in bytes of the body: says which write was cut.
      this.lost.push({ imdbId: data.imdbId ?? null, read: this.#reads, readStart: this.#bytes, readSize });
      return;
    }
    this.missing.push(...missingFields(event, data));
    if (event === "movie") {
      ++this.seen.movies;
      this.statuses[data.status] = (this.statuses[data.status] ?? 0) + 1;
      this.outcomes.add(data.imdbId);
    } else if (event === "error") {
      ++this.seen.errors;
      this.outcomes.add(data.imdbId);
    } else {
      ++this.seen.done;
      this.counts = data;
      this.stopped = true;
    }
  }
}

async function runOnce({ url, key, ids, cold }) {
  const headers = { "Content-Type": "application/json", "X-API-Key": key };
  if (cold) headers.Connection = "close";
  const parser = new ForgetfulParser();
  const started = performance.now();
  let failure = null;
  let status = null;
  try {
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ imdbIds: ids }) });
    status = response.status;
    if (status !== 200) throw new Error(`status ${status}: ${(await response.text()).slice(0, 300)}`);
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parser.read(value);
    }
  } catch (error) {
    failure = error.cause ? `${error.message}: ${error.cause.message}` : error.message;
  }
  return {
    movies: parser.seen.movies,
    errors: parser.seen.errors,
    done: parser.seen.done,
    distinct: parser.outcomes.size,
    lost: parser.lost.length,
    lostEvents: parser.lost,
    statuses: parser.statuses,
    counts: parser.counts,
    missing: [...new Set(parser.missing)],
    afterDone: parser.afterDone,
    reads: parser.reads,
    bytes: parser.bytes,
    ms: Math.round(performance.now() - started),
    failure,
  };
}

function good(run) {
  return run.failure === null && run.lost === 0 && run.missing.length === 0 && run.done === 1 && run.afterDone === 0;
}

function range(runs, field) {
  const values = runs.map((run) => run[field]);
  return [Math.min(...values), Math.max(...values)];
}

function summary(options, runs) {
  return {
    runs: runs.length,
    asked: options.ids.length,
    runsThatLost: runs.filter((run) => run.lost > 0).length,
    lost: runs.reduce((sum, run) => sum + run.lost, 0),
    failures: runs.filter((run) => run.failure !== null).length,
    runsNotGood: runs.filter((run) => !good(run)).length,
    missing: [...new Set(runs.flatMap((run) => run.missing))],
    // [least, most] of all runs
    movies: range(runs, "movies"),
    errors: range(runs, "errors"),
    done: range(runs, "done"),
    distinct: range(runs, "distinct"),
    reads: range(runs, "reads"),
    bytes: range(runs, "bytes"),
    ms: range(runs, "ms"),
    details: options.all ? runs : runs.filter((run) => !good(run)).slice(0, 10),
  };
}

const options = parseArguments(process.argv.slice(2));
if (options.ca && process.env.NODE_EXTRA_CA_CERTS !== options.ca) restartWithCertificate(options.ca);
if (options.insecure) {
  process.removeAllListeners("warning");
  process.on("warning", () => {}); // node warns of exactly what was asked for
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
}

const runs = [];
let left = options.runs;
async function lane() {
  while (left-- > 0) runs.push(await runOnce(options));
}
await Promise.all(Array.from({ length: options.parallel }, lane));
process.stdout.write(`${JSON.stringify(summary(options, runs))}\n`);
