import { namedRoute } from "../named-route.ts";

/** Asks the models of the route `codex-auto`. `SKILL.md` describes inputs and outputs. */
export const run = namedRoute("codex-auto");
