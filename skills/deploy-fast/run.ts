import { z } from "zod";
import { defineSkill } from "../../core/define-skill.ts";
import { SwarmError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { argumentsOf, environmentOf } from "../run-command/order.ts";

/** What a stage with `approve` puts out; `by` is null when its time was over. */
const approvalSchema = z.object({ approved: z.boolean(), by: z.string().nullable() });

/** Runs the command that deploys. `SKILL.md` describes inputs and outputs. */
export const run = defineSkill({
  inputs: {
    argv: { type: "array" },
    approval: { type: "object" },
    env: { type: "object", default: {} },
  },
  outputs: {
    exit_code: { type: "integer" },
    stdout: { type: "string" },
    stderr: { type: "string" },
    approved_by: { type: "string" },
  },
  async run({ argv, approval, env }, { commands }) {
    if (commands === undefined) {
      throw new SwarmError("not-supported", "commands are run by agents only");
    }
    const approvedBy = approverOf(approval);
    const given = argumentsOf(argv);
    const { exitCode, stdout, stderr, lastWords } = await commands.run(given, environmentOf(env));
    if (exitCode !== 0) {
      const tail = lastWords === "" ? "" : `: ${lastWords}`;
      const message = `the deployment by ${given[0]} ended with exit code ${exitCode}${tail}`;
      throw new SwarmError("skill-failed", message, {
        hint: "look how far it came before it is run again",
      });
    }
    return { exit_code: exitCode, stdout, stderr, approved_by: approvedBy };
  },
});

/** The person who approved it. @throws SwarmError `approval-denied` */
function approverOf(approval: JsonObject): string {
  const parsed = approvalSchema.safeParse(approval);
  if (!parsed.success) {
    throw new SwarmError(
      "invalid-input",
      "/approval must be the output of a stage with `approve`",
      {
        location: { pointer: "/approval" },
      },
    );
  }
  const { approved, by } = parsed.data;
  if (approved && by !== null) return by;
  const why = approved ? "nobody answered in time" : "it was not approved";
  throw new SwarmError("approval-denied", `nothing is deployed: ${why}`, {
    hint: "a person approves it with `runs approve <run> <stage>`",
  });
}
