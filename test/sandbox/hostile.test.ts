import { spawn } from "node:child_process";
import { chmod, chown, copyFile, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { locateBubblewrap } from "../../agents/sandbox/locate.ts";
import { ATTACKS } from "./attacks.ts";
import { type AttackResult, isPossible } from "./hostile-runner.ts";

const RUNNER = join(import.meta.dirname, "hostile-runner.ts");
const NOBODY = 65_534;
const possible = ATTACKS.filter(isPossible);

interface Identity {
  readonly name: string;
  readonly uid?: number;
}

const identities: readonly Identity[] =
  process.getuid?.() === 0
    ? [{ name: "the administrator" }, { name: "an ordinary user", uid: NOBODY }]
    : [{ name: "an ordinary user" }];

const folder = await mkdtemp(join(tmpdir(), "cascade-hostile-test-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Fetched as an agent fetches it, and put where every user can read it. */
const bubblewrap = await located();
async function located(): Promise<string | Error> {
  try {
    const signal = AbortSignal.timeout(120_000);
    const { binary } = await locateBubblewrap({ env: process.env, progress: () => {}, signal });
    const copy = join(folder, "bwrap");
    await copyFile(binary, copy);
    await chmod(copy, 0o755);
    await chmod(folder, 0o755);
    return copy;
  } catch (error) {
    return error as Error;
  }
}

if (bubblewrap instanceof Error) {
  // biome-ignore lint/suspicious/noSkippedTests: the name says why, for all to see
  it.skip(`no attack is carried out here: ${bubblewrap.message}`, () => {});
} else {
  for (const { name, uid } of identities) {
    describe(`a program in the sandbox of ${name}`, () => {
      let results: ReadonlyMap<string, AttackResult> = new Map();
      beforeAll(async () => {
        results = await attackAs(uid, bubblewrap);
      }, 300_000);

      it.each(
        possible.map((attack) => [attack.name, attack] as const),
      )("%s, and nothing comes of it", (attackName, { expected }) => {
        const result = results.get(attackName);
        expect(result).toEqual({ name: attackName, outcome: expected, changed: [] });
      });
    });
  }
}

async function attackAs(
  uid: number | undefined,
  binary: string,
): Promise<ReadonlyMap<string, AttackResult>> {
  const home = await mkdtemp(join(folder, "home-"));
  const secret = join(home, "secret");
  await writeFile(secret, "canary-5f2b9c");
  if (uid !== undefined) await chown(home, uid, uid);
  const inherited = await open(secret);
  const child = spawn(process.execPath, [RUNNER], {
    env: {
      PATH: "/usr/bin:/bin",
      HOME: home,
      TMPDIR: home,
      CASCADE_BWRAP_BIN: binary,
      SECRET: "canary-5f2b9c",
    },
    stdio: ["ignore", "pipe", "pipe", ...Array(6).fill("ignore"), inherited.fd],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const results = new Map<string, AttackResult>();
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      const result = JSON.parse(line) as Partial<AttackResult>;
      if (result.name !== undefined) results.set(result.name, result as AttackResult);
    }
  }
  await inherited.close();
  if (errors !== "") throw new Error(errors);
  return results;
}
