// npm @microsoft/fetch-event-source. It is made for browsers: node lacks these two, of which it needs little.
import { report, request, take, url } from "./batch.mjs";

globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
const { fetchEventSource } = (await import("@microsoft/fetch-event-source")).default;

await report(async () => {
  let whole = false;
  await fetchEventSource(url, {
    ...request,
    openWhenHidden: true, // else it asks anew each time that the page comes to the front
    onmessage({ event, data }) {
      take(event, JSON.parse(data));
      whole ||= event === "done";
    },
    onclose() {
      if (!whole) throw new Error("torn");
    },
    onerror(error) {
      throw error; // else it asks again, and again
    },
  });
});
