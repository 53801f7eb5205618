import { namedRoute } from "../named-route.ts";

/** Asks the models of the route `claude`. `SKILL.md` describes inputs and outputs. */
export const run = namedRoute("claude");
