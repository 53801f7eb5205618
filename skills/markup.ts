import { escapeMarkup, visible } from "./visible-text.ts";

/** HTML that is safe to write as it is. Only `html` makes it. */
export interface Markup {
  readonly markup: string;
}

type Value = Markup | string | number | readonly Markup[];

/** Builds HTML from a template; every value that is no markup itself becomes visible, escaped text. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const texts = values.map(textOf);
  return { markup: parts.map((part, index) => `${part}${texts[index] ?? ""}`).join("") };
}

export const NOTHING: Markup = { markup: "" };

function textOf(value: Value): string {
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  if (typeof value === "string") return escapeMarkup(visible(value));
  return "markup" in value ? value.markup : value.map(({ markup }) => markup).join("");
}
