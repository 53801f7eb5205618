import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Environment } from "../../bus/server/executables.ts";
import { SwarmError } from "../../core/errors.ts";
import type { Fixer } from "../../core/fixer.ts";
import type { ModelService } from "../../models/service.ts";
import { openPrograms } from "../programs.ts";
import { openCodexFixer } from "./codex/codex-fixer.ts";
import { openModelFixer } from "./model/model-fixer.ts";
import { openMutationRepairer } from "./mutation/mutation-repairer.ts";

/** Names the fixers of an agent, in the order in which they are asked. */
const FIXERS_VARIABLE = "CASCADE_FIXERS";
/** Which model the fixer `model` asks; `auto-select` when it is empty. */
const MODEL_VARIABLE = "CASCADE_FIXER_MODEL";
/** Nobody's sources go to a vendor unless that is asked for. */
const DEFAULT_FIXERS = "mutation";

export interface FixerParts {
  readonly logger: Logger;
  readonly models: ModelService;
}

/**
 * The fixers that `CASCADE_FIXERS` names, such as `mutation,model`; `none` for none.
 * @throws SwarmError `usage` for one that there is not
 */
export function openFixers(env: Environment, { logger, models }: FixerParts): readonly Fixer[] {
  const names = (env[FIXERS_VARIABLE] || DEFAULT_FIXERS).split(",").map((name) => name.trim());
  if (names.length === 1 && names[0] === "none") return [];
  return names.map((name) => openFixer(name, env, { logger, models }));
}

function openFixer(name: string, env: Environment, { logger, models }: FixerParts): Fixer {
  switch (name) {
    case "mutation":
      return openMutationRepairer();
    case "codex":
      return openCodexFixer({
        programs: openPrograms(),
        env,
        stateFolder: stateFolder(env),
        onTurn: (report) => logger.info({ event: "fixer.turn_ended", fixer: name, ...report }),
      });
    case "model":
      return openModelFixer({
        modelsFor: (signal) => models.forTask(signal, logger),
        logger,
        ...(env[MODEL_VARIABLE] ? { model: env[MODEL_VARIABLE] } : {}),
      });
    default:
      throw new SwarmError("usage", `${FIXERS_VARIABLE}: there is no fixer ${name}`, {
        hint: "known: mutation, model, codex, none",
      });
  }
}

/** What Codex keeps for itself during a turn. */
function stateFolder(env: Environment): string {
  const base = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  const folder = join(base, "cascade-swarm", "codex-state");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
