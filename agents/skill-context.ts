import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import type { Logger } from "pino";
import { SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { ModelWish, SkillModels } from "../core/model.ts";
import type { SkillCommands, SkillContext } from "../core/skill.ts";
import { resultCacheOf } from "./result-cache.ts";

/** What a skill's context is made of, as plain data that can travel to a worker thread. */
export interface ContextData {
  readonly run: SkillContext["run"];
  readonly attempt: number;
  readonly agentId: AgentId;
  readonly directory: string;
  readonly runFolder: string;
  /** Undefined: results are not kept. */
  readonly cacheFolder: string | undefined;
  /** What the stage says of models. */
  readonly wish?: ModelWish;
}

/** What only skills in the agent's own process may reach. */
export interface ContextParts {
  readonly models?: SkillModels;
  readonly commands?: SkillCommands | undefined;
}

let writes = 0;
const ARTIFACT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function openSkillContext(
  data: ContextData,
  logger: Logger,
  signal: AbortSignal,
  { models, commands }: ContextParts = {},
): SkillContext {
  const { cacheFolder, wish, ...own } = data;
  return {
    ...own,
    ...(models === undefined ? {} : { models }),
    ...(commands === undefined ? {} : { commands }),
    signal,
    logger,
    cache: resultCacheOf(cacheFolder, logger),
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
        await writeFile(beside, content);
        await rename(beside, path);
      } catch (error) {
        await rm(beside, { force: true });
        throw error;
      }
      return path;
    },
  };
}
