import type { ComponentChildren } from "preact";
import type { ApiError } from "./api.ts";
import { html } from "./html.ts";

/** Before the first answer. */
export function Loading({ what }: { readonly what: string }) {
  return html`<p class="loading" role="status">Loading ${what}…</p>`;
}

/** Nothing to show, and what to do about it. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return html`<div class="empty"><h2>${title}</h2>${children}</div>`;
}

export function Problem({ error }: { readonly error: ApiError }) {
  return html`<div class="problem" role="alert">
    <strong>${error.code}</strong>
    <p>${error.message}</p>
    ${error.hint === undefined ? null : html`<p class="hint">${error.hint}</p>`}
  </div>`;
}
