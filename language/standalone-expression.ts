import { SwarmError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { checkExpression } from "./expression.ts";
import { valueOfExpression } from "./expression-value.ts";
import { didYouMean } from "./nearest.ts";
import { lookUp, type Scope } from "./scope.ts";

/**
 * An expression outside of a cascade, over values that are named where it is used; of any type.
 * @returns what evaluates it, and throws as `valueOfExpression` and `lookUp` do
 * @throws SwarmError `invalid-expression`, `unknown-reference` or `limit-exceeded` when the text is wrong
 */
export function compileStandalone(
  text: string,
  names: readonly string[],
): (values: JsonObject) => Json {
  const checked = checkExpression(text, {
    isKnown: (name) => names.includes(name),
    resolve: ([root, ...path], source) => {
      if (typeof root !== "string" || !names.includes(root)) {
        const hint = (): string => didYouMean(String(root), names);
        return { ok: false, why: "there is nothing of that name", hint };
      }
      const scope = { kind: "input", name: root } as const;
      return { ok: true, reference: { scope, path, source }, type: "any" };
    },
  });
  if (!checked.ok) {
    const [problem] = checked.problems;
    const hint = typeof problem?.hint === "function" ? problem.hint() : problem?.hint;
    throw new SwarmError(
      problem?.code ?? "invalid-expression",
      `${JSON.stringify(text)}: ${problem?.message ?? "it cannot be read"}`,
      hint === undefined ? {} : { hint },
    );
  }
  const { template } = checked;
  return (values) => {
    const scope = scopeOf(values);
    if (template.kind === "reference") return lookUp(template.reference, scope);
    const found = template.references.map((reference) => lookUp(reference, scope));
    return valueOfExpression(template, found);
  };
}

function scopeOf(values: JsonObject): Scope {
  return {
    input: (name) => values[name],
    stage: () => undefined,
    status: () => undefined,
    run: () => null,
    loaded: () => undefined,
  };
}
