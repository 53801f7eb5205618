import type { RunStatus, StageStatus } from "../state/run-fold.ts";
import { html } from "./html.ts";

type Status = RunStatus | StageStatus;

/** Each status has a shape, so that it is told without its colour. */
const SHAPES: Readonly<Record<Status, string>> = {
  waiting: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11z",
  running: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  paused: "M5.5 3v10M10.5 3v10",
  succeeded: "M2.5 8.5l3.5 3.5l7.5-8",
  reused: "M3 8.5l3 3l7-7.5M3 14h10",
  failed: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  skipped: "M3 8h10",
  stopped: "M3.5 3.5h9v9h-9z",
  cancelled: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11zM4 12l8-8",
};

export const STATUS_WORDS: Readonly<Record<Status, string>> = {
  waiting: "waiting",
  running: "running",
  paused: "paused",
  succeeded: "succeeded",
  reused: "taken over",
  failed: "failed",
  skipped: "skipped",
  stopped: "stopped",
  cancelled: "cancelled",
};

export function statusShape(status: Status): string {
  return SHAPES[status];
}

/** A shape and a word. */
export function StatusMark({ status, word }: { readonly status: Status; readonly word?: string }) {
  return html`<span class="status ${status}">
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d=${SHAPES[status]} /></svg>
    ${word ?? STATUS_WORDS[status]}
  </span>`;
}
