import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSecrets } from "../../agents/secrets.ts";
import type { JsonObject } from "../../core/json.ts";
import { serve } from "../support/http-site.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { follow } from "../support/swarm-process.ts";

const TOKEN = "canary-4f9c8b7a6d5e";
const FROM_FILE = "canary-of-the-file-1c2d";

let home: string;
let swarm: InProcessSwarm;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "cascade-secrets-"));
  swarm = await startInProcessSwarm({
    allowance: { projectSkills: false, hostCommands: true },
    env: { GREETING: "hello", DATABASE_URL: "postgres://user:pass-word@host/db" },
    secretsEnv: { API_TOKEN: TOKEN, SHORT_ONE: "short", XDG_CONFIG_HOME: home },
  });
}, 60_000);
afterAll(async () => {
  await swarm[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function run(cascade: string, inputs: JsonObject = {}) {
  const { directory, client } = swarm;
  const definition = `cascade: kept\n${cascade}`;
  const { runId } = await client.submit({ cascade: "kept", definition, inputs, directory });
  const followed = follow(client, runId);
  await followed.ended;
  const last = followed.events.at(-1);
  return {
    runId,
    events: followed.events,
    outcome: last?.type,
    output: (last?.data["output"] as JsonObject | undefined)?.["value"],
    error: last?.data["error"] as JsonObject | undefined,
  };
}

const NODE = JSON.stringify(process.execPath);

describe("a secret", () => {
  it("reaches a header and the environment of a program, and nothing that is kept", async () => {
    await using site = await serve(({ headers }, reply) => {
      reply.end(JSON.stringify({ got: headers["authorization"] }));
    });
    const program = JSON.stringify(
      "const t = process.env.TOKEN; require('fs').writeFileSync('length', String(t.length)); console.error('said', t); console.log(Buffer.from('user:' + t).toString('base64'), t)",
    );
    const { outcome, output, events } = await run(`secrets: [API_TOKEN]
stages:
  - stage: asked
    http:
      url: "${site.url}/"
      headers: { authorization: "Bearer \${secrets.API_TOKEN}" }
      allow_private: true
  - { stage: ran, run: [${NODE}, -e, ${program}], inputs: { env: { TOKEN: "\${secrets.API_TOKEN}" } } }
outputs: { got: "\${asked.json.got}", wrote: "\${ran.stdout}" }
`);
    expect(site.asked).toMatchObject([{ headers: { authorization: `Bearer ${TOKEN}` } }]);
    expect(await readFile(join(swarm.directory, "length"), "utf8")).toBe(String(TOKEN.length));
    expect({ outcome, output }).toEqual({
      outcome: "run.succeeded",
      output: {
        got: "Bearer [secret]",
        wrote: expect.stringMatching(/\[secret\].* \[secret\]\n$/),
      },
    });
    const ended = events.filter(({ type }) => type === "task.succeeded");
    expect(ended.map(({ data }) => data["scrubbed"])).toEqual([
      ["/body", "/json/got"],
      ["/stdout", "/stderr"],
    ]);
    expect(await everythingKept()).not.toContain(TOKEN);
    expect(await everythingKept()).toContain("said [secret]");
  });

  it("is not in the message of an error, either", async () => {
    const program = JSON.stringify(
      "console.error('refused: ' + process.env.TOKEN); process.exit(3)",
    );
    const { error } = await run(`secrets: [API_TOKEN]
stages:
  - stage: ran
    run: [${NODE}, -e, ${program}]
    inputs: { env: { TOKEN: "\${secrets.API_TOKEN}" } }
    error_handling: { strategy: fail }
`);
    expect(error).toMatchObject({ message: expect.stringMatching(/refused: \[secret\]$/) });
    expect(await everythingKept()).not.toContain(TOKEN);
  });

  it.each([
    ["MISSING_ONE", "unknown-secret", "this agent knows no secret MISSING_ONE"],
    ["SHORT_ONE", "invalid-input", "the secret SHORT_ONE is shorter than 8 characters"],
  ])("%s fails the task with %s", async (name, code, message) => {
    const { error } = await run(`secrets: [${name}]
stages:
  - { stage: a, http: { url: "https://example.test/", headers: { x: "\${secrets.${name}}" } } }
`);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("cannot be asked for by data", async () => {
    const { client, directory } = swarm;
    const definition =
      'cascade: c\ninputs: [{ name: value, type: any }]\nstages: [{ stage: a, transform: "${value}" }]\n';
    const inputs = { value: { $secret: { name: "API_TOKEN", before: "", after: "" } } };
    const job = { cascade: "c", definition, inputs, directory };
    await expect(client.submit(job)).rejects.toMatchObject({ code: "invalid-input" });
  });
});

describe("the files of secrets", () => {
  const named = (name: string) => ({ value: { $secret: { name, before: "", after: "" } } });
  const values: string[] = [];
  const secrets = () =>
    openSecrets({
      env: { XDG_CONFIG_HOME: home },
      directory: swarm.directory,
      onValue: (value) => void values.push(value),
    });

  it("are the project's .env and one that only its owner may read", async () => {
    const own = join(home, "cascade-swarm", "secrets");
    await mkdir(dirname(own), { recursive: true });
    await writeFile(join(swarm.directory, ".env"), `OF_PROJECT="${FROM_FILE}"\n`);
    await writeFile(own, `OF_PROJECT=other-value\nOWN=${FROM_FILE}-own\n`, { mode: 0o600 });
    expect(await secrets().putInto(named("OF_PROJECT"))).toEqual({
      inputs: { value: FROM_FILE },
      values: [FROM_FILE],
    });
    expect(await secrets().putInto(named("OWN"))).toMatchObject({ values: [`${FROM_FILE}-own`] });
    await chmod(own, 0o640);
    await expect(secrets().putInto(named("OWN"))).rejects.toMatchObject({
      code: "not-allowed",
      message: `others may read ${own} (mode 640)`,
      hint: `chmod 600 ${own}`,
    });
    expect(values).toEqual([FROM_FILE, `${FROM_FILE}-own`]);
  });
});

describe("the environment", () => {
  it("is recorded when the run starts, as far as the cascade lists it", async () => {
    const { events, output } = await run(`env: [GREETING, NOT_SET]
stages: [{ stage: a, transform: { said: "\${env.GREETING}", other: "\${coalesce(env.NOT_SET, 'none')}" } }]
`);
    expect(output).toEqual({ said: "hello", other: "none" });
    expect(events[0]?.data["inputs"]).toEqual({ value: { "env.GREETING": "hello" } });
  });

  it("is refused where a value holds a password", async () => {
    const { client, directory } = swarm;
    const definition = "cascade: c\nenv: [DATABASE_URL]\nstages: [{ stage: a, transform: 1 }]\n";
    const job = { cascade: "c", definition, inputs: {}, directory };
    await expect(client.submit(job)).rejects.toMatchObject({ code: "not-allowed" });
  });
});

/** The bytes of every message of every stream, all log lines, and the files of the job's directory. */
async function everythingKept(): Promise<string> {
  const { address } = swarm.server;
  const connection = await connect({
    servers: address.url,
    ...(address.user === undefined ? {} : { user: address.user }),
    ...(address.password === undefined ? {} : { pass: address.password }),
  });
  const manager = await connection.jetstreamManager();
  const kept: string[] = [];
  for await (const { config, state } of manager.streams.list()) {
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await manager.streams.getMessage(config.name, { seq }).catch(() => undefined);
      if (message !== undefined) kept.push(message.subject, Buffer.from(message.data).toString());
    }
  }
  await connection.close();
  const names = await readdir(swarm.directory, { recursive: true, withFileTypes: true });
  for (const entry of names.filter((each) => each.isFile() && each.name !== ".env")) {
    kept.push(await readFile(join(entry.parentPath, entry.name), "utf8"));
  }
  expect(kept.length).toBeGreaterThan(10);
  return [...kept, ...swarm.lines.map((line) => JSON.stringify(line))].join("\n");
}
