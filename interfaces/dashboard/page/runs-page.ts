import { useState } from "preact/hooks";
import { ageText, durationText } from "../../cli/runs/time-text.ts";
import type { ListedRun } from "../state/listed-run.ts";
import { useAnswer } from "./api.ts";
import { useNews, useNow } from "./event-source.ts";
import { html } from "./html.ts";
import { Empty, Loading, Problem } from "./states.ts";
import { StatusMark } from "./status.ts";
import { useTitle } from "./title.ts";

const STATUSES = ["all", "running", "succeeded", "failed", "cancelled"] as const;

/** The newest runs, kept up to date. */
export function RunsPage() {
  useTitle("Runs");
  const news = useNews();
  const loaded = useAnswer<{ readonly runs: readonly ListedRun[] }>("/api/runs?limit=100", news);
  const [only, setOnly] = useState<(typeof STATUSES)[number]>("all");
  if (loaded.status === "loading") return html`<h1>Runs</h1><${Loading} what="runs" />`;
  if (loaded.status === "failed") return html`<h1>Runs</h1><${Problem} error=${loaded.error} />`;
  const { runs } = loaded.answer;
  if (runs.length === 0)
    return html`<h1>Runs</h1>
      <${Empty} title="No run yet">
        <p>Start one from a terminal in this directory; it appears here at once:</p>
        <pre>npm run job -- code-quality-swarm path=.</pre>
      </${Empty}>`;
  const shown = runs.filter(({ status }) => only === "all" || status === only);
  return html`<h1>Runs</h1>
    <div class="filters" role="group" aria-label="Show runs by status">
      ${STATUSES.map(
        (status) =>
          html`<button aria-pressed=${only === status} onClick=${() => setOnly(status)}>
            ${status} <span class="count">${status === "all" ? runs.length : runs.filter((run) => run.status === status).length}</span>
          </button>`,
      )}
    </div>
    ${shown.length === 0 ? html`<p class="quiet">None of the newest runs is ${only}.</p>` : html`<${RunTable} runs=${shown} />`}`;
}

interface TableProps {
  readonly runs: readonly ListedRun[];
  /** Beside something else: of a failure, only its code. */
  readonly isNarrow?: boolean;
}

export function RunTable({ runs, isNarrow = false }: TableProps) {
  const now = useNow(runs.some(({ status }) => status === "running"));
  return html`<table class="runs">
    <thead><tr><th scope="col">Status</th><th scope="col">Run</th><th scope="col">Cascade</th><th scope="col">Started</th><th scope="col">Took</th><th scope="col">What happened</th></tr></thead>
    <tbody>
      ${runs.map((each) => {
        const { run, cascade, status, startedMs, endedMs = now, failure, reason } = each;
        return html`<tr key=${run}>
          <td><${StatusMark} status=${status} /></td>
          <th scope="row"><a href="/runs/${run}">${run}</a></th>
          <td>${cascade}</td>
          <td><time title=${new Date(startedMs).toISOString()}>${ageText(startedMs, now)}</time></td>
          <td class="number">${durationText(Math.max(0, endedMs - startedMs))}</td>
          <td class="told"><div>${failure === undefined ? (reason ?? "") : html`<code>${failure.code}</code>${isNarrow ? "" : ` ${failure.message}`}`}</div></td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}
