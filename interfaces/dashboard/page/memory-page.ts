import { useState } from "preact/hooks";
import { ageText } from "../../cli/runs/time-text.ts";
import type { MemoryEntryView } from "../state/memory-entry.ts";
import { useAnswer } from "./api.ts";
import { useNews } from "./event-source.ts";
import { html } from "./html.ts";
import { Empty, Loading, Problem } from "./states.ts";
import { useTitle } from "./title.ts";

interface Found {
  readonly entries: readonly MemoryEntryView[];
  readonly total: number;
}

/** What runs remember, and who wrote it. */
export function MemoryPage() {
  useTitle("Memory");
  const news = useNews();
  const [text, setText] = useState("");
  const loaded = useAnswer<Found>(`/api/memory?text=${encodeURIComponent(text)}`, news);
  return html`<h1>Memory</h1>
    <label class="search">Find a text in keys and values <input type="search" onChange=${(event: Event) => setText((event.target as HTMLInputElement).value)} /></label>
    ${loaded.status === "loading" ? html`<${Loading} what="the memory" />` : loaded.status === "failed" ? html`<${Problem} error=${loaded.error} />` : html`<${Entries} found=${loaded.answer} text=${text} />`}`;
}

function Entries({ found, text }: { readonly found: Found; readonly text: string }) {
  const { entries, total } = found;
  if (entries.length === 0 && text !== "")
    return html`<p class="quiet">Nothing that is kept has this text.</p>`;
  if (entries.length === 0)
    return html`<${Empty} title="Nothing is remembered yet"><p>Stages with <code>memory:</code> keep values here, and so does</p><pre>npm run cascade -- memory put goal '"ship it"'</pre></${Empty}>`;
  return html`<table>
      <thead><tr><th scope="col">Memory</th><th scope="col">Key</th><th scope="col">Value</th><th scope="col" class="number">Revision</th><th scope="col">Written</th><th scope="col">By</th></tr></thead>
      <tbody>${entries.map((entry) => html`<${Entry} key="${entry.space} ${entry.key}" entry=${entry} />`)}</tbody>
    </table>
    ${entries.length < total ? html`<p class="quiet">${entries.length} of ${total}.</p>` : null}`;
}

function Entry({ entry }: { readonly entry: MemoryEntryView }) {
  const [isOpen, setOpen] = useState(false);
  const { space, key, value, revision, atMs, by } = entry;
  const query = `space=${encodeURIComponent(space)}&key=${encodeURIComponent(key)}`;
  return html`<tr>
    <td>${space}</td><th scope="row">${key}</th>
    <td><div class="value">${value}</div>
      <details onToggle=${(event: Event) => setOpen((event.target as HTMLDetailsElement).open)}><summary>History of ${key}</summary>${isOpen ? html`<${History} path="/api/memory/history?${query}" version=${revision} />` : null}</details></td>
    <td class="number">${revision}</td><td>${ageText(atMs, Date.now())}</td><td>${by}</td>
  </tr>`;
}

function History({ path, version }: { readonly path: string; readonly version: number }) {
  const loaded = useAnswer<{ readonly entries: readonly MemoryEntryView[] }>(path, version);
  if (loaded.status === "loading") return html`<${Loading} what="the history" />`;
  if (loaded.status === "failed") return html`<${Problem} error=${loaded.error} />`;
  return html`<ol class="history" reversed>${loaded.answer.entries.map(({ revision, atMs, by, value, isKept }) => html`<li key=${revision} value=${revision}><span class=${isKept ? "" : "quiet"}>${value}</span> <span class="quiet">${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")} by ${by}</span></li>`)}</ol>`;
}
