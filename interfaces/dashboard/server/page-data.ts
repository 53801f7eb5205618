import type { PublishedEvent } from "../../../bus/messages.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../core/json.ts";
import type { Plan, PlanStage } from "../../../core/plan.ts";
import { directNeeds } from "../../cli/plan/stage-order.ts";
import { templateText } from "../../cli/plan/template-text.ts";
import type { PlanView, StagePlan } from "../state/plan-view.ts";
import type { RunPageEvent } from "../state/run-event.ts";

/** What of an event may be large, and is asked for by itself. */
const LARGE = ["output", "outputs", "inputs", "values", "value"] as const;

/** An event as pages get it. Pure. */
export function pageEvent({ n, atMs, type, data }: PublishedEvent): RunPageEvent {
  const kept: Record<string, Json> = { ...data };
  for (const name of LARGE) delete kept[name];
  const output = outputIn(data);
  if (type === "stage.succeeded" && output !== undefined) kept["hasOutput"] = true;
  const model = output === undefined ? undefined : modelIn(output);
  if (model !== undefined) kept["model"] = model;
  return { n, atMs, type, data: kept };
}

function outputIn({ output }: JsonObject): JsonObject | undefined {
  return isJsonObject(output) ? output : undefined;
}

/** Who answered, of an output that skills give which ask a model; those too large to travel with their event do not say. */
function modelIn({ value }: JsonObject): JsonObject | undefined {
  if (!isJsonObject(value) || !isJsonObject(value["model"])) return undefined;
  const { served, reasons } = value["model"];
  if (typeof served !== "string") return undefined;
  const costUsd = typeof value["cost_usd"] === "number" ? value["cost_usd"] : 0;
  return { served, reasons: reasons ?? [], costUsd };
}

/** A plan as pages get it. Pure. */
export function planView({ cascade, version, description, stages }: Plan): PlanView {
  const positions = new Map(stages.map(({ id }, at) => [String(id), at]));
  const named = stages.map(({ id, needs }) => ({
    id: String(id),
    needs: needs.map((need) => String(stages[need]?.id)),
  }));
  const direct = directNeeds(named);
  return {
    cascade,
    ...(version === undefined ? {} : { version }),
    ...(description === undefined ? {} : { description }),
    stages: stages.map((stage, at) => ({
      ...stageView(stage, stages),
      needs: (direct[at] ?? []).map((id) => positions.get(id) ?? 0),
    })),
  };
}

function stageView(stage: PlanStage, stages: readonly PlanStage[]): Omit<StagePlan, "needs"> {
  const { id, type, skills, foreach, model, swarm, retry, isFinal, continueOnError } = stage;
  const condition = conditionOf(stage, stages);
  return {
    id,
    type,
    ...(condition === undefined ? {} : { condition }),
    calls: skills.map(({ skill, lane, inputs }) => ({
      skill,
      lane,
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, template]) => [name, templateText(template)]),
      ),
    })),
    ...(foreach === undefined ? {} : { foreach: templateText(foreach) }),
    ...(model === undefined ? {} : { model }),
    ...(swarm === undefined
      ? {}
      : { topology: `${swarm.topology}, ${swarm.strategy}, at most ${swarm.maxAgents} agents` }),
    maxAttempts: retry.maxAttempts,
    isFinal: isFinal === true,
    continueOnError: continueOnError === true,
  };
}

function conditionOf({ guard, when }: PlanStage, stages: readonly PlanStage[]): string | undefined {
  const parts: string[] = [];
  if (guard !== undefined) {
    const id = stages[guard.stage]?.id;
    parts.push("branch" in guard ? `${id} takes ${guard.branch}` : `${id} fails`);
  }
  if (when !== undefined) parts.push(templateText(when));
  return parts.length === 0 ? undefined : parts.join(", and ");
}
