import type { Json } from "../../../../core/json.ts";
import type { SkillMemory } from "../../../../core/memory.ts";
import type { SkillRun } from "../../../../core/skill.ts";

export const run: SkillRun = async (inputs, { memory }) => {
  const answers: Json[] = [];
  for (const step of inputs["steps"] as readonly Json[][]) answers.push(await take(step, memory));
  return { answers };
};

async function take([what, given, value]: readonly Json[], memory: SkillMemory): Promise<Json> {
  const key = String(given);
  switch (what) {
    case "get":
      return (await memory.get(key))?.value ?? null;
    case "put":
      await memory.put(key, value ?? null);
      return "put";
    case "large":
      await memory.put(key, { text: "x".repeat(Number(value)) });
      return "put";
    case "increment":
      for (let turn = 0; turn < Number(value); turn++) {
        await memory.update(key, (count) => Number(count ?? 0) + 1);
      }
      return "incremented";
    case "delete":
      await memory.delete(key);
      return "deleted";
    case "list":
      return memory.list(key);
    default:
      throw new Error(`no step ${String(what)}`);
  }
}
