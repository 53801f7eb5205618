import { useState } from "preact/hooks";
import type { RunPageEvent } from "../state/run-event.ts";
import { timeText } from "../state/sentences.ts";
import { html } from "./html.ts";

const SHOWN = 300;
const KINDS = ["all", "run", "stage", "task", "memory"] as const;

/** The log of a run: what was stored of it, the newest first. */
export function EventsView({ events }: { readonly events: readonly RunPageEvent[] }) {
  const [kind, setKind] = useState<(typeof KINDS)[number]>("all");
  const [text, setText] = useState("");
  const found = events.filter(
    (event) =>
      (kind === "all" || event.type.startsWith(`${kind}.`)) &&
      (text === "" || wordsOf(event).toLowerCase().includes(text.toLowerCase())),
  );
  return html`<section aria-labelledby="events"><h2 id="events">Events</h2>
    <div class="filters" role="group" aria-label="Kind of event">
      ${KINDS.map((each) => html`<button aria-pressed=${kind === each} onClick=${() => setKind(each)}>${each}</button>`)}
      <label class="search">Find <input type="search" value=${text} onInput=${(event: Event) => setText((event.target as HTMLInputElement).value)} /></label>
    </div>
    <table class="events">
      <thead><tr><th scope="col" class="number">#</th><th scope="col">Time</th><th scope="col">Event</th><th scope="col">About</th></tr></thead>
      <tbody>${found
        .slice(-SHOWN)
        .reverse()
        .map(
          (event) => html`<tr key=${event.n}>
        <td class="number">${event.n}</td><td>${timeText(event.atMs)}</td><td><code>${event.type}</code></td><td class="about">${wordsOf(event)}</td>
      </tr>`,
        )}</tbody>
    </table>
    <p class="quiet">${Math.min(found.length, SHOWN)} of ${found.length} events.</p>
  </section>`;
}

function wordsOf({ type, data }: RunPageEvent): string {
  return `${type} ${Object.entries(data)
    .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join(" ")}`.slice(type.length + 1);
}
