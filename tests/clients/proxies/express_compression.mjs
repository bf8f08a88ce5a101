// express_compression.mjs PORT: an express application that compresses what it answers, and hands all requests on to
// 127.0.0.1:PORT. Prints `ready PORT`.
import http from "node:http";
import { pipeline } from "node:stream";
import compression from "compression";
import express from "express";

const upstream = { host: "127.0.0.1", port: Number(process.argv[2]) };
const app = express();
app.use(compression());
app.use((request, response) => {
  const asked = { ...upstream, method: request.method, path: request.originalUrl, headers: request.headers };
  const onwards = http.request(asked, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    pipeline(answer, response, () => {}); // which breaks off the response when the answer breaks
  });
  onwards.on("error", () => response.destroy());
  request.pipe(onwards);
});
const server = app.listen(0, "127.0.0.1", () => console.log(`ready ${server.address().port}`));
