import type { Reference, Template } from "../core/plan.ts";

/** Every reference of a template, at any depth, those inside of expressions among them. */
export function referencesIn(template: Template): readonly Reference[] {
  switch (template.kind) {
    case "literal":
      return [];
    case "reference":
      return [template.reference];
    case "expression":
      return template.references;
    case "text":
      return template.parts.flatMap((part) => {
        if (typeof part === "string") return [];
        return "text" in part ? part.references : [part];
      });
    case "list":
      return template.items.flatMap(referencesIn);
    case "map":
      return Object.values(template.entries).flatMap(referencesIn);
    case "product":
      return Object.values(template.axes).flatMap(referencesIn);
    case "secret":
      return [];
    default:
      return template satisfies never;
  }
}
