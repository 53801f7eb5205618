import type { StageCache } from "../core/cache.ts";
import type { Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { SkillCall, Template } from "../core/plan.ts";
import { hasNoEffects, type SkillCatalog } from "../core/skill.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { StageSyntax, WorkSyntax } from "./schema.ts";
import type { WrittenCall } from "./skill-calls.ts";
import type { MemoryUse } from "./stage-memory.ts";
import { durationOf } from "./stage-policies.ts";
import { holdsSecret } from "./template-references.ts";

type CachedWork = WorkSyntax & Pick<StageSyntax, "notify">;

/** A stage that may be cached, as it is written and as it is compiled. */
export interface CachedStage {
  readonly work: CachedWork;
  readonly calls: readonly WrittenCall[];
  readonly skills: readonly SkillCall[];
  readonly memory: MemoryUse;
  readonly path: Path;
}

/**
 * What `cache` of a stage comes to; undefined without it. A stage of which more comes than its output is refused, for with an
 * earlier result that would not come about.
 * @param compileKey of `cache: { key }`
 */
export function stageCacheOf(
  { work, calls, skills, memory, path }: CachedStage,
  catalog: SkillCatalog,
  reporter: Reporter,
  compileKey: (key: Json) => Template,
): StageCache | undefined {
  const { cache: written } = work;
  if (written === undefined || written === false) return undefined;
  const refuse = (message: string, hint: string): void =>
    reporter.reportKey("invalid-cascade", message, path, "cache", hint);
  const key = BESIDE.find((each) => work[each] !== undefined);
  if (key !== undefined) {
    refuse(`a stage with \`${key}\` cannot be cached: ${WHY[key]}`, "leave out one of them");
  } else if (memory.declared !== undefined) {
    refuse(`a stage that uses the memory cannot be cached: ${WHY.memory}`, "leave out one of them");
  } else {
    refuseEffects(calls, catalog, refuse);
  }
  if (skills.some(({ inputs }) => Object.values(inputs).some(holdsSecret))) {
    const why = "nobody but the agent knows whether the secret is the same";
    refuse(`a stage that is given a secret cannot be cached: ${why}`, "leave out one of them");
  }
  const own = typeof written === "object" ? written : {};
  const place = [...path, "cache", "ttl"];
  return {
    ttlMs: durationOf(own.ttl, LIMITS.cacheTtlMs, place, reporter, "cacheTtlMs"),
    ...(own.key === undefined ? {} : { key: compileKey(own.key) }),
    paths: skills.map(({ skill }) => pathInputs(skill, catalog)),
  };
}

const BESIDE = ["run", "http", "notify"] as const;
const WHY = {
  run: "nobody knows what else its program does",
  http: "its request would not be sent",
  notify: "it would tell of work that was not done",
  memory: "what its tasks write there would be missing",
} as const;

function refuseEffects(
  calls: readonly WrittenCall[],
  catalog: SkillCatalog,
  refuse: (message: string, hint: string) => void,
): void {
  for (const { skill } of calls) {
    const manifest = catalog.find(skill);
    if (manifest === undefined || hasNoEffects(manifest)) continue;
    const message = `the skill "${skill}" does not say that nothing comes of it but its output`;
    refuse(message, "leave out `cache`; a skill of your own may declare `effects: none`");
    return;
  }
}

function pathInputs(skill: string, catalog: SkillCatalog): Readonly<Record<string, string | null>> {
  const specs = catalog.find(skill)?.inputs ?? [];
  const paths = specs.flatMap(({ name, type, default: otherwise }) =>
    type === "path" ? [[name, typeof otherwise === "string" ? otherwise : null] as const] : [],
  );
  return Object.fromEntries(paths);
}
