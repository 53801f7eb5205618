import type { JsonObject } from "../../../core/json.ts";
import type { SkillCatalog } from "../../../core/skill.ts";
import { type PlanSummary, planSummary } from "../../../interfaces/cli/plan/plan-summary.ts";
import { compileCascade } from "../../../language/compile.ts";
import { resolveInputs } from "../../../language/inputs.ts";
import { testCatalog } from "../../support/catalog.ts";

/** What `plan` says of a cascade of the test skills. @param others cascades that its stages use, by name */
export function summaryOf(
  text: string,
  given: JsonObject = {},
  others: Readonly<Record<string, string>> = {},
  skills: SkillCatalog = testCatalog,
): PlanSummary {
  const compiled = compileCascade({ text, file: "c.yaml" }, testCatalog, {
    find: (name) => {
      const other = others[name];
      return other === undefined ? undefined : { text: other, file: `${name}.yaml` };
    },
    names: () => Object.keys(others),
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics, null, 2));
  const { plan } = compiled;
  const specs = plan.inputs.map((spec) => ({ ...spec, required: false }));
  const values = resolveInputs(specs, given, "/project");
  return planSummary({ plan, given, values, skills });
}
