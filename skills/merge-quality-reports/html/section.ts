import { html, type Markup, NOTHING } from "../../markup.ts";
import { shortened } from "../../visible-text.ts";

const LONGEST_NAME = 160;
const LONGEST_REASON = 400;

/** A heading with its content. */
export function section(id: string, title: string, content: readonly Markup[]): Markup {
  return html`<section id="${id}"><h2>${title}</h2>${content}</section>`;
}

export function part(title: string, content: readonly Markup[]): Markup {
  return html`<div class="part"><h3>${title}</h3>${content}</div>`;
}

/** Says that something is absent, and why. */
export function absent(text: string): Markup {
  return html`<p class="absent">${shortened(text, LONGEST_REASON)}</p>`;
}

/** A file's name as code, its middle left out when it is long. */
export function fileName(file: string, line?: number): Markup {
  const place = line === undefined ? "" : `:${line}`;
  if (file.length <= LONGEST_NAME) return html`<code>${file}${place}</code>`;
  const half = LONGEST_NAME / 2;
  return html`<code>${file.slice(0, half)}…${file.slice(-half)}${place}</code>`;
}

/** Text whose backticks mark code, cut where it gets long. */
export function prose(raw: string, longest: number): Markup {
  const parts = shortened(raw, longest).split(/`([^`]+)`/);
  return html`${parts.map((text, index) => (index % 2 === 1 ? html`<code>${text}</code>` : html`${text}`))}`;
}

/** How many of a list are not shown. */
export function more(hidden: number, where: string): Markup {
  return hidden > 0
    ? html`<p class="note">${hidden.toLocaleString("en")} more ${where}.</p>`
    : NOTHING;
}

export function table(
  head: readonly { readonly title: string; readonly isNumber?: true }[],
  rows: readonly (readonly Markup[])[],
): Markup {
  const kind = (index: number): Markup =>
    head[index]?.isNumber === true ? html` class="number"` : NOTHING;
  return html`<div class="wide"><table><thead><tr>${head.map(({ title }, index) => html`<th scope="col"${kind(index)}>${title}</th>`)}</tr></thead><tbody>${rows.map((cells) => html`<tr>${cells.map((cell, index) => html`<td${kind(index)}>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}
