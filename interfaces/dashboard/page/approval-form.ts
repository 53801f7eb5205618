import { useState } from "preact/hooks";
import { type ApiError, ask } from "./api.ts";
import { html } from "./html.ts";
import { Problem } from "./states.ts";

/** A person's answer to a stage that waits for one. */
export function ApprovalForm({ run, stage }: { readonly run: string; readonly stage: string }) {
  const [comment, setComment] = useState("");
  const [sent, setSent] = useState<"no" | "asking" | "yes">("no");
  const [problem, setProblem] = useState<ApiError | undefined>(undefined);
  const answer = async (approved: boolean): Promise<void> => {
    setSent("asking");
    setProblem(undefined);
    try {
      await ask(`/api/runs/${run}/approve`, { stage, approved, comment });
      setSent("yes");
    } catch (error) {
      setProblem(error as ApiError);
      setSent("no");
    }
  };
  return html`<div class="approval" role="group" aria-label="Answer ${stage} of ${run}">
    <label>Comment, kept with the answer <input value=${comment} maxlength="1000" onInput=${(event: Event) => setComment((event.target as HTMLInputElement).value)} /></label>
    <div class="actions">
      <button class="primary" disabled=${sent !== "no"} onClick=${() => void answer(true)}>Approve ${stage}</button>
      <button class="danger" disabled=${sent !== "no"} onClick=${() => void answer(false)}>Deny</button>
    </div>
    <p role="status">${sent === "yes" ? "The answer is stored; the run takes it up." : ""}</p>
    ${problem === undefined ? null : html`<${Problem} error=${problem} />`}
  </div>`;
}
