import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import { SwarmError } from "../../../core/errors.ts";
import { isToken, type RunId } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { checkedMemoryKey, checkedMemoryValue, type MemorySpace } from "../../../core/memory.ts";
import { clientHere } from "../client-here.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";
import type { MemoryCommand } from "./command.ts";
import { entryJson, entryLines, type Memory, type MemoryEntry } from "./entry-text.ts";

type Of<Action extends MemoryCommand["action"]> = MemoryCommand & { readonly action: Action };

/** Shows what a swarm remembers, and changes it, as the person who is logged in. */
export async function runMemory(
  command: MemoryCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  const client = await clientHere(directory);
  try {
    return await carryOut(command, await client.memory());
  } finally {
    await client.close();
  }
}

function carryOut(command: MemoryCommand, memory: Memory): Promise<number> {
  switch (command.action) {
    case "ls":
      return memory.list(command.space, command.prefix).then((found) => show(command, found));
    case "search":
      return memory
        .search(command.space, { text: command.text })
        .then((found) => show(command, found));
    case "history":
      return memory
        .history(spaceOf(command), checkedMemoryKey(command.key))
        .then((found) => (found.length === 0 ? nothing(command.key) : show(command, found)));
    case "get":
      return get(command, memory);
    case "rm":
      return remove(command, memory);
    case "put":
      return put(command, memory);
    case "watch":
      return watch(command, memory);
    case "export":
      return exportAll(command, memory);
    case "import":
      return importAll(command, memory);
    default:
      return command satisfies never;
  }
}

async function get(command: Of<"get">, memory: Memory): Promise<number> {
  const { entry, revision } = await memory.read(spaceOf(command), checkedMemoryKey(command.key));
  if (entry === undefined) return nothing(command.key);
  const value = await memory.content(entry.value);
  const text = JSON.stringify(value, null, 2);
  write(command.json ? JSON.stringify({ ...entryJson(entry), value, revision }) : text);
  return EXIT.ok;
}

async function put(command: Of<"put">, memory: Memory): Promise<number> {
  const { value, isText, ttlMs, revision, json } = command;
  const { text } = checkedMemoryValue(isText ? value : parsed(value));
  const space = spaceOf(command);
  const key = checkedMemoryKey(command.key);
  const end = await memory.write({
    ...{ space, key, value: await memory.kept(text), by: person() },
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(revision === undefined ? {} : { expected: revision }),
  });
  if (end.status === "conflict") {
    const message = `the key ${key} has the revision ${end.revision}, not ${revision}`;
    const hint = "look at it with `memory get`, and give the revision that you saw";
    throw new SwarmError("memory-conflict", message, { hint });
  }
  const words = `kept  ${printable(key)}  revision ${end.revision}`;
  write(json ? JSON.stringify({ space, key, revision: end.revision }) : words);
  return EXIT.ok;
}

async function remove(command: Of<"rm">, memory: Memory): Promise<number> {
  const space = spaceOf(command);
  const key = checkedMemoryKey(command.key);
  const known = await memory.list(space, key);
  if (!known.some((entry) => entry.key === key)) return nothing(key);
  const { revision } = await memory.write({ space, key, value: undefined, by: person() });
  const words = `forgotten  ${printable(key)}`;
  write(command.json ? JSON.stringify({ space, key, revision }) : words);
  return EXIT.ok;
}

async function watch(command: Of<"watch">, memory: Memory): Promise<number> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  for await (const entry of memory.watch(command.space, command.prefix, controller.signal)) {
    write(command.json ? JSON.stringify(entryJson(entry)) : (entryLines([entry])[1] ?? ""));
  }
  return EXIT.ok;
}

const SCHEMA_VERSION = 1;

async function exportAll({ space }: Of<"export">, memory: Memory): Promise<number> {
  const entries: Json[] = [];
  for (const entry of await memory.list(space)) {
    if (entry.status !== "kept") continue;
    const { key, expiresAtMs } = entry;
    entries.push({
      ...{ space: { ...entry.space }, key, value: await memory.content(entry.value) },
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    });
  }
  write(JSON.stringify({ schemaVersion: SCHEMA_VERSION, entries }));
  return EXIT.ok;
}

const token = z.string().refine(isToken, "must be 1 to 64 letters, digits, hyphens or underscores");
const space: z.ZodType<MemorySpace> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("global") }),
  z.strictObject({ kind: z.literal("run"), run: token.transform((run) => run as RunId) }),
  z.strictObject({ kind: z.literal("cascade"), cascade: token, name: token }),
]);
const exported = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  entries: z.array(
    z.strictObject({
      space,
      key: z.string(),
      value: z.custom<Json>((data) => data !== undefined),
      expiresAtMs: z.number().exactOptional(),
    }),
  ),
});

async function importAll({ file, json }: Of<"import">, memory: Memory): Promise<number> {
  const text = await textOf(file);
  const read = exported.safeParse(parsed(text));
  if (!read.success) {
    const [issue] = read.error.issues;
    const message = `${file}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "does not fit"}`;
    throw new SwarmError("invalid-input", message, { hint: "write it with `memory export`" });
  }
  // All of it is looked at before anything is kept.
  const entries = read.data.entries.map((entry) => ({
    ...{ ...entry, key: checkedMemoryKey(entry.key), text: checkedMemoryValue(entry.value).text },
  }));
  let imported = 0;
  for (const { space: place, key, text: value, expiresAtMs } of entries) {
    const ttlMs = expiresAtMs === undefined ? undefined : expiresAtMs - Date.now();
    if (ttlMs !== undefined && ttlMs <= 0) continue;
    await memory.write({
      ...{ space: place, key, value: await memory.kept(value), by: person() },
      ...(ttlMs === undefined ? {} : { ttlMs }),
    });
    imported += 1;
  }
  const expired = entries.length - imported;
  const words = `kept  ${imported} values${expired === 0 ? "" : `; ${expired} had expired`}`;
  write(json ? JSON.stringify({ imported, expired }) : words);
  return EXIT.ok;
}

async function textOf(file: string): Promise<string> {
  try {
    const bytes = file === "-" ? await buffer(process.stdin) : await readFile(file);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code === "ENOENT" ? "not-found" : "unreadable";
    throw new SwarmError(`path-${code}`, `cannot read ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SwarmError("invalid-input", `the value is not JSON: ${(error as Error).message}`, {
      hint: "put a text in double quotes inside of single ones, or use --text",
      cause: error,
    });
  }
}

function show(command: MemoryCommand, entries: readonly MemoryEntry[]): number {
  const lines = entries.length === 0 ? ["nothing"] : entryLines(entries);
  const document = { schemaVersion: SCHEMA_VERSION, entries: entries.map(entryJson) };
  write(command.json ? JSON.stringify(document) : lines.join("\n"));
  return EXIT.ok;
}

function nothing(key: string): number {
  process.stderr.write(`nothing is kept under ${printable(JSON.stringify(key))}\n`);
  return EXIT.runFailed;
}

/** Only commands over many keys take `--all`. */
function spaceOf({ space: chosen }: MemoryCommand): MemorySpace {
  return chosen ?? { kind: "global" };
}

function person() {
  return { person: userInfo().username };
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
