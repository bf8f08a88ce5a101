// The cached half of the batch endpoint as one would write it in Node: node:http, mysql2 and a cluster of two. It
// does what rtbatch does for a batch of hits (key, validation, one SELECT, the same bytes out) and nothing
// else: no fetching, no deadlines, no care for how a client's reads are cut. That is in its favour.
//
// PEER_LISTEN and PEER_DATABASE are unix sockets' paths; PEER_KEY is the key,
// PEER_PASSWORD the database's.

import cluster from "node:cluster";
import { timingSafeEqual } from "node:crypto";
import http from "node:http";
import mysql from "mysql2/promise";

const kProcesses = 2;
const kMostIds = 50;
const kIdForm = /^tt\d{7,8}$/;

function refuse(response, status, error) {
  response.writeHead(status, { "Content-Type": "application/problem+json" });
  response.end(JSON.stringify({ type: "about:blank", status, error }));
}

function parseIds(text) {
  let ids;
  try {
    ids = JSON.parse(text).imdbIds;
  } catch {
    return null;
  }
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > kMostIds) return null;
  const distinct = new Set();
  for (const id of ids) {
    const lower = typeof id === "string" ? id.toLowerCase() : "";
    if (!kIdForm.test(lower)) return null;
    distinct.add(lower);
  }
  return [...distinct];
}

function renderStream(ids, rows) {
  const byId = new Map(rows.map((row) => [row.imdb_id, row]));
  const now = Date.now();
  let text = ":\n";
  let cached = 0;
  let errors = 0;
  for (const id of ids) {
    const row = byId.get(id);
    if (row === undefined || row.expires_at <= now) {
      ++errors;
      text += `event: error\ndata: {"imdbId":"${id}","error":"scrape_failed","message":"not cached"}\n\n`;
      continue;
    }
    ++cached;
    const facts = row.facts.slice(1, -1); // ready JSON, as rtbatch stores it
    const cachedAt = new Date(row.cached_at).toISOString();
    text += `event: movie\ndata: {"imdbId":"${id}","status":"cached",${facts},"cachedAt":"${cachedAt}"}\n\n`;
  }
  const counts = { total: ids.length, cached, fetched: 0, errors, stale: 0 };
  return `${text}event: done\ndata: ${JSON.stringify(counts)}\n\n`;
}

function serve() {
  const key = Buffer.from(process.env.PEER_KEY);
  const pool = mysql.createPool({
    socketPath: process.env.PEER_DATABASE,
    user: "rtbatch",
    password: process.env.PEER_PASSWORD,
    database: "rtbatch",
    charset: "utf8mb4",
    connectionLimit: 6,
  });
  const answer = async (request, response, body) => {
    const given = Buffer.from(request.headers["x-api-key"] ?? "");
    if (given.length !== key.length || !timingSafeEqual(given, key)) return refuse(response, 401, "unauthorized");
    const ids = parseIds(body);
    if (ids === null) return refuse(response, 422, "invalid_request");
    const [rows] = await pool.query(
      "SELECT imdb_id, rt_slug, facts, cached_at, expires_at FROM rt_cache WHERE imdb_id IN (?)", [ids]);
    response.writeHead(200, {
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-cache, no-transform",
      "X-Accel-Buffering": "no",
    });
    response.end(renderStream(ids, rows));
  };
  http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece) => { body += piece; });
    request.on("end", () => {
      answer(request, response, body).catch((error) => {
        console.error(error);
        refuse(response, 503, "unavailable");
      });
    });
  }).listen({ path: process.env.PEER_LISTEN, backlog: 4096 });
}

if (cluster.isPrimary) {
  for (let i = 0; i < kProcesses; ++i) cluster.fork();
  // A worker that ends is not replaced: a measurement with one process would be a wrong one.
  cluster.on("exit", () => process.exit(1));
} else {
  serve();
}
