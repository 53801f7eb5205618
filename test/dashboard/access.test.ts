import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../interfaces/dashboard/server/access.ts";
import { tokenIn } from "../../interfaces/dashboard/server/token.ts";

const rules = { port: 4_680, token: "right" };
const host = "127.0.0.1:4680";
const cookie = "cascade-dashboard-4680=right";

function statusOf(method: string, headers: Readonly<Record<string, string>>, path = "/api/runs") {
  return refusalOf({ method, path, headers }, rules)?.status ?? 200;
}

describe("who may ask", () => {
  it.each([
    ["GET with the cookie", "GET", { host, cookie }, 200],
    ["by the other name of the loopback", "GET", { host: "localhost:4680", cookie }, 200],
    ["GET with a bearer token", "GET", { host, authorization: "Bearer right" }, 200],
    ["among other cookies", "GET", { host, cookie: `a=b; ${cookie}; c=d` }, 200],
    ["POST from our own origin", "POST", { host, cookie, origin: `http://${host}` }, 200],
    ["no token", "GET", { host }, 401],
    ["a wrong token", "GET", { host, cookie: "cascade-dashboard-4680=wrong" }, 401],
    ["half a token", "GET", { host, cookie: "cascade-dashboard-4680=righ" }, 401],
    ["the cookie of another port", "GET", { host, cookie: "cascade-dashboard-4681=right" }, 401],
    ["a rebound name", "GET", { host: "evil.test:4680", cookie }, 403],
    ["another port", "GET", { host: "127.0.0.1:4681", cookie }, 403],
    ["no host", "GET", { cookie }, 403],
    ["POST without an origin", "POST", { host, cookie }, 403],
    ["POST from elsewhere", "POST", { host, cookie, origin: "https://evil.test" }, 403],
    ["POST from a sandboxed frame", "POST", { host, cookie, origin: "null" }, 403],
    ["POST by the other name", "POST", { host, cookie, origin: "http://localhost:4680" }, 403],
    ["GET from elsewhere", "GET", { host, cookie, origin: "https://evil.test" }, 403],
    ["TRACE", "TRACE", { host, cookie }, 405],
    ["DELETE", "DELETE", { host, cookie }, 405],
  ])("%s", (_, method, headers, status) => {
    expect(statusOf(method, headers)).toBe(status);
  });

  it("lets programs ask for its health without a token, but not by another name", () => {
    expect(statusOf("GET", { host }, "/healthz")).toBe(200);
    expect(statusOf("GET", { host }, "/readyz")).toBe(200);
    expect(statusOf("GET", { host }, "/metrics")).toBe(401);
    expect(statusOf("GET", { host: "evil.test" }, "/healthz")).toBe(403);
  });
});

it("makes a token once for a directory, for its owner's eyes only, and anew when it is damaged", async () => {
  const folder = await mkdtemp(join(tmpdir(), "token "));
  try {
    let made = 0;
    const randomBytes = (size: number) => Buffer.alloc(size, ++made);
    const token = tokenIn(folder, randomBytes);
    expect(tokenIn(folder, randomBytes)).toBe(token);
    const file = join(folder, "dashboard-token");
    expect(await readFile(file, "utf8")).toBe(`${token}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(file, "short");
    expect(tokenIn(folder, randomBytes)).not.toBe(token);
  } finally {
    await rm(folder, { recursive: true });
  }
});
