/**
 * Carries out every attack in a sandbox and prints a line of JSON for each: what came of it and what it changed outside.
 * A process of its own, so that it can be another user, with a secret in its environment and an open file to inherit.
 */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { openSandbox } from "../../agents/sandbox/sandbox.ts";
import { ATTACKS, type Attack, saidBy, type World } from "./attacks.ts";

/** What one attack came to. */
export interface AttackResult {
  readonly name: string;
  readonly outcome: string;
  /** What of the machine is not as it was, in words. */
  readonly changed: readonly string[];
}

const SECRET = "canary-5f2b9c";
let connections = 0;

async function main(): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "cascade-hostile-")));
  const signal = AbortSignal.timeout(280_000);
  const logger = pino({ level: "silent" });
  const sandbox = await openSandbox({ backend: "bubblewrap", env: process.env, logger }, signal);
  process.stdout.write(`${JSON.stringify({ enforcement: sandbox.enforcement })}\n`);
  const servers: Server[] = [];
  try {
    const world = await makeWorld(folder, servers);
    const mounts = [
      { kind: "writable", source: world.project, target: world.project },
      { kind: "read-only", source: world.library, target: world.library },
    ] as const;
    for (const attack of ATTACKS) {
      const before = stateOf(world);
      const order = { argv: attack.program(world), cwd: "/tmp", mounts };
      const limits = { wallMs: 30_000, ...attack.limits };
      const end = await sandbox.run({ ...order, limits }, signal);
      const outcome = (attack.outcome ?? saidBy)(end, world);
      const changed = differences(before, stateOf(world));
      tell({ name: attack.name, outcome, changed });
      await clean(world);
    }
  } finally {
    for (const server of servers) server.close();
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function tell(result: AttackResult): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function makeWorld(folder: string, servers: Server[]): Promise<World> {
  const world = {
    outside: join(folder, "outside"),
    project: join(folder, "project"),
    library: join(folder, "library"),
    abstract: `cascade-hostile-${process.pid}`,
    pid: process.pid,
    secret: SECRET,
    marker: `cascade-marker-${process.pid}`,
  };
  await mkdir(world.outside);
  await mkdir(join(world.project, ".git", "hooks"), { recursive: true });
  await mkdir(world.library);
  await writeFile(join(world.outside, "key"), SECRET);
  await writeFile(join(world.library, "code"), "code");
  await writeFile(join(world.project, ".git", "config"), "[core]\n");
  const listen = (where: object): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer((socket) => {
        connections += 1;
        socket.destroy();
      });
      servers.push(server);
      server.listen(where, () => resolve(server));
    });
  const server = await listen({ port: 0, host: "127.0.0.1" });
  await listen({ path: join(world.outside, "socket") });
  await listen({ path: `\0${world.abstract}` });
  const address = server.address();
  return { ...world, port: typeof address === "object" && address !== null ? address.port : 0 };
}

/** What an attack left in the folder that it may write. */
async function clean({ project }: World): Promise<void> {
  for (const name of readdirSync(project)) {
    if (name !== ".git") await rm(join(project, name), { recursive: true, force: true });
  }
}

type State = ReadonlyMap<string, string>;

/** Everything of the machine that an attack could have changed, by name. */
function stateOf({ outside, library, project, marker }: World): State {
  const state = new Map<string, string>();
  for (const root of [outside, library, join(project, ".git")]) note(root, state);
  for (const name of ["planted", "usr/bin/planted", "etc/planted", "usr/cascade-probe"]) {
    state.set(`/${name}`, String(existsSync(`/${name}`)));
  }
  state.set("core_pattern", readFileSync("/proc/sys/kernel/core_pattern", "utf8"));
  state.set("connections", String(connections));
  state.set("processes left", processesWith(marker).join());
  return state;
}

function note(path: string, state: Map<string, string>): void {
  const found = lstatSync(path);
  const kind = `${found.mode} ${found.nlink}`;
  if (found.isSymbolicLink()) state.set(path, `${kind} ${readlinkSync(path)}`);
  else if (found.isFile()) state.set(path, `${kind} ${sha256(readFileSync(path))}`);
  else if (!found.isDirectory()) state.set(path, kind);
  else {
    state.set(path, kind);
    for (const name of readdirSync(path)) note(join(path, name), state);
  }
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function processesWith(marker: string): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(marker);
    } catch {
      return false;
    }
  });
}

function differences(before: State, after: State): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}

/** Attacks whose programs this machine does not have are not run, and so have no result. */
export function isPossible({ needs }: Attack): boolean {
  return needs === undefined || (existsSync(needs) && process.arch === "x64");
}

if (process.argv[1] === import.meta.filename) await main();
