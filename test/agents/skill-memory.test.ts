import { describe, expect, it } from "vitest";
import { openSkillMemory } from "../../agents/skill-memory.ts";
import type { MemoryFinding, MemoryQuestion } from "../../bus/memory-messages.ts";
import type { Json } from "../../core/json.ts";

/** A memory of one key that refuses the first `late` writes. */
function openOne(late: number, signal = new AbortController().signal) {
  const asked: MemoryQuestion["op"][] = [];
  let kept: { readonly value?: Json; readonly revision: number } = { revision: 0 };
  const ask = async (question: MemoryQuestion): Promise<MemoryFinding> => {
    asked.push(question.op);
    if (question.op !== "write") return { status: "found", ...kept };
    if (late-- > 0) {
      kept = { value: Number(kept.value ?? 0) + 10, revision: kept.revision + 1 };
      return { status: "conflict", ...kept };
    }
    kept = { value: question.value, revision: kept.revision + 1 };
    return { status: "written", revision: kept.revision };
  };
  return { asked, memory: openSkillMemory(ask, signal), kept: () => kept };
}

const add = (value: Json | undefined): Json => Number(value ?? 0) + 1;

describe("the memory that a skill sees", () => {
  it("changes what is there, and goes on from what others wrote meanwhile", async () => {
    const { memory, asked, kept } = openOne(3);
    expect(await memory.update("k", add)).toBe(31);
    expect(kept()).toEqual({ value: 31, revision: 4 });
    expect(asked).toEqual(["read", "write", "write", "write", "write"]);
  });

  it("gives up when others are faster time after time", async () => {
    const { memory } = openOne(Number.POSITIVE_INFINITY);
    await expect(memory.update("k", add)).rejects.toMatchObject({
      code: "memory-conflict",
      disposition: "retry",
    });
  });

  it.each([
    ["no JSON", 1n],
    ["nothing", undefined],
    ["a reserved key", JSON.parse('{"a": [{"__proto__": 1}]}')],
    ["a pointer to an object", { $blob: { name: "x", bytes: 1, path: [] } }],
  ])("takes %s for no value, and asks nobody", async (_, value) => {
    const { memory, asked } = openOne(0);
    const put = memory.put("k", value as Json);
    await expect(put).rejects.toMatchObject({ code: "invalid-output" });
    expect(asked).toEqual([]);
  });

  it("writes nothing when the task was stopped", async () => {
    const controller = new AbortController();
    const { memory, asked } = openOne(0, controller.signal);
    controller.abort(new Error("stopped"));
    await expect(memory.put("k", 1)).rejects.toThrow("stopped");
    expect(asked).toEqual([]);
  });
});
