import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { RunId } from "../../core/ids.ts";
import type { Dashboard } from "../../interfaces/dashboard/server/dashboard-server.ts";
import { openTestDashboard, TOKEN } from "../support/dashboard-browser.ts";
import { ASKING, FINE } from "../support/dashboard-cascades.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { follow } from "../support/swarm-process.ts";

let swarm: InProcessSwarm;
let dashboard: Dashboard;
let run: RunId;
beforeAll(async () => {
  swarm = await startInProcessSwarm({ agents: 1 });
  dashboard = await openTestDashboard(swarm);
  run = await submit(FINE);
  await follow(swarm.client, run).ended;
}, 60_000);
afterAll(async () => {
  await dashboard[Symbol.asyncDispose]();
  await swarm[Symbol.asyncDispose]();
});

async function submit(definition: string): Promise<RunId> {
  const { client, directory } = swarm;
  return (await client.submit({ cascade: "shown", definition, inputs: {}, directory })).runId;
}

const origin = (): string => `http://127.0.0.1:${dashboard.port}`;
const own = { authorization: `Bearer ${TOKEN}` };

function get(path: string, headers: Readonly<Record<string, string>> = own): Promise<Response> {
  return fetch(`${origin()}${path}`, { headers, redirect: "manual" });
}

function post(
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const usual = { ...own, origin: origin(), "content-type": "application/json" };
  return fetch(`${origin()}${path}`, { method: "POST", headers: { ...usual, ...headers }, body });
}

/** What comes back for bytes that no well-behaved program sends. */
async function raw(text: string): Promise<string> {
  const socket = connect(dashboard.port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += String(chunk);
  });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on("error", () => {}); // it may be cut off in the middle
  socket.on("close", () => resolve());
  socket.end(text.replaceAll("\n", "\r\n"));
  await closed;
  return answer.split("\r\n")[0] ?? "";
}

const head = (): string => `Host: 127.0.0.1:${dashboard.port}\nAuthorization: Bearer ${TOKEN}\n`;

describe("the dashboard over HTTP", () => {
  it("opens by its link: the token becomes a cookie that no script and no other site can use", async () => {
    const { headers, status } = await get(`/open?token=${TOKEN}`, {});
    expect([status, headers.get("location")]).toEqual([303, "/"]);
    const cookie = headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict/);
    const page = await get("/", { cookie: cookie.split(";")[0] ?? "" });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect((await get(`/open?token=${TOKEN}x`, {})).status).toBe(401);
    expect((await get("/open", {})).status).toBe(401);
  });

  it("answers nothing without the token", async () => {
    for (const path of ["/", "/api/runs", `/api/runs/${run}/events`, "/style.css", "/metrics"])
      expect((await get(path, {})).status, path).toBe(401);
  });

  it("changes nothing by a GET, from another origin, or for a body that is not JSON", async () => {
    const asking = await submit(ASKING);
    const followed = follow(swarm.client, asking);
    await followed.reached("stage.paused");
    const path = `/api/runs/${asking}/approve`;
    const body = JSON.stringify({ stage: "release", approved: true });
    expect((await get(path)).status).toBe(405);
    expect((await post(path, body, { origin: "https://evil.test" })).status).toBe(403);
    expect((await post(path, body, { origin: "null" })).status).toBe(403);
    expect((await post(path, body, { "content-type": "text/plain" })).status).toBe(415);
    expect((await post(path, body, { authorization: "Bearer wrong" })).status).toBe(401);
    for (const wrong of [
      "",
      "{",
      "[]",
      "null",
      `${body}x`,
      '{"stage":"release","approved":"yes"}',
      '{"stage":"re*lease","approved":true}',
      '{"stage":"release","approved":true,"by":"somebody else"}',
      '{"__proto__":{},"stage":"release","approved":true}',
    ])
      expect((await post(path, wrong)).status, wrong).toBe(400);
    expect(followed.events.at(-1)?.type).toBe("stage.paused");
    expect((await post(path, body)).status).toBe(202);
    await followed.ended;
    expect(followed.events.at(-1)?.type).toBe("run.succeeded");
    // Somebody was faster.
    expect((await post(path, body)).status).toBe(400);
  });

  it("refuses a body over its limit, whole or in pieces", async () => {
    const large = JSON.stringify({ reason: "x".repeat(8_388_609) });
    const whole = await post(`/api/runs/${run}/cancel`, large).catch(() => undefined);
    expect(whole?.status ?? 413).toBe(413);
    const pieces = "fffff\n".padEnd(0xfffff + 6, "x");
    const status = await raw(
      `POST /api/runs/${run}/cancel HTTP/1.1\n${head()}Origin: ${origin()}\nContent-Type: application/json\nTransfer-Encoding: chunked\n\n${pieces}\n${pieces}\n`,
    );
    expect(status).toMatch(/^(HTTP\/1\.1 413|$)/);
  });

  it.each([
    "/%2e%2e%2fpackage.json",
    "/modules/..%2f..%2fpackage.json",
    "/modules/..%5c..%5cpackage.json",
    "/modules/dashboard/server/token.ts",
    "/%00",
    "//etc/passwd",
    "/.cascade/dashboard-token",
    "/libraries/../package.json",
  ])("serves no file but those that pages load: %s", async (path) => {
    expect(await raw(`GET ${path} HTTP/1.1\n${head()}Connection: close\n\n`)).toMatch(
      /^HTTP\/1\.1 (400|404)/,
    );
  });

  it.each([
    [
      "another host",
      () => `GET / HTTP/1.1\nHost: evil.test:${dashboard.port}\nConnection: close\n\n`,
      403,
    ],
    ["no host", () => "GET / HTTP/1.1\nConnection: close\n\n", 400],
    ["TRACE", () => `TRACE / HTTP/1.1\n${head()}Connection: close\n\n`, 405],
    [
      "a method that there is none of",
      () => `BREW / HTTP/1.1\n${head()}Connection: close\n\n`,
      400,
    ],
    ["headers of 100 KB", () => `GET / HTTP/1.1\n${head()}X: ${"x".repeat(100_000)}\n\n`, 431],
    [
      "two lengths",
      () => `POST / HTTP/1.1\n${head()}Content-Length: 1\nContent-Length: 2\n\nxx`,
      400,
    ],
    [
      "a length and pieces",
      () => `POST / HTTP/1.1\n${head()}Content-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n`,
      400,
    ],
    [
      "an upgrade from elsewhere",
      () =>
        `GET /api/activity HTTP/1.1\n${head()}Origin: https://evil.test\nConnection: Upgrade, close\nUpgrade: websocket\n\n`,
      403,
    ],
  ])("refuses %s", async (_, request, status) => {
    expect(await raw(request())).toMatch(new RegExp(`^(HTTP/1\\.1 ${status}|$)`));
  });

  it("refuses numbers that are none, and ids that cannot be one", async () => {
    for (const limit of ["-1", "0", "1e9", "201", "x", "%3Cscript%3E"])
      expect((await get(`/api/runs?limit=${limit}`)).status, limit).toBe(400);
    expect((await get(`/api/runs/${run}/output?stage=collect&index=-1`)).status).toBe(400);
    for (const id of ["%3Cscript%3E", "a.b", "a%2Fb", "*", "%3E", "a%20b", "r0-none"])
      expect((await get(`/api/runs/${id}`)).status, id).toBe(404);
  });

  it("goes on with a stream where the browser names the last event that it has", async () => {
    const events = async (last?: string) => {
      const headers = last === undefined ? own : { ...own, "last-event-id": last };
      const response = await get(`/api/runs/${run}/events`, headers);
      const text = await response.text();
      const data = text.match(/^data: .*$/gm) ?? [];
      const numbers = data.flatMap((line) => JSON.parse(line.slice(6)) as { n: number }[]);
      return { status: response.status, numbers: numbers.map(({ n }) => n) };
    };
    const all = await events();
    expect(all.numbers).toEqual(all.numbers.map((_, at) => at + 1));
    const last = all.numbers.length;
    expect(await events("3")).toEqual({ status: 200, numbers: all.numbers.slice(3) });
    expect(await events(String(last))).toEqual({ status: 204, numbers: [] });
    for (const garbage of ["x", "-1", "1e5", "3, 4"])
      expect((await events(garbage)).status, garbage).toBe(400);
  });

  it("bounds how many streams are open, and counts those that ended no more", async () => {
    const leave = new AbortController();
    const open = (): Promise<Response> =>
      fetch(`${origin()}/api/activity`, { headers: own, signal: leave.signal });
    const streams = await Promise.all(Array.from({ length: 48 }, open));
    expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await open()).status).toBe(503);
    leave.abort();
    await vi.waitFor(async () => {
      const again = new AbortController();
      const { status } = await fetch(`${origin()}/api/activity`, {
        headers: own,
        signal: again.signal,
      });
      again.abort();
      expect(status).toBe(200);
    });
  });

  it("says whether it is ready, and what happened so far as metrics", async () => {
    expect(await (await get("/healthz", {})).text()).toBe("ok\n");
    expect(await (await get("/readyz", {})).text()).toBe("ready\n");
    const text = await (await get("/metrics")).text();
    expect(text).toContain('cascade_runs_total{cascade="nightly-checks",status="succeeded"} 1');
    expect(text).toContain('cascade_agents{state="serving"} 1');
  });

  it("starts what it offers, after saying what that would do, and opens no other file", async () => {
    const { cascades } = (await (await get("/api/cascades")).json()) as {
      cascades: { name: string; inputs: object[] }[];
    };
    expect(cascades.find(({ name }) => name === "pauses")).toEqual({
      name: "pauses",
      inputs: [{ name: "ms", type: "integer", isRequired: false, default: "200" }],
    });
    const body = JSON.stringify({ cascade: "pauses", inputs: ["ms=1"] });
    const plan = (await (await post("/api/plan", body)).json()) as { text: string };
    expect(plan.text).toContain("pauses");
    const started = await post("/api/runs", body);
    expect(started.status).toBe(201);
    const { run: id } = (await started.json()) as { run: RunId };
    const followed = follow(swarm.client, id);
    await followed.ended;
    expect(followed.events.at(-1)?.type).toBe("run.succeeded");
    for (const cascade of ["/etc/passwd", "../x.yaml", "cascades/../x.yaml", "nothing"])
      expect((await post("/api/runs", JSON.stringify({ cascade, inputs: [] }))).status).toBe(404);
    const wrong = await post("/api/runs", JSON.stringify({ cascade: "pauses", inputs: ["ns=1"] }));
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      expect.objectContaining({ code: "unknown-input", hint: 'did you mean "ms"?' }),
    ]);
  });

  it("lists dead letters and tries one again, and shows what is remembered", async () => {
    const { client, directory } = swarm;
    await client.publishJob({ cascade: "no-such-cascade", directory });
    const letters = async () =>
      ((await (await get("/api/letters")).json()) as { letters: { number: number }[] }).letters;
    const [letter] = await vi.waitFor(async () => {
      const found = await letters();
      expect(found).toMatchObject([{ kind: "job", failure: { code: "unknown-cascade" } }]);
      return found;
    });
    const path = `/api/letters/${letter?.number}`;
    expect((await get(`${path}/drop`)).status).toBe(405);
    expect((await post(`${path}/retry`, "{}")).status).toBe(404);
    expect((await post(`${path}/drop`, "{}")).status).toBe(200);
    expect((await post(`${path}/drop`, "{}")).status).toBe(404);
    expect(await letters()).toEqual([]);

    const memory = await client.memory();
    const about = { space: { kind: "global" }, key: "goal", by: { person: "ann" } } as const;
    for (const value of ["old", "new"]) await memory.write({ ...about, value: { value } });
    const entry = { space: "global", key: "goal", by: "ann", isKept: true };
    expect(await (await get("/api/memory?text=NEW")).json()).toMatchObject({
      entries: [{ ...entry, value: '"new"' }],
      total: 1,
    });
    expect(await (await get("/api/memory/history?space=global&key=goal")).json()).toMatchObject({
      entries: [
        { ...entry, value: '"new"' },
        { ...entry, value: '"old"' },
      ],
    });
    expect((await get("/api/memory/history?space=a/b/c&key=goal")).status).toBe(400);
  });
});
