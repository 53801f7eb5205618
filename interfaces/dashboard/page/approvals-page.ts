import { ageText } from "../../cli/runs/time-text.ts";
import { timeText } from "../state/sentences.ts";
import type { WaitingApproval } from "../state/waiting-approval.ts";
import { useAnswer } from "./api.ts";
import { ApprovalForm } from "./approval-form.ts";
import { useNews, useNow } from "./event-source.ts";
import { html } from "./html.ts";
import { Empty, Loading, Problem } from "./states.ts";
import { useTitle } from "./title.ts";

/** What runs ask a person. */
export function ApprovalsPage() {
  useTitle("Approvals");
  const now = useNow(true);
  const loaded = useAnswer<{ readonly approvals: readonly WaitingApproval[] }>(
    "/api/approvals",
    useNews(),
  );
  if (loaded.status === "loading")
    return html`<h1>Approvals</h1><${Loading} what="what waits for you" />`;
  if (loaded.status === "failed")
    return html`<h1>Approvals</h1><${Problem} error=${loaded.error} />`;
  const { approvals } = loaded.answer;
  if (approvals.length === 0)
    return html`<h1>Approvals</h1>
      <${Empty} title="Nothing waits for you">
        <p>A stage with <code>approve:</code> asks here, and its run goes on when you answer.</p>
      </${Empty}>`;
  return html`<h1>Approvals</h1>
    ${approvals.map(
      ({
        run,
        cascade,
        stage,
        message,
        sinceMs,
        untilMs,
      }) => html`<section class="question" key="${run}/${stage}" aria-label="${stage} of ${run}">
        <h2>${message}</h2>
        <p class="quiet">${cascade} · stage <a href="/runs/${run}/${stage}">${stage}</a> of <a href="/runs/${run}">${run}</a> · asked ${ageText(sinceMs, now)}${untilMs === undefined ? "" : ` · until ${timeText(untilMs)}`}</p>
        <${ApprovalForm} run=${run} stage=${stage} />
      </section>`,
    )}`;
}
