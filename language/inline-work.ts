import type { Json } from "../core/json.ts";
import { COMMAND_SKILL } from "../core/skill-allowance.ts";
import { parseDuration } from "./duration.ts";
import type { WrittenInputs } from "./input-binding.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { WorkSyntax } from "./schema.ts";
import { durationOf } from "./stage-policies.ts";

/** Work that a stage writes out instead of naming a skill: the skill behind it, and what that is given. */
export interface InlineWork {
  readonly key: (typeof INLINE_KEYS)[number];
  readonly skill: string;
  readonly inputs: WrittenInputs;
}

const INLINE_KEYS = ["run", "http"] as const;
export const HTTP_SKILL = "http-request";
/** Other types say that somewhere else than here, or a model, carries the work out. */
const INLINE_TYPES: readonly WorkSyntax["type"][] = [
  ...([undefined, "sequential", "parallel", "swarm-parallel"] as const),
];

export function inlineWork(work: WorkSyntax, path: Path): InlineWork | undefined {
  if (work.run !== undefined) {
    const inputs = {
      // Without a word of it, no input and no output that is called `env` becomes the environment of a program.
      values: { argv: work.run, ...(work.inputs?.["env"] === undefined ? { env: null } : {}) },
      path: [...path, "run"],
      isElsewhere: true,
    } as const;
    return { key: "run", skill: COMMAND_SKILL, inputs };
  }
  const { http } = work;
  if (http === undefined) return undefined;
  const { timeout, ...written } = http;
  const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout);
  const values = { ...NOTHING_IMPLIED, ...written, timeout_ms: timeoutMs ?? null };
  return { key: "http", skill: HTTP_SKILL, inputs: { values, path: [...path, "http"] } };
}

/** What a request does not say is not taken from an input or an output that happens to have its name. */
const NOTHING_IMPLIED: Readonly<Record<string, Json>> = {
  ...{ method: null, headers: null, query: null, body: null, expect: null, within: null },
  ...{ allow_private: null },
};

/** What stands beside work that is written out and would be without effect, or mean something else. */
export function refuseBesideInline(work: WorkSyntax, path: Path, reporter: Reporter): void {
  const [key] = INLINE_KEYS.filter((each) => work[each] !== undefined);
  if (key === undefined) return;
  for (const other of ["http", "skill", "skills"] as const) {
    if (work[other] === undefined || other === key) continue;
    const message = `a stage has \`${key}\` or \`${other}\`, not both`;
    reporter.reportKey("invalid-cascade", message, path, other);
  }
  for (const name of Object.keys(work.inputs ?? {})) {
    if (!Object.hasOwn(inlineWork(work, path)?.inputs.values ?? {}, name)) continue;
    const message = `\`${key}\` gives the input "${name}"`;
    const place = [...path, "inputs"];
    reporter.reportKey("invalid-cascade", message, place, name, `write it under \`${key}\` only`);
  }
  if (work.http !== undefined) refuseInRequest(work.http, [...path, "http"], reporter);
  if (INLINE_TYPES.includes(work.type)) return;
  const message = `a stage with \`${key}\` cannot be of type ${work.type}`;
  const hint = "it is carried out by an agent itself: leave `type` out";
  reporter.report("invalid-cascade", message, [...path, "type"], hint);
}

function refuseInRequest(
  { method = "GET", body, timeout }: NonNullable<WorkSyntax["http"]>,
  path: Path,
  reporter: Reporter,
): void {
  if (timeout !== undefined) durationOf(timeout, 0, [...path, "timeout"], reporter);
  if (body === undefined || body === null || (method !== "GET" && method !== "HEAD")) return;
  const message = `a ${method} request has no \`body\``;
  reporter.reportKey("invalid-cascade", message, path, "body", "add `method: POST`");
}
