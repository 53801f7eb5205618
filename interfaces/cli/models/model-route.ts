import type { RouteDecision } from "../../../models/router.ts";

/** A decision as `models route --json` answers it. */
export function routeReport({ candidates, ...decision }: RouteDecision): object {
  return {
    schemaVersion: 1,
    ...decision,
    route: decision.route ?? null,
    candidates: candidates.map(({ model }) => ({ model: model.id, provider: model.provider })),
  };
}

export function routeLines(decision: RouteDecision): readonly string[] {
  const { requested, route, reasons, candidates, rejected } = decision;
  const name = route === undefined || route === requested ? requested : `${requested}: ${route}`;
  const asked = candidates.map(({ model }, at) => `  ${at + 1}. ${model.id} (${model.provider})`);
  return [
    `${name}, because ${reasons.join("; ")}`,
    ...(asked.length === 0 ? ["  nobody can answer"] : asked),
    ...rejected.map(({ model, why, text }) => `  not ${model}: ${text} (${why})`),
  ];
}
