import { describe, expect, it } from "vitest";
import { openSteps, type StepsOptions } from "../../agents/steps.ts";
import type { Task, TaskStep } from "../../bus/messages.ts";
import type { SwarmError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";

const task = { run: "r", stage: "s", index: 0, attempt: 2 } as unknown as Task;

/** Secrets of which one is known. */
function hiding(secret: string): StepsOptions["secrets"] {
  const hidden = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(secret, "***"));
  return { scrubbed: (value: unknown) => ({ value: hidden(value), at: [] }) } as never;
}

/** Steps whose values fit a message, so that no object store is asked. */
function open(earlier: Task["steps"] = []) {
  const recorded: TaskStep[] = [];
  const recordStep = async (_: Task, step: TaskStep): Promise<void> => void recorded.push(step);
  const options = { recordStep, secrets: hiding("s3cret-value") } as unknown as StepsOptions;
  return { recorded, steps: openSteps(options, { ...task, steps: earlier }) };
}

describe("steps", () => {
  it("does the work of a name once, also when it is asked for at the same time", async () => {
    const { steps, recorded } = open();
    let done = 0;
    const work = async () => ++done;
    expect(await Promise.all([steps.once("a", work), steps.once("a", work)])).toEqual([1, 1]);
    expect(recorded).toEqual([
      {
        run: "r",
        stage: "s",
        index: 0,
        attempt: 2,
        status: "step",
        name: "a",
        value: { value: 1 },
      },
    ]);
  });

  it("records no secret, and goes on with it", async () => {
    const { steps, recorded } = open();
    const answer = await steps.once("a", async () => ({ header: "Bearer s3cret-value" }));
    expect(answer).toEqual({ header: "Bearer s3cret-value" });
    expect(JSON.stringify(recorded)).not.toContain("s3cret");
    expect(recorded).toHaveLength(1);
  });

  it("answers what an earlier attempt recorded", async () => {
    const { steps, recorded } = open([{ name: "a", value: { value: "paid" } }]);
    const answer = await steps.once("a", async () => "again");
    expect([answer, recorded]).toEqual(["paid", []]);
  });

  it("does work again that failed, and records nothing of it", async () => {
    const { steps, recorded } = open();
    const fails = steps.once("a", () => Promise.reject(new Error("no")));
    await expect(fails).rejects.toThrow("no");
    expect(await steps.once("a", async () => "yes")).toBe("yes");
    expect(recorded.map((step) => step.value)).toEqual([{ value: "yes" }]);
  });

  it("refuses more steps than a task may have, and names that are none", async () => {
    const earlier = Array.from({ length: LIMITS.stepsPerTask }, (_, index) => ({
      name: `step-${index}`,
      value: { value: index },
    }));
    const { steps } = open(earlier);
    const one = (name: string) =>
      steps.once(name, async () => 1).catch((error: SwarmError) => error.code);
    expect(await one("more")).toBe("limit-exceeded");
    expect(await one("not a name")).toBe("internal");
    expect(await one("step-7")).toBe(7);
  });
});
