import { userInfo } from "node:os";
import { z } from "zod";
import { SwarmError } from "../../../core/errors.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import { checkedMemoryKey, checkedMemoryValue, type MemorySpace } from "../../../core/memory.ts";
import { entryJson, type Memory } from "../../cli/memory/entry-text.ts";
import { runIdOf } from "../runs.ts";
import { defineTool } from "../tool.ts";

const ACTIONS = ["store", "retrieve", "list", "search", "delete"] as const;
const DEFAULT_NAMESPACE = "default";
const MOST_LISTED = 200;

/** The memory that runs share: what is stored here, the stages of cascades read, and the other way round. */
export const memoryTool = defineTool({
  name: "memory",
  description:
    "The swarm's memory, which outlives runs and restarts. action store needs key and value; retrieve and delete key; list takes pattern as a prefix; search a pattern.",
  effect: "changes",
  input: z
    .object({
      action: z.enum(ACTIONS),
      key: z.string().optional(),
      value: z.custom<Json>((data) => data !== undefined).optional(),
      namespace: z
        .string()
        .default(DEFAULT_NAMESPACE)
        .describe("default, or run:<run id>, or any prefix of keys"),
      pattern: z.string().default(""),
      ttl: z.int().min(1).max(31_536_000).describe("Seconds").optional(),
    })
    .strict(),
  output: z.object({ action: z.string(), key: z.string().nullable() }).loose(),
  async call({ action, key, value, namespace, pattern, ttl }, context) {
    const memory = await (await context.swarm.client()).memory();
    const { space, prefix } = placeOf(namespace);
    const named = (): string => checkedMemoryKey(prefix + required("key", key, action));
    switch (action) {
      case "store":
        return { data: await store(memory, { space, name: named(), value, ttl }) };
      case "retrieve":
        return { data: await retrieve(memory, space, named()) };
      case "delete":
        return { data: await remove(memory, space, named()) };
      case "list":
        return {
          data: { action, key: null, ...listed(await memory.list(space, prefix + pattern)) },
        };
      case "search": {
        const found = await memory.search(space, {
          prefix,
          text: required("pattern", pattern, action),
        });
        return { data: { action, key: null, ...listed(found) } };
      }
      default:
        return action satisfies never;
    }
  },
});

/** A namespace is the memory of a run, or a prefix of keys in the memory that all share. */
function placeOf(namespace: string): { readonly space: MemorySpace; readonly prefix: string } {
  const [, run] = /^run:(.+)$/.exec(namespace) ?? [];
  if (run !== undefined) return { space: { kind: "run", run: runIdOf(run) }, prefix: "" };
  const prefix = namespace === DEFAULT_NAMESPACE ? "" : `${namespace}/`;
  return { space: { kind: "global" }, prefix };
}

function required(name: string, value: string | undefined, action: string): string {
  if (value !== undefined && value !== "") return value;
  throw new SwarmError("missing-input", `memory: ${action} needs ${name}`);
}

async function store(
  memory: Memory,
  entry: {
    readonly space: MemorySpace;
    readonly name: string;
    readonly value: Json | undefined;
    readonly ttl: number | undefined;
  },
) {
  const { space, name, value, ttl } = entry;
  if (value === undefined) throw new SwarmError("missing-input", "memory: store needs value");
  const end = await memory.write({
    ...{ space, key: name, value: await memory.kept(checkedMemoryValue(value).text) },
    by: { person: `${userInfo().username} (MCP)` },
    ...(ttl === undefined ? {} : { ttlMs: ttl * 1_000 }),
  });
  return { action: "store", key: name, revision: end.revision };
}

async function retrieve(memory: Memory, space: MemorySpace, name: string) {
  const { entry, revision } = await memory.read(space, name);
  if (entry === undefined) return { action: "retrieve", key: name, found: false, value: null };
  const value = await memory.content(entry.value);
  return { action: "retrieve", key: name, found: true, value, revision };
}

async function remove(memory: Memory, space: MemorySpace, name: string) {
  const { entry } = await memory.read(space, name);
  if (entry === undefined) return { action: "delete", key: name, found: false };
  const by = { person: `${userInfo().username} (MCP)` };
  const { revision } = await memory.write({ space, key: name, value: undefined, by });
  return { action: "delete", key: name, found: true, revision };
}

function listed(entries: Awaited<ReturnType<Memory["list"]>>) {
  const shown = entries.slice(0, MOST_LISTED).map((entry) => entryJson(entry) as JsonObject);
  return { total: entries.length, entries: shown };
}
