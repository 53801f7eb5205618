import type { StrategyName } from "../../core/plan.ts";
import type { Strategy } from "../../core/strategy.ts";
import { adaptive } from "./adaptive.ts";
import { balanced } from "./balanced.ts";
import { specialized } from "./specialized.ts";

export const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = {
  balanced,
  specialized,
  adaptive,
};
