import { type ErrorCode, SwarmError } from "../../../../core/errors.ts";
import type { Json } from "../../../../core/json.ts";
import type { SkillRun } from "../../../../core/skill.ts";

export const run: SkillRun = async (inputs, context) => {
  switch (inputs["how"]) {
    case "constructor":
      return { counts: JSON.parse('{"constructor":1}') as Json };
    case "pointer":
      return { counts: { $blob: 1 } };
    case "cycle": {
      const counts: Record<string, Json> = {};
      counts["self"] = counts;
      return { counts };
    }
    case "code":
      throw new SwarmError("no-such-code" as ErrorCode, "odd", { hint: "h".repeat(10_000) });
    default:
      context.logger.info({ event: "odd.logged" });
      return {};
  }
};
