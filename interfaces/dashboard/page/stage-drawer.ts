import { useEffect, useRef, useState } from "preact/hooks";
import { durationText } from "../../cli/runs/time-text.ts";
import type { StagePlan } from "../state/plan-view.ts";
import type { AttemptState, RunFold, StageState } from "../state/run-fold.ts";
import { timeText, whyOf } from "../state/sentences.ts";
import { type ApiError, ask } from "./api.ts";
import { ApprovalForm } from "./approval-form.ts";
import { FailureText } from "./failure-card.ts";
import { html } from "./html.ts";
import { go } from "./navigation.ts";
import { OutputView } from "./output-view.ts";
import type { RunAnswer } from "./run-page.ts";
import { Problem } from "./states.ts";
import { StatusMark } from "./status.ts";

interface Props {
  readonly about: RunAnswer;
  readonly stage: StagePlan;
  readonly fold: RunFold;
  readonly close: () => void;
}

const SHOWN_ATTEMPTS = 50;

/** Everything about one stage of a run: why it is as it is, what it was given, what came of it. */
export function StageDrawer({ about, stage, fold, close }: Props) {
  const { run, plan } = about;
  const state = fold.stages.get(stage.id);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  if (state === undefined) return null;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") close();
  };
  const why = whyOf(plan.stages, stage, fold);
  const isAsking = state.status === "paused" && state.waitsFor?.what === "approval";
  const failure =
    state.failure ?? state.attempts.findLast(({ status }) => status === "failed")?.failure;
  return html`<aside class="drawer" aria-labelledby="drawer-title" onKeyDown=${onKeyDown}>
    <div class="drawer-head">
      <h2 id="drawer-title" tabindex="-1" ref=${title}>${stage.id}</h2>
      <button aria-label="Close ${stage.id}" onClick=${close}>×</button>
    </div>
    <p><${StatusMark} status=${state.status} /> <span class="quiet">${stage.type}${stage.topology === undefined ? "" : ` · ${stage.topology}`}</span></p>
    ${isAsking ? html`<${ApprovalForm} run=${run} stage=${stage.id} />` : null}
    ${why.length === 0 ? null : html`<h3>Why</h3><ul class="why-list">${why.map((sentence) => html`<li>${sentence}</li>`)}</ul>`}
    ${failure !== undefined && state.status !== "succeeded" ? html`<h3>Failure</h3><${FailureText} failure=${failure} />` : null}
    <${Outputs} run=${run} stage=${stage} state=${state} />
    <${Inputs} about=${about} stage=${stage} />
    <${Attempts} state=${state} />
    <${RerunFrom} run=${run} stage=${stage.id} fold=${fold} />
  </aside>`;
}

function Outputs({
  run,
  stage,
  state,
}: {
  readonly run: string;
  readonly stage: StagePlan;
  readonly state: StageState;
}) {
  if (!state.hasOutput) return null;
  const path = `/api/runs/${run}/output?stage=${stage.id}`;
  const tasks = state.attempts.filter(({ status }) => status === "succeeded");
  const shown = tasks.slice(0, SHOWN_ATTEMPTS);
  return html`<h3>Output</h3>
    ${
      tasks.length <= 1
        ? html`<${OutputView} path=${path} title="Output" />`
        : shown.map(
            ({ index }) =>
              html`<${OutputView} key=${index} path="${path}&index=${index}" title="Task ${index}${skillOf(stage, index)}" />`,
          )
    }
    ${shown.length < tasks.length ? html`<p class="quiet">The first ${shown.length} of ${tasks.length} tasks; <code>cascade-swarm runs show</code> has the run's output.</p>` : null}`;
}

/** Tasks are item-major: all skills of item 0 first. */
function skillOf({ calls }: StagePlan, index: number): string {
  return calls.length < 2 ? "" : ` · ${calls[index % calls.length]?.skill}`;
}

function Inputs({ about, stage }: { readonly about: RunAnswer; readonly stage: StagePlan }) {
  const isUsed = stage.calls.some(({ inputs }) => Object.keys(inputs).length > 0);
  return html`<h3>Input</h3>
    ${stage.foreach === undefined ? null : html`<p>For each of <code>${stage.foreach}</code></p>`}
    ${stage.condition === undefined ? null : html`<p>When <code>${stage.condition}</code></p>`}
    ${stage.calls.map(
      ({
        skill,
        lane,
        inputs,
      }) => html`<p><strong>${skill}</strong> <span class="quiet">lane ${lane}</span></p>
        ${Object.entries(inputs).length === 0 ? null : html`<dl class="inputs">${Object.entries(inputs).map(([name, text]) => html`<div><dt>${name}</dt><dd><code>${text}</code></dd></div>`)}</dl>`}`,
    )}
    ${isUsed && about.inputs !== null ? html`<details><summary>Inputs of the run</summary><pre tabindex="0">${JSON.stringify(about.inputs, null, 2)}</pre></details>` : null}
    ${stage.calls.length === 0 ? html`<p class="quiet">It has no tasks: the coordinator carries it out.</p>` : null}`;
}

function Attempts({ state }: { readonly state: StageState }) {
  const { attempts } = state;
  if (attempts.length === 0) return null;
  // What failed is looked for first.
  const sorted = [...attempts].sort(
    (a, b) => Number(b.status === "failed") - Number(a.status === "failed"),
  );
  return html`<h3>Attempts</h3>
    <table class="attempts">
      <thead><tr><th scope="col">Task</th><th scope="col">Attempt</th><th scope="col">Status</th><th scope="col">Agent</th><th scope="col" class="number">Took</th></tr></thead>
      <tbody>${sorted.slice(0, SHOWN_ATTEMPTS).map((tried) => html`<${AttemptRow} key="${tried.index}/${tried.attempt}" tried=${tried} />`)}</tbody>
    </table>
    ${attempts.length > SHOWN_ATTEMPTS ? html`<p class="quiet">${SHOWN_ATTEMPTS} of ${attempts.length}, failed ones first.</p>` : null}`;
}

function AttemptRow({ tried }: { readonly tried: AttemptState }) {
  const {
    index,
    attempt,
    status,
    agent,
    from,
    offeredMs,
    startedMs = offeredMs,
    endedMs,
    failure,
  } = tried;
  return html`<tr>
    <td>${index}</td><td>${attempt}</td><td><${StatusMark} status=${status} />${failure === undefined ? null : html` <code>${failure.code}</code>`}</td>
    <td>${agent ?? ""}${from === undefined ? "" : ` (from ${from})`}</td>
    <td class="number" title="offered at ${timeText(offeredMs)}">${endedMs === undefined ? "" : durationText(endedMs - startedMs)}</td>
  </tr>`;
}

function RerunFrom({
  run,
  stage,
  fold,
}: {
  readonly run: string;
  readonly stage: string;
  readonly fold: RunFold;
}) {
  const [problem, setProblem] = useState<ApiError | undefined>(undefined);
  const [inputs, setInputs] = useState("");
  const [isAsking, setAsking] = useState(false);
  if (fold.status === "running") return null;
  const again = async (event: Event): Promise<void> => {
    event.preventDefault();
    setAsking(true);
    setProblem(undefined);
    try {
      const lines = inputs
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "");
      const answer = await ask<{ run: string }>(`/api/runs/${run}/rerun`, {
        from: [stage],
        inputs: lines,
      });
      go(`/runs/${answer.run}`);
    } catch (error) {
      setProblem(error as ApiError);
    }
    setAsking(false);
  };
  return html`<form class="rerun" onSubmit=${again}>
    <h3>Rerun from here</h3>
    <p class="quiet">A new run takes over what came before this stage, and does it and all behind it again.</p>
    <details><summary>Change inputs of the run</summary>
      <label>One on a line, <code>name=value</code><textarea rows="3" value=${inputs} onInput=${(event: Event) => setInputs((event.target as HTMLTextAreaElement).value)}></textarea></label>
    </details>
    <button class="primary" disabled=${isAsking}>Rerun from ${stage}</button>
    ${problem === undefined ? null : html`<${Problem} error=${problem} />`}
  </form>`;
}
