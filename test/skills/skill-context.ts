import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { parseAgentId } from "../../core/ids.ts";
import type { SkillContext } from "../../core/skill.ts";
import { compileStandalone } from "../../language/standalone-expression.ts";

const unasked = async (): Promise<never> => {
  throw new Error("the memory was not to be asked");
};
const NO_PEERS: SkillContext["peers"] = {
  neighbours: async () => [],
  received: async () => [],
  broadcast: async () => [],
  send: async () => {
    throw new Error("there is nobody to send to");
  },
  ask: async () => {
    throw new Error("there is nobody to ask");
  },
};
const NO_MEMORY: SkillContext["memory"] = {
  ...{ get: unasked, put: unasked, update: unasked, delete: unasked, list: unasked },
};

/** A context whose artifacts stay in memory. */
export function skillContext(
  given: {
    readonly agent?: string;
    readonly signal?: AbortSignal;
    readonly cache?: SkillContext["cache"];
    readonly memory?: SkillContext["memory"];
    readonly peers?: SkillContext["peers"];
  } = {},
): SkillContext & { readonly artifacts: Map<string, string> } {
  const artifacts = new Map<string, string>();
  return {
    artifacts,
    signal: given.signal ?? new AbortController().signal,
    logger: pino({ level: "silent" }),
    run: { runId: "run-1", cascade: "code-quality-swarm", stageId: "stage", index: 0 },
    attempt: 1,
    agentId: parseAgentId(given.agent ?? "agent-1"),
    directory: "/job",
    runFolder: "/runs/run-1",
    expressions: { compile: async (text, names) => compileStandalone(text, names) },
    steps: { once: (_name, work) => work() },
    memory: given.memory ?? NO_MEMORY,
    peers: given.peers ?? NO_PEERS,
    cache: given.cache ?? { get: async () => new Map(), put: async () => {} },
    writeArtifact: async (name, content) => {
      artifacts.set(name, String(content));
      return `/runs/run-1/${name}`;
    },
  };
}

export interface Tree extends AsyncDisposable {
  readonly root: string;
  path(name: string): string;
}

/** A temporary directory with these files; it is removed at the end of its scope. */
export async function makeTree(
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<Tree> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "skills-")));
  const path = (name: string): string => join(root, name);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), content);
  }
  return {
    root,
    path,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
