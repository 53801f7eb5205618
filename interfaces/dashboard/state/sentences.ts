import type { StagePlan } from "./plan-view.ts";
import type { AttemptState, RunFold, StageState } from "./run-fold.ts";

/** Why a stage is as it is, as sentences: what it waits for, who tried, what was decided. Pure. */
export function whyOf(
  plan: readonly StagePlan[],
  stage: StagePlan,
  fold: RunFold,
): readonly string[] {
  const state = fold.stages.get(stage.id);
  if (state === undefined) return [];
  return [...standing(plan, stage, state, fold), ...retries(state, stage), ...models(state)];
}

function standing(
  plan: readonly StagePlan[],
  stage: StagePlan,
  state: StageState,
  fold: RunFold,
): readonly string[] {
  switch (state.status) {
    case "waiting":
      return [waiting(plan, stage, fold)];
    case "paused":
      return [
        state.waitsFor?.what === "approval"
          ? `It waits for a person: ${state.waitsFor.message ?? ""}`
          : `It waits until ${timeText(state.waitsFor?.untilMs ?? 0)}.`,
      ];
    case "skipped":
      return [SKIPPED[state.skippedFor ?? ""] ?? "It was skipped."];
    case "reused":
      return [`Its output was taken over from the run ${state.reusedFrom}.`];
    case "stopped":
      return [`The run ended (${fold.status}) while it was under way.`];
    case "failed":
      return stage.continueOnError
        ? ["It failed; the cascade says that the run goes on all the same."]
        : ["It failed, and with it all that needs it."];
    default:
      return [];
  }
}

const SKIPPED: Readonly<Record<string, string>> = {
  branch: "It stands on a branch that was not taken, or is a fallback that was not needed.",
  when: "Its condition was false.",
  reused: "It was skipped in the run that this one began with.",
};

function waiting(plan: readonly StagePlan[], stage: StagePlan, fold: RunFold): string {
  const open = stage.needs.flatMap((need) => {
    const id = plan[need]?.id ?? "";
    const status = fold.stages.get(id)?.status ?? "waiting";
    return ["succeeded", "reused", "skipped"].includes(status) ? [] : [`${id} (${status})`];
  });
  if (fold.status !== "running") {
    const behind = open.length === 0 ? "" : ` It needed ${open.join(", ")}.`;
    return `It never started: the run ended (${fold.status}) before.${behind}`;
  }
  if (open.length > 0) return `It starts when these have succeeded: ${open.join(", ")}.`;
  return stage.isFinal ? "It runs last, when nothing else does any more." : "It may start.";
}

/** Sentences about attempts are for few of them. */
const MOST_TOLD = 20;

function retries({ attempts }: StageState, { maxAttempts }: StagePlan): readonly string[] {
  return attempts
    .filter(({ status }) => status === "failed")
    .slice(-MOST_TOLD)
    .map((attempt) => retryText(attempt, maxAttempts));
}

function retryText(attempt: AttemptState, maxAttempts: number): string {
  const { index, attempt: number, agent, failure, retryAtMs } = attempt;
  const who = agent === undefined ? "before an agent took it" : `on ${agent}`;
  const next =
    retryAtMs === undefined
      ? number >= maxAttempts
        ? "that was the last attempt allowed"
        : "trying again cannot help with this error"
      : `tried again at ${timeText(retryAtMs)}`;
  return `Attempt ${number} of task ${index} failed ${who} with ${failure?.code ?? "an error"}: ${next}.`;
}

function models({ attempts }: StageState): readonly string[] {
  return attempts
    .slice(-MOST_TOLD)
    .flatMap(({ model, index }) =>
      model === undefined
        ? []
        : [`Task ${index} was answered by ${model.served}: ${model.reasons.join("; ")}`],
    );
}

/** Where to look first in a run that failed: the stage and task that failed for good, then the run itself. Pure. */
export function firstFailure(
  fold: RunFold,
): { readonly stage: StageState; readonly attempt: AttemptState | undefined } | undefined {
  const failed = [...fold.stages.values()].filter(({ status }) => status === "failed");
  const told = failed.find(({ failure }) => failure?.message === fold.failure?.message);
  const stage = told ?? failed.sort((a, b) => (a.endedMs ?? 0) - (b.endedMs ?? 0))[0];
  if (stage === undefined) return undefined;
  const attempt = stage.attempts.findLast(
    ({ status, retryAtMs }) => status === "failed" && retryAtMs === undefined,
  );
  return { stage, attempt };
}

/** `14:03:09`, by the clock of who looks. */
export function timeText(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB");
}
