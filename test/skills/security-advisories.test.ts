import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { askForAdvisories } from "../../skills/security-scan/advisories.ts";
import { npmRegistry } from "../../skills/security-scan/registry.ts";
import { run } from "../../skills/security-scan/run.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const LOCK = JSON.stringify(
  {
    lockfileVersion: 3,
    packages: {
      "": { name: "shop", version: "1.0.0" },
      "node_modules/left": { version: "1.2.3" },
      "node_modules/@scope/right": { version: "2.0.0" },
      "node_modules/@scope/right/node_modules/left": { version: "2.0.0" },
      "node_modules/own": { resolved: "packages/own", link: true },
    },
  },
  undefined,
  2,
);
const ADVISORY = {
  id: 1,
  url: "https://github.com/advisories/GHSA-0000-0000-0000",
  title: "Left goes right",
  severity: "moderate",
  vulnerable_versions: "<1.3.0",
  cwe: ["CWE-1321"],
  cvss: { score: 5 },
};

interface Registry extends AsyncDisposable {
  readonly url: string;
  readonly asked: { readonly path: string; readonly body: unknown }[];
}

/** A server that speaks the registry's protocol: it answers every question in the same way. */
async function openRegistry(status: number, answer: string): Promise<Registry> {
  const asked: { path: string; body: unknown }[] = [];
  const server: Server = createServer((request, response) => {
    void readBody(request).then((body) => {
      asked.push({ path: `${request.method} ${request.url}`, body });
      response.writeHead(status, { "content-type": "application/json" }).end(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const isZipped = request.headers["content-encoding"] === "gzip";
  return JSON.parse((isZipped ? gunzipSync(body) : body).toString("utf8"));
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("advisories", () => {
  it("are asked for by name and version, and become findings of the lock file", async () => {
    await using registry = await openRegistry(200, JSON.stringify({ left: [ADVISORY] }));
    await using tree = await makeTree({ "package-lock.json": LOCK });
    vi.stubEnv("npm_config_registry", registry.url);

    const report = await run(
      { path: tree.root, files: ["package-lock.json"], online: true },
      skillContext(),
    );

    expect(registry.asked).toEqual([
      {
        path: "POST /npm/-/npm/v1/security/advisories/bulk",
        body: { left: ["1.2.3", "2.0.0"], "@scope/right": ["2.0.0"] },
      },
    ]);
    expect(report["advisories"]).toEqual({ status: "run", packages: 2, advisories: 1 });
    expect(report["findings"]).toEqual([
      {
        file: "package-lock.json",
        line: 8,
        rule: "security/vulnerable-dependency",
        severity: "medium",
        message: "left 1.2.3, 2.0.0: Left goes right (vulnerable: <1.3.0)",
        help: "https://github.com/advisories/GHSA-0000-0000-0000",
        cwe: "CWE-1321",
        fix: "Update to a version outside the vulnerable range.",
        confidence: "high",
        tool: "security-scan",
        tool_version: "1.0.0",
        agent: "agent-1",
      },
    ]);
  });

  it("are not asked for when nobody said so", async () => {
    await using registry = await openRegistry(200, "{}");
    await using tree = await makeTree({ "package-lock.json": LOCK });
    vi.stubEnv("npm_config_registry", registry.url);

    const report = await run({ path: tree.root, files: ["package-lock.json"] }, skillContext());

    expect(registry.asked).toEqual([]);
    expect(report["advisories"]).toEqual({
      status: "not-run",
      reason: "offline: the input online is not true",
    });
  });

  it("belong to the batch that has the root's lock file", async () => {
    await using tree = await makeTree({ "a.js": "a();\n", "sub/package-lock.json": LOCK });

    const report = await run(
      { path: tree.root, files: ["a.js", "sub/package-lock.json"], online: true },
      skillContext(),
    );

    expect(report["advisories"]).toEqual({
      status: "not-run",
      reason: "no package-lock.json of the root among the files",
    });
  });

  it.each([
    [503, "{}", LOCK, "the registry answered 503"],
    [200, "<html>", LOCK, "the registry's answer is not understood"],
    [200, '{"left": 1}', LOCK, "the registry's answer is not understood"],
    [200, "{}", "{ not json", "package-lock.json is not of version 2 or 3"],
    [200, "{}", '{"dependencies": {}}', "package-lock.json is not of version 2 or 3"],
    [200, "{}", '{"packages": {"": {}}}', "package-lock.json names no packages"],
  ])("are not run when the answer is %i %s to %s", async (status, answer, lock, reason) => {
    await using registry = await openRegistry(status, answer);

    const advisories = await askForAdvisories(lock, {
      registry: registry.url,
      signal: new AbortController().signal,
    });

    expect(advisories).toEqual({ status: "not-run", reason });
  });

  it("are not run when nobody answers at the registry's address", async () => {
    const registry = await openRegistry(200, "{}");
    await registry[Symbol.asyncDispose]();

    const advisories = await askForAdvisories(LOCK, {
      registry: registry.url,
      signal: new AbortController().signal,
    });

    expect(advisories).toEqual({
      status: "not-run",
      reason: "the registry cannot be reached (ECONNREFUSED)",
    });
  });
});

describe("the registry that is asked", () => {
  const signal = new AbortController().signal;

  it("is the one that the environment names, or else npm's own word", async () => {
    expect(await npmRegistry({ npm_config_registry: "http://127.0.0.1:1/" }, signal)).toBe(
      "http://127.0.0.1:1/",
    );
    const { PATH, HOME } = process.env;
    expect(await npmRegistry({ PATH, HOME }, signal)).toMatch(/^https?:\/\//);
  });

  it("is unknown without npm", async () => {
    expect(await npmRegistry({ PATH: "/nowhere" }, signal)).toBeUndefined();
  });
});
