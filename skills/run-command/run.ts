import { defineSkill } from "../../core/define-skill.ts";
import { SwarmError } from "../../core/errors.ts";
import { jsonIn } from "../json-text.ts";
import { argumentsOf, environmentOf } from "./order.ts";

/** Runs a program of the host. `SKILL.md` describes inputs and outputs. */
export const run = defineSkill({
  inputs: {
    argv: { type: "array" },
    env: { type: "object", default: {} },
    allow_failure: { type: "boolean", default: false },
  },
  outputs: {
    exit_code: { type: "integer" },
    stdout: { type: "string" },
    stderr: { type: "string" },
    json: { type: "any" },
    truncated: { type: "boolean" },
  },
  async run({ argv, env, allow_failure }, { commands }) {
    if (commands === undefined) {
      throw new SwarmError("not-supported", "commands are run by agents only");
    }
    const given = argumentsOf(argv);
    const [program = ""] = given;
    const { exitCode, stdout, stderr, cut, lastWords } = await commands.run(
      given,
      environmentOf(env),
    );
    if (exitCode !== 0 && !allow_failure) {
      const tail = lastWords === "" ? "" : `: ${lastWords}`;
      throw new SwarmError("skill-failed", `${program} ended with exit code ${exitCode}${tail}`, {
        disposition: "retry",
      });
    }
    const json = cut.includes("stdout") ? null : jsonIn(stdout);
    return { exit_code: exitCode, stdout, stderr, json, truncated: cut.length > 0 };
  },
});
