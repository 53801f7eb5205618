import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/nats.ts";
import { startSwarmProcess } from "../support/swarm-process.ts";

let server: TestServer;
let directory: string;
beforeAll(async () => {
  server = await startTestServer();
  directory = await mkdtemp(join(tmpdir(), "memory "));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  const { url, user = "", password = "" } = server.address;
  return { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password };
}

async function memory(...args: readonly string[]) {
  await using command = startSwarmProcess(directory, ["memory", ...args], environment());
  const code = await command.ended;
  return { code, lines: command.lines, text: command.text };
}

const person = userInfo().username;
const everyone = { kind: "global" };

describe("memory on the command line", () => {
  it("keeps, shows, lists, finds and forgets values, and knows who wrote them", async () => {
    const put = await memory("put", "limit", "0.8", "--json");
    const { revision } = put.lines[0] as { readonly revision: number };
    expect(put).toMatchObject({ code: 0, lines: [{ space: everyone, key: "limit" }] });
    expect(await memory("get", "limit")).toMatchObject({ code: 0, text: ["0.8"] });
    expect(await memory("put", "limit", "0.9", "--revision", String(revision + 1))).toMatchObject({
      code: 1,
      text: [
        `error memory-conflict: the key limit has the revision ${revision}, not ${revision + 1}`,
        "  look at it with `memory get`, and give the revision that you saw",
      ],
    });
    expect(await memory("put", "limit", "0.9", "--revision", String(revision))).toMatchObject({
      code: 0,
    });
    expect(await memory("put", "words", "not JSON", "--text", "--ttl", "1h")).toMatchObject({
      code: 0,
    });
    const { lines } = await memory("ls", "--json");
    const entry = { space: everyone, status: "kept", by: { person } };
    expect(lines).toMatchObject([
      {
        schemaVersion: 1,
        entries: [
          { ...entry, key: "limit", value: 0.9, expiresAtMs: null },
          { ...entry, key: "words", value: "not JSON", expiresAtMs: expect.any(Number) },
        ],
      },
    ]);
    const found = await memory("search", "NOT json");
    expect(found.text).toHaveLength(2);
    expect(found.text[1]).toMatch(new RegExp(`^global  words  .* ${person}  "not JSON"$`));
    expect(await memory("rm", "limit")).toMatchObject({ code: 0, text: ["forgotten  limit"] });
    expect(await memory("get", "limit")).toMatchObject({
      code: 1,
      text: ['nothing is kept under "limit"'],
    });
    const history = await memory("history", "limit", "--json");
    expect(history.lines).toMatchObject([
      { entries: [{ value: 0.8 }, { value: 0.9 }, { status: "deleted" }] },
    ]);
  });

  it("exports everything and takes it in again", async () => {
    await memory("put", "plan", '{"steps": [1, 2]}', "--run", "r1");
    await memory("put", "tone", '"dry"', "--cascade", "refine/style");
    const one = await memory("export", "--cascade", "refine/style");
    const tone = { space: { kind: "cascade", cascade: "refine", name: "style" }, key: "tone" };
    expect(one.lines).toEqual([{ schemaVersion: 1, entries: [{ ...tone, value: "dry" }] }]);
    const all = await memory("export", "--all");
    const file = join(directory, "memory.json");
    await writeFile(file, JSON.stringify(all.lines[0]));
    await memory("rm", "plan", "--run", "r1");
    const imported = await memory("import", file, "--json");
    expect(imported).toMatchObject({ code: 0, lines: [{ imported: 3, expired: 0 }] });
    const got = await memory("get", "plan", "--run", "r1", "--json");
    expect(got.lines).toMatchObject([{ value: { steps: [1, 2] }, by: { person } }]);
  });

  it("prints changes as they come, until it is stopped", async () => {
    await using watching = startSwarmProcess(
      directory,
      ["memory", "watch", "seen.", "--json"],
      environment(),
    );
    await expect
      .poll(
        async () => {
          await memory("put", "seen.it", "1");
          return watching.lines.length;
        },
        { timeout: 30_000 },
      )
      .toBeGreaterThan(0);
    expect(watching.lines[0]).toMatchObject({ key: "seen.it", value: 1, by: { person } });
    watching.process.kill("SIGINT");
    expect(await watching.ended).toBe(0);
  });

  it.each([
    [["put", "k", "{"], "invalid-input: the value is not JSON"],
    [["put", "k", '{"__proto__": 1}'], "invalid-output: a value for the memory is not plain JSON"],
    [["get", ""], "invalid-input: "],
    [["ls", "--run", "r1", "--all"], "usage: give one of --run, --cascade and --all"],
    [["ls", "--cascade", "refine"], "usage: --cascade refine is not <cascade>/<name>"],
    [["put", "k", "1", "--ttl", "soon"], "usage: option '--ttl <duration>'"],
    [["lst"], 'usage: memory has no command "lst"'],
    [["import", "not-there.json"], "path-not-found: cannot read not-there.json"],
  ])("refuses %j", async (args, message) => {
    const { code, text } = await memory(...args);
    expect(text[0]).toContain(`error ${message}`);
    expect(code).toBe(2);
  });

  it("says that no swarm runs here", async () => {
    await using command = startSwarmProcess(directory, ["memory", "ls"], { NATS_URL: "" });
    expect(await command.ended).toBe(5);
    expect(command.text[0]).toBe("error coordinator-unavailable: no swarm runs here");
  });
});
