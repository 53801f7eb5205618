import { namedRoute } from "../named-route.ts";

/** Asks the models of the route `codex-reasoning`. `SKILL.md` describes inputs and outputs. */
export const run = namedRoute("codex-reasoning");
