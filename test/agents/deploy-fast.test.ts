import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import type { CommandEnd } from "../../core/skill.ts";
import { run } from "../../skills/deploy-fast/run.ts";
import { skillContext } from "../skills/skill-context.ts";

const APPROVED = { approved: true, by: "ann", comment: null };

/** What is run is noted; `test/agents/commands.test.ts` runs real programs. */
async function deploy(inputs: JsonObject, end: Partial<CommandEnd> = {}) {
  const ran: (readonly string[])[] = [];
  const commands = {
    run: async (argv: readonly string[]): Promise<CommandEnd> => {
      ran.push(argv);
      return { exitCode: 0, stdout: "up\n", stderr: "", cut: [], lastWords: "", ...end };
    },
  };
  const given = { argv: ["deploy", "now"], env: {}, ...inputs };
  const outcome = await run(given, { ...skillContext(), commands }).catch((error: unknown) => ({
    error,
  }));
  return { ran, outcome };
}

describe("deploy-fast", () => {
  it("runs the command that a person has approved, and says who", async () => {
    expect(await deploy({ approval: APPROVED })).toEqual({
      ran: [["deploy", "now"]],
      outcome: { exit_code: 0, stdout: "up\n", stderr: "", approved_by: "ann" },
    });
  });

  it.each([
    ["that was not given", { approved: false, by: "ann", comment: null }, "approval-denied"],
    ["that only a time limit gave", { approved: true, by: null, comment: null }, "approval-denied"],
    ["that is none", { ok: true }, "invalid-input"],
    ["that is none either", { approved: "true", by: "ann" }, "invalid-input"],
  ])("runs nothing with an approval %s", async (_, approval, code) => {
    expect(await deploy({ approval })).toMatchObject({ ran: [], outcome: { error: { code } } });
  });

  it("fails for good when the command fails: nobody knows how far it came", async () => {
    const failed = await deploy({ approval: APPROVED }, { exitCode: 3, lastWords: "no room" });
    expect(failed.outcome).toMatchObject({
      error: {
        code: "skill-failed",
        message: "the deployment by deploy ended with exit code 3: no room",
        disposition: "fail",
      },
    });
  });

  it("is run by agents only", async () => {
    const inputs = { argv: ["deploy"], approval: APPROVED, env: {} };
    await expect(run(inputs, skillContext())).rejects.toMatchObject({ code: "not-supported" });
  });
});
