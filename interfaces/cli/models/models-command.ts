import type { Scrubber } from "../../../core/scrub.ts";
import { modelAccess } from "../../../models/environment.ts";
import { openModelRegistry } from "../../../models/registry.ts";
import { decide } from "../../../models/router.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";
import type { ModelsCommand } from "./command.ts";
import { listedModels, modelLines } from "./list-models.ts";
import { accessLines, accessReport } from "./model-access.ts";
import { routeLines, routeReport } from "./model-route.ts";

/** Carries out `models …` and answers its exit code. No model is asked. */
export async function runModelsCommand(
  command: ModelsCommand,
  { scrubber, nowMs }: { readonly scrubber: Scrubber; readonly nowMs: number },
): Promise<number> {
  const { env } = process;
  const say = (json: object, lines: () => readonly string[]): void => {
    const shown = command.json ? JSON.stringify(json) : lines().map(printable).join("\n");
    process.stdout.write(scrubber.scrub(`${shown}\n`));
  };
  const registry = await openModelRegistry(env);
  const access = modelAccess(env);
  switch (command.action) {
    case "ls": {
      const models = listedModels(registry, access, nowMs);
      say({ schemaVersion: 1, asOf: registry.asOf, models }, () =>
        modelLines(models, registry.asOf),
      );
      return EXIT.ok;
    }
    case "route": {
      const { model, features } = command;
      const question = { model, features, needs: [], hasImages: false, mayLeaveRoute: false };
      const decision = decide(
        { ...question, inputTokens: 0, maxOutputTokens: 0 },
        {
          registry,
          nowMs,
          available: new Set(access.providers),
          local: access.local,
          blocked: new Map(),
          maxCallUsd: undefined,
        },
      );
      say(routeReport(decision), () => routeLines(decision));
      return decision.candidates.length === 0 ? EXIT.runFailed : EXIT.ok;
    }
    case "doctor": {
      const report = accessReport(access, env, registry.asOf);
      say(report, () => accessLines(report));
      return access.providers.length === 0 ? EXIT.runFailed : EXIT.ok;
    }
    default:
      return command satisfies never;
  }
}
