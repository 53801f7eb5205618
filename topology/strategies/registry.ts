import type { StrategyName } from "../../core/plan.ts";
import type { Strategy } from "../../core/strategy.ts";
import { balanced } from "./balanced.ts";

export const STRATEGIES: Readonly<Partial<Record<StrategyName, Strategy>>> = { balanced };
