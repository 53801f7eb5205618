import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

/** A page in a real Chromium, driven over its DevTools protocol. */
export interface BrowserPage extends AsyncDisposable {
  /** Scripts that threw, and what the page may not do by its own policy. */
  readonly errors: readonly string[];
  /** The value of an expression, as JSON. */
  evaluate(expression: string): Promise<unknown>;
}

const CHROMIUM = process.env["CHROMIUM"] ?? "chromium";

/** False on machines without it: tests that need a browser are skipped there. */
export function hasChromium(): boolean {
  return spawnSync(CHROMIUM, ["--version"]).status === 0;
}

const targets = z.array(z.object({ type: z.string(), webSocketDebuggerUrl: z.string() }));
const incoming = z.looseObject({
  id: z.int().optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
});

/** Opens a local file in a browser of its own, and waits until it is loaded. */
export async function openPage(file: string): Promise<BrowserPage> {
  const profile = await mkdtemp(join(tmpdir(), "browser-"));
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"];
  const quiet = ["--disable-background-networking", "--disable-component-update"];
  const browser = spawn(
    CHROMIUM,
    [...flags, ...quiet, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
  opened.defer(async () => {
    if (browser.kill("SIGKILL")) await once(browser, "close");
  });
  const port = await portOf(browser.stderr);
  const listed = targets.parse(await (await fetch(`http://127.0.0.1:${port}/json`)).json());
  const page = listed.find((target) => target.type === "page");
  if (page === undefined) throw new Error("Chromium has no page");
  const socket = new WebSocket(page.webSocketDebuggerUrl);
  await once(socket, "open");
  const errors: string[] = [];
  const answers = new Map<number, (result: unknown) => void>();
  const { promise: loaded, resolve: load } = Promise.withResolvers<void>();
  let sent = 0;
  socket.addEventListener("message", ({ data }) => {
    const message = incoming.parse(JSON.parse(String(data)));
    if (message.id !== undefined) answers.get(message.id)?.(message.result);
    if (message.method === "Page.loadEventFired") load();
    if (message.method === "Runtime.exceptionThrown" || message.method === "Log.entryAdded")
      errors.push(JSON.stringify(message.params));
  });
  const call = (method: string, params: object = {}): Promise<unknown> => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    answers.set(++sent, resolve);
    socket.send(JSON.stringify({ id: sent, method, params }));
    return promise;
  };
  for (const domain of ["Page", "Runtime", "Log"]) await call(`${domain}.enable`);
  await call("Page.navigate", { url: `file://${file}` });
  await loaded;
  const closing = opened.move();
  return {
    errors,
    async evaluate(expression) {
      const answer = await call("Runtime.evaluate", { expression, returnByValue: true });
      return z.object({ result: z.object({ value: z.unknown() }) }).parse(answer).result.value;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function portOf(stderr: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stderr })) {
    const port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error("Chromium ended before it listened");
}
