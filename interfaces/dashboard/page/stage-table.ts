import { useState } from "preact/hooks";
import { durationText } from "../../cli/runs/time-text.ts";
import type { StagePlan } from "../state/plan-view.ts";
import type { RunFold } from "../state/run-fold.ts";
import { html } from "./html.ts";
import { STATUS_WORDS, StatusMark } from "./status.ts";

interface Props {
  readonly stages: readonly StagePlan[];
  readonly fold: RunFold;
  readonly chosen?: string;
  readonly select: (stage: string) => void;
}

/** More rows are asked for. */
const ROWS = 100;

/** The same as the graph, as a table. */
export function StageTable({ stages, fold, chosen, select }: Props) {
  const [text, setText] = useState("");
  const [most, setMost] = useState(ROWS);
  const isMany = stages.length > 12;
  const wanted = text.toLowerCase();
  const found = stages.filter(({ id, type, calls }) => {
    const status = STATUS_WORDS[fold.stages.get(id)?.status ?? "waiting"];
    return [id, type, status, ...calls.map(({ skill }) => skill)].some((word) =>
      word.toLowerCase().includes(wanted),
    );
  });
  return html`<section aria-labelledby="stages">
    <h2 id="stages">Stages</h2>
    ${isMany ? html`<label class="search">Find a stage by name, skill or status <input type="search" value=${text} onInput=${(event: Event) => setText((event.target as HTMLInputElement).value)} /></label>` : null}
    <table>
      <thead><tr><th scope="col">Stage</th><th scope="col">Status</th><th scope="col">Does</th><th scope="col" class="number">Tasks</th><th scope="col" class="number">Attempts</th><th scope="col" class="number">Took</th></tr></thead>
      <tbody>
        ${found.slice(0, most).map(({ id, type, calls }) => {
          const state = fold.stages.get(id);
          const { startedMs, endedMs } = state ?? {};
          return html`<tr key=${id} class=${id === chosen ? "chosen" : ""}>
            <th scope="row"><button class="link" onClick=${() => select(id)}>${id}</button></th>
            <td><${StatusMark} status=${state?.status ?? "waiting"} /></td>
            <td>${calls.length === 0 ? type : calls.map(({ skill }) => skill).join(", ")}</td>
            <td class="number">${state?.tasks ? `${state.succeeded}/${state.tasks}` : ""}</td>
            <td class="number">${state?.attempts.length || ""}</td>
            <td class="number">${startedMs === undefined || endedMs === undefined ? "" : durationText(endedMs - startedMs)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
    ${found.length > most ? html`<p><button onClick=${() => setMost(most + 5 * ROWS)}>Show more</button> <span class="quiet">${most} of ${found.length}</span></p>` : null}
  </section>`;
}
