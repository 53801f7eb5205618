import type { Expression, Reference, Template } from "../../../core/plan.ts";

/** A template as a person would write it, on one line. */
export function templateText(template: Template): string {
  switch (template.kind) {
    case "literal":
      return JSON.stringify(template.value);
    case "reference":
      return oneLine(template.reference.source);
    case "expression":
      return oneLine(template.source);
    case "text":
      return JSON.stringify(template.parts.map(partText).join(""));
    case "list":
      return `[${template.items.map(templateText).join(", ")}]`;
    case "map":
      return `{${namedTexts(template.entries).join(", ")}}`;
    case "product":
      return namedTexts(template.axes).join(" × ");
    case "secret":
      return `${template.before}\${secrets.${template.name}}${template.after}`;
    default:
      return template satisfies never;
  }
}

function partText(part: string | Reference | Expression): string {
  return typeof part === "string" ? part : part.source;
}

function namedTexts(entries: Readonly<Record<string, Template>>): readonly string[] {
  return Object.entries(entries).map(([name, entry]) => `${name}: ${templateText(entry)}`);
}

function oneLine(source: string): string {
  return source.replace(/\s+/g, " ");
}
