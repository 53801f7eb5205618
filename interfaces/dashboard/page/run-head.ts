import { useState } from "preact/hooks";
import { durationText } from "../../cli/runs/time-text.ts";
import type { RunFold } from "../state/run-fold.ts";
import { type ApiError, ask } from "./api.ts";
import { type StreamState, useNow } from "./event-source.ts";
import { html } from "./html.ts";
import { go } from "./navigation.ts";
import { OutputView } from "./output-view.ts";
import type { RunAnswer } from "./run-page.ts";
import { Problem } from "./states.ts";
import { StatusMark } from "./status.ts";

const STREAM_WORDS: Readonly<Record<StreamState, string>> = {
  connecting: "connecting…",
  live: "live",
  broken: "connection lost, trying again…",
  ended: "",
};

interface Props {
  readonly about: RunAnswer;
  readonly fold: RunFold;
  readonly stream: StreamState;
}

/** What a run is, how it stands, and what can be done with it. */
export function RunHead({ about, fold, stream }: Props) {
  const { run, plan } = about;
  const now = useNow(fold.status === "running");
  const [problem, setProblem] = useState<ApiError | undefined>(undefined);
  const [isAsking, setAsking] = useState(false);
  const act = async (work: () => Promise<void>): Promise<void> => {
    setAsking(true);
    setProblem(undefined);
    await work().catch((error: ApiError) => setProblem(error));
    setAsking(false);
  };
  const cancel = () =>
    act(async () => {
      if (!window.confirm(`Cancel the run ${run}?`)) return;
      await ask(`/api/runs/${run}/cancel`, { reason: "asked on the dashboard" });
    });
  const again = () =>
    act(async () => {
      const { run: next } = await ask<{ run: string }>(`/api/runs/${run}/rerun`, { from: [] });
      go(`/runs/${next}`);
    });
  const states = [...fold.stages.values()];
  const done = states.filter(({ status }) =>
    ["succeeded", "reused", "skipped"].includes(status),
  ).length;
  const waiting = states.filter(
    ({ status, waitsFor }) => status === "paused" && waitsFor?.what === "approval",
  );
  return html`<div class="run-head">
    <div>
      <h1>${plan.cascade}</h1>
      <p class="quiet"><code>${run}</code>${fold.rerunOf === undefined ? null : html` · begun with <a href="/runs/${fold.rerunOf}">${fold.rerunOf}</a>`}</p>
    </div>
    <dl class="facts">
      <div><dt>Status</dt><dd><span aria-live="polite"><${StatusMark} status=${fold.status} /></span></dd></div>
      <div><dt>${fold.endedMs === undefined ? "Running for" : "Took"}</dt><dd>${fold.startedMs === 0 ? "–" : durationText(Math.max(0, (fold.endedMs ?? now) - fold.startedMs))}</dd></div>
      <div><dt>Stages</dt><dd>${done} of ${plan.stages.length}</dd></div>
      ${fold.costUsd === 0 ? null : html`<div><dt>Models</dt><dd>$${fold.costUsd.toFixed(4)}</dd></div>`}
      ${STREAM_WORDS[stream] === "" ? null : html`<div><dt>Updates</dt><dd><span class="stream ${stream}" role="status">${STREAM_WORDS[stream]}</span></dd></div>`}
    </dl>
    <div class="actions">
      ${fold.status === "running" ? html`<button class="danger" disabled=${isAsking || fold.isCancelAsked} onClick=${cancel}>${fold.isCancelAsked ? "Cancelling…" : "Cancel run"}</button>` : null}
      ${fold.status === "failed" || fold.status === "cancelled" ? html`<button class="primary" disabled=${isAsking} onClick=${again}>Rerun what did not succeed</button>` : null}
    </div>
  </div>
  ${problem === undefined ? null : html`<${Problem} error=${problem} />`}
  ${waiting.map(({ id, waitsFor }) => html`<p class="notice" key=${id}><${StatusMark} status="paused" word="Needs you" /> <a href="/runs/${run}/${id}">${id}</a> waits for an approval: ${waitsFor?.message}</p>`)}
  ${fold.reason === undefined ? null : html`<p class="notice">Cancelled: ${fold.reason}</p>`}
  ${fold.hasOutput ? html`<${OutputView} path="/api/runs/${run}/output" title="Output of the run" />` : null}`;
}
