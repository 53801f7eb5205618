import type { Client } from "../../../coordinator/client.ts";
import type { MemoryAuthor, MemorySpace } from "../../../core/memory.ts";
import { printable } from "../terminal-text.ts";
import { aligned } from "../text-columns.ts";

export type Memory = Awaited<ReturnType<Client["memory"]>>;
export type MemoryEntry = Awaited<ReturnType<Memory["list"]>>[number];

const LONGEST_VALUE = 80;

/** A table for people: where each value is, its revision, when and by whom it was written, and how it begins. */
export function entryLines(entries: readonly MemoryEntry[]): readonly string[] {
  const rows = entries.map((entry) => [
    spaceText(entry.space),
    entry.key,
    String(entry.revision),
    new Date(entry.atMs).toISOString(),
    authorText(entry.by),
    valueText(entry),
  ]);
  const head = ["memory", "key", "revision", "written", "by", "value"];
  return aligned([head, ...rows].map((row) => row.map(printable)));
}

/** The same for programs; large values are left out but for their size. */
export function entryJson(entry: MemoryEntry): object {
  const { space, key, revision, status, atMs, by, expiresAtMs = null } = entry;
  const value =
    entry.status !== "kept"
      ? {}
      : "value" in entry.value
        ? { value: entry.value.value }
        : { bytes: entry.value.blob.bytes };
  return { ...{ space, key, revision, status, ...value, atMs, expiresAtMs, by } };
}

export function spaceText(space: MemorySpace): string {
  switch (space.kind) {
    case "global":
      return "global";
    case "run":
      return `run ${space.run}`;
    case "cascade":
      return `${space.cascade}/${space.name}`;
    default:
      return space satisfies never;
  }
}

export function authorText({ person, run, stage, agent }: MemoryAuthor): string {
  if (person !== undefined) return person;
  const place = [run, stage].filter((part) => part !== undefined).join("/");
  return agent === undefined ? place : `${place} on ${agent}`;
}

function valueText(entry: MemoryEntry): string {
  if (entry.status !== "kept") return `(${entry.status})`;
  if ("blob" in entry.value) return `(${entry.value.blob.bytes} bytes)`;
  const text = JSON.stringify(entry.value.value);
  return text.length <= LONGEST_VALUE
    ? text
    : `${text.slice(0, LONGEST_VALUE - 1).toWellFormed()}…`;
}
