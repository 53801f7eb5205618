import type { Client } from "../../../coordinator/client.ts";
import { isToken, parseRunId } from "../../../core/ids.ts";
import type { MemorySpace } from "../../../core/memory.ts";
import { authorText, spaceText } from "../../cli/memory/entry-text.ts";
import type { MemoryEntryView } from "../state/memory-entry.ts";
import { RequestRefused } from "./request-body.ts";
import { sendJson } from "./responses.ts";
import type { DashboardContext, Route } from "./route.ts";

type Entry = Awaited<ReturnType<Awaited<ReturnType<Client["memory"]>>["list"]>>[number];

const SHOWN = 500;
/** In characters. */
const SHOWN_VALUE = 2_000;

/** What runs remember, for reading. */
export function memoryRoutes({ client }: DashboardContext): readonly Route[] {
  return [
    {
      method: "GET",
      path: /^\/api\/memory$/,
      async handle({ response, query }) {
        const memory = await client.memory();
        const text = (query.get("text") ?? "").slice(0, 200);
        const found =
          text === "" ? await memory.list(undefined) : await memory.search(undefined, { text });
        const entries = found.slice(0, SHOWN).map(entryView);
        sendJson(response, { entries, total: found.length });
      },
    },
    {
      method: "GET",
      path: /^\/api\/memory\/history$/,
      async handle({ response, query }) {
        const memory = await client.memory();
        const space = spaceOf(query.get("space") ?? "");
        const entries = await memory.history(space, query.get("key") ?? "");
        sendJson(response, { entries: entries.map(entryView).reverse() });
      },
    },
  ];
}

function entryView(entry: Entry): MemoryEntryView {
  const { space, key, revision, atMs, by, expiresAtMs, status } = entry;
  return {
    space: space.kind === "run" ? space.run : spaceText(space),
    key,
    revision,
    atMs,
    by: authorText(by),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    value: valueText(entry),
    isKept: status === "kept",
  };
}

function valueText(entry: Entry): string {
  if (entry.status !== "kept") return entry.status;
  if ("blob" in entry.value) return `${entry.value.blob.bytes} bytes`;
  return (JSON.stringify(entry.value.value) ?? "").slice(0, SHOWN_VALUE);
}

function spaceOf(text: string): MemorySpace {
  if (text === "global") return { kind: "global" };
  const [cascade = "", name, rest] = text.split("/");
  if (isToken(cascade) && name === undefined) return { kind: "run", run: parseRunId(cascade) };
  if (cascade !== "" && name !== undefined && name !== "" && rest === undefined)
    return { kind: "cascade", cascade, name };
  throw new RequestRefused(400, "space must be global, a run's id, or cascade/name");
}
