import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import type { Logger } from "pino";
import { SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { ModelWish } from "../core/model.ts";
import { Scrubber } from "../core/scrub.ts";
import type { SkillContext } from "../core/skill.ts";
import type { Steps } from "../core/steps.ts";
import { resultCacheOf } from "./result-cache.ts";
import { type AskMemory, openSkillMemory } from "./skill-memory.ts";
import { type AskPeers, noPeers, openSkillPeers } from "./skill-peers.ts";

/** What a skill's context is made of, as plain data that can travel to a worker thread. */
export interface ContextData {
  readonly run: SkillContext["run"];
  readonly attempt: number;
  readonly agentId: AgentId;
  readonly directory: string;
  readonly runFolder: string;
  /** Undefined: results are not kept. */
  readonly cacheFolder: string | undefined;
  /** Values that its artifacts must not hold; with any, its results are not kept either. */
  readonly secrets?: readonly string[];
  /** What the stage says of models. */
  readonly wish?: ModelWish;
}

/** What a skill reaches through its agent; all but the memory and the peers only in the agent's own process. */
export type SkillReach = {
  readonly askMemory: AskMemory;
  /** Absent: it is in no team. */
  readonly askPeers?: AskPeers | undefined;
} & Partial<Pick<SkillContext, "commands" | "models" | "repairs" | "sandbox" | "steps">>;

/** Nothing is kept: another attempt does all of it again. */
export const unrecordedSteps: Steps = { once: (_name, work) => work() };

let writes = 0;
const ARTIFACT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function openSkillContext(
  data: ContextData,
  logger: Logger,
  signal: AbortSignal,
  { askMemory, askPeers = noPeers, ...reach }: SkillReach,
): SkillContext {
  const { cacheFolder, secrets = [], wish, ...own } = data;
  return {
    ...own,
    steps: unrecordedSteps,
    ...reach,
    signal,
    logger,
    cache: resultCacheOf(secrets.length === 0 ? cacheFolder : undefined, logger),
    memory: openSkillMemory(askMemory, signal),
    peers: openSkillPeers(askPeers),
    expressions: {
      // Few skills need it, and it would delay the start of every worker.
      async compile(text, names) {
        const { compileStandalone } = await import("../language/standalone-expression.ts");
        return compileStandalone(text, names);
      },
    },
    async writeArtifact(name, content) {
      if (!ARTIFACT_NAME.test(name)) {
        throw new SwarmError("invalid-output", `${JSON.stringify(name)} cannot name an artifact`);
      }
      signal.throwIfAborted();
      await mkdir(data.runFolder, { recursive: true });
      const path = join(data.runFolder, name);
      // Tasks of one run may write the same name at the same time, on one agent or on several that share the folder.
      const writer = `${data.agentId}-${threadId}-${writes++}`;
      const beside = join(data.runFolder, `.${name}.${writer}.part`);
      try {
        await writeFile(beside, withoutSecrets(name, content, secrets));
        await rename(beside, path);
      } catch (error) {
        await rm(beside, { force: true });
        throw error;
      }
      return path;
    },
  };
}

/** @throws SwarmError `invalid-output` for bytes that hold one: they cannot be changed without breaking what they are */
function withoutSecrets(
  name: string,
  content: string | Uint8Array,
  secrets: readonly string[],
): string | Uint8Array {
  if (secrets.length === 0) return content;
  const scrubber = new Scrubber();
  for (const secret of secrets) scrubber.register(secret);
  if (typeof content === "string") return scrubber.scrub(content);
  const text = Buffer.from(content).toString("utf8");
  if (scrubber.scrub(text) === text) return content;
  throw new SwarmError("invalid-output", `the artifact ${name} holds a secret`);
}
