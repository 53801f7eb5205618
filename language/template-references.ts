import type { Reference, Template } from "../core/plan.ts";

/** True when a secret is part of the value. */
export function holdsSecret(template: Template): boolean {
  switch (template.kind) {
    case "secret":
      return true;
    case "list":
      return template.items.some(holdsSecret);
    case "map":
      return Object.values(template.entries).some(holdsSecret);
    case "product":
      return Object.values(template.axes).some(holdsSecret);
    case "literal":
    case "reference":
    case "expression":
    case "text":
      return false;
    default:
      return template satisfies never;
  }
}

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
