import { useState } from "preact/hooks";
import { useAnswer } from "./api.ts";
import { html } from "./html.ts";
import { Loading, Problem } from "./states.ts";

/** An output, which is loaded when it is opened. */
export function OutputView({ path, title }: { readonly path: string; readonly title: string }) {
  const [isOpen, setOpen] = useState(false);
  return html`<details class="output" onToggle=${(event: Event) => setOpen((event.target as HTMLDetailsElement).open)}>
    <summary>${title}</summary>
    ${isOpen ? html`<${OutputText} path=${path} />` : null}
  </details>`;
}

function OutputText({ path }: { readonly path: string }) {
  const loaded = useAnswer<{ readonly text: string; readonly length: number }>(path);
  if (loaded.status === "loading") return html`<${Loading} what="the output" />`;
  if (loaded.status === "failed") return html`<${Problem} error=${loaded.error} />`;
  const { text, length } = loaded.answer;
  return html`<pre tabindex="0">${text}</pre>
    ${text.length < length ? html`<p class="quiet">The first ${text.length.toLocaleString("en")} of ${length.toLocaleString("en")} characters.</p>` : null}
    <button onClick=${() => void navigator.clipboard.writeText(text)}>Copy</button>`;
}
