import type { StoredEvent } from "../core/events.ts";
import type { StageId } from "../core/ids.ts";
import type { Plan, Reference } from "../core/plan.ts";
import type { TimelineEntry } from "../core/timeline.ts";
import { templatesOf } from "../language/stage-templates.ts";
import { referencesIn } from "../language/template-references.ts";

/** What the tasks of a run did so far, from its facts. Kept only where the cascade asks for it. */
export class RunTimeline {
  readonly entries: TimelineEntry[] = [];
  readonly #plan: Plan;
  readonly #offeredMs = new Map<string, number>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  add({ atMs, event }: StoredEvent): void {
    if (event.type === "task.offered") {
      this.#offeredMs.set(`${event.stage}/${event.index}`, atMs);
      return;
    }
    if (event.type !== "task.succeeded" && event.type !== "task.failed") return;
    const { stage, index, attempt, agent, from } = event;
    const key = `${stage}/${index}`;
    const startedMs =
      event.type === "task.succeeded"
        ? atMs - Math.round(event.durationMs)
        : (this.#offeredMs.get(key) ?? atMs);
    this.#offeredMs.delete(key);
    this.entries.push({
      stage,
      index,
      skill: this.#skillOf(stage, index),
      attempt,
      status: event.type === "task.succeeded" ? "succeeded" : "failed",
      ...(agent === undefined ? {} : { agent }),
      ...(from === undefined ? {} : { from }),
      startedMs,
      endedMs: atMs,
    });
  }

  #skillOf(stage: StageId, index: number): string {
    const skills = this.#plan.stages.find(({ id }) => id === stage)?.skills ?? [];
    return skills[index % skills.length]?.skill ?? "";
  }
}

const asking = new WeakMap<Plan, boolean>();

/** True when some template of the plan names the run's timeline. */
export function asksForTimeline(plan: Plan): boolean {
  let asks = asking.get(plan);
  if (asks === undefined) {
    const templates = plan.stages.flatMap(templatesOf);
    asks = templates.flatMap(referencesIn).some(isTimeline);
    asking.set(plan, asks);
  }
  return asks;
}

function isTimeline({ scope }: Reference): boolean {
  return scope.kind === "run" && scope.field === "timeline";
}
