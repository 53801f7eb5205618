import type { ServerResponse } from "node:http";

const ALIVE_MS = 15_000;
/** Changes of so long a time travel together. */
const BATCH_MS = 100;

/**
 * Writes events to a browser as a server-sent stream: those of a moment in one message, whose id is the last one's number. A reader
 * that is slower than the events is waited for.
 * @param idOf what the browser names when it asks to go on after a break
 */
export async function streamTo<Entry>(
  response: ServerResponse,
  entries: AsyncIterable<Entry>,
  idOf: (entry: Entry) => number | undefined,
): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
  });
  response.write("retry: 1000\n\n");
  let batch: Entry[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): boolean => {
    clearTimeout(timer);
    timer = undefined;
    if (batch.length === 0) return true;
    const last = batch.at(-1);
    const id = last === undefined ? undefined : idOf(last);
    const text = `${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(batch)}\n\n`;
    batch = [];
    return response.write(text);
  };
  const alive = setInterval(() => response.write(": alive\n\n"), ALIVE_MS);
  try {
    for await (const entry of entries) {
      if (response.destroyed) return;
      batch.push(entry);
      timer ??= setTimeout(flush, BATCH_MS);
      if (batch.length >= 1_000 && !flush()) await drained(response);
    }
    flush();
  } finally {
    clearTimeout(timer);
    clearInterval(alive);
    response.end();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}
