import type { Failure } from "../state/run-event.ts";
import type { RunFold } from "../state/run-fold.ts";
import { firstFailure } from "../state/sentences.ts";
import { html } from "./html.ts";

interface Props {
  readonly run: string;
  readonly fold: RunFold;
  readonly select: (stage: string) => void;
}

/** Why a run failed: the stage that failed first, its last attempt, and what to do. */
export function FailureCard({ run, fold, select }: Props) {
  if (fold.status !== "failed") return null;
  const first = firstFailure(fold);
  const failure = first?.attempt?.failure ?? first?.stage.failure ?? fold.failure;
  const tried = first?.stage.attempts.filter(({ index }) => index === first.attempt?.index) ?? [];
  return html`<section class="why" aria-labelledby="why">
    <h2 id="why">Why it failed</h2>
    ${
      first === undefined
        ? null
        : html`<p>The stage
      ${" "}<a href="/runs/${run}/${first.stage.id}" onClick=${(event: Event) => {
        event.preventDefault();
        select(first.stage.id);
      }}>${first.stage.id}</a>${" "}
      failed${first.attempt === undefined ? "" : ` at task ${first.attempt.index}${first.attempt.agent === undefined ? "" : ` on ${first.attempt.agent}`}, attempt ${first.attempt.attempt}`}${tried.length > 1 ? ` of ${tried.length}` : ""}.</p>`
    }
    ${failure === undefined ? null : html`<${FailureText} failure=${failure} />`}
  </section>`;
}

export function FailureText({ failure }: { readonly failure: Failure }) {
  const { code, message, place, hint } = failure;
  return html`<div class="failure">
    <p><code>${code}</code>${place === "" ? null : html` at <code>${place}</code>`}</p>
    <pre tabindex="0">${message}</pre>
    ${hint === undefined ? null : html`<p class="hint">What to do: ${hint}</p>`}
    <p class="quiet"><code>cascade-swarm explain ${code}</code> says what usually causes this.</p>
  </div>`;
}
