import { useState } from "preact/hooks";
import { ageText } from "../../cli/runs/time-text.ts";
import type { LetterView } from "../state/dead-letter.ts";
import { type ApiError, ask, useAnswer } from "./api.ts";
import { useNews } from "./event-source.ts";
import { html } from "./html.ts";
import { go } from "./navigation.ts";
import { Empty, Loading, Problem } from "./states.ts";
import { useTitle } from "./title.ts";

/** Tasks out of attempts, and jobs that could not be runs. */
export function LettersPage() {
  useTitle("Dead letters");
  const news = useNews();
  const [changes, setChanges] = useState(0);
  const [problem, setProblem] = useState<ApiError | undefined>(undefined);
  const loaded = useAnswer<{ readonly letters: readonly LetterView[] }>(
    "/api/letters",
    news + changes,
  );
  const head = html`<h1>Dead letters</h1>`;
  if (loaded.status === "loading") return html`${head}<${Loading} what="dead letters" />`;
  if (loaded.status === "failed") return html`${head}<${Problem} error=${loaded.error} />`;
  const { letters } = loaded.answer;
  const act = async (path: string): Promise<void> => {
    try {
      setProblem(undefined);
      const { run } = await ask<{ readonly run?: string }>(path, {});
      if (run === undefined) setChanges((before) => before + 1);
      else go(`/runs/${run}`);
    } catch (error) {
      setProblem(error as ApiError);
    }
  };
  if (letters.length === 0)
    return html`${head}<${Empty} title="No dead letters"><p>Tasks that are out of attempts, and jobs that could not be runs, are kept here until someone looks at them.</p></${Empty}>`;
  return html`${head}
    ${problem === undefined ? null : html`<${Problem} error=${problem} />`}
    <table>
      <thead><tr><th scope="col" class="number">Number</th><th scope="col">Of</th><th scope="col">Since</th><th scope="col">Why</th><th scope="col">Do</th></tr></thead>
      <tbody>${letters.map((letter) => html`<${Letter} key=${letter.number} letter=${letter} act=${act} />`)}</tbody>
    </table>`;
}

function Letter({
  letter,
  act,
}: {
  readonly letter: LetterView;
  readonly act: (path: string) => Promise<void>;
}) {
  const { number, run, stage, about, sinceMs, failure, job } = letter;
  return html`<tr>
    <th scope="row" class="number">${number}</th>
    <td>${run === undefined ? null : html`<a href="/runs/${run}/${stage}">${stage}</a> of ${run}, `}${about}</td>
    <td>${ageText(sinceMs, Date.now())}</td>
    <td><code>${failure.code}</code> ${failure.message}${failure.hint === undefined ? null : html`<p class="hint">${failure.hint}</p>`}
      ${job === undefined ? null : html`<details><summary>The job as it came</summary><pre tabindex="0">${job}</pre></details>`}</td>
    <td><div class="actions"><button onClick=${() => void act(`/api/letters/${number}/retry`)}>Retry ${number}</button>
      <button class="danger" onClick=${() => void act(`/api/letters/${number}/drop`)}>Drop ${number}</button></div></td>
  </tr>`;
}
