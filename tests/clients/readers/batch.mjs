// What the readers here share: the request, from the command line, and the summary of what a library delivered.

const [url, key, ids] = process.argv.slice(2);

export { url };

export const request = {
  method: "POST",
  headers: { "X-API-Key": key, "Content-Type": "application/json" },
  body: JSON.stringify({ imdbIds: ids.split(",") }),
};

const events = [];

/// For each event, what a client would do with it: `event` is movie, error or done.
export function take(event, data) {
  events.push({ event, data });
}

/// Runs a reader to its end and prints what it got. There is no process.exit(): a library that goes on asking
/// keeps this program alive, and the test sees it.
export async function report(read) {
  let failure = null;
  try {
    await read();
  } catch (error) {
    failure = error.cause ? `${error.message}: ${error.cause.message}` : error.message;
  }
  process.stdout.write(`${JSON.stringify({ events, failure })}\n`);
}
