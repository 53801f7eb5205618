import type { ListedRun } from "../state/listed-run.ts";
import type { WaitingApproval } from "../state/waiting-approval.ts";
import { useAnswer } from "./api.ts";
import { useNews } from "./event-source.ts";
import { html } from "./html.ts";
import { RunTable } from "./runs-page.ts";
import { StartForm } from "./start-form.ts";
import { Loading, Problem } from "./states.ts";
import { StatusMark } from "./status.ts";
import { useTitle } from "./title.ts";

/** What a person comes for: to start a run, to answer one, to see how the last ones went. */
export function HomePage() {
  useTitle("Home");
  const news = useNews();
  return html`<h1>Home</h1>
    <${Questions} news=${news} />
    <div class="home">
      <section aria-labelledby="start"><h2 id="start">Start a run</h2><${StartForm} /></section>
      <section aria-labelledby="last"><h2 id="last">Last runs</h2><${LastRuns} news=${news} /></section>
    </div>`;
}

function Questions({ news }: { readonly news: number }) {
  const loaded = useAnswer<{ readonly approvals: readonly WaitingApproval[] }>(
    "/api/approvals",
    news,
  );
  if (loaded.status !== "loaded") return null;
  return loaded.answer.approvals.map(
    ({ run, stage, message }) =>
      html`<p class="notice" key="${run}/${stage}"><${StatusMark} status="paused" word="Needs you" /> <a href="/runs/${run}/${stage}">${stage}</a> of ${run} waits for an approval: ${message}</p>`,
  );
}

function LastRuns({ news }: { readonly news: number }) {
  const loaded = useAnswer<{ readonly runs: readonly ListedRun[] }>("/api/runs?limit=8", news);
  if (loaded.status === "loading") return html`<${Loading} what="runs" />`;
  if (loaded.status === "failed") return html`<${Problem} error=${loaded.error} />`;
  const { runs } = loaded.answer;
  if (runs.length === 0)
    return html`<p class="quiet">No run yet. The first one appears here at once.</p>`;
  return html`<${RunTable} runs=${runs} isNarrow /><p><a href="/runs">All runs</a></p>`;
}
