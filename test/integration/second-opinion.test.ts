import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { startInProcessSwarm } from "../support/in-process-swarm.ts";
import { follow } from "../support/swarm-process.ts";
import { openWiretap } from "../support/wiretap.ts";

const cascade = resolve(import.meta.dirname, "../../cascades/code-quality-swarm.yaml");

/** A function with branches, so that its file is a hotspot once it was committed. */
const hot = `export function f(a) {
  if (a > 1) { if (a > 2) { for (const b of a) { if (b) return b; } } }
  return 0;
}
`;

it("a high finding of the code-quality swarm is confirmed by a second agent, and hotspots are passed on", async () => {
  await using swarm = await startInProcessSwarm({
    agents: 3,
    allowance: { projectSkills: false, hostCommands: false },
  });
  await using wire = await openWiretap(swarm.server);
  const path = join(swarm.directory, "code");
  await mkdir(path);
  await writeFile(join(path, "evil.js"), 'const go = (text) => eval(text);\ngo("1");\n');
  await writeFile(join(path, "hot.js"), hot);
  const git = (...args: readonly string[]): void =>
    void execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], {
      cwd: path,
      stdio: "ignore",
    });
  git("init");
  git("add", ".");
  git("commit", "-m", "first");
  const { runId } = await swarm.client.submit({
    ...{ cascade: "code-quality-swarm", definition: await readFile(cascade, "utf8") },
    ...{ directory: swarm.directory, inputs: { path: "code", cache: false } },
  });
  const run = follow(swarm.client, runId);
  await run.ended;
  expect(run.events.at(-1)?.type).toBe("run.succeeded");
  const file = join(swarm.directory, ".cascade/runs", runId, "report.json");
  const { findings } = JSON.parse(await readFile(file, "utf8")) as {
    readonly findings: readonly {
      readonly file: string;
      readonly severity: string;
      readonly confirmed_by: readonly { readonly agent: string; readonly tool: string }[];
    }[];
  };
  const grave = findings.filter(({ severity }) => severity === "high" || severity === "critical");
  expect(grave.map((each) => each.file)).toContain("evil.js");
  for (const { confirmed_by } of grave)
    expect(new Set(confirmed_by.map(({ agent }) => agent)).size).toBeGreaterThan(1);
  const kinds = new Set(wire.peers.map(({ kind }) => kind));
  expect([...kinds]).toEqual(expect.arrayContaining(["ask", "note"]));
  const notes = wire.peers.filter(({ kind }) => kind === "note").map(({ body }) => body);
  expect(notes).toContainEqual(
    expect.objectContaining({
      topic: "hotspots",
      body: [expect.objectContaining({ file: "hot.js" })],
    }),
  );
});
